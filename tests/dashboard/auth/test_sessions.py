"""Sessions live on the server and end in time; their tokens are renewed once, however many ask."""

import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import httpx
import pytest

from dashboard.api.client import ApiClient, ApiRefusalError, ApiUnavailableError, Document, TokenPair
from dashboard.api.user_api import LoggedOutError, UserApi
from dashboard.auth.sessions import LARGEST_OF_ALL, LARGEST_OF_SESSION, MOST_OF_PERSON, KeptDocument, SessionStore


class FakeApi(httpx.BaseTransport):
    """Accepts one access token at a time; a refresh uses up the refresh token and makes the next pair."""

    def __init__(self, *, revoked: bool = False) -> None:
        self.generation = 1
        self.renewals = 0
        self._revoked = revoked
        self._lock = threading.Lock()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        token = request.headers["Authorization"].removeprefix("Bearer ")
        with self._lock:
            if request.url.path.endswith("/auth/refresh"):
                return self._renew(token)
            if token != f"access-{self.generation}":
                return refusal(401, "The token has expired.")
        return httpx.Response(200, json={"up_to_date": True})

    def _renew(self, token: str) -> httpx.Response:
        if self._revoked or token != f"refresh-{self.generation}":
            return refusal(401, "The session has ended.")
        self.generation += 1
        self.renewals += 1
        pair = {"access_token": f"access-{self.generation}", "refresh_token": f"refresh-{self.generation}"}
        return httpx.Response(200, json=pair)


def refusal(status: int, message: str) -> httpx.Response:
    return httpx.Response(status, json={"error": "unauthorized", "message": message, "fields": {}})


def user_api(transport: httpx.BaseTransport, tokens: TokenPair) -> tuple[UserApi, SessionStore, str]:
    sessions = SessionStore(max_age=60)
    session = sessions.open("ada@example.org", tokens)
    return UserApi(ApiClient("http://api", transport), session, sessions), sessions, session.session_id


def test_many_requests_after_expiry_renew_once() -> None:
    transport = FakeApi()
    api, _, _ = user_api(transport, TokenPair("expired", "refresh-1"))

    with ThreadPoolExecutor(24) as pool:
        answers = list(pool.map(lambda _: api.status(), range(24)))

    assert [answer["up_to_date"] for answer in answers] == [True] * 24
    assert transport.renewals == 1


def test_of_many_requests_for_one_document_only_the_first_fetches_it() -> None:
    fetched: list[str] = []
    two_at_once = threading.Barrier(2)

    def versioned(request: httpx.Request) -> httpx.Response:
        if request.headers.get("If-None-Match") == '"v1"':
            return httpx.Response(304)
        fetched.append(request.url.path)
        with suppress(threading.BrokenBarrierError):  # nobody else came
            two_at_once.wait(timeout=0.5)
        return httpx.Response(200, json={"market_value": 1.0}, headers={"ETag": '"v1"'})

    api, _, _ = user_api(httpx.MockTransport(versioned), TokenPair("access-1", "refresh-1"))
    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(lambda _: api.performance(), range(12)))

    assert [answer["market_value"] for answer in answers] == [1.0] * 12
    assert fetched == ["/portfolio/performance"]


def test_a_revoked_session_ends_here_too() -> None:
    api, sessions, session_id = user_api(FakeApi(revoked=True), TokenPair("expired", "refresh-1"))

    with pytest.raises(LoggedOutError):
        api.status()

    assert sessions.find(session_id) is None


def test_an_outage_does_not_end_the_session() -> None:
    def broken(_request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    api, sessions, session_id = user_api(httpx.MockTransport(broken), TokenPair("access-1", "refresh-1"))

    with pytest.raises(ApiUnavailableError):
        api.status()

    assert sessions.find(session_id) is not None


def answering(status: int, content: bytes) -> Callable[[httpx.Request], httpx.Response]:
    return lambda _request: httpx.Response(status, content=content)


@pytest.mark.parametrize(
    ("status", "content"),
    [(502, b"<html>Bad gateway</html>"), (200, b"not json"), (500, b'{"detail": "?"}'), (500, b"[]")],
)
def test_what_is_not_the_api_s_answer_is_an_outage(status: int, content: bytes) -> None:
    client = ApiClient("http://api", httpx.MockTransport(answering(status, content)))

    with pytest.raises(ApiUnavailableError):
        client.request("GET", "/portfolio/status")


def test_a_refusal_carries_the_api_s_sentence_and_fields() -> None:
    body = {"error": "invalid", "message": "Cannot sell 3 VTI.", "fields": {"quantity": "0 held."}}
    client = ApiClient("http://api", httpx.MockTransport(answering(422, json.dumps(body).encode())))

    with pytest.raises(ApiRefusalError, match=r"^Cannot sell 3 VTI\.$") as caught:
        client.request("POST", "/transactions", json={})

    assert (caught.value.status, caught.value.code) == (422, "invalid")
    assert caught.value.fields == {"quantity": "0 held."}


def test_a_session_ends_at_its_age() -> None:
    now = [0.0]
    sessions = SessionStore(max_age=10, clock=lambda: now[0])
    session = sessions.open("ada@example.org", TokenPair("a", "r"))

    now[0] = 10
    assert sessions.find(session.session_id) is session
    now[0] = 10.1
    assert sessions.find(session.session_id) is None


def test_tokens_do_not_show_in_logs() -> None:
    session = SessionStore(max_age=10).open("ada@example.org", TokenPair("secret-access", "secret-refresh"))

    assert "secret" not in repr(session)


def test_one_session_more_than_a_person_may_have_ends_the_one_not_used_for_the_longest() -> None:
    sessions = SessionStore(max_age=60)
    other = sessions.open("bob@example.org", TokenPair("a", "r"))
    own = [sessions.open("ada@example.org", TokenPair("a", "r")) for _ in range(MOST_OF_PERSON)]
    assert sessions.find(own[0].session_id) is own[0]

    sessions.open("ada@example.org", TokenPair("a", "r"))

    found = [sessions.find(session.session_id) is not None for session in (other, *own)]
    assert found == [True, True, False, *[True] * (MOST_OF_PERSON - 2)]


def test_what_sessions_keep_has_a_bound_for_each_and_for_all() -> None:
    largest = LARGEST_OF_SESSION // 2
    sessions = SessionStore(max_age=60)
    many = [sessions.open(f"{number}@example.org", TokenPair("a", "r")) for number in range(20)]

    for session in many:
        for path in ("/a", "/b", "/c"):
            sessions.keep(session, path, KeptDocument(Document({}, "v1", largest)))
        sessions.keep(session, "/too-large", KeptDocument(Document({}, "v1", LARGEST_OF_SESSION + 1)))

    kept = [sorted(map(str, session.documents)) for session in many]
    assert kept[-1] == ["/b", "/c"]
    assert kept[0] == []
    assert sum(session.documents.currsize for session in many) <= LARGEST_OF_ALL


@pytest.mark.parametrize("forged", ["../me", "..%2Fme", "", "1"])
def test_what_is_no_id_never_becomes_part_of_a_path(forged: str) -> None:
    asked: list[str] = []

    def note(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path)
        return httpx.Response(204)

    api, _, _ = user_api(httpx.MockTransport(note), TokenPair("access-1", "refresh-1"))
    for call in (api.revoke_personal_token, api.end_session, api.delete, api.history):
        with pytest.raises(ApiRefusalError, match="no longer exists"):
            call(forged)

    assert asked == []
