"""The API on behalf of the person whose request is being answered."""

import json
from collections.abc import Callable
from http import HTTPStatus
from typing import Any, NoReturn, TypeVar
from urllib.parse import quote
from uuid import UUID

from flask import current_app, g

from dashboard.api.client import ApiClient, ApiRefusalError, Method, Params, TokenPair
from dashboard.auth.sessions import KeptDocument, Session, SessionStore

PAGE_SIZE = 500  # the most that the API tells at once

Answer = dict[str, Any]
Rows = list[dict[str, Any]]
Found = TypeVar("Found")


class LoggedOutError(Exception):
    """The API no longer accepts this session: it was revoked, or it is too old."""


class UserApi:
    """Every call the pages make, with the session's tokens, which are renewed once when they run out."""

    def __init__(self, client: ApiClient, session: Session, sessions: SessionStore) -> None:
        self._client = client
        self._session = session
        self._sessions = sessions

    # ---- figures

    def status(self) -> Answer:
        return self._read("/portfolio/status")

    def performance(self) -> Answer:
        return self._document("/portfolio/performance")

    def windows(self) -> Rows:
        return self._items("/portfolio/windows")

    def timeseries(self, *columns: str) -> dict[str, list[Any]]:
        """The wanted columns and `date`, of the same length, one row per calendar day of the whole history."""
        return self._document("/portfolio/timeseries", {"columns": ",".join(columns)})

    def window(self, name: str) -> Answer | None:
        """The figures of a window: of a fixed one by its name, or of `custom <first day> <last day>`."""
        match name.split():
            case ["custom", first_day, last_day]:
                items = self._items("/portfolio/windows", _range(first_day, last_day))
            case _:
                items = [item for item in self.windows() if item["time_window"] == name]
        return items[0] if items else None

    def returns(self, basis: str, first_day: str | None = None, last_day: str | None = None) -> dict[str, list[Any]]:
        """Returns since the close before the days, of the portfolio and its benchmark, and the drawdown, by `date`."""
        return self._document("/portfolio/returns", {"basis": basis} | _range(first_day, last_day))

    def drawdowns(self, most: int, first_day: str | None = None, last_day: str | None = None) -> Rows:
        """The deepest falls, the deepest first."""
        return self._items("/portfolio/drawdowns", {"limit": most} | _range(first_day, last_day))

    def calendar_returns(self, first_day: str | None = None, last_day: str | None = None) -> Rows:
        """One row for each month and year that has trading days within the two."""
        return self._items("/portfolio/returns/calendar", _range(first_day, last_day))

    def rolling_statistics(
        self, days: int, first_day: str | None = None, last_day: str | None = None
    ) -> dict[str, list[Any]]:
        """`volatility` and `sharpe` of each trading day's latest returns, by `date`."""
        return self._document("/portfolio/returns/rolling", {"days": days} | _range(first_day, last_day))

    def macro_context(self, first_day: str | None = None, last_day: str | None = None) -> Answer:
        """Spans and indicators that touch the days from the first to the last; all there are without them."""
        return self._document("/macro/context", _range(first_day, last_day))

    def tickers(self) -> Rows:
        return self._items("/portfolio/tickers")

    def tickers_history(self) -> Rows:
        """Growth of one unit of money in each ticker while it was held, in a few points."""
        return self._items("/portfolio/tickers/history")

    def dividends(self) -> Rows:
        """One row for each year and ticker."""
        return self._items("/portfolio/dividends")

    def holdings(self, day: str | None = None) -> Rows:
        return self._items("/portfolio/holdings", {"date": day} if day else {})

    def regimes(self) -> Rows:
        return self._items("/portfolio/regimes")

    def regimes_by_ticker(self) -> Rows:
        return self._items("/portfolio/regimes/tickers")

    # ---- where figures come from

    def figures(self) -> Rows:
        """What each column of each model means, reads, and how the tests of its model ended."""
        return self._items("/figures")

    def ticker_data(self) -> Rows:
        return self._items("/data/tickers")

    def series_data(self) -> Rows:
        return self._items("/data/series")

    # ---- the account

    def account(self) -> Answer:
        """Who this is, with the base currency, the benchmark and the method of cost basis that they chose."""
        return self._read("/auth/me")

    def change_profile(self, changes: Answer) -> None:
        self._request("PATCH", "/auth/me", json=changes)

    def erase_account(self, password: str | None) -> NoReturn:
        self._request("DELETE", "/auth/me", json={"current_password": password})
        self._log_out()

    def sessions(self) -> Rows:
        items: Rows = self._read("/auth/sessions")["items"]
        return items

    def end_session(self, session_id: str) -> None:
        self._request("DELETE", f"/auth/sessions/{_id(session_id)}")

    def end_all_sessions(self) -> NoReturn:
        self._request("DELETE", "/auth/sessions")
        self._log_out()

    def personal_tokens(self) -> Rows:
        items: Rows = self._read("/auth/tokens")["items"]
        return items

    def add_personal_token(self, wanted: Answer) -> Answer:
        issued: Answer = self._request("POST", "/auth/tokens", json=wanted)
        return issued

    def revoke_personal_token(self, token_id: str) -> None:
        self._request("DELETE", f"/auth/tokens/{_id(token_id)}")

    # ---- ledger

    def suggestions(self, text: str) -> Rows:
        items: Rows = self._read("/tickers", {"search": text})["items"]
        return items

    def day_prices(self, ticker: str, day: str) -> Answer:
        """`low`, `high` and `close` of the day, or of the last one with prices in the week before."""
        return self._read(f"/tickers/{quote(ticker, safe='')}/prices", {"date": day})

    def transactions(self, most: int, ticker: str | None = None) -> tuple[Rows, bool]:
        """The newest, of one ticker if it is given, and whether there are older ones than these."""
        rows: Rows = []
        wanted: dict[str, str | int] = {"limit": PAGE_SIZE} | ({"ticker": ticker} if ticker else {})
        while True:
            page = self._document("/transactions", wanted)
            rows += page["items"]
            if len(rows) >= most or not page["next_cursor"]:
                return rows[:most], len(rows) > most or page["next_cursor"] is not None
            wanted |= {"cursor": page["next_cursor"]}

    def history(self, transaction_id: str) -> Rows:
        """All versions of a transaction, oldest first."""
        versions: Rows = self._read(f"{_transaction(transaction_id)}/history")["items"]
        return versions

    def record(self, transaction: Answer, idempotency_key: str) -> Answer:
        recorded: Answer = self._request(
            "POST", "/transactions", json=transaction, headers={"Idempotency-Key": idempotency_key}
        )
        return recorded

    def revise(self, transaction_id: str, transaction: Answer) -> Answer:
        revised: Answer = self._request("PUT", _transaction(transaction_id), json=transaction)
        return revised

    def delete(self, transaction_id: str) -> None:
        self._request("DELETE", _transaction(transaction_id))

    def rename(self, ticker: str, new_ticker: str, *, confirmed: bool) -> int:
        """Rename a ticker in all of its transactions; return how many changed."""
        wanted = {"ticker": ticker, "new_ticker": new_ticker, "confirm": confirmed}
        renamed: int = self._request("POST", "/transactions/rename", json=wanted)["renamed"]
        return renamed

    def import_file(self, content: bytes, instructions: Answer, params: Params) -> Answer:
        """What came of each row, or with `dry_run` among the `params` what would."""
        report: Answer = self._request(
            "POST",
            "/transactions/import",
            params=params,
            files={"file": ("transactions", content)},
            data={"options": json.dumps(instructions)},
        )
        return report

    def export(self) -> str:
        """All transactions as CSV."""
        return self._signed_in(lambda token: self._client.text("/transactions/export", token=token))

    # ---- how it is asked

    def _read(self, path: str, params: Params | None = None) -> Answer:
        answer: Answer = self._request("GET", path, params=params)
        return answer

    def _items(self, path: str, params: Params | None = None) -> Rows:
        items: Rows = self._document(path, params)["items"]
        return items

    def _document(self, path: str, params: Params | None = None) -> Answer:
        """A versioned document, not to be changed; one that was read before is only asked whether it still holds."""
        key = (path, *sorted((params or {}).items()))
        with self._session.lock:
            kept = self._session.documents.setdefault(key, KeptDocument())
        with kept.lock:
            kept.document = self._signed_in(
                lambda token: self._client.document(path, params or {}, token=token, known=kept.document)
            )
            content: Answer = kept.document.content
        self._sessions.keep(self._session, key, kept)
        return content

    def _request(self, method: Method, path: str, **parts: Any) -> Any:
        return self._signed_in(lambda token: self._client.request(method, path, token=token, **parts))

    def _signed_in(self, ask: Callable[[str], Found]) -> Found:
        tokens = self._session.tokens
        try:
            return ask(tokens.access)
        except ApiRefusalError as refusal:
            if refusal.status != HTTPStatus.UNAUTHORIZED:
                raise
        return ask(self._renewed(tokens).access)

    def _log_out(self) -> NoReturn:
        """The session has ended at the API, and so it ends here."""
        self._sessions.close(self._session.session_id)
        raise LoggedOutError

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


def _transaction(transaction_id: str) -> str:
    """The path of one transaction."""
    return f"/transactions/{_id(transaction_id)}"


def _range(first_day: str | None, last_day: str | None) -> dict[str, str | int]:
    return {name: day for name, day in (("from", first_day), ("to", last_day)) if day}


def _id(text: str) -> UUID:
    """A UUID to put into a path; anything else is refused, whatever the page sent."""
    try:
        return UUID(text)
    except ValueError:
        message = "That entry no longer exists. Reload the page and try again."
        raise ApiRefusalError(HTTPStatus.NOT_FOUND, "not_found", message, {}) from None
