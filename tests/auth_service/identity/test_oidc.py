"""Signing in through another provider: what opens an account, and everything that does not."""

import secrets
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient
from pydantic import SecretStr, ValidationError
from werkzeug.test import TestResponse

from auth_service.app import create_app
from auth_service.config import ApiSettings
from auth_service.http import databases
from auth_service.identity import oidc, registration
from scripts.launcher.home import free_port
from tests.auth_service.conftest import PASSWORD, Person, addresses, answer, refusal
from tests.support.oidc_provider import CLIENT_ID, CLIENT_SECRET, REDIRECT_URI, Provider, running_provider
from tests.support.platform import Platform, wait_until


@pytest.fixture(scope="module")
def running() -> Iterator[Provider]:
    with running_provider() as provider:
        yield provider


@pytest.fixture(scope="module")
def door(app: APIFlask, running: Provider) -> Iterator[APIFlask]:
    """The API on the same database, with the provider configured."""
    settings = settings_for(running.issuer)
    application = create_app(settings)
    yield application
    databases.close(application)


@pytest.fixture
def provider(running: Provider) -> Provider:
    """The provider with somebody new, behaving well."""
    name = secrets.token_hex(6)
    running.person = {"sub": f"id-{name}", "email": f"{name}@example.org"}
    running.change, running.metadata, running.sign, running.status = {}, {}, None, type(running).status
    running.keys = None
    oidc._kept_metadata.cache_clear()
    return running


@pytest.fixture
def client(door: APIFlask) -> FlaskClient:
    """A client at an address of its own, because sign-ins that are not finished are counted by it."""
    client = door.test_client()
    client.environ_base["REMOTE_ADDR"] = next(addresses)
    return client


def settings_for(issuer: str) -> ApiSettings:
    return ApiSettings(
        oidc_issuer=issuer,
        oidc_client_id=CLIENT_ID,
        oidc_client_secret=SecretStr(CLIENT_SECRET),
        oidc_redirect_uri=REDIRECT_URI,
        oidc_name="Our Keycloak",
    )


def begin(client: FlaskClient) -> dict[str, Any]:
    return answer(client.post("/api/v1/auth/oidc/start"))


def sign_in(client: FlaskClient, provider: Provider) -> TestResponse:
    return client.post("/api/v1/auth/oidc/finish", json=provider.visit(begin(client)["authorization_url"]))


def who(client: FlaskClient, signed_in: TestResponse) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {answer(signed_in)['access_token']}"}
    return answer(client.get("/api/v1/auth/me", headers=headers))


def test_the_offer_is_made_only_where_a_provider_is_configured(app: APIFlask, client: FlaskClient) -> None:
    assert answer(client.get("/api/v1/auth/oidc")) == {"is_offered": True, "name": "Our Keycloak"}
    assert answer(app.test_client().get("/api/v1/auth/oidc")) == {"is_offered": False, "name": None}
    assert "no sign-in" in refusal(app.test_client().post("/api/v1/auth/oidc/start"), 404)
    back = {"code": "x", "state": "x"}
    assert "no sign-in" in refusal(app.test_client().post("/api/v1/auth/oidc/finish", json=back), 404)


def test_the_first_sign_in_creates_an_account_and_the_next_opens_it(client: FlaskClient, provider: Provider) -> None:
    first = who(client, sign_in(client, provider))
    provider.person["email"] = "moved@example.org"  # the subject says who somebody is, the address does not
    second = who(client, sign_in(client, provider))

    assert first == second
    assert (first["email"], first["base_currency"]) == (f"{provider.person['sub'][3:]}@example.org", "USD")


def test_a_key_that_was_changed_since_is_believed(client: FlaskClient, provider: Provider) -> None:
    provider.key = type(provider)().key

    answer(sign_in(client, provider))


MALFORMED: list[dict[str, Any]] = [
    {"n": "!!"},
    {"n": None},
    {"e": "AQ"},
    {"kid": 7},
    {"key_ops": ["guess"]},
]


