"""What the grid, the history of a row and the way of a change are told of."""

from typing import Any

from dashboard.ledger import grid, progress, versions
from tests.dashboard.ui.test_shell import CURRENT

SCRIPT = "<script>alert(1)</script>"
FIRST: Any = {
    "transaction_id": "6a0f6bd6-0000-4000-8000-000000000000",
    "version": 1,
    "ticker": "VTI",
    "account_id": "a",
    "type": "BUY",
    "side": "BUY",
    "amount": None,
    "taxes": "0",
    "quantity": "10.50000001",
    "price": "200.10",
    "fees": "0",
    "currency": "USD",
    "settlement_currency": None,
    "fx_rate": None,
    "trade_date": "2024-01-02",
    "note": SCRIPT,
    "is_deleted": False,
    "recorded_at": "2024-01-03T21:30:00.000000Z",
}
DEPOSIT = (
    FIRST
    | dict.fromkeys(("ticker", "side", "quantity", "price", "fees", "taxes", "note"))
    | {
        "type": "DEPOSIT",
        "amount": "500",
        "account_id": "b",
    }
)
NAMES = {"a": "Main", "b": "Broker"}
PENDING: Any = CURRENT | {"up_to_date": False, "pending_transactions": 1}


def states(status: Any, *tickers: str) -> list[tuple[str, str]]:
    return [(step.label, step.state) for step in progress.steps(status, list(tickers))]


def test_the_grid_gets_exact_amounts_as_text_and_notes_as_they_are() -> None:
    (row,) = grid.rows([FIRST], {})

    assert (row["quantity"], row["price"], row["note"]) == ("10.50000001", "200.10", SCRIPT)
    assert set(row) == set(grid.GridRow.__annotations__)


def test_an_entry_that_is_no_trade_has_its_type_amount_and_account_in_the_grid() -> None:
    (row,) = grid.rows([DEPOSIT], NAMES)

    assert (row["kind"], row["amount"], row["account"], row["ticker"]) == ("Deposit", "500", "Broker", None)


def test_what_the_grid_has_is_said_and_what_it_lacks() -> None:
    assert grid.told(0, None, older=False).startswith("No transactions yet")
    assert grid.told(1, "VTI", older=False) == "1 transaction in VTI"
    assert grid.told(1234, None, older=False) == "All 1,234 transactions"
    assert grid.told(1000, "VTI", older=True) == ("The newest 1,000 transactions in VTI.")


def test_a_version_tells_what_it_changed() -> None:
    changed = FIRST | {"version": 2, "quantity": "12", "type": "SELL", "side": "SELL", "note": None}

    assert versions.changes(FIRST, changed, NAMES) == [
        "Type: Buy → Sell",
        "Quantity: 10.50000001 → 12",
        f"Note: {SCRIPT} → \N{EN DASH}",
    ]
    paid = FIRST | {"version": 2, "settlement_currency": "EUR", "fx_rate": "0.9125"}
    assert versions.changes(FIRST, paid, NAMES) == ["Paid in: \N{EN DASH} → EUR", "Exchange rate: \N{EN DASH} → 0.9125"]
    assert versions.changes(FIRST, FIRST | {"version": 2}, NAMES) == []
    moved = DEPOSIT | {"version": 2, "account_id": "a", "amount": "-20.5"}
    assert versions.changes(DEPOSIT, moved, NAMES) == ["Amount: $500.00 → -$20.50", "Account: Broker → Main"]


def test_a_history_ends_with_the_deletion_and_dates_each_version() -> None:
    deleted = FIRST | {"version": 2, "is_deleted": True, "recorded_at": "2024-02-01T09:00:00.000000Z"}

    first, last = versions.timeline([FIRST, deleted], {"a": "Main"}).children

    assert (first.title, last.title) == ("Recorded", "Deleted")
    assert first.children[0].children == "Version 1, Jan 3, 2024 at 21:30 UTC"
    assert [line.children for line in last.children] == ["Version 2, Feb 1, 2024 at 09:00 UTC"]
    told = [line.children for line in first.children]
    assert f"Note: {SCRIPT}" in told
    assert not any(line.startswith(("Taxes", "Account", "Amount")) for line in told)


def test_a_history_names_the_account_where_there_is_more_than_one() -> None:
    (recorded,) = versions.timeline([DEPOSIT], NAMES).children

    told = [line.children for line in recorded.children[1:]]
    assert told == [
        "Type: Deposit",
        "Amount: $500.00",
        "Trade date: Jan 2, 2024",
        "Currency: USD",
        "Account: Broker",
    ]


def test_a_change_is_under_way_until_the_models_hold_it() -> None:
    assert states(PENDING) == [
        ("Recorded", "done"),
        ("Prices", "done"),
        ("Models", "in progress"),
        ("In your portfolio", "pending"),
    ]
    assert not progress.has_arrived(PENDING)
    assert [state for _, state in states(CURRENT)] == ["done"] * 4
    assert progress.has_arrived(CURRENT)


def test_a_change_whose_models_failed_says_which() -> None:
    failed = PENDING | {"failed_models": [{"model": "int_trades", "failed_at": "2013-03-03T09:00:00+00:00"}]}

    models = progress.steps(failed, ["VTI"])[2]

    assert (models.state, models.description) == ("failed", "int_trades failed and will be retried")


def test_only_prices_of_the_changed_ticker_count() -> None:
    failed = PENDING | {
        "failed_prices": [{"ticker": "VTI", "failed_at": "2013-03-04T18:00:05+00:00", "outcome": "provider_down"}]
    }

    assert dict(states(failed, "VTI"))["Prices"] == "failed"
    assert progress.steps(failed, ["VTI"])[1].description == "VTI: the provider did not answer"
    assert dict(states(failed, "BND"))["Prices"] == "done"


def test_the_way_ends_with_a_link_to_the_analytics() -> None:
    on_the_way, there = (
        progress.shown("Purchase of 1 VTI", progress.steps(status, ["VTI"])) for status in (PENDING, CURRENT)
    )

    assert "".join(on_the_way.children[0].children) == "Purchase of 1 VTI: models, in progress."
    assert on_the_way.children[1].active == 2
    assert there.children[0].children[-1].href == "/"
    assert there.children[1].active == 4
