"""Cash by day: one's own accounts only, of the newest day or of many; and a statement of an account without cash."""

from collections.abc import Iterator

import pytest
from apiflask import APIFlask

from tests.auth_service.conftest import Person, answer, forget_models, join, refusal
from tests.dbt.command import run_dbt
from tests.support.platform import Platform


@pytest.fixture(scope="module")
def saver(app: APIFlask, platform: Platform, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Person]:
    """Somebody who paid 1,000 into a second account on 2024-01-02, bought one VTI at 100 there and took 98.25 out."""
    person = join(app)
    account = answer(person.call("POST", "/accounts", json={"name": "Depot", "tracks_cash": True}), 201)
    deposit = {"type": "DEPOSIT", "amount": "1000", "trade_date": "2024-01-02", "account_id": account["account_id"]}
    answer(person.call("POST", "/transactions", json=deposit), 201)
    withdrawal = deposit | {"type": "WITHDRAWAL", "amount": "98.25", "trade_date": "2024-01-05"}
    answer(person.call("POST", "/transactions", json=withdrawal), 201)
    answer(person.trade("BUY", "1", trade_date="2024-01-03", account_id=account["account_id"], fees="1.5"), 201)
    run_dbt(platform, tmp_path_factory.mktemp("dbt"), "build", "--exclude-resource-type", "unit_test")
    yield person
    forget_models(platform, "test")


def depot_of(person: Person) -> str:
    return str(answer(person.call("GET", "/accounts"))["items"][1]["account_id"])


def test_cash_is_told_of_the_newest_day_or_of_many(saver: Person, bob: Person) -> None:
    depot = {"account_id": depot_of(saver), "currency": "USD"}

    newest = answer(saver.call("GET", "/portfolio/cash"))["items"]
    days = answer(saver.call("GET", "/portfolio/cash?from=2024-01-01&to=2024-01-03"))["items"]

    assert newest == [depot | {"date": "2024-01-05", "balance": 800.25}]
    assert days == [
        depot | {"date": "2024-01-02", "balance": 1000},
        depot | {"date": "2024-01-03", "balance": 898.5},
    ]
    assert answer(saver.call("GET", "/portfolio/cash?to=2024-01-02"))["items"] == days[:1]
    assert answer(saver.call("GET", f"/portfolio/cash?account={depot['account_id']}"))["items"] == newest
    assert (
        answer(saver.call("GET", f"/portfolio/cash?account={answer(saver.call('GET', '/auth/me'))['user_id']}"))[
            "items"
        ]
        == []
    )
    assert answer(bob.call("GET", "/portfolio/cash"))["items"] == []


def test_an_unchanged_balance_is_not_sent_again(saver: Person) -> None:
    first = saver.call("GET", "/portfolio/cash")

    again = saver.call("GET", "/portfolio/cash", headers={"If-None-Match": first.headers["ETag"]})

    assert again.status_code == 304


def test_the_time_series_has_the_columns_of_cash(saver: Person) -> None:
    columns = "cash,contributions,dividends,interest,fees,taxes"

    series = answer(saver.call("GET", f"/portfolio/timeseries?from=2024-01-03&to=2024-01-03&columns={columns}"))

    assert (series["cash"], series["contributions"]) == ([898.5], [1000])
    assert set(series) == {"date", *columns.split(",")}


def test_an_account_without_cash_has_no_statement(alice: Person) -> None:
    user_id = answer(alice.call("GET", "/auth/me"))["user_id"]

    assert "Main keeps no cash" in refusal(alice.call("GET", f"/accounts/{user_id}/statement"), 409)


def test_a_statement_tells_an_accounts_cash_from_its_opening_to_its_closing(saver: Person) -> None:
    path = f"/accounts/{depot_of(saver)}/statement"
    bought, withdrawn = (
        next(row["transaction_id"] for row in saver.ledger() if row["type"] == of_type)
        for of_type in ("BUY", "WITHDRAWAL")
    )

    (part,) = answer(saver.call("GET", f"{path}?from=2024-01-03&to=2024-01-04"))["items"]
    (whole,) = answer(saver.call("GET", path))["items"]
    (later,) = answer(saver.call("GET", f"{path}?from=2024-02-01"))["items"]

    purchase = {"date": "2024-01-03", "type": "BUY", "ticker": "VTI", "transaction_id": bought}
    purchase |= {"amount": "-101.5", "balance": "898.5"}
    assert part == {"currency": "USD", "opening": "1000", "movements": [purchase], "closing": "898.5"}
    assert (whole["opening"], whole["closing"]) == ("0", "800.25")
    assert [movement["balance"] for movement in whole["movements"]] == ["1000", "898.5", "800.25"]
    assert whole["movements"][2] == {
        "date": "2024-01-05",
        "type": "WITHDRAWAL",
        "ticker": None,
        "transaction_id": withdrawn,
        "amount": "-98.25",
        "balance": "800.25",
    }
    assert later == {"currency": "USD", "opening": "800.25", "movements": [], "closing": "800.25"}