@pytest.mark.parametrize("change", MALFORMED)
def test_a_malformed_key_keeps_nobody_from_signing_in_by_a_good_one(
    client: FlaskClient, provider: Provider, change: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    provider.keys = [provider.public_key() | {"kid": "broken"} | change, provider.public_key()]

    answer(sign_in(client, provider))
    assert "was ignored" in caplog.text


@pytest.mark.parametrize("change", MALFORMED)
def test_where_every_key_is_malformed_nobody_is_believed(
    client: FlaskClient, provider: Provider, change: dict[str, Any]
) -> None:
    provider.keys = [provider.public_key() | change]

    assert "did not confirm" in refusal(sign_in(client, provider), 401)


def test_the_provider_is_asked_once_in_a_while_where_it_answers(client: FlaskClient, provider: Provider) -> None:
    begin(client)
    provider.status = type(provider.status).INTERNAL_SERVER_ERROR

    begin(client)


def test_sign_ins_that_are_begun_and_not_finished_make_their_address_wait(
    door: APIFlask, client: FlaskClient, provider: Provider
) -> None:
    for _ in range(99):
        begin(client)
    for _ in range(2):
        answer(sign_in(client, provider))  # what is finished does not count
    begin(client)

    waiting = client.post("/api/v1/auth/oidc/start")

    assert "Wait 1 s" in refusal(waiting, 429)
    assert waiting.headers["Retry-After"] == "1"
    elsewhere = door.test_client()
    answer(elsewhere.post("/api/v1/auth/oidc/start", environ_base={"REMOTE_ADDR": next(addresses)}))


def test_a_state_opens_one_session_and_no_second(client: FlaskClient, provider: Provider) -> None:
    begun = begin(client)
    answer(client.post("/api/v1/auth/oidc/finish", json=provider.visit(begun["authorization_url"])))

    again = provider.visit(begun["authorization_url"])
    assert "Start again" in refusal(client.post("/api/v1/auth/oidc/finish", json=again), 401)


def test_a_state_is_used_up_by_a_failure_too(client: FlaskClient, provider: Provider) -> None:
    begun = begin(client)
    refusal(client.post("/api/v1/auth/oidc/finish", json={"code": "guessed", "state": begun["state"]}), 401)

    back = provider.visit(begun["authorization_url"])
    refusal(client.post("/api/v1/auth/oidc/finish", json=back), 401)


def test_a_state_lives_for_ten_minutes_and_is_kept_only_as_a_hash(
    client: FlaskClient, provider: Provider, platform: Platform
) -> None:
    begun = begin(client)
    with platform.connect("macrofolio_api") as connection:
        kept = connection.execute("select oidc_sign_ins::text from public.oidc_sign_ins").fetchall()
        connection.execute("update public.oidc_sign_ins set created_at = created_at - interval '601 s'")

    assert begun["state"] not in str(kept)
    back = provider.visit(begun["authorization_url"])
    assert "has expired" in refusal(client.post("/api/v1/auth/oidc/finish", json=back), 401)


def test_a_code_belongs_to_the_sign_in_that_asked_for_it(client: FlaskClient, provider: Provider) -> None:
    mine, anothers = begin(client), begin(client)
    back = provider.visit(anothers["authorization_url"])

    crossed = {"code": back["code"], "state": mine["state"]}
    assert "did not confirm" in refusal(client.post("/api/v1/auth/oidc/finish", json=crossed), 401)


@pytest.mark.parametrize(
    "change",
    [
        {"nonce": "of another sign-in"},
        {"nonce": None},
        {"aud": "another client"},
        {"aud": ["another client"]},
        {"aud": None},
        {"azp": "another client"},
        {"iss": "https://elsewhere.example"},
        {"iss": None},
        {"exp": 1},
        {"exp": None},
        {"iat": None},
        {"nbf": 9_999_999_999},
        {"sub": None},
        {"sub": ""},
        {"sub": 7},
        {"sub": "x" * 256},
        {"sub": "a\0b"},
        {"sub": "two\nlines"},
    ],
)
def test_a_token_that_is_not_for_us_now_is_not_believed(
    client: FlaskClient, provider: Provider, change: dict[str, object]
) -> None:
    provider.change = change

    assert "Our Keycloak did not confirm this sign-in" in refusal(sign_in(client, provider), 401)


@pytest.mark.parametrize("way", ["unsigned", "hs256_with_the_public_key", "with_another_key", "no_token"])
def test_a_token_that_the_provider_has_not_signed_is_not_believed(
    client: FlaskClient, provider: Provider, way: str
) -> None:
    provider.sign = getattr(provider, way)

    assert "did not confirm" in refusal(sign_in(client, provider), 401)


def test_an_address_alone_never_opens_an_account_that_exists(
    alice: Person, client: FlaskClient, provider: Provider
) -> None:
    provider.person["email"] = alice.email

    assert "does not open" in refusal(sign_in(client, provider), 409)
    answer(alice.call("POST", "/auth/login", json={"email": alice.email, "password": PASSWORD}))


@pytest.mark.parametrize("email", [None, "", "ada", 7])
def test_without_an_address_there_is_no_account(client: FlaskClient, provider: Provider, email: object) -> None:
    provider.person["email"] = email

    assert "did not share your e-mail address" in refusal(sign_in(client, provider), 422)


def test_who_is_known_needs_no_address_to_sign_in_again(client: FlaskClient, provider: Provider) -> None:
    known = who(client, sign_in(client, provider))
    provider.person["email"] = None

    assert who(client, sign_in(client, provider)) == known


@pytest.mark.parametrize("second_address", ["the same", "another"])
def test_first_sign_ins_at_once_open_the_one_account(
    client: FlaskClient, provider: Provider, platform: Platform, second_address: str
) -> None:
    backs = [provider.visit(begin(client)["authorization_url"]) for _ in range(2)]
    finish = lambda back: client.application.test_client().post("/api/v1/auth/oidc/finish", json=back)  # noqa: E731

    with ThreadPoolExecutor(2) as threads, platform.connect("postgres") as connection:
        connection.execute("lock table public.users in share mode")  # both find nobody, and neither can write yet
        first = threads.submit(finish, backs[0])
        wait_until(lambda: waiting_for_a_lock(platform) == 1, "the first sign-in wants to write", seconds=10)
        if second_address == "another":
            provider.person["email"] = f"moved-{provider.person['email']}"
        second = threads.submit(finish, backs[1])
        wait_until(lambda: waiting_for_a_lock(platform) == 2, "the second sign-in waits too", seconds=10)
        connection.rollback()

    assert who(client, first.result()) == who(client, second.result())


def waiting_for_a_lock(platform: Platform) -> int:
    """How many requests wait for a lock."""
    query = "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
    with platform.connect("postgres") as connection:
        found: int = connection.execute(query).fetchall()[0][0]
        return found


def test_where_registration_is_closed_only_those_with_an_account_come_in(
    door: APIFlask, client: FlaskClient, provider: Provider
) -> None:
    known = who(client, sign_in(client, provider))
    registration.set_open(door.extensions["database"], is_open=False)
    try:
        assert who(client, sign_in(client, provider)) == known
        provider.person = {"sub": "a stranger", "email": "stranger@example.org"}
        assert answer(sign_in(client, provider), 403)["error"] == "registration_closed"
    finally:
        registration.set_open(door.extensions["database"], is_open=True)


def test_without_a_password_there_is_none_to_sign_in_with_or_to_change(client: FlaskClient, provider: Provider) -> None:
    tokens = answer(sign_in(client, provider))
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}

    for guess in ("none", "a quiet harbour"):
        login = {"email": provider.person["email"], "password": guess}
        refusal(client.post("/api/v1/auth/login", json=login), 401)
    change = {"current_password": "none", "new_password": "another quiet harbour"}
    assert "has no password" in refusal(client.patch("/api/v1/auth/me", json=change, headers=headers))


