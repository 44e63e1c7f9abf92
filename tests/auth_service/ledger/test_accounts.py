"""Accounts: the first one, which everybody has, and others; names, limits, closing, and what keeps one from going."""

from typing import Any

import psycopg
import pytest

from auth_service.ledger import accounts
from tests.auth_service.conftest import Person, answer, refusal

NOBODYS = "6a0f6bd6-0000-4000-8000-000000000000"


def open_account(person: Person, name: str = "Depot", **more: Any) -> str:
    """The id of a new account."""
    return str(answer(person.call("POST", "/accounts", json={"name": name} | more), 201)["account_id"])


def deposit(person: Person, account_id: str, **changed: Any) -> Any:
    body = {"type": "DEPOSIT", "amount": "100", "trade_date": "2024-01-02", "account_id": account_id}
    return person.call("POST", "/transactions", json=body | changed)


def first_of(person: Person) -> dict[str, Any]:
    first: dict[str, Any] = answer(person.call("GET", "/accounts"))["items"][0]
    return first


def test_everybody_has_a_first_account_under_their_own_id(alice: Person) -> None:
    user_id = answer(alice.call("GET", "/auth/me"))["user_id"]

    accounts = answer(alice.call("GET", "/accounts"))["items"]

    assert [account | {"created_at": ""} for account in accounts] == [
        {
            "account_id": user_id,
            "name": "Main",
            "currency": "USD",
            "tracks_cash": False,
            "is_closed": False,
            "created_at": "",
        }
    ]


def test_an_account_is_opened_changed_and_read(alice: Person) -> None:
    opened = answer(alice.call("POST", "/accounts", json={"name": "Depot", "currency": "EUR"}), 201)
    path = f"/accounts/{opened['account_id']}"

    changed = answer(alice.call("PATCH", path, json={"name": "Broker", "tracks_cash": True}))

    assert (opened["currency"], opened["tracks_cash"], opened["is_closed"]) == ("EUR", False, False)
    assert changed == opened | {"name": "Broker", "tracks_cash": True}
    assert answer(alice.call("GET", path)) == changed
    assert [account["name"] for account in answer(alice.call("GET", "/accounts"))["items"]] == ["Main", "Broker"]
    assert answer(alice.call("PATCH", path, json={})) == changed


def test_without_a_currency_an_account_has_that_of_the_first(alice: Person) -> None:
    user_id = first_of(alice)["account_id"]
    answer(alice.call("PATCH", f"/accounts/{user_id}", json={"currency": "CHF"}))

    assert answer(alice.call("POST", "/accounts", json={"name": "Depot"}), 201)["currency"] == "CHF"


@pytest.mark.parametrize("name", ["main", "MAIN", "Main"])
def test_two_accounts_of_one_user_never_have_one_name(alice: Person, bob: Person, name: str) -> None:
    depot = open_account(alice)

    assert "an account named" in refusal(alice.call("POST", "/accounts", json={"name": name}), 409)
    assert "an account named" in refusal(alice.call("PATCH", f"/accounts/{depot}", json={"name": name}), 409)
    assert answer(alice.call("PATCH", f"/accounts/{depot}", json={"name": "DEPOT"}))["name"] == "DEPOT"
    open_account(bob, "Depot")


@pytest.mark.parametrize(
    "body",
    [
        {"name": ""},
        {"name": "x" * 101},
        {"name": " Depot"},
        {"name": "a\nb"},
        {"name": "a\x00b"},
        {"name": "Depot", "currency": "XXX"},
        {"name": "Depot", "currency": "usd"},
        {"name": "Depot", "is_closed": True},
        {"name": "Depot", "account_id": NOBODYS},
        {"name": "Depot", "user_id": NOBODYS},
        {},
    ],
)
def test_what_no_account_can_be_is_refused(onlooker: Person, body: dict[str, Any]) -> None:
    refusal(onlooker.call("POST", "/accounts", json=body))
    assert len(answer(onlooker.call("GET", "/accounts"))["items"]) == 1


def test_nobody_has_more_accounts_than_the_limit(alice: Person, administrator: psycopg.Connection[Any]) -> None:
    administrator.execute(
        "insert into public.accounts (user_id, name, currency) select %s, number::text, 'USD' "
        "from generate_series(2, %s) as number",
        [first_of(alice)["account_id"], accounts.MOST],
    )

    assert "100 accounts" in refusal(alice.call("POST", "/accounts", json={"name": "One more"}), 409)


