"""The layout of the ledger page; fetches no data."""

import dash_mantine_components as dmc  # type: ignore[import-untyped]
from dash import dcc, html

from dashboard.ledger import file_import, grid, rename, trade_form


def page(idempotency_key: str, ticker: str | None) -> html.Div:
    """The page; `idempotency_key` makes sure that the form's first transaction is recorded once."""
    return html.Div(
        [
            html.H1("Transaction ledger"),
            dmc.Paper(_entry(), withBorder=True, p={"base": "xs", "sm": "md"}, id="ledger-entry"),
            html.Div(id="ledger-travel"),
            grid.section(ticker),
            dcc.Store(id="ledger-key", data=idempotency_key),
            dcc.Store(id="ledger-editing"),
            dcc.Store(id="ledger-journey"),
        ]
    )


def _entry() -> dmc.Tabs:
    return dmc.Tabs(
        [
            dmc.TabsList(
                [
                    dmc.TabsTab("One transaction", value="one"),
                    dmc.TabsTab("A file", value="file"),
                    dmc.TabsTab("Rename a ticker", value="rename"),
                ],
                mb="md",
            ),
            dmc.TabsPanel(
                [html.H2("Record a transaction", id="ledger-form-title"), trade_form.form()],
                value="one",
            ),
            dmc.TabsPanel([html.H2("Import a file"), file_import.panel()], value="file"),
            dmc.TabsPanel([html.H2("Rename a ticker"), rename.panel()], value="rename"),
        ],
        id="ledger-tab",
        value="one",
    )
