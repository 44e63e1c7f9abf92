"""The file with entries of every type and account: out, back to the same ledger, and what is refused by row."""

import csv
import io
from typing import Any

import pytest

from tests.auth_service.conftest import Person, answer
from tests.auth_service.ledger.test_accounts import open_account
from tests.auth_service.ledger.test_entry_types import SENT, send

OLD_HEADER = "ticker,side,quantity,price,fees,currency,settlement_currency,fx_rate,trade_date,note"
HEADER = f"{OLD_HEADER},account,type,amount,taxes"


def export(person: Person) -> str:
    return person.call("GET", "/transactions/export").get_data(as_text=True)


def upload(person: Person, text: str, query: str = "") -> Any:
    return person.call("POST", f"/transactions/import{query}", data=text)


def contents(person: Person) -> list[dict[str, Any]]:
    """The ledger without what is never the same twice, accounts by their names."""
    names = {row["account_id"]: row["name"] for row in answer(person.call("GET", "/accounts"))["items"]}
    own = {"transaction_id", "recorded_at", "version"}
    return [
        {name: value for name, value in row.items() if name not in own} | {"account_id": names[row["account_id"]]}
        for row in person.ledger()
    ]


def keep_cash(person: Person) -> None:
    first = answer(person.call("GET", "/accounts"))["items"][0]["account_id"]
    answer(person.call("PATCH", f"/accounts/{first}", json={"tracks_cash": True}))


@pytest.fixture
def whole(alice: Person) -> Person:
    """Somebody with an entry of each type in two accounts, the second's name a formula."""
    keep_cash(alice)
    second = open_account(alice, "=Depot", tracks_cash=True)
    for account in ({}, {"account_id": second}):
        for of_type in SENT:
            answer(send(alice, of_type, note=f"a {of_type}", **account), 201)
    return alice


def test_a_ledger_of_every_type_and_account_comes_back_as_it_was(whole: Person, bob: Person) -> None:
    keep_cash(bob)
    text = export(whole)

    outcome = answer(upload(bob, text, "?create_accounts=true"))

    assert text.splitlines()[0] == HEADER
    assert ",'=Depot," in text
    assert outcome["added"] == 2 * len(SENT)
    assert contents(bob) == contents(whole)
    assert export(bob) == text
    assert answer(bob.call("GET", "/accounts"))["items"][1]["tracks_cash"]


def test_what_is_there_already_is_not_added_again_whatever_its_type(whole: Person) -> None:
    before = whole.ledger()

    outcome = answer(upload(whole, export(whole)))

    assert (outcome["added"], outcome["already_there"]) == (0, 2 * len(SENT))
    assert whole.ledger() == before


def test_a_ledger_of_trades_in_the_first_account_is_written_as_ever(alice: Person) -> None:
    answer(alice.trade("BUY", "1"), 201)

    assert export(alice) == f"{OLD_HEADER}\r\nVTI,BUY,1,100,0,USD,,,2024-01-02,\r\n"


def test_an_account_that_nobody_has_is_refused_by_row_or_opened(alice: Person) -> None:
    text = f"{HEADER}\nVTI,BUY,1,100,0,USD,,,2024-01-02,,Depot,,,\n,,,,,,,,2024-01-02,,depot,FEE,2,\n"

    fields = answer(upload(alice, text), 422)["fields"]
    assert fields["2"].startswith("There is no account named Depot. Open it first, or import with create_accounts.")
    assert list(fields) == ["2", "3"]
    answer(upload(alice, text, "?create_accounts=true&dry_run=true"))
    assert len(answer(alice.call("GET", "/accounts"))["items"]) == 1

    assert answer(upload(alice, text, "?create_accounts=true"))["added"] == 2
    _, depot = answer(alice.call("GET", "/accounts"))["items"]
    assert (depot["name"], depot["tracks_cash"], depot["currency"]) == ("Depot", False, "USD")
    assert {row["account_id"] for row in alice.ledger()} == {depot["account_id"]}


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (",,1,,,,,,2024-01-02,,,DEPOSIT,5,", "quantity: A deposit has no quantity"),
        (",,,,,,,,2024-01-02,,,DIVIDEND,5,", "ticker: A dividend needs a ticker"),
        (",,,,,,,,2024-01-02,,,DEPOSIT,5,", "A deposit needs an account that keeps track of cash, and Main doesn't"),
        (",,,,,,,,2024-01-02,,,GIFT,5,", "type: must be BUY, SELL, DEPOSIT"),
        (",,,,,,,,2999-01-02,,,FEE,5,", "in the future"),
        ("NOPE,,,,,,,,2024-01-02,,,DIVIDEND,5,", "NOPE"),
        ("VTI,BUY,1,100,,,,,2024-01-02,,,SELL,,", "side: says BUY, and type says SELL"),
    ],
)
def test_a_row_that_cannot_be_taken_says_why(onlooker: Person, row: str, reason: str) -> None:
    assert reason in answer(upload(onlooker, f"{HEADER}\n{row}\n"), 422)["fields"]["2"]
    assert onlooker.ledger() == []


def test_a_closed_account_takes_no_rows(alice: Person) -> None:
    depot = open_account(alice)
    answer(alice.call("PATCH", f"/accounts/{depot}", json={"is_closed": True}))

    text = f"{HEADER}\nVTI,BUY,1,100,0,USD,,,2024-01-02,,Depot,,,\n"
    assert "Depot is closed" in answer(upload(alice, text), 422)["fields"]["2"]


def test_a_sale_in_a_file_is_covered_by_its_own_account(alice: Person) -> None:
    open_account(alice)
    answer(alice.trade("BUY", "5"), 201)

    text = f"{HEADER}\nVTI,SELL,1,100,0,USD,,,2024-01-02,,Depot,,,\n"
    assert "0 held that day in that account" in answer(upload(alice, text), 422)["fields"]["2"]


def test_columns_may_stand_in_any_order(alice: Person) -> None:
    text = export(alice)
    reader = csv.reader(io.StringIO(text))

    assert next(reader) == OLD_HEADER.split(",")
    fee = "type,amount,ticker,side,quantity,price,trade_date\nFEE,-2,,,,,2024-01-02\n"
    assert answer(upload(alice, fee))["added"] == 1
    assert alice.ledger()[0]["amount"] == "-2"