def test_the_first_account_may_be_renamed_and_closed_and_never_goes(alice: Person) -> None:
    path = f"/accounts/{first_of(alice)['account_id']}"
    answer(alice.call("PATCH", path, json={"name": "Old", "is_closed": True}))

    assert "first account" in refusal(alice.call("DELETE", path), 409)
    assert "Old is closed" in answer(alice.trade("BUY", "1"), 422)["fields"]["account_id"]
    answer(alice.call("PATCH", path, json={"is_closed": False}))
    answer(alice.trade("BUY", "1"), 201)


def test_an_account_that_ever_had_an_entry_stays(alice: Person) -> None:
    unused, used = open_account(alice, "Unused"), open_account(alice, "Used")
    trade = answer(alice.trade("BUY", "1", account_id=used), 201)
    assert alice.call("DELETE", f"/transactions/{trade['transaction_id']}").status_code == 204

    assert "Close it instead" in refusal(alice.call("DELETE", f"/accounts/{used}"), 409)
    assert alice.call("DELETE", f"/accounts/{unused}").status_code == 204
    assert alice.call("GET", f"/accounts/{unused}").status_code == 404
    assert "no account" in answer(alice.trade("BUY", "1", account_id=unused), 422)["fields"]["account_id"]


def test_a_closed_account_takes_no_entry_and_no_edit(alice: Person) -> None:
    depot = open_account(alice)
    trade = answer(alice.trade("BUY", "1", account_id=depot), 201)
    path = f"/transactions/{trade['transaction_id']}"
    body = {"ticker": "VTI", "side": "BUY", "quantity": "2", "price": "100", "trade_date": "2024-01-02"}
    answer(alice.call("PATCH", f"/accounts/{depot}", json={"is_closed": True}))

    for refused in (
        alice.trade("BUY", "1", account_id=depot),
        alice.call("PUT", path, json=body),
        alice.call("DELETE", path),
    ):
        assert "Depot is closed" in answer(refused, 422)["fields"]["account_id"]
    assert alice.ledger() == [trade]


def test_cash_is_kept_while_there_are_deposits_or_withdrawals(alice: Person) -> None:
    depot = open_account(alice, tracks_cash=True)
    path = f"/accounts/{depot}"
    paid_in = answer(deposit(alice, depot), 201)

    assert "1 deposits and withdrawals" in refusal(alice.call("PATCH", path, json={"tracks_cash": False}), 409)
    assert answer(alice.call("PATCH", path, json={"tracks_cash": True}))["tracks_cash"]
    assert alice.call("DELETE", f"/transactions/{paid_in['transaction_id']}").status_code == 204
    assert not answer(alice.call("PATCH", path, json={"tracks_cash": False}))["tracks_cash"]
    message = answer(deposit(alice, depot), 422)["fields"]["account_id"]
    assert message.startswith("A deposit needs an account that keeps track of cash, and Depot doesn't.")


def test_somebody_elses_account_is_nobodys(alice: Person, bob: Person) -> None:
    depot = open_account(alice, tracks_cash=True)

    for method, path in (("GET", ""), ("PATCH", ""), ("DELETE", ""), ("GET", "/statement")):
        options: dict[str, Any] = {"json": {"name": "Mine"}} if method == "PATCH" else {}
        assert bob.call(method, f"/accounts/{depot}{path}", **options).status_code == 404
    assert "no account" in answer(bob.trade("BUY", "1", account_id=depot), 422)["fields"]["account_id"]
    assert answer(bob.call("GET", f"/transactions?account={depot}"))["items"] == []


def test_a_changed_tracks_cash_makes_the_models_compute_anew(
    alice: Person, administrator: psycopg.Connection[Any]
) -> None:
    user_id = first_of(alice)["account_id"]
    pending = "select count(*) from bronze.pending_changes where user_id = %s"

    answer(alice.call("PATCH", f"/accounts/{user_id}", json={"name": "Other"}))
    assert administrator.execute(pending, [user_id]).fetchone() == (0,)
    answer(alice.call("PATCH", f"/accounts/{user_id}", json={"tracks_cash": True}))
    assert administrator.execute(pending, [user_id]).fetchone() != (0,)
