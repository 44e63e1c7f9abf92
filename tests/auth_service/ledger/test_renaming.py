"""A ticker that is called otherwise from now on: its transactions move in one step, and no file doubles them."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from werkzeug.test import TestResponse

from tests.auth_service.conftest import Person, answer, refusal
from tests.auth_service.ledger.imports.uploads import reasons, send_with, trades


def rename(person: Person, ticker: str, new_ticker: str, **more: Any) -> TestResponse:
    return person.call("POST", "/transactions/rename", json={"ticker": ticker, "new_ticker": new_ticker} | more)


@pytest.fixture
def holder(alice: Person) -> Person:
    """Somebody with a purchase of 10 WEST and a sale of 4."""
    answer(alice.trade("BUY", "10", ticker="WEST", note="first"), 201)
    answer(alice.trade("SELL", "4", ticker="WEST"), 201)
    return alice


def test_a_purchase_and_its_sale_are_renamed_in_one_step(holder: Person) -> None:
    outcome = answer(rename(holder, "WEST", "east"))

    assert outcome == {"ticker": "WEST", "new_ticker": "EAST", "renamed": 2}
    assert sorted(trades(holder)) == [
        "2024-01-02 BUY 10 EAST 100 USD 0 first",
        "2024-01-02 SELL 4 EAST 100 USD 0",
    ]
    assert [item["version"] for item in holder.ledger()] == [2, 2]
    assert "6 held" in refusal(holder.trade("SELL", "7", ticker="EAST"))


def test_the_history_keeps_the_old_name_and_the_order_stays(holder: Person) -> None:
    before = [item["transaction_id"] for item in holder.ledger()]

    answer(rename(holder, "WEST", "EAST"))

    assert [item["transaction_id"] for item in holder.ledger()] == before
    versions = answer(holder.call("GET", f"/transactions/{before[0]}/history"))["items"]
    assert [version["ticker"] for version in versions] == ["WEST", "EAST"]


def test_what_was_renamed_joins_what_is_there(holder: Person) -> None:
    answer(holder.trade("BUY", "1", ticker="EAST"), 201)

    answer(rename(holder, "WEST", "EAST"))

    assert "7 held" in refusal(holder.trade("SELL", "8", ticker="EAST"))
    assert holder.trade("SELL", "7", ticker="EAST").status_code == 201


@pytest.mark.parametrize(
    ("new_ticker", "status", "told"),
    [
        ("NOPE", 422, "NOPE"),
        ("WLD.AS", 422, "WLD.AS is quoted in EUR, not USD"),
        ("WEST", 422, "must differ from ticker"),
    ],
)
def test_a_ticker_that_cannot_be_the_same_listing_is_refused(
    holder: Person, new_ticker: str, status: int, told: str
) -> None:
    assert told in refusal(rename(holder, "WEST", new_ticker), status)
    assert {item["ticker"] for item in holder.ledger()} == {"WEST"}


def test_prices_far_from_those_of_the_new_ticker_are_asked_about(alice: Person) -> None:
    answer(alice.trade("BUY", "1", ticker="WEST", price="20", confirm=True), 201)

    assert answer(rename(alice, "WEST", "EAST"), 422)["error"] == "implausible_price"
    assert answer(rename(alice, "WEST", "EAST", confirm=True))["renamed"] == 1


def test_a_rename_that_leaves_a_sale_uncovered_is_refused(alice: Person) -> None:
    """SPLT splits on 3 January, so that what was bought before counts twice; WEST does not."""
    answer(alice.trade("BUY", "5", ticker="SPLT"), 201)
    answer(alice.trade("SELL", "10", ticker="SPLT", price="50", trade_date="2024-01-03"), 201)

    told = refusal(rename(alice, "SPLT", "WEST", confirm=True))

    assert "the sale of 10 on 2024-01-03 would exceed the 5 WEST held that day" in told
    assert {item["ticker"] for item in alice.ledger()} == {"SPLT"}


def test_nothing_to_rename_is_told(onlooker: Person) -> None:
    assert "no transactions in WEST" in refusal(rename(onlooker, "WEST", "EAST"), 404)


def test_an_edit_at_the_same_time_loses_nothing(holder: Person) -> None:
    purchase = next(item for item in holder.ledger() if item["side"] == "BUY")
    changed = {name: purchase[name] for name in ("ticker", "side", "price", "trade_date")} | {"quantity": "12"}

    with ThreadPoolExecutor() as pool:
        renamed = pool.submit(rename, holder, "WEST", "EAST")
        revised = pool.submit(holder.call, "PUT", f"/transactions/{purchase['transaction_id']}", json=changed)
        statuses = renamed.result().status_code, revised.result().status_code

    assert set(statuses) <= {200, 409, 422}
    assert 200 in statuses
    versions = answer(holder.call("GET", f"/transactions/{purchase['transaction_id']}/history"))["items"]
    assert [version["version"] for version in versions] == [*range(1, len(versions) + 1)]


def test_a_file_that_maps_the_old_name_to_the_new_one_doubles_nothing(holder: Person) -> None:
    own = holder.call("GET", "/transactions/export").data
    symbols = {"symbols": {"west": "EAST"}}

    report = answer(send_with(holder, own, symbols))
    answer(rename(holder, "WEST", "EAST"))
    again = answer(send_with(holder, own, symbols))

    assert (report["added"], report["already_there"]) == (0, 2)
    assert set(reasons(report, "already_there").values()) == {"already recorded as WEST: rename that ticker to EAST"}
    assert (again["added"], again["already_there"]) == (0, 2)
    assert set(reasons(again, "already_there").values()) == {None}
