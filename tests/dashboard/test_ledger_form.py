"""What the form sends, and how it tells a refusal."""

from typing import Any

import pytest

from dashboard import ledger_view
from dashboard.api_client import ApiRefusalError

EMPTY: dict[str, Any] = dict.fromkeys(("ticker", "quantity", "price", "trade_date", "fees", "note"))
FILLED = EMPTY | {"side": "BUY", "ticker": " vti ", "quantity": "1.50", "price": "200.10", "trade_date": "2024-01-02"}


def test_amounts_are_sent_as_they_were_typed() -> None:
    assert ledger_view.transaction(FILLED | {"confirm": []}) == {
        "side": "BUY",
        "ticker": "VTI",
        "quantity": "1.50",
        "price": "200.10",
        "trade_date": "2024-01-02",
    }


def test_confirmation_and_optional_fields_go_along_when_given() -> None:
    body = ledger_view.transaction(FILLED | {"confirm": ["yes"], "fees": "1.25", "note": "savings plan"})

    assert (body["confirm"], body["fees"], body["note"]) == (True, "1.25", "savings plan")


def test_an_incomplete_form_is_refused_by_name() -> None:
    body = ledger_view.transaction(FILLED | {"confirm": [], "price": "  ", "trade_date": None})

    with pytest.raises(ApiRefusalError, match=r"^Still needed: price, trade date\.$"):
        ledger_view.require_all_fields(body)


def test_a_refusal_shows_its_sentence_and_what_it_says_about_fields() -> None:
    refusal = ApiRefusalError(422, "invalid", "Cannot sell 3 VTI.", {"quantity": "0 held.", "x": "Cannot sell 3 VTI."})

    sentence, details = ledger_view.refusal_message(refusal).children

    assert sentence.children == "Cannot sell 3 VTI."
    assert [item.children for item in details.children] == ["Quantity: 0 held."]


@pytest.mark.parametrize(
    ("code", "offered"), [("implausible_price", True), ("invalid", False), ("unauthorized", False)]
)
def test_confirming_is_offered_only_where_the_api_would_take_it(code: str, offered: bool) -> None:
    refusal = ApiRefusalError(422, code, "Correct the price, or confirm it if it is right.", {"price": "far"})
    assert ledger_view.can_be_confirmed(refusal) is offered


def test_a_note_is_text_and_never_markup() -> None:
    row = {
        "trade_date": "2024-01-02",
        "side": "BUY",
        "ticker": "VTI",
        "quantity": "1",
        "price": "2",
        "fees": "0",
        "currency": "USD",
        "note": "<script>alert(1)</script>",
    }

    assert "'<script>alert(1)</script>'" in repr(ledger_view.transaction_table([row]))
