"""What the accounts page is made of; no data is fetched here."""

from collections.abc import Iterable, Sequence

import dash_mantine_components as dmc  # type: ignore[import-untyped]
from dash import dcc, html
from dash.development.base_component import Component, ComponentType

from dashboard.api.payloads import AccountOut, CashBalance
from dashboard.ui import formats
from dashboard.ui.aria import aria
from dashboard.ui.notices import loading
from dashboard.ui.tables import Column, table

WHAT_CASH_DOES = (
    "The account gets a balance in each currency: purchases, fees and taxes lower it, sales, dividends and interest "
    "raise it, and you record deposits and withdrawals. Without it, the money for each purchase comes from outside."
)
WHOLE_HISTORY = "It counts for the whole history of the account, so every figure is computed anew."
BELOW_ZERO = "More was spent than was paid in. A deposit may be missing, or it is a loan of your broker."


def page(first_day: str, last_day: str) -> html.Div:
    """`first_day` and `last_day` are those of the statement until others are chosen."""
    return html.Div(
        [
            html.H1("Accounts"),
            dcc.Store(id="accounts-changed"),
            dcc.Store(id="accounts-chosen"),
            _list(),
            _statement(first_day, last_day),
            _check(last_day),
            _change(),
        ]
    )


def account_table(accounts: Sequence[AccountOut], cash: Iterable[CashBalance]) -> html.Div:
    """One row an account, with what it has of each currency."""
    balances: dict[str, list[CashBalance]] = {}
    for row in cash:
        balances.setdefault(row["account_id"], []).append(row)
    columns: list[Column[AccountOut]] = [
        Column("Account", _name, numeric=False),
        Column("Cash", lambda row: _cash(row, balances.get(row["account_id"], [])), numeric=False),
        Column("Action", _button, numeric=False),
    ]
    return table("Your accounts", columns, accounts, row_class=lambda row: "closed" if row["is_closed"] else "")


def none_with_cash() -> html.P:
    """What stands where no account keeps track of cash."""
    return html.P(
        "No account keeps track of cash yet. Turn it on above, with Change, to see what a broker's statement says.",
        className="muted",
    )


def _name(row: AccountOut) -> list[str | Component | None]:
    closed = [html.Span("closed", className="tag")] if row["is_closed"] else []
    return [html.Span(row["name"], className="ticker"), *closed, html.Span(row["currency"], className="under")]


def _cash(account: AccountOut, balances: Sequence[CashBalance]) -> ComponentType:
    if not account["tracks_cash"]:
        return html.Span("not kept", className="muted")
    if not balances:
        return "none yet"
    return [html.Div(_balance(row)) for row in balances]


def _balance(row: CashBalance) -> list[str | Component | None]:
    written = formats.money(row["balance"], row["currency"])
    if row["balance"] >= 0:
        return [written]
    spoken = html.Span(f": {BELOW_ZERO}", className="for-readers-only")
    return [written, html.Span(["below zero", spoken], className="tag tag-warn", title=BELOW_ZERO)]


def _button(row: AccountOut) -> dmc.Button:
    return dmc.Button(
        "Change",
        id={"type": "accounts-change", "account_id": row["account_id"]},
        size="compact-sm",
        variant="default",
        **aria(label=f"Change {row['name']}"),
    )


def _list() -> html.Section:
    return _card(
        "Your accounts",
        "Where your transactions are kept: one for each broker or bank, if you like. A transaction without an "
        "account is in the first one.",
        html.Div(loading(90), id="accounts-list"),
        html.Div(id="accounts-list-message"),
        html.H3("Open another account"),
        dmc.SimpleGrid(
            [
                dmc.TextInput(id="accounts-new-name", label="Name", placeholder="My broker", value=""),
                dmc.TextInput(
                    id="accounts-new-currency", label="Currency (optional)", placeholder="As in the first one", value=""
                ),
            ],
            cols={"base": 1, "sm": 2},
        ),
        dmc.Switch(id="accounts-new-tracks_cash", label="Keep track of cash", description=WHAT_CASH_DOES, checked=True),
        html.Div(dmc.Button("Open the account", id="accounts-open")),
        html.Div(id="accounts-open-message"),
    )


def _change() -> dmc.Modal:
    """What can be changed of one account; Escape closes it."""
    return dmc.Modal(
        dmc.Stack(
            [
                dmc.TextInput(id="accounts-name", label="Name", value=""),
                dmc.TextInput(
                    id="accounts-currency", label="Currency", description="Of later entries that name none.", value=""
                ),
                dmc.Switch(
                    id="accounts-tracks_cash",
                    label="Keep track of cash",
                    description=f"{WHAT_CASH_DOES} {WHOLE_HISTORY}",
                    checked=False,
                ),
                html.Div(id="accounts-change-message"),
                dmc.Group(
                    [
                        dmc.Button("Save", id="accounts-save"),
                        dmc.Button("Close the account", id="accounts-close", variant="default"),
                        dmc.Button("Delete", id="accounts-delete", variant="default"),
                    ]
                ),
            ],
            gap="md",
        ),
        id="accounts-dialog",
        title="Change the account",
        opened=False,
        closeButtonProps=aria(label="Cancel"),
    )


def _statement(first_day: str, last_day: str) -> html.Section:
    return _card(
        "Statement",
        "What your broker's or bank's statement says: the balance before the first day, everything that moved, and the "
        "balance after the last day.",
        dmc.SimpleGrid(
            [
                dmc.Select(id="accounts-of", label="Account", data=[], allowDeselect=False),
                _day("accounts-from", "From", first_day),
                _day("accounts-to", "To", last_day),
            ],
            cols={"base": 1, "sm": 3},
        ),
        html.Div(loading(200), id="accounts-statement"),
    )


def _check(last_day: str) -> html.Section:
    return _card(
        "Does it match your broker's paper?",
        "Enter the balance that your broker or bank states for the end of a day, for the account chosen above. You see "
        "the difference, and which rows may explain it.",
        dmc.SimpleGrid(
            [
                _day("accounts-day", "Day", last_day),
                dmc.TextInput(id="accounts-paper", label="Balance", placeholder="1234.56", value="", debounce=True),
                dmc.TextInput(id="accounts-paper-currency", label="Currency", placeholder="USD", value=""),
            ],
            cols={"base": 1, "sm": 3},
        ),
        html.Div(dmc.Button("Compare", id="accounts-compare")),
        html.Div(id="accounts-comparison", role="status"),
    )


def _day(control_id: str, label: str, day: str) -> dmc.TextInput:
    return dmc.TextInput(id=control_id, label=label, value=day, attributes={"input": {"type": "date"}})


def _card(title: str, note: str, *parts: ComponentType) -> html.Section:
    return html.Section(
        [html.H2(title), html.P(note, className="muted"), dmc.Stack(list(parts), gap="md", mt="sm")], className="card"
    )
