"""Writers at the same moment: they take turns, a repeated request counts once, nobody sees somebody else's rows."""

from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest

from tests.auth_service.conftest import Person, answer, refusal
from tests.platform import Platform


def test_of_simultaneous_sales_only_as_many_succeed_as_shares_are_held(alice: Person) -> None:
    alice.trade("BUY", "20")
    with ThreadPoolExecutor(8) as threads:
        for _ in range(8):
            statuses = [done.status_code for done in threads.map(lambda _: alice.trade("SELL", "1"), range(8))]
            assert set(statuses) <= {201, 422}

    sold = [trade for trade in alice.ledger() if trade["side"] == "SELL"]
    assert len(sold) == 20


def test_a_request_sent_many_times_at_once_is_recorded_once(alice: Person, bob: Person) -> None:
    with ThreadPoolExecutor(8) as threads:
        answers = [done.data for done in threads.map(lambda _: alice.trade("BUY", "1", key="k-1"), range(32))]

    assert len(set(answers)) == 1
    assert len(alice.ledger()) == 1
    assert "was used for another request" in refusal(alice.trade("BUY", "2", key="k-1"))
    assert answer(bob.trade("BUY", "1", key="k-1"), 201)["transaction_id"] != alice.ledger()[0]["transaction_id"]
    assert answer(alice.trade("BUY", "1", key="k-2"), 201)["transaction_id"] != alice.ledger()[1]["transaction_id"]


def test_a_repeated_request_gets_its_first_answer_even_after_an_edit(alice: Person) -> None:
    first = answer(alice.trade("BUY", "1", key="k"), 201)
    body = {"ticker": "VTI", "side": "BUY", "quantity": "9", "price": "100", "trade_date": "2024-01-02"}
    answer(alice.call("PUT", f"/transactions/{first['transaction_id']}", json=body))

    assert answer(alice.trade("BUY", "1", key="k"), 201) == first


def test_a_refused_request_leaves_its_key_free(alice: Person) -> None:
    refusal(alice.trade("SELL", "1", key="k"))

    answer(alice.trade("BUY", "1", key="k"), 201)


@pytest.mark.parametrize("key", ["", "a b", "x" * 256])
def test_a_key_that_is_none_is_refused(onlooker: Person, key: str) -> None:
    headers = {"Idempotency-Key": key}
    body = {"ticker": "VTI", "side": "BUY", "quantity": "1", "price": "100", "trade_date": "2024-01-02"}

    refusal(onlooker.call("POST", "/transactions", json=body, headers=headers))


def test_somebody_elses_transaction_looks_like_one_that_never_was(alice: Person, bob: Person) -> None:
    transaction_id = answer(alice.trade("BUY", "5"), 201)["transaction_id"]
    body = {"ticker": "VTI", "side": "BUY", "quantity": "1", "price": "100", "trade_date": "2024-01-02"}

    for method, suffix in (("GET", ""), ("PUT", ""), ("DELETE", ""), ("GET", "/history")):
        theirs = bob.call(method, f"/transactions/{transaction_id}{suffix}", json=body)
        nobodys = bob.call(method, f"/transactions/{uuid4()}{suffix}", json=body)
        assert (theirs.status_code, theirs.data) == (404, nobodys.data)
    assert bob.ledger() == []
    assert len(alice.ledger()) == 1


def test_a_pooled_connection_forgets_whose_transaction_it_carried(alice: Person, platform: Platform) -> None:
    alice.trade("BUY", "1")
    database = alice.app.extensions["database"]
    user_id = answer(alice.call("GET", "/auth/me"))["user_id"]

    with database.transaction(user_id) as connection:
        mine = connection.execute("select count(*) as n from bronze.transactions").fetchone()
    unbound = []
    for _ in range(20):
        with database.transaction() as connection:
            unbound.append(connection.execute("select count(*) as n from bronze.transactions").fetchone())

    assert mine == {"n": 1}
    assert unbound == [{"n": 0}] * 20
