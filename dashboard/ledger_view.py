"""What the ledger page is made of; no data is fetched here."""

from collections.abc import Sequence
from typing import Any

from dash import dcc, html

from dashboard import formats
from dashboard.api_client import ApiRefusalError, ApiUnavailableError
from dashboard.aria import aria
from dashboard.tables import Column, table

LABELS = {
    "ticker": "Ticker",
    "side": "Side",
    "quantity": "Quantity",
    "price": "Price",
    "trade_date": "Trade date",
    "fees": "Fees",
    "currency": "Currency",
    "note": "Note",
}
REQUIRED = ("ticker", "quantity", "price", "trade_date")


def page(idempotency_key: str) -> html.Div:
    return html.Div(
        [
            html.H1("Transaction ledger"),
            html.Section([html.H2("Record a transaction"), _form()], className="card"),
            html.Section(
                [
                    html.H2("Transactions"),
                    html.Div(id="ledger-list"),
                    html.Button("Show older", id="ledger-more", className="hidden"),
                ],
                className="card",
            ),
            dcc.Store(id="ledger-key", data=idempotency_key),
            dcc.Store(id="ledger-older"),
        ]
    )


def transaction(form: dict[str, Any]) -> dict[str, Any]:
    """The request's body from the form's entries; what was left empty is left out. Amounts stay text, as typed."""
    texts = {name: str(form[name] or "").strip() for name in (*REQUIRED, "fees", "note")}
    texts["ticker"] = texts["ticker"].upper()
    given = {name: text for name, text in texts.items() if text}
    return {"side": form["side"]} | given | ({"confirm": True} if form["confirm"] else {})


def require_all_fields(body: dict[str, Any]) -> None:
    """Refuse a form that lacks what a trade can't do without, before anything is sent."""
    missing = [LABELS[name].lower() for name in REQUIRED if name not in body]
    if missing:
        raise ApiRefusalError(422, "incomplete", f"Still needed: {', '.join(missing)}.", {})


def can_be_confirmed(refusal: ApiRefusalError) -> bool:
    """True when the API doubts the price, but takes it from someone who is sure."""
    return refusal.code == "implausible_price"


def recorded_message(recorded: dict[str, Any]) -> html.P:
    verb = "Purchase" if recorded["side"] == "BUY" else "Sale"
    what = f"{formats.quantity(recorded['quantity'])} {recorded['ticker']} on {recorded['trade_date']}"
    return html.P(f"{verb} of {what} recorded; the charts follow in a few seconds.", className="notice notice-good")


def refusal_message(refusal: ApiRefusalError) -> html.Div:
    """The API's sentence, and below it what it says about single fields."""
    details = [
        html.Li(f"{LABELS.get(name, name)}: {_text(problem)}")
        for name, problem in refusal.fields.items()
        if _text(problem) not in refusal.message
    ]
    parts = [html.P(refusal.message), html.Ul(details)] if details else [html.P(refusal.message)]
    return html.Div(parts, className="notice notice-bad")


def outage_message(outage: ApiUnavailableError) -> html.P:
    return html.P(
        f"{outage} What you typed is still here; sending it again records it once.", className="notice notice-bad"
    )


def suggestions(found: Sequence[dict[str, Any]]) -> list[html.Option]:
    return [html.Option(item["name"] or item["ticker"], value=item["ticker"]) for item in found]


def hint(found: Sequence[dict[str, Any]], ticker: str) -> str:
    """The name behind a ticker that was typed in full."""
    return next((item["name"] or "" for item in found if item["ticker"] == ticker), "")


def transaction_table(rows: Sequence[dict[str, Any]]) -> Any:
    if not rows:
        return html.P("Nothing recorded yet. Your transactions will stand here, newest first.", className="muted")
    columns = [
        Column("Date", lambda row: row["trade_date"], numeric=False),
        Column("Side", _side, numeric=False),
        Column("Ticker", lambda row: html.Span(row["ticker"], className="ticker"), numeric=False),
        Column("Quantity", lambda row: formats.quantity(row["quantity"])),
        Column("Price", lambda row: formats.exact(row["price"], row["currency"])),
        Column("Fees", lambda row: formats.exact(row["fees"], row["currency"])),
        Column("Note", lambda row: row["note"] or "", numeric=False),
    ]
    return table("Transactions, newest first", columns, rows)


def _side(row: Any) -> html.Span:
    return html.Span("Buy" if row["side"] == "BUY" else "Sell", className=f"tag side-{row['side'].lower()}")


def _text(problem: Any) -> str:
    return problem if isinstance(problem, str) else " ".join(map(str, problem))


def _form() -> html.Div:
    sides = [{"label": "Buy", "value": "BUY"}, {"label": "Sell", "value": "SELL"}]
    return html.Div(
        [
            html.Div(
                dcc.RadioItems(id="ledger-side", options=sides, value="BUY", inline=True, className="windows"),
                role="group",
                className="field wide",
                **aria(label="Side"),
            ),
            _field("Ticker", _ticker_input(), html.Div(id="ledger-hint", className="hint")),
            _field("Quantity", _amount("ledger-quantity", "10")),
            _field("Price per unit, as traded", _amount("ledger-price", "185.20")),
            _field("Trade date", _date()),
            _field("Fees (optional)", _amount("ledger-fees", "0")),
            _field("Note (optional)", dcc.Input(id="ledger-note", maxLength=1000)),
            html.Div(
                dcc.Checklist(
                    id="ledger-confirm", options=[{"label": "The price is right, record it", "value": "yes"}], value=[]
                ),
                id="ledger-doubt",
                className="hidden",
            ),
            html.Div(html.Button("Record", id="ledger-record", className="primary"), className="field wide"),
            html.Div(id="ledger-message", className="wide", role="alert"),
        ],
        className="form",
    )


def _ticker_input() -> html.Div:
    return html.Div(
        [
            dcc.Input(id="ledger-ticker", list="ledger-suggestions", maxLength=15, placeholder="AAPL"),
            html.Datalist(id="ledger-suggestions"),
        ]
    )


def _amount(input_id: str, example: str) -> dcc.Input:
    """Text, not a number field: the browser must not turn an exact decimal into a float."""
    return dcc.Input(id=input_id, placeholder=example, maxLength=40)


def _date() -> dcc.Input:
    """The browser's own date field: the best one on every device, though Dash's list of types lacks it."""
    browsers_own: Any = "date"
    return dcc.Input(id="ledger-trade_date", type=browsers_own)


def _field(label: str, control: Any, *notes: Any) -> html.Div:
    children = getattr(control, "children", None)
    labelled = children[0].id if isinstance(children, list) else control.id
    return html.Div([html.Label(label, htmlFor=labelled), control, *notes], className="field")