@pytest.mark.threat(46)
def test_without_a_password_erasure_and_tokens_need_a_fresh_sign_in(
    client: FlaskClient, provider: Provider, platform: Platform
) -> None:
    tokens = answer(sign_in(client, provider))
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    wanted = {"name": "script", "scope": "write"}
    answer(client.post("/api/v1/auth/tokens", json=wanted, headers=headers), 201)
    with platform.connect("postgres") as connection:
        connection.execute("update public.sessions set created_at = created_at - interval '11 minutes'")

    told = [
        refusal(client.post("/api/v1/auth/tokens", json=wanted, headers=headers), 403),
        refusal(client.delete("/api/v1/auth/me", json={}, headers=headers), 403),
    ]

    assert all("Sign in again, then retry within ten minutes" in sentence for sentence in told)


def test_after_erasure_the_same_person_gets_a_new_account(client: FlaskClient, provider: Provider) -> None:
    tokens = answer(sign_in(client, provider))
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    before = answer(client.get("/api/v1/auth/me", headers=headers))

    assert client.delete("/api/v1/auth/me", json={}, headers=headers).status_code == 204

    assert who(client, sign_in(client, provider))["user_id"] != before["user_id"]


def test_a_provider_that_is_down_is_told_as_such(client: FlaskClient, provider: Provider) -> None:
    back = provider.visit(begin(client)["authorization_url"])
    provider.status = type(provider.status).INTERNAL_SERVER_ERROR
    assert "is not responding" in refusal(client.post("/api/v1/auth/oidc/finish", json=back), 503)

    oidc._kept_metadata.cache_clear()
    assert "is not responding" in refusal(client.post("/api/v1/auth/oidc/start"), 503)


