"""The parts of a figure, as rows with links: tickers, days, flows; built from the API's answers."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from dashboard.api.payloads import (
    CashBalance,
    Performance,
    RegimePerformance,
    TickerKpis,
    TickerRegimePerformance,
    WindowPerformance,
)
from dashboard.api.rows import number
from dashboard.ui import formats


@dataclass(frozen=True)
class Part:
    """One row: what it is, its formatted value, and the page that shows where it comes from."""

    label: str
    value: str
    href: str = ""


# Portfolio columns that are sums over tickers.
SUMS = ("market_value", "total_pnl", "realized_pnl", "unrealized_pnl", "dividends", "fees")
BY_METHOD = ("realized_pnl", "unrealized_pnl")
OF_ACCOUNTS = ("total_pnl", "fees")  # interest, fees and taxes of accounts are of no ticker
A_CENT = 0.005
PAGES = {  # of what the models read: what it is, and where it can be seen
    "transactions": ("your transactions", "/ledger"),
    "stg_transactions": ("your transactions", "/ledger"),
    "accounts": ("your accounts", "/accounts"),
    "stg_accounts": ("your accounts", "/accounts"),
    "int_entries": ("your transactions", "/ledger"),
    "int_cash_movements": ("movements of cash", "/accounts"),
    "int_cash_balances": ("cash in your accounts", "/accounts"),
    "int_cash_days": ("cash in your accounts", "/accounts"),
    "int_published_cash_balances": ("cash in your accounts", "/accounts"),
    "int_published_entries": ("your transactions", "/ledger"),
    "int_published_trades": ("your trades", "/ledger"),
    "int_published_positions": ("your holdings over time", "/ledger"),
    "int_published_portfolios": ("your settings", "/settings"),
    "int_published_dividends": ("dividends received", "/data"),
    "int_published_closing_prices": ("closing prices", "/data"),
    "int_positions": ("your holdings", "/ledger"),
    "int_position_intervals": ("your holdings over time", "/ledger"),
    "int_portfolios": ("your settings", "/settings"),
    "raw_prices": ("prices", "/data"),
    "stg_raw_prices": ("prices", "/data"),
    "int_daily_prices": ("prices", "/data"),
    "int_price_ranges": ("prices", "/data"),
    "stg_assets": ("asset details", "/data"),
    "stg_corporate_actions": ("splits and dividends", "/data"),
    "int_corporate_actions": ("splits and dividends", "/data"),
    "int_fx_rates": ("exchange rates", "/data"),
    "fct_macro_regimes": ("macro regimes by day", "/regimes"),
    "int_macro_indicators": ("macro indicators", "/regimes"),
    "gold_p_timeseries": ("your portfolio by day", "/?window=all"),
    "gold_benchmark_returns": ("the benchmark", "/data"),
    "gold_performance_windows": ("figures by window", "/"),
    "gold_ticker_kpis": ("figures by ticker", "/"),
}


def page_of(model: str) -> tuple[str, str]:
    """What a model or `schema.table` holds and where to see it; both empty if nowhere."""
    return PAGES.get(model.rpartition(".")[2], ("", ""))


def of_tickers(rows: Iterable[TickerKpis], column: str, cost_basis_method: str) -> list[Part]:
    """Each ticker's part of a sum over the portfolio, largest first."""
    key = f"{column}_{cost_basis_method}" if column in BY_METHOD else column
    adding = sorted(((row, amount) for row in rows if (amount := number(row, key))), key=lambda added: -abs(added[1]))
    signed = column not in ("market_value", "fees", "dividends")
    return [
        Part(row["ticker"], formats.money(amount, row["base_currency"], signed=signed), ledger_of(row["ticker"]))
        for row, amount in adding
    ]


