"""What the form sends, how it helps, and how it tells a refusal."""

from typing import Any

import pytest

from dashboard.api.client import ApiRefusalError
from dashboard.ledger import trade_form
from dashboard.ledger.entry_types import TYPES, named

EMPTY: dict[str, Any] = dict.fromkeys((*trade_form.TEXTS, "account_id"))
FILLED = EMPTY | {"ticker": " vti ", "quantity": "1.50", "price": "200.10", "trade_date": "2024-01-02"}
MAIN: Any = {"account_id": "a", "name": "Main", "tracks_cash": False, "is_closed": False}
BROKER: Any = MAIN | {"account_id": "b", "name": "Broker", "tracks_cash": True}


def test_amounts_are_sent_as_they_were_typed() -> None:
    assert trade_form.transaction("BUY", FILLED) == {
        "type": "BUY",
        "ticker": "VTI",
        "quantity": "1.50",
        "price": "200.10",
        "trade_date": "2024-01-02",
    }


def test_confirmation_and_optional_fields_go_along_when_given() -> None:
    form = FILLED | {"fees": "1.25", "note": "savings plan", "currency": "USD"}

    body = trade_form.transaction("BUY", form, confirmed=True)

    assert (body["confirm"], body["fees"], body["note"], body["currency"]) == (True, "1.25", "savings plan", "USD")


def test_an_incomplete_form_is_refused_at_each_field_it_lacks() -> None:
    body = trade_form.transaction("BUY", FILLED | {"price": "  ", "trade_date": None})

    with pytest.raises(ApiRefusalError, match=r"^Fill in: price per unit, trade date\.$") as refusal:
        trade_form.require_all_fields("BUY", body)

    told = trade_form.errors(refusal.value)
    assert {name for name, error in told.items() if error} == {"price", "trade_date"}


def test_what_is_wrong_stands_once_beside_its_field() -> None:
    refusal = ApiRefusalError(422, "invalid", "Cannot sell 3 VTI.", {"quantity": "Cannot sell 3 VTI."})

    spoken: Any = trade_form.refusal_message(refusal, ["ticker", "quantity"])

    told = {name: error for name, error in trade_form.errors(refusal).items() if error}
    assert told == {"quantity": "Cannot sell 3 VTI."}
    (only,) = spoken.children
    assert (only.children, only.className) == ("Not recorded. Look at: Quantity.", "for-readers-only")


def test_what_is_wrong_with_no_field_of_the_form_stands_below_it() -> None:
    refusal = ApiRefusalError(422, "invalid", "Cannot.", {"quantity": "0 held.", "Idempotency-Key": "Used before."})

    some: Any = trade_form.refusal_message(refusal, ["quantity"])
    every: Any = trade_form.refusal_message(refusal)

    _, shown = some.children
    sentence, all_of_them = every.children.children
    assert [item.children for item in shown.children.children] == ["Idempotency-Key: Used before."]
    assert sentence == "Cannot."
    assert [item.children for item in all_of_them.children] == ["Quantity: 0 held.", "Idempotency-Key: Used before."]


@pytest.mark.parametrize(
    ("code", "offered"), [("implausible_price", True), ("invalid", False), ("unauthorized", False)]
)
def test_confirming_is_offered_only_where_the_api_would_take_it(code: str, offered: bool) -> None:
    refusal = ApiRefusalError(422, code, "Correct the price, or confirm it if it is right.", {"price": "far"})
    assert trade_form.can_be_confirmed(refusal) is offered


@pytest.mark.parametrize(
    ("row", "choices"),
    [
        ({"type": "SELL", "ticker": "VTI", "quantity": "1", "price": "2", "fees": "0"}, ("SELL", "INTEREST")),
        ({"type": "DIVIDEND", "ticker": "VTI", "amount": "-12.5", "taxes": "-1.5"}, ("DIVIDEND", "INTEREST")),
        ({"type": "WITHDRAWAL", "amount": "100"}, ("WITHDRAWAL", "INTEREST")),
        ({"type": "TAX", "amount": "3", "ticker": "VTI"}, (trade_form.MORE, "TAX")),
    ],
)
def test_an_entry_to_be_changed_fills_the_form_and_leaves_it_unchanged(
    row: dict[str, Any], choices: tuple[str, str]
) -> None:
    whole = EMPTY | row | {"currency": "USD", "trade_date": "2024-01-02", "account_id": "a", "transaction_id": "x"}

    filled = trade_form.entries(whole)
    body = trade_form.transaction(trade_form.chosen_type(filled), filled)

    assert (filled["type"], filled["other"]) == choices
    kept = {"currency": "USD", "trade_date": "2024-01-02", "account_id": "a"}
    assert body == row | kept


