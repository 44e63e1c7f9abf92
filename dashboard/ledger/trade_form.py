"""The form of an entry: what it sends, what it says of a refusal, and what helps to fill it in."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TypedDict

import dash_mantine_components as dmc  # type: ignore[import-untyped]
from dash import dcc, html
from dash.development.base_component import Component, ComponentType

from dashboard.api.client import ApiRefusalError, ApiUnavailableError
from dashboard.api.payloads import AccountOut, DayPrices, Holding, SuggestionOut
from dashboard.ledger.entry_types import NO_HINT, OF_EVERY_TYPE, OFTEN, SELDOM, TYPES, EntryType
from dashboard.ui import formats
from dashboard.ui.aria import aria

LABELS = {
    "type": "Type",
    "ticker": "Ticker",
    "quantity": "Quantity",
    "price": "Price per unit",
    "amount": "Amount",
    "trade_date": "Trade date",
    "fees": "Fees",
    "taxes": "Taxes",
    "currency": "Currency",
    "settlement_currency": "Paid in",
    "fx_rate": "Exchange rate",
    "account_id": "Account",
    "note": "Note",
}
TEXTS = (
    *("ticker", "quantity", "price", "amount", "trade_date", "fees", "taxes"),
    *("currency", "settlement_currency", "fx_rate", "note"),
)
FIELDS = (*TEXTS, "account_id")  # what can be wrong
CHOICES = ("type", "other", "account_id")
OF_SOME_TYPES = tuple(name for name in TEXTS if name not in OF_EVERY_TYPE)
MORE = "MORE"
PRICE_HINT = "As traded that day, before later splits"
SETTLEMENT_HINT = "If your broker charged another currency"
RATE_HINT = "How much one unit of the share's currency cost you"
NEEDS_CASH = "Choose an account that keeps track of cash."
BELOW: dict[str, object] = {"inputWrapperOrder": ["label", "input", "description", "error"]}
HINTED: dict[str, object] = {"description": NO_HINT} | BELOW
BELOW_ONE = 4  # decimals of a price below one


class AccountOption(TypedDict):
    """One account of the choice."""

    value: str
    label: str
    disabled: bool


def chosen_type(form: Mapping[str, object]) -> str:
    """The type that the form is about: one of those seen at once, or of those behind “More”."""
    return str(form["other"] if form["type"] == MORE else form["type"])


def choices(entry_type: str) -> dict[str, str]:
    """How the form's choices stand for an entry of this type."""
    return {"type": MORE, "other": entry_type} if entry_type in SELDOM else {"type": entry_type, "other": SELDOM[0]}


def transaction(entry_type: str, entered: Mapping[str, object], *, confirmed: bool = False) -> dict[str, object]:
    """The request's body for an entry of this type; what was left empty is left out. Amounts stay text, as typed."""
    texts = {name: str(entered[name] or "").strip() for name in TEXTS}
    texts |= {name: texts[name].upper() for name in ("ticker", "settlement_currency")}
    has = (*TYPES[entry_type].fields, *OF_EVERY_TYPE)
    given = {name: text for name, text in texts.items() if text and name in has}
    account = {"account_id": entered["account_id"]} if entered["account_id"] else {}
    return {"type": entry_type} | given | account | ({"confirm": True} if confirmed else {})


def entries(row: Mapping[str, object]) -> dict[str, object]:
    """The form's entries for a transaction that is to be changed."""
    return {name: row[name] or "" for name in TEXTS} | choices(str(row["type"])) | {"account_id": row["account_id"]}


def require_all_fields(entry_type: str, body: Mapping[str, object]) -> None:
    """Refuse a form that lacks what an entry of its type can't do without, before anything is sent."""
    missing = [name for name in (*TYPES[entry_type].needs, "trade_date") if name not in body]
    if missing:
        names = ", ".join(LABELS[name].lower() for name in missing)
        raise ApiRefusalError(422, "incomplete", f"Fill in: {names}.", dict.fromkeys(missing, "Required."))


def require_cash(entry_type: str, body: Mapping[str, object], accounts: Sequence[AccountOut]) -> None:
    """Refuse what only an account that keeps cash can have, in words of this page."""
    if TYPES[entry_type].needs_cash and not keeps_cash(accounts, body.get("account_id")):
        raise ApiRefusalError(422, "incomplete", NEEDS_CASH, {"account_id": NEEDS_CASH})


def keeps_cash(accounts: Sequence[AccountOut], account_id: object) -> bool:
    """Whether this account does; without one, the first."""
    return any(
        account["tracks_cash"]
        for place, account in enumerate(accounts)
        if account["account_id"] == account_id or (account_id is None and place == 0)
    )


def can_be_confirmed(refusal: ApiRefusalError) -> bool:
    """True if the API doubts the price or exchange rate but accepts a confirmation."""
    return refusal.code == "implausible_price"


def errors(refusal: ApiRefusalError) -> dict[str, str]:
    """What is wrong with each field of the form; empty where it is not about one."""
    return {name: _text(refusal.fields.get(name, "")) for name in FIELDS}


