"""The HTTP API as Python calls; its refusals become exceptions with the API's own sentence."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Literal, TypedDict, Unpack, cast

import httpx

from dashboard.api.payloads import ImportedRow, ImportRefusal, OidcOffer, OidcStart, Profile
from dashboard.api.payloads import TokenPair as ToldPair

Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
Json = object  # what an answer holds: `payloads` says of each what that is
Params = Mapping[str, str | int]
TIMEOUT = httpx.Timeout(30, connect=3)  # an unseen ticker's whole history is fetched while we wait


class Parts(TypedDict, total=False):
    """What goes along with a request, in httpx's names."""

    params: Params | None
    json: object
    headers: Mapping[str, str]
    files: Mapping[str, tuple[str, bytes]]
    data: Mapping[str, str]


@dataclass(frozen=True)
class TokenPair:
    """What a session holds of the API: the token of each request, and the one that renews both once."""

    access: str = field(repr=False)
    refresh: str = field(repr=False)


@dataclass(frozen=True)
class Document:
    """An answer of the API, with the version to ask whether it is still current."""

    content: Json
    version: str | None
    size: int  # bytes of JSON


class ApiUnavailableError(Exception):
    """The API did not answer, or something else answered."""

    def __init__(self) -> None:
        super().__init__("Macrofolio is not responding. Nothing is lost; try again in a moment.")


@dataclass
class ApiRefusalError(Exception):
    """The API refused: its status, code, sentence and the fields concerned.

    For a refused file, `rows` reports every row, and `notices` are remarks about the whole file.
    """

    status: int
    code: str
    message: str
    fields: Mapping[str, object]
    rows: list[ImportedRow] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)

    @property
    def is_temporary(self) -> bool:
        """True if the API can't do it right now, but could later."""
        return self.status == HTTPStatus.SERVICE_UNAVAILABLE

    def __str__(self) -> str:
        return self.message


class ApiClient:
    """A client for one API. Safe to share between threads."""

    def __init__(self, base_url: str, transport: httpx.BaseTransport | None = None) -> None:
        self._http = httpx.Client(base_url=base_url, timeout=TIMEOUT, transport=transport, trust_env=False)

    def request(self, method: Method, path: str, *, token: str | None = None, **parts: Unpack[Parts]) -> Json:
        """The JSON of the answer, None when it has none.

        Raises:
            ApiRefusalError: A status of 400 or more, with the API's error object.
            ApiUnavailableError: No answer, or an answer that is not the API's.

        """
        return _content(self._send(method, path, token, parts))

    def document(self, path: str, params: Params, *, token: str, known: Document | None) -> Document:
        """A versioned document of the API; if `known` is still current, the very same object."""
        headers = {"If-None-Match": known.version} if known and known.version else {}
        reply = self._send("GET", path, token, {"params": params, "headers": headers})
        if known and reply.status_code == HTTPStatus.NOT_MODIFIED:
            return known
        return Document(_content(reply), reply.headers.get("ETag"), len(reply.content))

    def text(self, path: str, *, token: str) -> str:
        """The body of an answer that isn't JSON, as a file to save."""
        reply = self._send("GET", path, token, {})
        if not reply.is_success:
            _content(reply)
        return reply.text

    def _send(self, method: Method, path: str, token: str | None, parts: Parts) -> httpx.Response:
        headers = dict(parts.get("headers", {}))
        if token:
            headers["Authorization"] = f"Bearer {token}"
        try:
            return self._http.request(method, path, **(parts | {"headers": headers}))
        except httpx.TransportError as error:
            raise ApiUnavailableError from error

    def log_in(self, email: str, password: str, client_address: str) -> TokenPair:
        """A first pair of tokens. Sends the address along, so that the API's limits count people and not us."""
        return _pair(
            self.request(
                "POST",
                "/auth/login",
                json={"email": email, "password": password},
                headers={"X-Forwarded-For": client_address},
            )
        )

    def register(self, email: str, password: str, base_currency: str, client_address: str) -> None:
        """Make an account; errors as those of `request`."""
        self.request(
            "POST",
            "/auth/register",
            json={"email": email, "password": password, "base_currency": base_currency},
            headers={"X-Forwarded-For": client_address},
        )

    def provider_name(self) -> str | None:
        """The name of the provider through which people may also sign in; None if there is none."""
        offer = cast("OidcOffer", self.request("GET", "/auth/oidc"))
        return offer["name"] if offer["is_offered"] else None

    def begin_sign_in(self, client_address: str) -> tuple[str, str]:
        """Where to send a person who signs in through the provider, and the state to compare when they return."""
        begun = cast("OidcStart", self.request("POST", "/auth/oidc/start", headers={"X-Forwarded-For": client_address}))
        return begun["authorization_url"], begun["state"]

    def finish_sign_in(self, code: str, state: str, client_address: str) -> tuple[TokenPair, str]:
        """The first pair of tokens for the person who returned, and their e-mail address."""
        returned = {"code": code, "state": state}
        tokens = _pair(
            self.request("POST", "/auth/oidc/finish", json=returned, headers={"X-Forwarded-For": client_address})
        )
        try:
            profile = cast("Profile", self.request("GET", "/auth/me", token=tokens.access))
        except (ApiRefusalError, ApiUnavailableError):
            with suppress(ApiRefusalError, ApiUnavailableError):  # leave no session behind that nobody holds
                self.log_out(tokens)
            raise
        return tokens, profile["email"]

    def renew(self, tokens: TokenPair) -> TokenPair:
        """The successor of a pair; uses up the old one."""
        return _pair(self.request("POST", "/auth/refresh", token=tokens.refresh))

    def log_out(self, tokens: TokenPair) -> None:
        """End the session of these tokens."""
        self.request("POST", "/auth/logout", token=tokens.access)


def _pair(answer: Json) -> TokenPair:
    pair = cast("ToldPair", answer)
    return TokenPair(access=pair["access_token"], refresh=pair["refresh_token"])


def _content(reply: httpx.Response) -> Json:
    if reply.status_code == HTTPStatus.NO_CONTENT:
        return None
    try:
        content: Json = reply.json()
    except ValueError as error:
        raise ApiUnavailableError from error
    if reply.is_success:
        return content
    if not isinstance(content, dict) or "message" not in content:
        raise ApiUnavailableError
    told = cast("ImportRefusal", content)  # of which every other refusal is a part
    fields, rows, notices = told.get("fields") or {}, told.get("rows") or [], told.get("notices") or []
    raise ApiRefusalError(reply.status_code, told.get("error", ""), told["message"], fields, rows, notices)
