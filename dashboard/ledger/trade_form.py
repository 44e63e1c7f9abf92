"""The transaction form: its request, its error messages, and help with filling it in."""

from collections.abc import Iterable, Mapping
from typing import Literal, TypedDict

import dash_mantine_components as dmc  # type: ignore[import-untyped]
from dash import html
from dash.development.base_component import ComponentType

from dashboard.api.client import ApiRefusalError, ApiUnavailableError
from dashboard.api.payloads import DayPrices, Holding, SuggestionOut
from dashboard.ui import formats
from dashboard.ui.aria import aria

LABELS = {
    "ticker": "Ticker",
    "side": "Side",
    "quantity": "Quantity",
    "price": "Price per unit",
    "trade_date": "Trade date",
    "fees": "Fees",
    "currency": "Currency",
    "settlement_currency": "Paid in",
    "fx_rate": "Exchange rate",
    "note": "Note",
}
TEXTS = (
    "ticker",
    "quantity",
    "price",
    "trade_date",
    "fees",
    "currency",
    "settlement_currency",
    "fx_rate",
    "note",
)
REQUIRED = ("ticker", "quantity", "price", "trade_date")
NO_HINT = "\N{NO-BREAK SPACE}"  # keeps the line's height
PRICE_HINT = "As traded that day, before later splits"
SETTLEMENT_HINT = "If your broker charged another currency"
RATE_HINT = "What you paid for one unit of the share's currency"
BELOW: dict[str, object] = {"inputWrapperOrder": ["label", "input", "description", "error"]}
HINTED: dict[str, object] = {"description": NO_HINT} | BELOW
BELOW_ONE = 4  # decimals of a price below one


class Trade(TypedDict):
    """What names a transaction, as the API or the grid tells it."""

    side: Literal["BUY", "SELL"]
    quantity: str
    ticker: str
    trade_date: str


def transaction(form: Mapping[str, object], *, confirmed: bool = False) -> dict[str, object]:
    """The request's body from the form's entries; leaves out empty ones. Amounts stay text, as typed."""
    texts = {name: str(form[name] or "").strip() for name in TEXTS}
    texts |= {name: texts[name].upper() for name in ("ticker", "settlement_currency")}
    given = {name: text for name, text in texts.items() if text}
    return {"side": form["side"]} | given | ({"confirm": True} if confirmed else {})


def entries(row: Mapping[str, object]) -> dict[str, object]:
    """The form's entries for editing a transaction."""
    return {name: row[name] or "" for name in (*TEXTS, "side")}


def require_all_fields(body: Mapping[str, object]) -> None:
    """Refuse a form without a trade's required fields, before anything is sent."""
    missing = [name for name in REQUIRED if name not in body]
    if missing:
        names = ", ".join(LABELS[name].lower() for name in missing)
        raise ApiRefusalError(422, "incomplete", f"Fill in: {names}.", dict.fromkeys(missing, "Required."))


def can_be_confirmed(refusal: ApiRefusalError) -> bool:
    """True if the API doubts the price or exchange rate but accepts a confirmation."""
    return refusal.code == "implausible_price"


def errors(refusal: ApiRefusalError) -> dict[str, str]:
    """The problem with each field of the form; empty if it isn't about one."""
    return {name: _text(refusal.fields.get(name, "")) for name in TEXTS}


def refusal_message(refusal: ApiRefusalError) -> dmc.Alert:
    """The API's sentence, and below it anything about other than the form's fields."""
    details = [
        html.Li(f"{LABELS.get(name, name)}: {_text(problem)}")
        for name, problem in refusal.fields.items()
        if name not in TEXTS and _text(problem) not in refusal.message
    ]
    return _alert([refusal.message, html.Ul(details)] if details else refusal.message)


def outage_message(outage: ApiUnavailableError) -> dmc.Alert:
    """That nothing was recorded for certain, and why sending it again is safe."""
    return _alert(f"{outage} What you typed is still here; sending it again records it once.")


def named(row: Trade) -> str:
    """A transaction in words: `Purchase of 10.5 VTI on Jan 3, 2024`."""
    verb = "Purchase" if row["side"] == "BUY" else "Sale"
    return f"{verb} of {formats.quantity(row['quantity'])} {row['ticker']} on {formats.day(row['trade_date'])}"


def descriptions(found: Iterable[SuggestionOut]) -> dict[str, str]:
    """The text below each suggested ticker: its name and its exchange."""
    return {item["ticker"]: " · ".join(filter(None, (item["name"], item["exchange"]))) for item in found}


def price_hint(prices: DayPrices) -> str:
    """The range of prices of the day, as traded."""
    low, high = (_price(price, prices["currency"] or "") for price in (prices["low"], prices["high"]))
    return f"{low} to {high} on {formats.day(prices['price_date'])}"


def holding_hint(holdings: Iterable[Holding], ticker: str, day: str) -> str:
    """The holding at the end of the day."""
    held = next((row["quantity"] for row in holdings if row["ticker"] == ticker), 0)
    return f"You held {formats.quantity(held)} on {formats.day(day)}"


def form() -> html.Div:
    """The form for one transaction; its callbacks are in `page.py`."""
    return html.Div(
        [
            dmc.SegmentedControl(
                id="ledger-side",
                data=[{"label": "Buy", "value": "BUY"}, {"label": "Sell", "value": "SELL"}],
                value="BUY",
                **aria(label="Side"),
            ),
            dmc.SimpleGrid(
                [
                    _ticker(),
                    _field("quantity", "10", **HINTED),
                    _field("price", "185.20", **HINTED | {"description": PRICE_HINT}),
                    _field("trade_date", "", attributes={"input": {"type": "date"}}),
                    _field("fees", "0", "Fees (optional)"),
                    _field("currency", "", "Currency (optional)"),
                    _field("settlement_currency", "", "Paid in (optional)", description=SETTLEMENT_HINT, **BELOW),
                    _field("fx_rate", "", "Exchange rate (optional)", description=RATE_HINT, **BELOW),
                ],
                cols={"base": 2, "md": 3},
                spacing="md",
                verticalSpacing="xs",
            ),
            _field("note", "", "Note (optional)"),
            html.Div(id="ledger-message"),
            dmc.Group(
                [
                    dmc.Button("Record", id="ledger-record"),
                    dmc.Button("Record it anyway", id="ledger-confirm", variant="outline", display="none"),
                    dmc.Button("Cancel", id="ledger-cancel", variant="subtle", display="none"),
                ]
            ),
        ],
        className="ledger-form",
    )


def _ticker() -> dmc.Autocomplete:
    return dmc.Autocomplete(
        id="ledger-ticker",
        label="Ticker",
        placeholder="Ticker or name, such as AAPL",
        **HINTED,
        filter={"function": "ledgerEverySuggestion"},
        data=[],
    )


def _field(name: str, example: str, label: str = "", /, **more: object) -> dmc.TextInput:
    """Text, not a number field: the browser must not turn an exact decimal into a float."""
    return dmc.TextInput(id=f"ledger-{name}", label=label or LABELS[name], placeholder=example, **more)


def _alert(content: ComponentType) -> dmc.Alert:
    return dmc.Alert(content, color="red", variant="light")


def _price(value: float, currency: str) -> str:
    return formats.money(value, currency, BELOW_ONE if value < 1 else 2)


def _text(problem: object) -> str:
    return " ".join(map(str, problem)) if isinstance(problem, list) else str(problem)
