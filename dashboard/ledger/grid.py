"""The ledger as a grid to sort, filter, resize and navigate by keyboard."""

from collections.abc import Mapping, Sequence
from typing import TypedDict

import dash_ag_grid as dag  # type: ignore[import-untyped]
import dash_mantine_components as dmc  # type: ignore[import-untyped]
from dash import dcc, html

from dashboard.api.payloads import TransactionOut
from dashboard.ledger.entry_types import label_of, named
from dashboard.ui import formats
from dashboard.ui.aria import aria

SHOWN = 1000  # rows at first and with each click: about 230 kB
CLOSE = aria(label="Close")
UNTIL_NEEDED = {"hide": True}  # by a row: see ledgerColumns
UNDO_MILLISECONDS = 30_000
# Colours come from the page's variables, so the grid follows its light or dark mode.
THEME = {
    "function": "themeQuartz.withParams({backgroundColor: 'var(--card)', foregroundColor: 'var(--ink)', "
    "accentColor: 'var(--accent)', borderColor: 'var(--line)', headerTextColor: 'var(--soft)', "
    "headerBackgroundColor: 'var(--page)', browserColorScheme: 'inherit', fontFamily: 'inherit', "
    "fontSize: 'var(--grid-text)', cellHorizontalPadding: 'var(--grid-padding)'})"
}

OPTIONS = {
    "theme": THEME,
    "animateRows": False,
    # Arrow keys move between cells; Tab leaves the grid instead of visiting every cell.
    "tabToNextCell": {"function": "false"},
}


class GridRow(TypedDict):
    """What the grid needs of each transaction; amounts as the exact text that the API told.

    `kind` is the type as people call it, `account` the name of the account.
    """

    transaction_id: str
    trade_date: str
    type: str
    kind: str
    ticker: str | None
    quantity: str | None
    price: str | None
    amount: str | None
    fees: str | None
    taxes: str | None
    currency: str
    settlement_currency: str | None
    fx_rate: str | None
    account_id: str
    account: str
    note: str | None


def rows(transactions: Sequence[TransactionOut], names: Mapping[str, str]) -> list[GridRow]:
    """The transactions as rows of the grid; `names` are those of the accounts."""
    return [_row(transaction, names) for transaction in transactions]


def told(count: int, ticker: str | None, *, older: bool) -> str:
    """How much of the ledger the grid shows."""
    of_what = f" in {ticker}" if ticker else ""
    if older:
        return f"The newest {formats.count(count)} transactions{of_what}."
    if count == 0:
        return f"No transactions{of_what} yet. New transactions appear here, newest first."
    return "1 transaction" + of_what if count == 1 else f"All {formats.count(count)} transactions{of_what}"


def section(ticker: str | None) -> dmc.Paper:
    """The grid of transactions and what can be done with them; of one ticker, if one is asked for."""
    return dmc.Paper(
        [
            dmc.Group([html.H2("Transactions"), _actions()], justify="space-between", mb="sm"),
            html.P("", id="ledger-told", role="status", className="muted"),
            _grid(),
            dmc.Button("Load older transactions", id="ledger-more", variant="default", mt="sm", display="none"),
            dcc.Store(id="ledger-limit", data=SHOWN),
            dcc.Download(id="ledger-download"),
            dmc.Drawer(
                id="ledger-history",
                title="Transaction history",
                position="right",
                size="md",
                closeButtonProps=CLOSE,
            ),
            dmc.Affix(html.Div(id="ledger-removed"), position={"bottom": 16, "right": 16}),
            dcc.Location(id="ledger-url", refresh=False),
            dcc.Store(id="ledger-asked", data=ticker),
        ],
        withBorder=True,
        p={"base": "xs", "sm": "md"},
        mt="md",
    )


def _row(transaction: TransactionOut, names: Mapping[str, str]) -> GridRow:
    return {
        "transaction_id": transaction["transaction_id"],
        "trade_date": transaction["trade_date"],
        "type": transaction["type"],
        "kind": label_of(transaction["type"]),
        "ticker": transaction["ticker"],
        "quantity": transaction["quantity"],
        "price": transaction["price"],
        "amount": transaction["amount"],
        "fees": transaction["fees"],
        "taxes": transaction["taxes"],
        "currency": transaction["currency"],
        "settlement_currency": transaction["settlement_currency"],
        "fx_rate": transaction["fx_rate"],
        "account_id": transaction["account_id"],
        "account": names.get(transaction["account_id"], ""),
        "note": transaction["note"],
    }


