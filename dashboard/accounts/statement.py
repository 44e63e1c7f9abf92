"""An account's statement, and how it compares with the broker's paper; no data is fetched here."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from urllib.parse import urlencode

import dash_mantine_components as dmc  # type: ignore[import-untyped]
from dash import dcc, html
from dash.development.base_component import Component, ComponentType

from dashboard.accounts.matching import Cause, is_automatic
from dashboard.api.payloads import CashMovement, CashStatement
from dashboard.ledger.entry_types import label_of
from dashboard.ui import formats
from dashboard.ui.tables import Column, table

LIKELIEST = 6  # causes that are told
AUTOMATIC = "Dividends marked automatic come from the price source, before taxes; nobody recorded them."


@dataclass(frozen=True)
class Line:
    """One line of a statement; the balance before the first day and the one after the last have no amount."""

    what: str
    day: str
    amount: str | None
    balance: str


def tables(statement: Sequence[CashStatement], first_day: str, last_day: str) -> ComponentType:
    """One table for each currency."""
    if not statement:
        return html.P(f"Nothing moved in this account up to {formats.day(last_day)}.", className="muted")
    return [part for currency in statement for part in _of_currency(currency, first_day, last_day)]


def amount_of(text: str | None) -> Decimal | None:
    """What somebody typed as a balance: `1234.56`, `1,234.56` and `1.234,56` alike; None where it is no number."""
    typed = "".join((text or "").split()).replace("'", "").replace("\N{MINUS SIGN}", "-")
    last_comma, last_dot = typed.rfind(","), typed.rfind(".")
    if last_comma > last_dot:
        is_decimal = last_dot >= 0 or (typed.count(",") == 1 and len(typed) - last_comma - 1 != 3)  # noqa: PLR2004
        typed = typed.replace(".", "").replace(",", "." if is_decimal else "")
    else:
        typed = typed.replace(",", "")
    try:
        number = Decimal(typed)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def comparison(missing: Decimal, currency: str, day: str, causes: Sequence[Cause]) -> dmc.Alert:
    """What the paper has more or less than the ledger, and what may explain it."""
    if missing == 0:
        return dmc.Alert(f"It matches on {formats.day(day)}, to the cent.", color="teal", variant="light")
    amount = formats.money(abs(missing), currency)
    more = "more" if missing > 0 else "less"
    told = [html.Li(_explained(cause, currency)) for cause in causes[:LIKELIEST]]
    return dmc.Alert(
        [
            html.Strong(f"The paper says {amount} {more} than your ledger on {formats.day(day)}."),
            html.P("What may explain it:"),
            html.Ul([*told, html.Li(_missing(missing, amount))]),
        ],
        color="yellow",
        variant="light",
    )


def _missing(missing: Decimal, amount: str) -> list[str | Component | None]:
    """What to look for on the paper where no row of the ledger explains it all."""
    kinds = "deposit, a sale, a dividend or interest" if missing > 0 else "withdrawal, a purchase, a fee or a tax"
    return [
        f"A {kinds} of {amount} is on the paper and not in your ledger. ",
        dcc.Link("Record it", href="/ledger"),
        ".",
    ]


def _explained(cause: Cause, currency: str) -> list[str | Component | None]:
    row = cause.movement
    amount = formats.money(abs(Decimal(row["amount"])), currency)
    what = f"{_what(row)} of {amount} on {formats.day(row['date'])}"
    if cause.kind == "withheld" and cause.share is not None:
        share = formats.percent(float(cause.share), 1)
        rest = f": {share} may have been withheld as tax. Record the dividend as paid, with its taxes."
    elif is_automatic(row):
        rest = ": nobody recorded it, and it may not be on the paper."
    else:
        rest = {
            "not_on_paper": " is in your ledger. Is it on the paper?",
            "twice": " is in your ledger twice. Delete one if it was paid once.",
            "wrong_way": " may have been recorded the wrong way round.",
        }[cause.kind]
    return [what, rest, " ", _ledger_link(row)]


def _ledger_link(row: CashMovement) -> dcc.Link:
    search = f"?{urlencode({'ticker': row['ticker']})}" if row["ticker"] else ""
    return dcc.Link("Look in the ledger", href=f"/ledger{search}")


def _of_currency(statement: CashStatement, first_day: str, last_day: str) -> list[str | Component | None]:
    currency = statement["currency"]
    lines = [
        Line("Balance", f"before {formats.day(first_day)}", None, statement["opening"]),
        *(_line(row) for row in statement["movements"]),
        Line("Balance", f"after {formats.day(last_day)}", None, statement["closing"]),
    ]
    columns: list[Column[Line]] = [
        Column("Movement", lambda line: [line.what, html.Span(line.day, className="under")], numeric=False),
        Column(
            "Amount",
            lambda line: _money(line.amount, currency, signed=True),
            tone_of=lambda line: float(line.amount or 0),
        ),
        Column("Balance", lambda line: _money(line.balance, currency)),
    ]
    total = table(f"Statement in {currency}", columns, lines, row_class=lambda line: "" if line.amount else "total")
    is_told = any(is_automatic(row) for row in statement["movements"])
    return [html.H3(currency), total, *([html.P(AUTOMATIC, className="muted")] if is_told else [])]


def _line(row: CashMovement) -> Line:
    automatic = ", automatic" if is_automatic(row) else ""
    return Line(_what(row), f"{formats.day(row['date'])}{automatic}", row["amount"], row["balance"])


def _what(row: CashMovement) -> str:
    return f"{label_of(row['type'])} {row['ticker'] or ''}".strip()


def _money(amount: str | None, currency: str, *, signed: bool = False) -> str:
    return "" if amount is None else formats.money(amount, currency, signed=signed)
