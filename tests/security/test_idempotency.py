"""The same request many times: recorded once, answered alike, and never mixed up with another."""

import json
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from typing import Any

import psycopg
import pytest

from tests.security.conftest import Person, answer, refusal


@pytest.mark.threat(23)
def test_a_request_sent_many_times_at_once_is_recorded_once(alice: Person, bob: Person) -> None:
    with ThreadPoolExecutor(32) as threads:
        replies = list(threads.map(lambda _: alice.trade("BUY", "1", key="k-1"), range(32)))

    assert {reply.status_code for reply in replies} == {201}
    assert len({reply.content for reply in replies}) == 1
    assert len(alice.ledger()) == 1
    assert "was already used for another request" in refusal(alice.trade("BUY", "2", key="k-1"))
    assert answer(bob.trade("BUY", "1", key="k-1"), 201)["transaction_id"] != alice.ledger()[0]["transaction_id"]
    assert answer(alice.trade("BUY", "1", key="k-2"), 201)["transaction_id"] != alice.ledger()[1]["transaction_id"]


@pytest.mark.threat(23)
def test_different_requests_at_once_under_one_key_leave_one(alice: Person) -> None:
    with ThreadPoolExecutor(8) as threads:
        done = threads.map(lambda number: alice.trade("BUY", str(number + 1), key="k"), range(8))
        statuses = [reply.status_code for reply in done]

    assert sorted(statuses) == [201] + [422] * 7
    assert len(alice.ledger()) == 1


@pytest.mark.threat(23)
def test_a_repeated_request_gets_its_first_answer_even_after_an_edit_and_a_deletion(alice: Person) -> None:
    first = answer(alice.trade("BUY", "1", key="k"), 201)
    path = f"/transactions/{first['transaction_id']}"
    body = {"ticker": "VTI", "side": "BUY", "quantity": "9", "price": "100", "trade_date": "2024-01-02"}

    answer(alice.call("PUT", path, json=body))
    assert answer(alice.trade("BUY", "1", key="k"), 201) == first
    assert alice.call("DELETE", path).status_code == 204
    assert answer(alice.trade("BUY", "1", key="k"), 201) == first
    assert alice.ledger() == []


@pytest.mark.threat(23)
def test_a_refused_request_leaves_its_key_free(alice: Person) -> None:
    refusal(alice.trade("SELL", "1", key="k"))

    answer(alice.trade("BUY", "1", key="k"), 201)


@pytest.mark.threat(23)
@pytest.mark.parametrize("key", [b"", b"a b", b"x" * 256, b"\xe4", b"\xff\xfe", b"a\tb", "\u00fc".encode()])
def test_a_key_that_is_none_is_refused(onlooker: Person, key: bytes) -> None:
    body = {"ticker": "VTI", "side": "BUY", "quantity": "1", "price": "100", "trade_date": "2024-01-02"}
    headers = {b"Authorization": f"Bearer {onlooker.tokens['access_token']}".encode(), b"Idempotency-Key": key}

    refusal(onlooker.client.post("/api/v1/transactions", json=body, headers=headers))
    assert onlooker.ledger() == []


def test_a_request_from_before_an_update_is_the_same_after_it(alice: Person, database: psycopg.Connection[Any]) -> None:
    """What the ledger has learnt to take since then was not in it, and is nothing that differs."""
    first = answer(alice.trade("BUY", "1", "before"), 201)
    as_it_was = {
        "ticker": "VTI",
        "side": "BUY",
        "quantity": "1",
        "price": "100",
        "trade_date": "2024-01-02",
        "fees": "0",
        "currency": None,
        "note": None,
        "confirm": False,
    }
    request_hash = sha256(json.dumps(as_it_was, separators=(",", ":")).encode()).hexdigest()
    database.execute(
        "update public.idempotency_keys set request_hash = %s where transaction_id = %s",
        [request_hash, first["transaction_id"]],
    )

    assert answer(alice.trade("BUY", "1", "before"), 201) == first
