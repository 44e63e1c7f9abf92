"""Registration: closed by the operator, counted when refused, and what a base currency may be."""

from collections.abc import Iterator

import pytest
from apiflask import APIFlask

from auth_service.app import create_app
from auth_service.config import ApiSettings
from auth_service.errors import TooManyAttemptsError
from auth_service.http import databases
from auth_service.identity import registration, throttle
from tests.auth_service.conftest import PASSWORD, Person, answer, refusal
from tests.support.platform import Platform


@pytest.fixture
def closed(app: APIFlask, alice: Person) -> Iterator[None]:
    """Registration is closed while a test runs, after alice has come."""
    registration.set_open(app.extensions["database"], is_open=False)
    yield
    registration.set_open(app.extensions["database"], is_open=True)


def test_where_registration_is_closed_nobody_registers_and_nobody_learns_who_has_an_account(
    closed: None, alice: Person
) -> None:
    for email in ("stranger@example.org", alice.email):
        response = alice.call("POST", "/auth/register", json={"email": email, "password": PASSWORD})
        assert answer(response, 403)["error"] == "registration_closed"
    answer(alice.call("POST", "/auth/login", json={"email": alice.email, "password": PASSWORD}))


@pytest.mark.threat(45)
@pytest.mark.parametrize(("password", "status"), [(PASSWORD, 409), ("short", 422), ("password2024!!", 422)])
def test_a_registration_counts_whatever_becomes_of_it(alice: Person, password: str, status: int) -> None:
    wanted = {"email": alice.email, "password": password}
    for _ in range(99):  # and her own before
        refusal(alice.call("POST", "/auth/register", json=wanted), status)

    waiting = alice.call("POST", "/auth/register", json=wanted)

    assert "Wait 1 s" in refusal(waiting, 429)
    assert waiting.headers["Retry-After"] == "1"
    answer(alice.call("POST", "/auth/login", json={"email": alice.email, "password": PASSWORD}))


@pytest.mark.threat(45)
def test_accounts_that_are_made_in_bulk_have_to_wait_wherever_they_come_from(app: APIFlask) -> None:
    database = app.extensions["database"]
    for number in range(1000):
        throttle.count_attempt(database, throttle.of_registration(f"198.51.{number // 200}.{number % 200}"))
    with pytest.raises(TooManyAttemptsError, match="Wait 1 s"):
        throttle.count_attempt(database, throttle.of_registration("203.0.113.7"))


def test_an_attempt_that_the_database_fails_is_not_counted(app: APIFlask, alice: Person, platform: Platform) -> None:
    impatient = create_app(ApiSettings(api_lock_seconds=1))
    known = {"email": alice.email, "password": PASSWORD}
    with platform.connect("postgres") as connection:
        connection.execute("lock table public.users in access exclusive mode")

        response = Person(impatient, alice.email, alice.address, alice.tokens).call("POST", "/auth/login", json=known)

    databases.close(impatient)
    assert "Another operation locked this data" in refusal(response, 503)
    counted = [subject.key for subject in throttle.of_login(alice.email, alice.address)]
    with platform.connect("postgres") as connection:
        query = "select failures from public.login_failures where subject = any(%s) and failures > 0"
        assert connection.execute(query, [counted]).fetchall() == []


@pytest.mark.parametrize("code", ["ZZZ", "AAA", "XAU", "XTS", "usd", "US", "EURO"])
def test_what_no_money_is_counted_in_is_no_base_currency(onlooker: Person, code: str) -> None:
    registered = {"email": "somebody@example.org", "password": PASSWORD, "base_currency": code}

    assert "base_currency" in answer(onlooker.call("POST", "/auth/register", json=registered), 422)["fields"]
    assert "base_currency" in answer(onlooker.call("PATCH", "/auth/me", json={"base_currency": code}), 422)["fields"]
