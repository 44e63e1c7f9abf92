"""Names of tickers that nobody knows: each costs the provider a question, so one person's are counted."""

from uuid import UUID

import pytest
from apiflask import APIFlask

from auth_service.identity import throttle
from tests.auth_service.conftest import Person, answer, refusal

ASKING = ("/tickers/NOPE", "/tickers?search=nothing%20of%20this%20name")
UNKNOWN = {"ticker": "NOPE", "side": "BUY", "quantity": "1", "price": "1", "trade_date": "2024-01-02"}


@pytest.fixture
def asked_enough(app: APIFlask, alice: Person) -> None:
    """Alice has named as many unknown tickers as one may at once."""
    counted = throttle.of_unknown_tickers(UUID(answer(alice.call("GET", "/auth/me"))["user_id"]))
    for _ in range(counted[0].free_attempts):
        throttle.count_attempt(app.extensions["database"], counted)


@pytest.mark.threat(49)
@pytest.mark.usefixtures("asked_enough")
def test_who_has_named_too_many_unknown_tickers_waits_and_nobody_else(alice: Person, bob: Person) -> None:
    waiting = [
        *(alice.call("GET", path) for path in ASKING),
        alice.call("POST", "/transactions", json=UNKNOWN),
        alice.call("PATCH", "/auth/me", json={"benchmark": "NOPE"}),
    ]

    for response in waiting:
        assert "Wait" in refusal(response, 429)
    refusal(bob.call("GET", ASKING[0]), 404)
    assert answer(bob.call("GET", ASKING[1]))["items"] == []


@pytest.mark.usefixtures("asked_enough")
def test_a_ticker_that_is_stored_is_asked_of_nobody_and_never_waits(alice: Person, bob: Person) -> None:
    answer(bob.call("POST", "/transactions", json=UNKNOWN | {"ticker": "VTI", "price": "100"}), 201)

    answer(alice.call("POST", "/transactions", json=UNKNOWN | {"ticker": "VTI", "price": "100"}), 201)


def test_only_what_nobody_knows_counts(app: APIFlask, alice: Person) -> None:
    (counted,) = throttle.of_unknown_tickers(UUID(answer(alice.call("GET", "/auth/me"))["user_id"]))
    for path in (*ASKING, "/tickers?search=total", "/tickers/%00"):
        alice.call("GET", path)

    with app.extensions["database"].transaction() as connection:
        row = connection.execute(
            "select failures from public.login_failures where subject = %s", [counted.key]
        ).fetchone()

    assert row == {"failures": len(ASKING)}
