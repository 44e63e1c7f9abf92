"""What the form sends, how it helps, and how it tells a refusal."""

from typing import Any

import pytest

from dashboard.api.client import ApiRefusalError
from dashboard.ledger import trade_form

EMPTY: dict[str, Any] = dict.fromkeys(trade_form.TEXTS)
FILLED = EMPTY | {"side": "BUY", "ticker": " vti ", "quantity": "1.50", "price": "200.10", "trade_date": "2024-01-02"}


def test_amounts_are_sent_as_they_were_typed() -> None:
    assert trade_form.transaction(FILLED) == {
        "side": "BUY",
        "ticker": "VTI",
        "quantity": "1.50",
        "price": "200.10",
        "trade_date": "2024-01-02",
    }


def test_confirmation_and_optional_fields_go_along_when_given() -> None:
    form = FILLED | {"fees": "1.25", "note": "savings plan", "currency": "USD"}

    body = trade_form.transaction(form, confirmed=True)

    assert (body["confirm"], body["fees"], body["note"], body["currency"]) == (True, "1.25", "savings plan", "USD")


def test_an_incomplete_form_is_refused_at_each_field_it_lacks() -> None:
    body = trade_form.transaction(FILLED | {"price": "  ", "trade_date": None})

    with pytest.raises(ApiRefusalError, match=r"^Fill in: price per unit, trade date\.$") as refusal:
        trade_form.require_all_fields(body)

    told = trade_form.errors(refusal.value)
    assert {name for name, error in told.items() if error} == {"price", "trade_date"}


def test_what_is_wrong_stands_at_its_field_and_the_rest_below_the_form() -> None:
    fields = {"quantity": "0 held.", "Idempotency-Key": "Used before."}
    refusal = ApiRefusalError(422, "invalid", "Cannot sell 3 VTI.", fields)

    sentence, details = trade_form.refusal_message(refusal).children

    assert trade_form.errors(refusal) == dict.fromkeys(trade_form.TEXTS, "") | {"quantity": "0 held."}
    assert sentence == "Cannot sell 3 VTI."
    assert [item.children for item in details.children] == ["Idempotency-Key: Used before."]


@pytest.mark.parametrize(
    ("code", "offered"), [("implausible_price", True), ("invalid", False), ("unauthorized", False)]
)
def test_confirming_is_offered_only_where_the_api_would_take_it(code: str, offered: bool) -> None:
    refusal = ApiRefusalError(422, code, "Correct the price, or confirm it if it is right.", {"price": "far"})
    assert trade_form.can_be_confirmed(refusal) is offered


def test_a_transaction_to_be_changed_fills_the_form_and_leaves_it_unchanged() -> None:
    row = FILLED | {"ticker": "VTI", "fees": "0", "currency": "USD", "note": None, "transaction_id": "x"}

    body = trade_form.transaction(trade_form.entries(row))

    assert body == {name: row[name] for name in (*trade_form.TEXTS, "side") if row[name] is not None}


def test_suggestions_are_told_with_name_and_exchange() -> None:
    found: Any = [
        {"ticker": "VTI", "name": "Total Market", "exchange": "NYSE"},
        {"ticker": "X", "name": None, "exchange": "LSE"},
    ]
    assert trade_form.descriptions(found) == {"VTI": "Total Market · NYSE", "X": "LSE"}


def test_the_hints_name_the_range_and_the_holding_of_the_day() -> None:
    prices: Any = {"price_date": "2024-01-03", "low": 99.0, "high": 103.5, "currency": "USD"}
    holdings: Any = [{"ticker": "VTI", "quantity": 12.5}]

    assert trade_form.price_hint(prices) == "$99.00 to $103.50 on Jan 3, 2024"
    assert trade_form.price_hint(prices | {"low": 0.0123}) == "$0.0123 to $103.50 on Jan 3, 2024"
    assert trade_form.holding_hint(holdings, "VTI", "2024-01-03") == "You held 12.5 on Jan 3, 2024"
    assert trade_form.holding_hint(holdings, "BND", "2024-01-03") == "You held 0 on Jan 3, 2024"