def test_fields_of_another_type_stay_behind() -> None:
    left_over = FILLED | {"amount": "120"}

    assert trade_form.transaction("DEPOSIT", left_over) == {
        "type": "DEPOSIT",
        "amount": "120",
        "trade_date": "2024-01-02",
    }


@pytest.mark.parametrize(
    ("entry_type", "expected"),
    [
        ("BUY", {"ticker", "quantity", "price", "fees", "taxes", "currency", "settlement_currency", "fx_rate"}),
        ("DIVIDEND", {"ticker", "amount", "fees", "taxes", "currency"}),
        ("INTEREST", {"amount", "taxes", "currency"}),
        ("FEE", {"ticker", "amount", "currency"}),
    ],
)
def test_only_the_fields_of_the_chosen_type_are_shown(entry_type: str, expected: set[str]) -> None:
    assert set(trade_form.fields_shown(TYPES[entry_type], [MAIN])) == expected | {"trade_date", "note"}


def test_an_account_is_chosen_where_it_matters() -> None:
    for accounts in ([MAIN, BROKER], [MAIN | {"tracks_cash": True}]):
        assert "account_id" in trade_form.fields_shown(TYPES["BUY"], accounts)
    assert "account_id" not in trade_form.fields_shown(TYPES["BUY"], [MAIN])
    assert "account_id" in trade_form.fields_shown(TYPES["DEPOSIT"], [MAIN])


def test_a_deposit_needs_an_account_that_keeps_cash() -> None:
    told: Any = trade_form.needs(TYPES["DEPOSIT"], [MAIN, BROKER], "a")
    assert told.children[0] == "Main doesn't keep track of cash, so it has no deposits or withdrawals. "
    assert trade_form.needs(TYPES["DEPOSIT"], [MAIN, BROKER], "b") is None
    assert trade_form.needs(TYPES["BUY"], [MAIN], "a") is None

    with pytest.raises(ApiRefusalError) as refusal:
        trade_form.require_cash("DEPOSIT", {"account_id": "a"}, [MAIN, BROKER])
    assert trade_form.errors(refusal.value)["account_id"] == trade_form.NEEDS_CASH
    trade_form.require_cash("DEPOSIT", {"account_id": "b"}, [MAIN, BROKER])


def test_a_closed_account_cannot_be_chosen() -> None:
    main, broker = trade_form.account_choice([MAIN, BROKER | {"is_closed": True}])

    assert (main["label"], main["disabled"]) == ("Main", False)
    assert (broker["label"], broker["disabled"]) == ("Broker (closed)", True)


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        ({"type": "BUY", "ticker": "VTI", "quantity": "10.5"}, "Purchase of 10.5 VTI on Jan 2, 2024"),
        ({"type": "DIVIDEND", "ticker": "VTI", "amount": "12"}, "Dividend of $12.00 from VTI on Jan 2, 2024"),
        ({"type": "DIVIDEND", "ticker": "VTI", "amount": "-12"}, "Reversed dividend of $12.00 from VTI on Jan 2, 2024"),
        ({"type": "DEPOSIT", "amount": "0.125"}, "Deposit of $0.125 on Jan 2, 2024"),
        ({"type": "INTEREST", "amount": "-3"}, "Interest paid of $3.00 on Jan 2, 2024"),
        ({"type": "FEE", "amount": "-3", "ticker": "VTI"}, "Refunded fee of $3.00 for VTI on Jan 2, 2024"),
        ({"type": "TRANSFER_IN", "ticker": "VTI", "quantity": "2"}, "Transfer in of 2 VTI on Jan 2, 2024"),
    ],
)
def test_an_entry_is_named_in_words(row: dict[str, Any], sentence: str) -> None:
    assert named(EMPTY | {"currency": "USD", "trade_date": "2024-01-02"} | row) == sentence


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
