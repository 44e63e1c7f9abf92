"""Recording trades: what is taken, what is refused, and that a refusal leaves nothing behind."""

from typing import Any
from uuid import UUID

import pytest
from apiflask import APIFlask

from auth_service.ledger import rules, store
from auth_service.ledger.schemas import Trade
from tests.auth_service.conftest import Person, answer, refusal


def test_a_purchase_comes_back_exactly_as_it_was_sent(alice: Person) -> None:
    sent = {"price": "99.10", "fees": "0.00000001", "note": "först ✓"}

    recorded = answer(alice.trade("BUY", "12345678.12345678", **sent), 201)

    assert alice.ledger() == [recorded]
    assert recorded["quantity"] == "12345678.12345678"
    assert {name: recorded[name] for name in sent} == sent
    assert (recorded["ticker"], recorded["side"], recorded["currency"]) == ("VTI", "BUY", "USD")
    assert (recorded["trade_date"], recorded["version"], recorded["is_deleted"]) == ("2024-01-02", 1, False)


def test_plain_json_numbers_are_read_digit_by_digit(alice: Person) -> None:
    body = '{"ticker":"vti","side":"buy","quantity":0.1,"price":100,"fees":1.12345678,"trade_date":"2024-01-02"}'

    recorded = answer(alice.call("POST", "/transactions", data=body, content_type="application/json"), 201)

    assert (recorded["quantity"], recorded["price"], recorded["fees"]) == ("0.1", "100", "1.12345678")


def test_a_json_number_keeps_digits_that_a_float_has_no_room_for(alice: Person) -> None:
    body = '{"ticker":"VTI","side":"BUY","quantity":123456789012345.12345678,"price":100,"trade_date":"2024-01-02"}'

    recorded = answer(alice.call("POST", "/transactions", data=body, content_type="application/json"), 201)

    assert recorded["quantity"] == "123456789012345.12345678"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("trade_date", "1969-12-31"),
        ("trade_date", "2024-02-30"),
        ("trade_date", 1704153600),
        ("trade_date", "2024-1-2"),
        ("trade_date", "2999-01-01"),
        ("side", "HOLD"),
        ("currency", "EUR"),
        ("note", "x" * 1001),
        ("note", "a\x00b"),
        ("user_id", "4d1c9e6e-0000-0000-0000-000000000000"),
        ("recorded_at", "2024-01-02T00:00:00Z"),
        ("is_deleted", True),
        ("confirm", "yes"),
    ],
)
def test_a_field_that_cannot_be_right_or_is_not_the_clients_is_refused(
    onlooker: Person, field: str, value: Any
) -> None:
    assert field in answer(onlooker.trade("BUY", "1", **{field: value}), 422)["fields"]
    assert onlooker.ledger() == []


def test_a_price_far_outside_the_days_range_has_to_be_confirmed(alice: Person) -> None:
    message = refusal(alice.trade("BUY", "1", price="1000"))

    assert message.startswith("VTI traded between 98 and 102 on 2024-01-02, far from 1000.")
    assert answer(alice.trade("BUY", "1", price="1000", confirm=True), 201)["price"] == "1000"


@pytest.mark.parametrize(("price", "status"), [("49", 201), ("48.99", 422), ("204", 201), ("204.01", 422), ("0", 422)])
def test_half_the_low_and_twice_the_high_are_still_plausible(alice: Person, price: str, status: int) -> None:
    assert alice.trade("BUY", "1", price=price).status_code == status


def test_a_day_without_prices_is_compared_with_the_last_one_before(alice: Person) -> None:
    assert "on 2024-01-05" in refusal(alice.trade("BUY", "1", price="1000", trade_date="2024-01-07"))


def test_adjusted_prices_are_compared_as_they_were_traded(alice: Person) -> None:
    # 50 after the two for one split of 3 January was 100 before it.
    assert "between 98 and 102" in refusal(alice.trade("BUY", "1", ticker="ADJ", price="48"))
    assert alice.trade("BUY", "1", ticker="ADJ", price="100").status_code == 201


def test_a_pence_listing_is_traded_in_pence(alice: Person) -> None:
    assert "quoted in GBp, not GBP" in refusal(alice.trade("BUY", "1", ticker="PENC", currency="GBP"))
    assert answer(alice.trade("BUY", "1", ticker="PENC"), 201)["currency"] == "GBp"


def test_selling_more_than_is_held_is_refused(alice: Person) -> None:
    alice.trade("BUY", "2")

    message = refusal(alice.trade("SELL", "3", trade_date="2024-01-03"))

    assert message == (
        "Cannot sell 3 VTI on 2024-01-03: 2 held that day. Record the missing purchase first, or lower the quantity."
    )
    assert len(alice.ledger()) == 1


def test_a_back_dated_sale_that_a_later_sale_cannot_bear_is_refused(alice: Person) -> None:
    alice.trade("BUY", "5")
    alice.trade("SELL", "5", trade_date="2024-01-05")

    message = refusal(alice.trade("SELL", "3", trade_date="2024-01-03"))

    assert message == (
        "Cannot record this: the later sale of 5 VTI on 2024-01-05 would exceed the 2 held that day. "
        "Change that sale first."
    )


