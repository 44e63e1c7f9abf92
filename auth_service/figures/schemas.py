"""Portfolio and macro figures: the shapes of answers."""

from datetime import date, datetime
from typing import Literal

from auth_service.strict_schemas import Output
from ingestion.errors import FetchOutcome


class TickerOut(Output):
    ticker: str
    name: str | None
    quote_type: str | None
    asset_class: str | None
    exchange: str | None
    currency: str | None
    timezone: str | None
    first_price_date: date | None
    last_price_date: date | None


class DayPrices(Output):
    """Prices of one share, in the listing's currency, before later splits."""

    ticker: str
    price_date: date
    low: float
    high: float
    close: float
    currency: str | None


class SuggestionOut(Output):
    ticker: str
    name: str | None
    exchange: str | None
    quote_type: str | None


class Suggestions(Output):
    items: list[SuggestionOut]
    next_cursor: str | None = None


class ModelFailure(Output):
    """A model that failed on a change of yours and has not processed it since."""

    model: str
    failed_at: datetime


class PriceFailure(Output):
    """A ticker whose last price fetch failed; `outcome` says how."""

    ticker: str
    failed_at: datetime
    outcome: FetchOutcome


class StaleSource(Output):
    """A source of raw_prices or raw_fred without new data for longer than usual."""

    source: str
    noticed_at: datetime


class PortfolioStatus(Output):
    """Whether the figures hold every transaction, where they end and what failed.

    `prices_are_stale` says that today (UTC) the newest price is older than a market holiday explains.
    """

    up_to_date: bool
    pending_transactions: int
    as_of_date: date | None
    prices_as_of: date | None
    prices_are_stale: bool
    macro_as_of: date | None
    last_refresh: datetime | None
    failed_models: list[ModelFailure]
    failed_prices: list[PriceFailure]
    stale_sources: list[StaleSource]


class ReturnFigures(Output):
    """Returns are fractions (0.05 is 5 %); dates are first days."""

    time_weighted_return: float | None
    money_weighted_return: float | None
    simple_return: float | None
    cagr: float | None
    volatility: float | None
    sharpe: float | None
    sortino: float | None
    calmar: float | None
    max_drawdown: float | None
    beta: float | None
    correlation: float | None
    benchmark: str | None
    benchmark_return: float | None
    real_return: float | None
    excess_return: float | None
    best_day: float | None
    best_day_date: date | None
    worst_day: float | None
    worst_day_date: date | None
    best_week: float | None
    best_week_date: date | None
    worst_week: float | None
    worst_week_date: date | None
    best_month: float | None
    best_month_date: date | None
    worst_month: float | None
    worst_month_date: date | None
    win_rate: float | None
    monthly_win_rate: float | None
    trading_days: int | None
    periods_a_year: int | None
    risk_free_series: str | None
    price_level_series: str | None
    returns_from: date | None
    tickers_without_price: str | None


class Performance(ReturnFigures):
    """The whole portfolio; money in the base currency."""

    base_currency: str | None
    as_of_date: date | None
    prices_as_of: date | None
    macro_as_of: date | None
    market_value: float | None
    cash: float | None
    net_invested: float | None
    contributions: float | None
    total_pnl: float | None
    realized_pnl: float | None
    unrealized_pnl: float | None
    dividends: float | None
    interest: float | None
    fees: float | None
    other_fees: float | None
    taxes: float | None
    cash_currency_effect: float | None
    current_drawdown: float | None
    trades_without_rate: int | None
    unconverted_currencies: str | None


class WindowPerformance(ReturnFigures):
    """One window: all, ytd, 1y, 3y, 5y or 10y, or custom for a range of days; money in the base currency."""

    time_window: str
    from_date: date
    as_of_date: date
    base_currency: str
    start_value: float | None
    end_value: float | None
    inflow: float | None
    outflow: float | None
    dividends: float | None
    interest: float | None
    fees: float | None
    taxes: float | None
    total_pnl: float | None


class WindowPerformanceList(Output):
    items: list[WindowPerformance]
    next_cursor: str | None = None


class Timeseries(Output):
    """Columns of equal length, one entry per calendar day, oldest first: `date` and the requested ones."""

    date: list[date]
    market_value: list[float | None] | None = None
    cash: list[float | None] | None = None
    net_invested: list[float | None] | None = None
    contributions: list[float | None] | None = None
    inflow: list[float | None] | None = None
    outflow: list[float | None] | None = None
    income: list[float | None] | None = None
    dividends: list[float | None] | None = None
    interest: list[float | None] | None = None
    fees: list[float | None] | None = None
    taxes: list[float | None] | None = None
    daily_return: list[float | None] | None = None
    cumulative_return: list[float | None] | None = None
    drawdown: list[float | None] | None = None
    regime: list[str | None] | None = None
    phase: list[str | None] | None = None
    is_trading_day: list[bool | None] | None = None
    is_stale: list[bool | None] | None = None