def refusal_message(refusal: ApiRefusalError, beside: Iterable[str] = ()) -> html.Div:
    """What the API says, less what stands beside those fields already; only readers hear which those are."""
    said = [LABELS[name] for name in beside if refusal.fields.get(name)]
    rest = {
        name: problem
        for name, problem in refusal.fields.items()
        if LABELS.get(name) not in said and (said or _text(problem) not in refusal.message)
    }
    details = [html.Li(f"{LABELS.get(name, name)}: {_text(problem)}") for name, problem in rest.items()]
    if not said:
        return html.Div(alert([refusal.message, html.Ul(details)] if details else refusal.message))
    where = html.P(f"Not recorded. Look at: {', '.join(said)}.", role="alert", className="for-readers-only")
    return html.Div([where, *([alert(html.Ul(details))] if details else [])])


def outage_message(outage: ApiUnavailableError) -> dmc.Alert:
    """What to say when the API did not answer."""
    return alert(f"{outage} What you typed is still here; sending it again records it once.")


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


def alert(content: ComponentType) -> dmc.Alert:
    """Something went wrong."""
    return dmc.Alert(content, color="red", variant="light")


def account_choice(accounts: Sequence[AccountOut]) -> list[AccountOption]:
    """The accounts to choose from; a closed one takes nothing new."""
    return [
        {
            "value": account["account_id"],
            "label": f"{account['name']} (closed)" if account["is_closed"] else account["name"],
            "disabled": account["is_closed"],
        }
        for account in accounts
    ]


def fields_shown(entry_type: EntryType, accounts: Sequence[AccountOut]) -> list[str]:
    """The form fields for an entry of this type."""
    return [*entry_type.fields, *OF_EVERY_TYPE, *(["account_id"] if has_a_choice(entry_type, accounts) else [])]


def labels(entry_type: EntryType) -> dict[str, str]:
    """What those fields are called that are not called the same for every type."""
    is_needed = entry_type.is_trade or "ticker" in entry_type.needs
    return {
        "trade_date": LABELS["trade_date"] if entry_type.is_trade else "Date",
        "ticker": LABELS["ticker"] if is_needed else "Ticker (optional)",
    }


def has_a_choice(entry_type: EntryType, accounts: Sequence[AccountOut]) -> bool:
    """Whether it matters which account an entry is in: never where all that is known of is one without cash."""
    return entry_type.needs_cash or len(accounts) > 1 or any(account["tracks_cash"] for account in accounts)


def form() -> html.Div:
    """The form for one transaction; its callbacks are in `page.py`."""
    return html.Div(
        [
            _types(),
            dmc.SimpleGrid(
                [
                    _ticker(),
                    _field("quantity", "10", **HINTED),
                    _field("price", "185.20", **HINTED | {"description": PRICE_HINT}),
                    _field("amount", "120.00", **HINTED, display="none"),
                    _field("trade_date", "", attributes={"input": {"type": "date"}}),
                    _field("fees", "0", "Fees (optional)"),
                    _field("taxes", "0", "Taxes (optional)"),
                    _field("currency", "", "Currency (optional)"),
                    _field("settlement_currency", "", "Paid in (optional)", description=SETTLEMENT_HINT, **BELOW),
                    _field("fx_rate", "", "Exchange rate (optional)", description=RATE_HINT, **BELOW),
                    dmc.Select(id="ledger-account_id", label="Account", data=[], allowDeselect=False, display="none"),
                ],
                cols={"base": 2, "md": 3},
                spacing="md",
                verticalSpacing="xs",
            ),
            _field("note", "", "Note (optional)"),
            html.Div(id="ledger-needs"),
            html.Div(id="ledger-message"),
            dmc.Group(
                [
                    dmc.Button("Record", id="ledger-record"),
                    dmc.Button("Record it anyway", id="ledger-confirm", variant="outline", display="none"),
                    dmc.Button("Cancel", id="ledger-cancel", variant="subtle", display="none"),
                ]
            ),
            dcc.Store(id="ledger-accounts", data=[]),
            dcc.Store(id="ledger-shown"),
        ],
        className="ledger-form",
    )


def needs(entry_type: EntryType, accounts: Sequence[AccountOut], account_id: str | None) -> Component | None:
    """What is to be done before there can be such an entry."""
    if not entry_type.needs_cash or keeps_cash(accounts, account_id):
        return None
    name = next((account["name"] for account in accounts if account["account_id"] == account_id), "This account")
    sentence = f"{name} doesn't keep track of cash, so it has no deposits or withdrawals. "
    turn_on = dcc.Link("Turn that on under Accounts", href="/accounts")
    return html.P([sentence, turn_on, ", or choose another account."], className="muted", role="status")


def _types() -> html.Div:
    often = [{"label": TYPES[name].label, "value": name} for name in OFTEN]
    seldom = [{"label": TYPES[name].label, "value": name} for name in SELDOM]
    return html.Div(
        [
            html.Div(
                dmc.SegmentedControl(
                    id="ledger-type", data=[*often, {"label": "More", "value": MORE}], value="BUY", **aria(label="Type")
                ),
                className="entry-types",
            ),
            dmc.SegmentedControl(
                id="ledger-other", data=seldom, value=SELDOM[0], display="none", mt="xs", **aria(label="More types")
            ),
        ]
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


def _price(value: float, currency: str) -> str:
    return formats.money(value, currency, BELOW_ONE if value < 1 else 2)


def _text(problem: object) -> str:
    return " ".join(map(str, problem)) if isinstance(problem, list) else str(problem)