def test_a_provider_that_does_not_listen_is_told_as_such(app: APIFlask) -> None:
    nowhere = create_app(settings_for(f"http://127.0.0.1:{free_port()}"))

    response = nowhere.test_client().post("/api/v1/auth/oidc/start")

    databases.close(nowhere)
    assert "is not responding" in refusal(response, 503)
    assert response.headers["Retry-After"] == "30"


@pytest.mark.parametrize("metadata", [{"issuer": "https://elsewhere.example"}, {"issuer": None}])
def test_a_provider_that_calls_itself_otherwise_is_not_ours(
    client: FlaskClient, provider: Provider, metadata: dict[str, object]
) -> None:
    provider.metadata = metadata

    refusal(client.post("/api/v1/auth/oidc/start"), 503)


def test_a_provider_may_want_the_clients_secret_in_the_header(client: FlaskClient, provider: Provider) -> None:
    provider.metadata = {"token_endpoint_auth_methods_supported": ["client_secret_basic"]}

    answer(sign_in(client, provider))


def test_nothing_in_a_request_says_where_the_person_is_sent(client: FlaskClient, provider: Provider) -> None:
    begun = answer(
        client.post("/api/v1/auth/oidc/start?redirect_uri=https://evil.example", json={"redirect_uri": "https://evil"})
    )

    assert parse_qs(urlsplit(begun["authorization_url"]).query)["redirect_uri"] == [REDIRECT_URI]


@pytest.mark.parametrize(
    "given",
    [
        {"oidc_issuer": "https://id.example"},
        {"oidc_issuer": "http://id.example", "oidc_redirect_uri": REDIRECT_URI},
        {"oidc_issuer": "https://id.example", "oidc_redirect_uri": "http://macrofolio.example/login/oidc"},
    ],
)
def test_half_a_configuration_or_one_without_tls_stops_the_start(app: APIFlask, given: dict[str, str]) -> None:
    rest = {"oidc_client_id": "x", "oidc_client_secret": "x"} if len(given) > 1 else {}

    with pytest.raises(ValidationError, match="OIDC_"):
        ApiSettings.model_validate(given | rest)