class ReturnLines(Output):
    """Columns of equal length, oldest first: the close before the range, where all are 0, and each trading day.

    `portfolio` and `benchmark` are returns since that close, on the requested basis: in money of the first day divides
    by prices, over Treasury bills subtracts the bills' growth. `drawdown` is how far the portfolio is below its peak
    since then, in nominal terms. Null from the first unknown day on; after a total loss they start over.
    """

    date: list[date]
    portfolio: list[float | None]
    benchmark: list[float | None]
    drawdown: list[float | None]


class CalendarReturn(Output):
    """One calendar month or year; `first_day` is its first calendar day, even if outside the range."""

    period: Literal["month", "year"]
    first_day: date
    time_weighted_return: float | None


class CalendarReturnList(Output):
    items: list[CalendarReturn]
    next_cursor: str | None = None


class RollingStatistics(Output):
    """Columns of equal length, one entry per trading day, oldest first; both are annualised."""

    date: list[date]
    volatility: list[float | None]
    sharpe: list[float | None]


class Drawdown(Output):
    """One drawdown; `recovered_on` is null if it lasts beyond the range. -0.2 is 20 % below the peak."""

    peak_on: date
    lowest_on: date
    recovered_on: date | None
    depth: float


class DrawdownList(Output):
    items: list[Drawdown]
    next_cursor: str | None = None


class Asset(Output):
    """A ticker's kind; null if its source doesn't say."""

    asset_class: str | None
    sector: str | None
    industry: str | None
    country: str | None
    exchange: str | None


class Holding(Asset):
    ticker: str
    holding_date: date
    quantity: float
    units: float
    cost_basis: float | None
    close: float | None
    market_value: float | None
    price_date: date | None
    is_stale: bool | None


class Holdings(Output):
    items: list[Holding]
    next_cursor: str | None = None


class TickerKpis(Asset):
    """One ticker; a closed position keeps its row with quantity 0."""

    ticker: str
    name: str | None
    currency: str | None
    base_currency: str
    quantity: float
    average_price: float | None
    market_value: float | None
    cost_basis_average: float | None
    cost_basis_fifo: float | None
    realized_pnl_average: float | None
    realized_pnl_fifo: float | None
    unrealized_pnl_average: float | None
    unrealized_pnl_fifo: float | None
    dividends: float | None
    fees: float | None
    fees_of_trades: float | None
    taxes: float | None
    price_effect: float | None
    currency_effect: float | None
    total_pnl: float | None
    total_return: float | None
    first_held_on: date | None
    holding_days: int | None
    weight: float | None
    price_date: date | None
    is_stale: bool | None
    trades_without_rate: int | None
    unconverted_currencies: str | None


class TickerKpisList(Output):
    items: list[TickerKpis]
    next_cursor: str | None = None


class TickerHistory(Output):
    """Growth of one unit of money while the ticker was held; null once a return is unknown."""

    ticker: str
    date: list[date]
    total_return_index: list[float | None]


class TickerHistoryList(Output):
    items: list[TickerHistory]
    next_cursor: str | None = None


class YearlyDividend(Output):
    """By ex-date, in the base currency; null if an exchange rate for any of it is missing."""

    year: int
    ticker: str
    amount: float | None


class YearlyDividendList(Output):
    items: list[YearlyDividend]
    next_cursor: str | None = None


class RegimePerformance(Output):
    """One regime or phase. `annualised_return_low` and `_high` are the ends of its 95 % range.

    `confidence` says whether that range contains zero, or that there are too few days for one.
    """

    dimension: str
    name: str | None
    days: int
    trading_days: int
    total_return: float | None
    annualised_return: float | None
    annualised_return_low: float | None
    annualised_return_high: float | None
    confidence: Literal["few days", "may be chance", "clear of zero"]
    volatility: float | None
    max_drawdown: float | None
    hit_rate: float | None
    periods_a_year: int | None


class RegimePerformanceList(Output):
    items: list[RegimePerformance]
    next_cursor: str | None = None


class TickerRegimePerformance(RegimePerformance):
    ticker: str


class TickerRegimePerformanceList(Output):
    items: list[TickerRegimePerformance]
    next_cursor: str | None = None


class MacroSpan(Output):
    """A span of a `regime` or `phase` as known then, of a `regime_revised` or `phase_revised` as known now, or of a
    `recession`.
    """

    kind: str
    name: str
    valid_from: date
    valid_to: date


class MacroIndicator(Output):
    name: str
    valid_from: date
    valid_to: date
    value: float | None


class MacroContext(Output):
    spans: list[MacroSpan]
    indicators: list[MacroIndicator]