def of_no_ticker(performance: Performance, rows: Iterable[TickerKpis], column: str) -> list[Part]:
    """What a sum of the portfolio holds besides its tickers: cash, and what accounts earned and were charged."""
    currency = performance["base_currency"] or ""
    if column == "market_value" and (cash := performance["cash"]):
        return [Part("Cash", formats.money(cash, currency), "/accounts")]
    whole, added = number(performance, column), [number(row, column) for row in rows]
    if column not in OF_ACCOUNTS or whole is None or None in added:
        return []
    rest = whole - sum(amount for amount in added if amount is not None)
    if abs(rest) < A_CENT:
        return []
    return [Part("Of no ticker", formats.money(rest, currency, signed=column == "total_pnl"), "/accounts")]


def of_cash(balances: Iterable[CashBalance], names: Mapping[str, str]) -> list[Part]:
    """What each account has of each currency; `names` are those of the accounts."""
    return [
        Part(names.get(row["account_id"], ""), formats.money(row["balance"], row["currency"]), "/accounts")
        for row in balances
    ]


def of_column(rows: Iterable[TickerKpis], column: str) -> list[Part]:
    """The tickers with a value there, each with a link to its trades."""
    return [Part(row["ticker"], _trades(row), ledger_of(row["ticker"])) for row in rows if row.get(column) is not None]


def of_ticker(rows: Iterable[TickerKpis], ticker: str) -> list[Part]:
    """What a ticker's figures are based on."""
    return [part for row in rows if row["ticker"] == ticker for part in _of_row(row)]


def _trades(row: TickerKpis) -> str:
    return f"first held on {formats.day(row['first_held_on'])}"


def _of_row(row: TickerKpis) -> list[Part]:
    currency = row["base_currency"]
    return [
        Part("Trades", _trades(row), ledger_of(row["ticker"])),
        Part("Quantity", formats.quantity(row["quantity"]), ledger_of(row["ticker"])),
        Part("Price", f"of {formats.day(row['price_date'])}", "/data"),
        Part("Market value", formats.money(row["market_value"], currency)),
        Part("Dividends", formats.money(row["dividends"], currency)),
        Part("Fees", formats.money(row["fees"], currency), ledger_of(row["ticker"])),
    ]


def of_window(window: WindowPerformance) -> list[Part]:
    """What a window's figures are based on: its days, both end values, and the flows in between."""
    currency, name = window["base_currency"], window["time_window"]
    chosen = {"from": window["from_date"], "to": window["as_of_date"]} if name == "custom" else {}
    days = f"/?{urlencode({'window': name} | chosen)}"
    flows = (("Money put in", window["inflow"]), ("Money taken out", window["outflow"]), ("Fees", window["fees"]))
    of_some = (("Interest", window["interest"]), ("Taxes", window["taxes"]))
    return [
        Part("Days", f"{formats.day(window['from_date'])} to {formats.day(window['as_of_date'])}", days),
        Part("Trading days", formats.count(window["trading_days"]), days),
        Part("Returns per year", formats.count(window["periods_a_year"]), days),
        Part("Value at the start", formats.money(window["start_value"], currency), days),
        *(Part(label, formats.money(amount, currency), "/ledger") for label, amount in flows),
        *(Part(label, formats.money(amount, currency), "/ledger") for label, amount in of_some if amount != 0),
        Part("Dividends", formats.money(window["dividends"], currency), "/data"),
        Part("Value at the end", formats.money(window["end_value"], currency), days),
    ]


def of_regimes(rows: Iterable[RegimePerformance | TickerRegimePerformance], ticker: str) -> list[Part]:
    """How many days each regime and phase contributed."""
    chosen = {"of": ticker} if ticker else {}
    return [
        Part(
            (row["name"] or "not known").capitalize(),
            f"{formats.count(row['trading_days'])} trading days",
            f"/regimes?{urlencode({'by': row['dimension']} | chosen)}",
        )
        for row in rows
        if row.get("ticker", "") == ticker
    ]


def ledger_of(ticker: str) -> str:
    """The address of the ledger with this ticker's transactions alone."""
    return f"/ledger?{urlencode({'ticker': ticker})}"