def test_after_a_split_twice_as_many_can_be_sold(alice: Person) -> None:
    alice.trade("BUY", "2.5", ticker="SPLT")

    assert "5 held" in refusal(alice.trade("SELL", "5.1", ticker="SPLT", price="50", trade_date="2024-01-03"))
    assert alice.trade("SELL", "5", ticker="SPLT", price="50", trade_date="2024-01-03").status_code == 201


def test_a_purchase_that_a_sale_needs_can_neither_shrink_nor_go(alice: Person) -> None:
    bought = answer(alice.trade("BUY", "5"), 201)
    alice.trade("SELL", "4", trade_date="2024-01-03")
    path = f"/transactions/{bought['transaction_id']}"
    body = {"ticker": "VTI", "side": "BUY", "price": "100", "trade_date": "2024-01-02"}

    assert "3 held" in refusal(alice.call("PUT", path, json=body | {"quantity": "3"}))
    assert "0 held" in refusal(alice.call("PUT", path, json=body | {"quantity": "5", "ticker": "PENC", "price": "250"}))
    assert "0 held" in refusal(alice.call("DELETE", path))
    assert answer(alice.call("GET", path)) == bought
    assert answer(alice.call("PUT", path, json=body | {"quantity": "4"}))["version"] == 2


def test_every_version_of_a_transaction_stays_readable(alice: Person) -> None:
    first = answer(alice.trade("BUY", "5"), 201)
    path = f"/transactions/{first['transaction_id']}"
    body = {"ticker": "VTI", "side": "BUY", "quantity": "6", "price": "100", "trade_date": "2024-01-03"}
    second = answer(alice.call("PUT", path, json=body))
    assert alice.call("DELETE", path).status_code == 204

    versions = answer(alice.call("GET", f"{path}/history"))["items"]

    assert versions[:2] == [first, second]
    assert [(version["version"], version["quantity"], version["is_deleted"]) for version in versions] == [
        (1, "5", False),
        (2, "6", False),
        (3, "6", True),
    ]
    for method in ("GET", "DELETE", "PUT"):
        assert alice.call(method, path, json=body).status_code == 404
    assert alice.ledger() == []


def test_pages_go_from_new_to_old_without_gap_or_repetition(alice: Person) -> None:
    for day in ("2024-01-03", "2024-01-02", "2024-01-03", "2024-01-05"):
        alice.trade("BUY", "1", trade_date=day)
    seen, cursor = [], ""
    while True:
        page = answer(alice.call("GET", f"/transactions?limit=2{cursor}"))
        seen += page["items"]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"

    assert [item["trade_date"] for item in seen] == ["2024-01-05", "2024-01-03", "2024-01-03", "2024-01-02"]
    assert seen == alice.ledger()
    filtered = answer(alice.call("GET", "/transactions?ticker=vti&from=2024-01-03&to=2024-01-04"))["items"]
    assert filtered == seen[1:3]


@pytest.mark.parametrize("query", ["limit=0", "limit=501", "limit=1_0", "cursor=x", "from=2024", "colour=red"])
def test_a_query_that_cannot_be_right_is_refused(onlooker: Person, query: str) -> None:
    refusal(onlooker.call("GET", f"/transactions?{query}"))


def test_a_page_that_has_not_changed_is_not_sent_again(alice: Person, bob: Person) -> None:
    recorded = answer(alice.trade("BUY", "1"), 201)
    known = {"If-None-Match": alice.call("GET", "/transactions").headers["ETag"]}

    answer(bob.trade("BUY", "1"), 201)
    assert alice.call("GET", "/transactions", headers=known).status_code == 304

    revised = {"ticker": "VTI", "side": "BUY", "quantity": "2", "price": "100", "trade_date": "2024-01-02"}
    answer(alice.call("PUT", f"/transactions/{recorded['transaction_id']}", json=revised))
    assert answer(alice.call("GET", "/transactions", headers=known))["items"][0]["quantity"] == "2"


def test_a_page_that_a_slow_writer_adds_to_has_another_version(app: APIFlask, alice: Person) -> None:
    user_id = UUID(answer(alice.call("GET", "/auth/me"))["user_id"])
    slow = Trade.model_validate(
        {"ticker": "PENC", "side": "BUY", "quantity": "1", "price": "250", "trade_date": "2024-01-02"}
    )
    with app.extensions["database"].transaction(user_id) as connection:
        store.add_version(connection, user_id, rules.first_version(slow, "GBp"))
        answer(alice.trade("BUY", "1"), 201)
        before = alice.call("GET", "/transactions")
    after = alice.call("GET", "/transactions", headers={"If-None-Match": before.headers["ETag"]})

    assert (len(answer(before)["items"]), len(answer(after)["items"])) == (1, 2)