def undo_offer(row: GridRow) -> dmc.Alert:
    """What was deleted, with an undo button for as long as people look for one."""
    undo = dmc.Button("Undo", id={"type": "ledger-undo", "transaction": row["transaction_id"]}, size="compact-sm")
    return dmc.Alert(
        dmc.Group([f"{named(row)} is deleted.", undo]),
        withCloseButton=True,
        closeButtonLabel="Close",
        duration=UNDO_MILLISECONDS,
        variant="default",
    )


def _actions() -> dmc.Group:
    return dmc.Group(
        [
            dmc.Select(
                id="ledger-of",
                placeholder="All tickers",
                clearable=True,
                searchable=True,
                data=[],
                w=150,
                size="sm",
                **aria(label="Filter by ticker"),
            ),
            _button("Change", "ledger-edit"),
            _button("History", "ledger-past"),
            _button("Delete", "ledger-delete"),
            dmc.Button("Export CSV", id="ledger-export", variant="default", size="sm"),
        ],
        gap="xs",
    )


def _button(label: str, button_id: str) -> dmc.Button:
    """An action on the selected row."""
    return dmc.Button(label, id=button_id, variant="default", size="sm", disabled=True)


def _grid() -> html.Div:
    return html.Div(
        dag.AgGrid(
            id="ledger-grid",
            columnDefs=_columns(),
            rowData=[],
            getRowId="params.data.transaction_id",
            defaultColDef={"sortable": True, "filter": True, "resizable": True, "minWidth": 62},
            columnSize="responsiveSizeToFit",
            eventListeners={name: ["ledgerColumns(params)"] for name in ("gridSizeChanged", "rowDataUpdated")},
            dashGridOptions=OPTIONS
            | {
                "rowSelection": {"mode": "singleRow", "checkboxes": False, "enableClickSelection": True},
                "rowHeight": 38,
                "headerHeight": 40,
                "localeText": {"noRowsToShow": "No transactions"},
            },
            style={"height": "460px", "width": "100%"},
        ),
        role="region",
        **aria(label="Transactions, newest first. Select a row with the space bar, then edit or delete it."),
    )


def _columns() -> list[dict[str, object]]:
    return [
        _column("trade_date", "Date", "ledgerDay(params.value)", filter="agDateColumnFilter", cellDataType="dateString")
        | {"width": 120, "minWidth": 98},
        _column("kind", "Type") | {"width": 100, "minWidth": 40},
        _column("ticker", "Ticker") | {"width": 96, "minWidth": 56, "cellClass": "ticker"},
        _amount("quantity", "Quantity", "ledgerQuantity(params.data.quantity)"),
        _amount("price", "Price", "ledgerMoney(params.data.price, params.data.currency)") | {"minWidth": 76},
        _amount("amount", "Amount", "ledgerMoney(params.data.amount, params.data.currency)") | UNTIL_NEEDED,
        _amount("fees", "Fees", "ledgerMoney(params.data.fees, params.data.currency)"),
        _amount("taxes", "Taxes", "ledgerMoney(params.data.taxes, params.data.currency)") | UNTIL_NEEDED,
        _column("currency", "Currency") | {"width": 100},
        _column("account", "Account") | UNTIL_NEEDED | {"width": 106},
        _column("note", "Note", tooltipField="note") | {"width": 190},
    ]


def _column(name: str, heading: str, written: str | None = None, **more: object) -> dict[str, object]:
    formatter: dict[str, object] = {"valueFormatter": {"function": written}} if written else {}
    return {"field": name, "headerName": heading} | formatter | more


def _amount(name: str, heading: str, written: str) -> dict[str, object]:
    """Sorted and filtered as a number, written exactly."""
    as_number = {"function": f"params.data.{name} == null ? null : Number(params.data.{name})"}
    number = {"valueGetter": as_number, "type": "rightAligned", "filter": "agNumberColumnFilter", "colId": name}
    return _column(name, heading, written, width=106) | number
