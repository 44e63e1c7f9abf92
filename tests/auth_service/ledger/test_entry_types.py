"""Every type of entry: its fields, what is refused by name, currencies and dates; it comes back as it was sent."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import pytest
from werkzeug.test import TestResponse

from auth_service.ledger import rules
from auth_service.ledger.entry_types import COMMON, FIELDS, TYPES
from auth_service.ledger.schemas import Entry, NewTransaction
from tests.auth_service.conftest import Person, answer, join, refusal
from tests.auth_service.ledger.test_accounts import open_account

DAY = "2024-01-02"
SENT: dict[str, dict[str, Any]] = {
    "BUY": {"ticker": "VTI", "quantity": "2", "price": "100", "fees": "1", "taxes": "0.5"},
    "SELL": {"ticker": "VTI", "quantity": "1", "price": "100", "fees": "1", "taxes": "0.5"},
    "DEPOSIT": {"amount": "1000.12345678"},
    "WITHDRAWAL": {"amount": "10"},
    "DIVIDEND": {"ticker": "VTI", "amount": "12", "taxes": "3", "fees": "0.1"},
    "INTEREST": {"amount": "-1.5", "taxes": "0.2"},
    "FEE": {"amount": "2.5", "ticker": "VTI"},
    "TAX": {"amount": "-7"},
}
NO_AMOUNTS = {"quantity": "1", "price": "1", "amount": "1", "fees": "1", "taxes": "1"}


def send(person: Person, of_type: str, **changed: Any) -> TestResponse:
    body = {"type": of_type, "trade_date": DAY} | SENT[of_type] | changed
    return person.call("POST", "/transactions", json={name: value for name, value in body.items() if value != ""})


@pytest.fixture(scope="module")
def saver(app: Any) -> Person:
    """Somebody whose first account keeps cash, and who has two VTI in it."""
    person = join(app)
    first = answer(person.call("GET", "/accounts"))["items"][0]["account_id"]
    answer(person.call("PATCH", f"/accounts/{first}", json={"tracks_cash": True}))
    answer(send(person, "BUY"), 201)
    return person


def test_every_field_of_a_request_is_common_or_some_types_own() -> None:
    assert {*COMMON, *FIELDS} == set(NewTransaction.model_fields)
    assert {name for kind in TYPES.values() for name in kind.has} <= set(Entry.model_fields)
    assert set(SENT) == set(TYPES)


@pytest.mark.parametrize("of_type", TYPES)
def test_an_entry_comes_back_as_it_was_sent(saver: Person, of_type: str) -> None:
    recorded = answer(send(saver, of_type, note="as told"), 201)
    path = f"/transactions/{recorded['transaction_id']}"

    assert {name: recorded[name] for name in SENT[of_type]} == SENT[of_type]
    assert (recorded["type"], recorded["trade_date"], recorded["note"]) == (of_type, DAY, "as told")
    assert recorded["side"] == (of_type if of_type in {"BUY", "SELL"} else None)
    assert (recorded["currency"], recorded["group_id"], recorded["version"]) == ("USD", None, 1)
    assert recorded["account_id"] == answer(saver.call("GET", "/auth/me"))["user_id"]
    has = TYPES[of_type].has
    assert [name for name in NO_AMOUNTS if name not in has] == [name for name in NO_AMOUNTS if recorded[name] is None]
    assert answer(saver.call("GET", path)) == recorded
    assert recorded in answer(saver.call("GET", f"/transactions?type={of_type}"))["items"]

    changed = answer(saver.call("PUT", path, json={"type": of_type, "trade_date": DAY, **SENT[of_type], "note": "b"}))
    assert saver.call("DELETE", path).status_code == 204
    versions = answer(saver.call("GET", f"{path}/history"))["items"]
    assert [version["note"] for version in versions] == ["as told", "b", "b"]
    assert changed == recorded | {"version": 2, "note": "b", "recorded_at": changed["recorded_at"]}
    assert versions[2]["is_deleted"]


@pytest.mark.parametrize(
    ("of_type", "field", "sentence"),
    [
        ("DEPOSIT", "quantity", "A deposit has no quantity."),
        ("DEPOSIT", "ticker", "A deposit has no ticker."),
        ("DEPOSIT", "taxes", "A deposit has no taxes."),
        ("WITHDRAWAL", "fees", "A withdrawal has no fees."),
        ("DIVIDEND", "side", "A dividend has no side."),
        ("INTEREST", "ticker", "Interest has no ticker."),
        ("FEE", "settlement_currency", "A fee has no settlement currency."),
        ("TAX", "price", "A tax has no price."),
        ("BUY", "amount", "A purchase has no amount."),
    ],
)
def test_a_field_that_a_type_does_not_have_is_refused_by_name(
    saver: Person, of_type: str, field: str, sentence: str
) -> None:
    value = {"ticker": "VTI", "side": "BUY", "settlement_currency": "EUR"}.get(field, "1")

    refused = answer(send(saver, of_type, **{field: value}), 422)

    assert refused["fields"] == {field: sentence}
    assert refused["message"] == f"The request is not valid. {field}: {sentence}"


@pytest.mark.parametrize(
    ("of_type", "field", "sentence"),
    [
        ("DIVIDEND", "ticker", "A dividend needs a ticker."),
        ("DEPOSIT", "amount", "A deposit needs an amount."),
        ("INTEREST", "amount", "Interest needs an amount."),
        ("SELL", "price", "is missing"),
        ("BUY", "quantity", "is missing"),
    ],
)
def test_a_field_that_a_type_needs_is_missed_by_name(saver: Person, of_type: str, field: str, sentence: str) -> None:
    assert answer(send(saver, of_type, **{field: ""}), 422)["fields"] == {field: sentence}


@pytest.mark.parametrize(
    ("of_type", "changed", "field"),
    [
        ("DEPOSIT", {"amount": "-1"}, "amount"),
        ("WITHDRAWAL", {"amount": "-1"}, "amount"),
        ("INTEREST", {"amount": "0"}, "amount"),
        ("FEE", {"amount": "-0.00"}, "amount"),
        ("FEE", {"amount": "1.123456789"}, "amount"),
        ("FEE", {"amount": "1e3"}, "amount"),
        ("TAX", {"amount": "1000000000000000"}, "amount"),
        ("DIVIDEND", {"taxes": "-1"}, "taxes"),
        ("INTEREST", {"taxes": "-1"}, "taxes"),
        ("BUY", {"taxes": "-1"}, "taxes"),
        ("DIVIDEND", {"fees": "-1"}, "fees"),
        ("DEPOSIT", {"currency": "usd"}, "currency"),
        ("DEPOSIT", {"currency": "GBp"}, "currency"),
        ("DIVIDEND", {"ticker": "NOSUCH"}, "ticker"),
        ("FEE", {"ticker": "NOSUCH"}, "ticker"),
        ("DEPOSIT", {"side": "BUY"}, "side"),
        ("BUY", {"side": "SELL"}, "side"),
        ("DEPOSIT", {"type": "TRANSFER_IN"}, "type"),
        ("DEPOSIT", {"type": "SPLIT"}, "type"),
        ("DEPOSIT", {"type": ""}, "type"),
        ("DEPOSIT", {"account_id": "Main"}, "account_id"),
        ("DEPOSIT", {"account_id": "6a0f6bd6-0000-4000-8000-000000000000"}, "account_id"),
        ("DEPOSIT", {"group_id": "6a0f6bd6-0000-4000-8000-000000000000"}, "group_id"),
        ("DEPOSIT", {"trade_date": "1969-12-31"}, "trade_date"),
        ("DEPOSIT", {"trade_date": "2999-01-01"}, "trade_date"),
    ],
)
def test_what_cannot_be_right_is_refused(saver: Person, of_type: str, changed: dict[str, str], field: str) -> None:
    before = saver.ledger()

    assert field in answer(send(saver, of_type, **changed), 422)["fields"]
    assert saver.ledger() == before


def test_the_day_of_a_payment_may_be_today_anywhere_on_earth(saver: Person) -> None:
    latest = (datetime.now(UTC) + timedelta(hours=14)).date()

    assert "in the future" in refusal(send(saver, "FEE", trade_date=str(latest + timedelta(days=2))))
    answer(send(saver, "FEE", trade_date=str(latest)), 201)


def test_a_reversed_dividend_gives_its_taxes_back(saver: Person) -> None:
    reversal = answer(send(saver, "DIVIDEND", amount="-12", taxes="-3"), 201)

    assert (reversal["amount"], reversal["taxes"]) == ("-12", "-3")


def test_type_is_side_and_both_must_agree(alice: Person) -> None:
    bought = answer(alice.trade("BUY", "1"), 201)
    told = answer(alice.trade("buy", "1", type="buy"), 201)
    by_type = answer(send(alice, "BUY", quantity="1", fees="0", taxes="0"), 201)

    own = {"transaction_id", "recorded_at"}
    first, *others = ({name: row[name] for name in row.keys() - own} for row in (bought, told, by_type))
    assert others == [first, first]


def test_money_is_in_the_currency_of_its_account_or_listing(alice: Person) -> None:
    depot = open_account(alice, currency="CHF", tracks_cash=True)

    told = {
        of_type: answer(send(alice, of_type, account_id=depot), 201)["currency"]
        for of_type in ("DEPOSIT", "INTEREST", "FEE", "DIVIDEND")
    }

    assert told == {"DEPOSIT": "CHF", "INTEREST": "CHF", "FEE": "CHF", "DIVIDEND": "USD"}
    assert answer(send(alice, "DIVIDEND", ticker="PENC"), 201)["currency"] == "GBP"
    assert answer(send(alice, "DIVIDEND", currency="EUR"), 201)["currency"] == "EUR"


def test_a_coin_has_eighteen_decimals(alice: Person) -> None:
    bought = answer(alice.trade("BUY", "0.000000000000000001"), 201)

    assert bought["quantity"] == alice.ledger()[0]["quantity"] == "0.000000000000000001"
    assert "at most 18" in refusal(alice.trade("BUY", "0.0000000000000000001"))
    assert "0 held" in refusal(alice.trade("SELL", "0.000000001", ticker="PENC"))


def test_what_one_account_holds_another_cannot_sell(alice: Person) -> None:
    depot = open_account(alice)
    bought = answer(alice.trade("BUY", "2", account_id=depot), 201)
    path = f"/transactions/{bought['transaction_id']}"
    body = {"ticker": "VTI", "side": "BUY", "quantity": "2", "price": "100", "trade_date": DAY}
    moved = body | {"account_id": answer(alice.call("GET", "/auth/me"))["user_id"]}

    assert "0 held that day. Record" in refusal(alice.trade("SELL", "1"))
    assert "2 held that day in that account." in refusal(alice.trade("SELL", "3", account_id=depot))
    sold = answer(alice.trade("SELL", "2", account_id=depot), 201)
    assert "0 held that day in that account" in refusal(alice.call("PUT", path, json=moved))
    assert answer(alice.call("GET", path)) == bought
    assert alice.call("DELETE", f"/transactions/{sold['transaction_id']}").status_code == 204
    assert answer(alice.call("PUT", path, json=body))["account_id"] == depot
    assert answer(alice.call("PUT", path, json=moved))["account_id"] == moved["account_id"]


def test_sales_at_once_take_no_more_than_their_account_holds(alice: Person) -> None:
    accounts = [open_account(alice, "One"), open_account(alice, "Two")]
    for account_id in accounts:
        answer(alice.trade("BUY", "2", account_id=account_id), 201)

    with ThreadPoolExecutor(8) as threads:
        statuses = list(
            threads.map(lambda n: (n % 2, alice.trade("SELL", "1", account_id=accounts[n % 2]).status_code), range(8))
        )

    for number in (0, 1):
        assert sorted(status for whose, status in statuses if whose == number) == [201, 201, 422, 422]


def test_the_list_is_of_some_accounts_and_types(alice: Person) -> None:
    depot = open_account(alice, tracks_cash=True)
    first = answer(alice.call("GET", "/auth/me"))["user_id"]
    bought = answer(alice.trade("BUY", "1"), 201)
    paid_in = answer(send(alice, "DEPOSIT", account_id=depot), 201)
    fee = answer(send(alice, "FEE", account_id=depot), 201)

    def listed(query: str) -> list[Any]:
        items: list[Any] = answer(alice.call("GET", f"/transactions?{query}"))["items"]
        return items

    assert listed(f"account={depot}") == [fee, paid_in]
    assert listed(f"account={first}") == [bought]
    assert listed(f"account={first}&account={depot}") == [fee, paid_in, bought]
    assert listed("type=buy&type=FEE") == [fee, bought]
    assert listed(f"type=DEPOSIT&account={first}") == []
    assert "type" in answer(alice.call("GET", "/transactions?type=GIFT"), 422)["fields"]
    assert "account" in answer(alice.call("GET", "/transactions?account=Main"), 422)["fields"]


def test_a_repeated_request_of_any_type_writes_once(alice: Person) -> None:
    body = {"type": "FEE", "amount": "1", "trade_date": DAY}
    headers = {"Idempotency-Key": "k"}

    first = answer(alice.call("POST", "/transactions", json=body, headers=headers), 201)

    assert answer(alice.call("POST", "/transactions", json=body, headers=headers), 201) == first
    changed = alice.call("POST", "/transactions", json=body | {"amount": "2"}, headers=headers)
    assert "another request" in refusal(changed)
    assert alice.ledger() == [first]


def test_a_request_of_before_there_were_types_has_the_hash_that_it_had() -> None:
    sent = {"ticker": "VTI", "side": "BUY", "quantity": "1.50", "price": "100", "trade_date": DAY}
    said = (
        b'{"ticker":"VTI","side":"BUY","quantity":"1.50","price":"100","trade_date":"2024-01-02","fees":"0",'
        b'"currency":null,"note":null,"confirm":false}'
    )

    assert rules.hash_of(NewTransaction.model_validate(sent)) == sha256(said).hexdigest()


def test_a_rename_takes_dividends_and_charges_along(alice: Person) -> None:
    answer(alice.trade("BUY", "1"), 201)
    for of_type in ("DIVIDEND", "FEE"):
        answer(send(alice, of_type), 201)

    wanted = {"ticker": "VTI", "new_ticker": "ADJ", "confirm": True}
    assert answer(alice.call("POST", "/transactions/rename", json=wanted))["renamed"] == 3
    assert {row["ticker"] for row in alice.ledger()} == {"ADJ"}
    assert {row["type"]: row["amount"] for row in alice.ledger()} == {"BUY": None, "DIVIDEND": "12", "FEE": "2.5"}
