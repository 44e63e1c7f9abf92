"""One person's rows and another's: told apart by the service, and once more by the database."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest

from tests.security.conftest import Person, answer
from tests.support.platform import Platform

BODY = {"ticker": "VTI", "side": "BUY", "quantity": "1", "price": "100", "trade_date": "2024-01-02"}


@pytest.mark.threat(8)
def test_somebody_elses_transaction_looks_like_one_that_never_was(alice: Person, bob: Person) -> None:
    transaction_id = answer(alice.trade("BUY", "5"), 201)["transaction_id"]

    for method, suffix in (("GET", ""), ("PUT", ""), ("DELETE", ""), ("GET", "/history")):
        theirs = bob.call(method, f"/transactions/{transaction_id}{suffix}", json=BODY)
        nobodys = bob.call(method, f"/transactions/{uuid4()}{suffix}", json=BODY)
        assert (theirs.status_code, theirs.content) == (404, nobodys.content)
    assert bob.ledger() == []
    assert bob.call("GET", "/transactions/export").text.count("\n") == 1
    assert [trade["quantity"] for trade in alice.ledger()] == ["5"]


@pytest.mark.threat(8)
def test_somebody_elses_account_looks_like_one_that_never_was(alice: Person, bob: Person) -> None:
    account_id = answer(alice.call("POST", "/accounts", json={"name": "Depot"}), 201)["account_id"]

    for method, suffix in (("GET", ""), ("PATCH", ""), ("DELETE", ""), ("GET", "/statement")):
        body: dict[str, Any] = {"json": {"name": "Mine"}} if method == "PATCH" else {}
        theirs = bob.call(method, f"/accounts/{account_id}{suffix}", **body)
        nobodys = bob.call(method, f"/accounts/{uuid4()}{suffix}", **body)
        assert (theirs.status_code, theirs.content) == (404, nobodys.content)
    assert "account_id" in answer(bob.trade("BUY", "1", account_id=account_id), 422)["fields"]
    assert answer(bob.call("GET", f"/transactions?account={account_id}"))["items"] == []
    assert (
        "no account named Depot"
        in bob.upload("ticker,side,quantity,price,trade_date,account\nVTI,BUY,1,100,2024-01-02,Depot\n").text
    )
    assert [account["name"] for account in answer(alice.call("GET", "/accounts"))["items"]] == ["Main", "Depot"]


@pytest.mark.threat(9)
def test_the_database_shows_nobody_the_accounts_of_another(platform: Platform, alice: Person, bob: Person) -> None:
    hers, his = (answer(person.call("GET", "/auth/me"))["user_id"] for person in (alice, bob))
    for role in ("macrofolio_api", "macrofolio_reader"):
        with platform.connect(role) as connection:
            assert connection.execute("select count(*) from public.accounts").fetchone() == (0,)
            connection.execute(f"set local app.user_id = '{hers}'".encode())
            assert [str(row[0]) for row in connection.execute("select user_id from public.accounts")] == [hers]
    with platform.connect("macrofolio_api") as connection:
        connection.execute(f"set local app.user_id = '{hers}'".encode())
        changed = connection.execute("update public.accounts set name = 'Mine' where user_id = %s", [his])
        assert changed.rowcount == 0


@pytest.mark.threat(11)
@pytest.mark.parametrize("field", ["user_id", "account_id", "id", "created_at", "balance"])
def test_a_portfolios_account_has_no_field_but_those_that_are_offered(onlooker: Person, field: str) -> None:
    before = answer(onlooker.call("GET", "/accounts"))
    path = f"/accounts/{before['items'][0]['account_id']}"

    assert field in answer(onlooker.call("POST", "/accounts", json={"name": "x", field: "x"}), 422)["fields"]
    assert field in answer(onlooker.call("PATCH", path, json={field: "x"}), 422)["fields"]
    assert answer(onlooker.call("GET", "/accounts")) == before


@pytest.mark.threat(8)
def test_somebody_elses_cursor_shows_ones_own_rows_only(alice: Person, bob: Person) -> None:
    for person in (alice, bob):
        for quantity in ("1", "2"):
            answer(person.trade("BUY", quantity), 201)
    cursor = answer(alice.call("GET", "/transactions?limit=1"))["next_cursor"]
    hers = {trade["transaction_id"] for trade in alice.ledger()}

    seen = answer(bob.call("GET", f"/transactions?cursor={cursor}"))["items"]

    assert not hers & {trade["transaction_id"] for trade in seen}


@pytest.mark.threat(9)
def test_people_who_share_the_pool_never_see_each_other(alice: Person, bob: Person) -> None:
    answer(alice.trade("BUY", "1"), 201)
    answer(bob.trade("BUY", "2"), 201)

    def quantities(number: int) -> tuple[int, list[str]]:
        person = (alice, bob)[number % 2]
        return number % 2, [trade["quantity"] for trade in person.ledger()]

    with ThreadPoolExecutor(24) as threads:
        seen = list(threads.map(quantities, range(240)))

    assert all(held == (["1"], ["2"])[whose] for whose, held in seen)


@pytest.mark.threat(9)
def test_a_connection_forgets_whose_transaction_it_carried(platform: Platform, alice: Person) -> None:
    user_id = answer(alice.call("GET", "/auth/me"))["user_id"]
    answer(alice.trade("BUY", "1"), 201)
    count = "select count(*) from bronze.transactions"

    with platform.connect("macrofolio_api") as connection:
        connection.execute(f"set local app.user_id = '{user_id}'".encode())
        assert connection.execute(count).fetchone() == (1,)
        connection.commit()
        assert connection.execute(count).fetchone() == (0,)
        connection.execute(f"set local app.user_id = '{user_id}'".encode())
        connection.rollback()
        assert connection.execute(count).fetchone() == (0,)
        connection.rollback()
        connection.autocommit = True  # two statements in one message are one transaction
        both = connection.execute(f"set local app.user_id = '{user_id}'; {count}".encode())
        assert both.nextset()
        assert both.fetchone() == (1,)
        assert connection.execute(count).fetchone() == (0,)


@pytest.mark.threat(9)
def test_not_even_the_owner_of_the_ledger_is_above_its_row_security(platform: Platform, alice: Person) -> None:
    user_id = answer(alice.call("GET", "/auth/me"))["user_id"]
    answer(alice.trade("BUY", "1"), 201)

    with platform.connect("macrofolio_owner") as connection:
        assert connection.execute("delete from bronze.transactions where user_id = %s", [user_id]).rowcount == 0
        assert connection.execute("update bronze.transactions set price = 1").rowcount == 0


@pytest.mark.threat(11)
@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("user_id", "4d1c9e6e-0000-4000-8000-000000000000"),
        ("id", 1),
        ("transaction_id", "4d1c9e6e-0000-4000-8000-000000000000"),
        ("version", "7"),
        ("recorded_at", "2024-01-02T00:00:00Z"),
        ("entry_number", "1"),
        ("is_deleted", True),
        ("__class__", "x"),
    ],
)
def test_a_field_that_is_not_the_clients_is_refused(onlooker: Person, field: str, value: Any) -> None:
    assert field in answer(onlooker.trade("BUY", "1", **{field: value}), 422)["fields"]
    assert onlooker.ledger() == []


@pytest.mark.threat(11)
@pytest.mark.parametrize(
    "field", ["user_id", "email", "password", "password_hash", "created_at", "is_admin", "expires_at"]
)
def test_an_account_has_no_field_but_those_that_are_offered(onlooker: Person, field: str) -> None:
    before = answer(onlooker.call("GET", "/auth/me"))
    newcomer = {"email": f"{uuid4().hex}@example.org", "password": "correct horse battery staple"}

    assert field in answer(onlooker.call("PATCH", "/auth/me", json={field: "x"}), 422)["fields"]
    if field not in newcomer:
        assert field in answer(onlooker.call("POST", "/auth/register", json=newcomer | {field: "x"}), 422)["fields"]
    assert answer(onlooker.call("GET", "/auth/me")) == before


@pytest.mark.threat(11)
def test_a_revision_keeps_what_is_not_the_clients(alice: Person) -> None:
    recorded = answer(alice.trade("BUY", "1"), 201)
    path = f"/transactions/{recorded['transaction_id']}"

    for field, value in (("user_id", str(uuid4())), ("version", "9"), ("recorded_at", "2024-01-02T00:00:00Z")):
        assert field in answer(alice.call("PUT", path, json=BODY | {field: value}), 422)["fields"]
    assert alice.ledger() == [recorded]
