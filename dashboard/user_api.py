"""The API on behalf of the person whose request is being answered."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Literal

from flask import current_app, g

from dashboard.api_client import ApiClient, ApiRefusalError, TokenPair
from dashboard.sessions import Session, SessionStore

PAGE_SIZE = 100


class LoggedOutError(Exception):
    """The API no longer accepts this session: it was revoked, or it is too old."""


class UserApi:
    """Every call the pages make, with the session's tokens, which are renewed once when they run out."""

    def __init__(self, client: ApiClient, session: Session, sessions: SessionStore) -> None:
        self._client = client
        self._session = session
        self._sessions = sessions

    def status(self) -> dict[str, Any]:
        return self._object("/portfolio/status")

    def performance(self) -> dict[str, Any]:
        return self._object("/portfolio/performance")

    def timeseries(self, first_day: str | None) -> dict[str, list[Any]]:
        """Columns of the same length, one row per calendar day from `first_day` on."""
        return self._object("/portfolio/timeseries", {"from": first_day} if first_day else {})

    def macro_context(self, first_day: str, last_day: str) -> dict[str, Any]:
        return self._object("/macro/context", {"from": first_day, "to": last_day})

    def tickers(self) -> list[dict[str, Any]]:
        return self._items("/portfolio/tickers")

    def regimes(self) -> list[dict[str, Any]]:
        return self._items("/portfolio/regimes")

    def suggestions(self, text: str) -> list[dict[str, Any]]:
        return self._items("/tickers", {"search": text})

    def transactions(self, cursor: str | None = None) -> dict[str, Any]:
        """One page, newest first: `items`, and `next_cursor` while there are older ones."""
        return self._object("/transactions", {"limit": PAGE_SIZE} | ({"cursor": cursor} if cursor else {}))

    def record(self, transaction: dict[str, Any], idempotency_key: str) -> dict[str, Any]:
        recorded: dict[str, Any] = self._request(
            "POST", "/transactions", body=transaction, headers={"Idempotency-Key": idempotency_key}
        )
        return recorded

    def _object(self, path: str, params: Mapping[str, str | int] | None = None) -> dict[str, Any]:
        answer: dict[str, Any] = self._request("GET", path, params=params)
        return answer

    def _items(self, path: str, params: Mapping[str, str | int] | None = None) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = self._object(path, params)["items"]
        return items

    def _request(self, method: Literal["GET", "POST"], path: str, **parts: Any) -> Any:
        tokens = self._session.tokens
        try:
            return self._client.request(method, path, token=tokens.access, **parts)
        except ApiRefusalError as refusal:
            if refusal.status != HTTPStatus.UNAUTHORIZED:
                raise
        return self._client.request(method, path, token=self._renewed(tokens).access, **parts)

    def _renewed(self, used: TokenPair) -> TokenPair:
        """The pair that follows `used`; of many requests that find it expired, only the first asks for it."""
        with self._session.lock:
            if self._session.tokens == used:
                try:
                    self._session.tokens = self._client.renew(used)
                except ApiRefusalError as refusal:
                    if refusal.status != HTTPStatus.UNAUTHORIZED:
                        raise
                    self._sessions.close(self._session.session_id)
                    raise LoggedOutError from refusal
            return self._session.tokens


def current() -> UserApi:
    """The API for the session of the request at hand."""
    return UserApi(current_app.extensions["api_client"], g.session, current_app.extensions["sessions"])
