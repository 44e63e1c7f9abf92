"""Requests and answers of the API: `make payloads` writes this file from the schemas in auth_service."""

from typing import Literal, NotRequired, TypeAlias, TypedDict


class Health(TypedDict):
    """`alive` or `ready`."""

    status: str


class Error(TypedDict):
    """`error` is a code for programs, `message` a sentence for people, `fields` the problem with each field."""

    error: str
    message: str
    fields: dict[str, object]


class Profile(TypedDict):
    """The account, and the settings of its portfolio."""

    user_id: str
    email: str
    created_at: str
    base_currency: str
    cost_basis_method: Literal["average", "fifo"]
    benchmark: str


class ProfileChange(TypedDict):
    """Omitted fields keep their values. A new password needs the current one, and can revoke every token."""

    current_password: NotRequired[str | None]
    new_password: NotRequired[str | None]
    revoke_tokens: NotRequired[bool]
    base_currency: NotRequired[str | None]
    cost_basis_method: NotRequired[Literal["average", "fifo"] | None]
    benchmark: NotRequired[str | None]


class Erasure(TypedDict):
    """An account without a password needs a recent sign-in instead."""

    current_password: NotRequired[str | None]


class SuggestionOut(TypedDict):
    ticker: str
    name: str | None
    exchange: str | None
    quote_type: str | None


class Suggestions(TypedDict):
    items: list[SuggestionOut]
    next_cursor: NotRequired[str | None]


class TestsOfModel(TypedDict):
    """How a model's data tests last ended."""

    passed: int
    failed: int
    tested_at: str


class AccountOut(TypedDict):
    """One account."""

    account_id: str
    name: str
    currency: str
    tracks_cash: bool
    is_closed: bool
    created_at: str


class AccountList(TypedDict):
    """Every account: the user's first one, then the others by their age."""

    items: list[AccountOut]
    next_cursor: NotRequired[str | None]


class NewAccount(TypedDict):
    name: str
    currency: NotRequired[str | None]
    tracks_cash: NotRequired[bool]


class OidcOffer(TypedDict):
    """Whether people may sign in through a provider, and its display name."""

    is_offered: bool
    name: str | None


class TokenPair(TypedDict):
    """A session's two tokens; the access token is valid for `expires_in` seconds."""

    access_token: str
    refresh_token: str
    token_type: str
    expires_in: int


class Credentials(TypedDict):
    """An account's address and password."""

    email: str
    password: str


class PersonalTokenOut(TypedDict):
    """Uses are recorded at most once an hour."""

    token_id: str
    name: str
    scope: Literal["read", "write"]
    created_at: str
    expires_at: str | None
    last_used_at: str | None


class PersonalTokenList(TypedDict):
    """All unexpired tokens, newest first; `next_cursor` is always null."""

    items: list[PersonalTokenOut]
    next_cursor: NotRequired[str | None]


class IssuedPersonalToken(TypedDict):
    """The only answer that contains the token itself."""

    token_id: str
    name: str
    scope: Literal["read", "write"]
    created_at: str
    expires_at: str | None
    last_used_at: str | None
    token: str


class NewPersonalToken(TypedDict):
    """Without `expires_in_days` the token never expires; `current_password` is the account's, if it has one."""

    name: str
    scope: NotRequired[Literal["read", "write"]]
    expires_in_days: NotRequired[int | None]
    current_password: NotRequired[str | None]


FetchOutcome: TypeAlias = Literal[
    "loaded",
    "unchanged",
    "unknown_ticker",
    "unknown_series",
    "no_data",
    "rate_limited",
    "provider_down",
    "garbage",
    "bad_key",
    "malformed_file",
    "busy",
    "not_asked",
    "failed",
]


class LastFetch(TypedDict):
    """How the last fetch ended; `reason` says why it brought nothing."""

    finished_at: str
    outcome: FetchOutcome
    reason: str | None


class SeriesData(TypedDict):
    """
    The newest value of one macro series; `title` is what people call it.

    `published_on` is the day on which the last period was first published, `known_on` the day of its last revision.
    `silent_since` is `published_on` if no further period has come for 3 times the usual interval: the series may have
    been discontinued.
    """

    series_id: str
    title: str
    indicator: str
    last_observation: str | None
    published_on: str | None
    known_on: str | None
    value: float | None
    is_stale: bool
    usual_interval_days: int | None
    silent_since: str | None
    last_fetch: LastFetch | None


class SeriesDataList(TypedDict):
    items: list[SeriesData]
    next_cursor: NotRequired[str | None]


class TransactionOut(TypedDict):
    """One version of a transaction, amounts as text in its currency; null where its type has no such field."""

    transaction_id: str
    version: int
    account_id: str
    type: Literal["BUY", "SELL", "DEPOSIT", "WITHDRAWAL", "DIVIDEND", "INTEREST", "FEE", "TAX"]
    ticker: str | None
    side: Literal["BUY", "SELL"] | None
    quantity: str | None
    price: str | None
    amount: str | None
    fees: str | None
    taxes: str | None
    currency: str
    settlement_currency: str | None
    fx_rate: str | None
    trade_date: str
    note: str | None
    group_id: str | None
    is_deleted: bool
    recorded_at: str


class NewTransaction(TypedDict):
    """`confirm` accepts a price far outside that day's range."""

    ticker: NotRequired[str | None]
    side: NotRequired[str | None]
    quantity: NotRequired[str | float | None]
    price: NotRequired[str | float | None]
    trade_date: str
    fees: NotRequired[str | float | None]
    currency: NotRequired[str | None]
    settlement_currency: NotRequired[str | None]
    fx_rate: NotRequired[str | float | None]
    note: NotRequired[str | None]
    type: NotRequired[str | None]
    account_id: NotRequired[str | None]
    amount: NotRequired[str | float | None]
    taxes: NotRequired[str | float | None]
    confirm: NotRequired[bool]


class TransactionPage(TypedDict):
    """Transactions, newest first, and where the next page begins."""

    items: list[TransactionOut]
    next_cursor: str | None


class Doubt(TypedDict):
    """A dividend or capital gain not counted because prices don't show it, or a split without effect on shares."""

    ex_date: str
    action: str
    value: str
    currency: str | None


class TickerData(TypedDict):
    """
    Prices of one ticker or exchange rate.

    A gap is more than 7 calendar days without a bar. `is_stale` means that on the portfolio's as-of date the last bar
    was older than that, or missing. `quarantined` counts refused values not corrected since. `silent_since` is the day
    of the last bar, if nothing new has come for 3 times the usual interval and at least 14 days: the listing may have
    ended.
    """

    ticker: str
    name: str | None
    first_bar: str | None
    last_bar: str | None
    bars: int
    gaps: int
    quarantined: int
    doubts: list[Doubt]
    splits: int
    dividends: int
    is_stale: bool
    usual_interval_days: int | None
    silent_since: str | None
    last_fetch: LastFetch | None


class TickerDataList(TypedDict):
    items: list[TickerData]
    next_cursor: NotRequired[str | None]


class Registration(TypedDict):
    """A new account: its sign-in address, and its portfolio's base currency."""

    email: str
    password: str
    base_currency: NotRequired[str]


class SessionOut(TypedDict):
    """An active login; its last use is at most an access token's lifetime after `last_refreshed_at`."""

    session_id: str
    created_at: str
    last_refreshed_at: str
    expires_at: str
    is_current: bool


class SessionList(TypedDict):
    """All active sessions, last refreshed first; `next_cursor` is always null."""

    items: list[SessionOut]
    next_cursor: NotRequired[str | None]


class MacroIndicator(TypedDict):
    name: str
    valid_from: str
    valid_to: str
    value: float | None


class MacroSpan(TypedDict):
    """
    A span of a `regime` or `phase` as known then, of a `regime_revised` or `phase_revised` as known now, or of a
    `recession`.
    """

    kind: str
    name: str
    valid_from: str
    valid_to: str


class MacroContext(TypedDict):
    spans: list[MacroSpan]
    indicators: list[MacroIndicator]


class CashBalance(TypedDict):
    """What an account had of a currency at the end of a day; negative where it owed."""

    account_id: str
    currency: str
    date: str
    balance: float


class CashBalanceList(TypedDict):
    items: list[CashBalance]
    next_cursor: NotRequired[str | None]


class OidcStart(TypedDict):
    """Where to send the person; the client keeps `state` in the person's session and compares it on the way back."""

    authorization_url: str
    state: str


class OidcReturn(TypedDict):
    """What the provider sent back with the person."""

    code: str
    state: str


class ModelFailure(TypedDict):
    """A model that failed on a change of yours and has not processed it since."""

    model: str
    failed_at: str


class PriceFailure(TypedDict):
    """A ticker whose last price fetch failed; `outcome` says how."""

    ticker: str
    failed_at: str
    outcome: FetchOutcome


class StaleSource(TypedDict):
    """A source of raw_prices or raw_fred without new data for longer than usual."""

    source: str
    noticed_at: str


class PortfolioStatus(TypedDict):
    """
    Whether the figures hold every transaction, where they end and what failed.

    `prices_are_stale` says that today (UTC) the newest price is older than a market holiday explains.
    """

    up_to_date: bool
    pending_transactions: int
    as_of_date: str | None
    prices_as_of: str | None
    prices_are_stale: bool
    macro_as_of: str | None
    last_refresh: str | None
    failed_models: list[ModelFailure]
    failed_prices: list[PriceFailure]
    stale_sources: list[StaleSource]


class TickerOut(TypedDict):
    ticker: str
    name: str | None
    quote_type: str | None
    asset_class: str | None
    exchange: str | None
    currency: str | None
    timezone: str | None
    first_price_date: str | None
    last_price_date: str | None


class WindowPerformance(TypedDict):
    """One window: all, ytd, 1y, 3y, 5y or 10y, or custom for a range of days; money in the base currency."""

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
    best_day_date: str | None
    worst_day: float | None
    worst_day_date: str | None
    best_week: float | None
    best_week_date: str | None
    worst_week: float | None
    worst_week_date: str | None
    best_month: float | None
    best_month_date: str | None
    worst_month: float | None
    worst_month_date: str | None
    win_rate: float | None
    monthly_win_rate: float | None
    trading_days: int | None
    periods_a_year: int | None
    risk_free_series: str | None
    price_level_series: str | None
    returns_from: str | None
    tickers_without_price: str | None
    time_window: str
    from_date: str
    as_of_date: str
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


class WindowPerformanceList(TypedDict):
    items: list[WindowPerformance]
    next_cursor: NotRequired[str | None]


class ReturnLines(TypedDict):
    """
    Columns of equal length, oldest first: the close before the range, where all are 0, and each trading day.

    `portfolio` and `benchmark` are returns since that close, on the requested basis: in money of the first day divides
    by prices, over Treasury bills subtracts the bills' growth. `drawdown` is how far the portfolio is below its peak
    since then, in nominal terms. Null from the first unknown day on; after a total loss they start over.
    """

    date: list[str]
    portfolio: list[float | None]
    benchmark: list[float | None]
    drawdown: list[float | None]


class TickerKpis(TypedDict):
    """One ticker; a closed position keeps its row with quantity 0."""

    asset_class: str | None
    sector: str | None
    industry: str | None
    country: str | None
    exchange: str | None
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
    first_held_on: str | None
    holding_days: int | None
    weight: float | None
    price_date: str | None
    is_stale: bool | None
    trades_without_rate: int | None
    unconverted_currencies: str | None


class TickerKpisList(TypedDict):
    items: list[TickerKpis]
    next_cursor: NotRequired[str | None]


class RegimePerformance(TypedDict):
    """
    One regime or phase. `annualised_return_low` and `_high` are the ends of its 95 % range.

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


class RegimePerformanceList(TypedDict):
    items: list[RegimePerformance]
    next_cursor: NotRequired[str | None]


class Holding(TypedDict):
    asset_class: str | None
    sector: str | None
    industry: str | None
    country: str | None
    exchange: str | None
    ticker: str
    holding_date: str
    quantity: float
    units: float
    cost_basis: float | None
    close: float | None
    market_value: float | None
    price_date: str | None
    is_stale: bool | None


class Holdings(TypedDict):
    items: list[Holding]
    next_cursor: NotRequired[str | None]


class RenamingOut(TypedDict):
    """The result of a renaming."""

    ticker: str
    new_ticker: str
    renamed: int


class Renaming(TypedDict):
    """Rename a ticker in all its transactions; `confirm` accepts prices far outside the new ticker's day ranges."""

    ticker: str
    new_ticker: str
    confirm: NotRequired[bool]


class ImportedRow(TypedDict):
    """
    `line` is the line in a CSV, or the activity's position in JSON.

    `reason` says why the row was skipped or refused, or what was changed.
    """

    line: int
    outcome: Literal["added", "already_there", "skipped", "refused"]
    reason: str | None


class ImportOutcome(TypedDict):
    """The result for the file, or, for a dry run, what it would be. A file with refused rows is answered with 422."""

    format: str
    added: int
    already_there: int
    skipped: int
    dry_run: bool
    notices: list[str]
    rows: list[ImportedRow]


class Drawdown(TypedDict):
    """One drawdown; `recovered_on` is null if it lasts beyond the range. -0.2 is 20 % below the peak."""

    peak_on: str
    lowest_on: str
    recovered_on: str | None
    depth: float


class DrawdownList(TypedDict):
    items: list[Drawdown]
    next_cursor: NotRequired[str | None]


class YearlyDividend(TypedDict):
    """By ex-date, in the base currency; null if an exchange rate for any of it is missing."""

    year: int
    ticker: str
    amount: float | None


class YearlyDividendList(TypedDict):
    items: list[YearlyDividend]
    next_cursor: NotRequired[str | None]


class Timeseries(TypedDict):
    """Columns of equal length, one entry per calendar day, oldest first: `date` and the requested ones."""

    date: list[str]
    market_value: NotRequired[list[float | None] | None]
    cash: NotRequired[list[float | None] | None]
    net_invested: NotRequired[list[float | None] | None]
    contributions: NotRequired[list[float | None] | None]
    inflow: NotRequired[list[float | None] | None]
    outflow: NotRequired[list[float | None] | None]
    income: NotRequired[list[float | None] | None]
    dividends: NotRequired[list[float | None] | None]
    interest: NotRequired[list[float | None] | None]
    fees: NotRequired[list[float | None] | None]
    taxes: NotRequired[list[float | None] | None]
    daily_return: NotRequired[list[float | None] | None]
    cumulative_return: NotRequired[list[float | None] | None]
    drawdown: NotRequired[list[float | None] | None]
    regime: NotRequired[list[str | None] | None]
    phase: NotRequired[list[str | None] | None]
    is_trading_day: NotRequired[list[bool | None] | None]
    is_stale: NotRequired[list[bool | None] | None]


class Performance(TypedDict):
    """The whole portfolio; money in the base currency."""

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
    best_day_date: str | None
    worst_day: float | None
    worst_day_date: str | None
    best_week: float | None
    best_week_date: str | None
    worst_week: float | None
    worst_week_date: str | None
    best_month: float | None
    best_month_date: str | None
    worst_month: float | None
    worst_month_date: str | None
    win_rate: float | None
    monthly_win_rate: float | None
    trading_days: int | None
    periods_a_year: int | None
    risk_free_series: str | None
    price_level_series: str | None
    returns_from: str | None
    tickers_without_price: str | None
    base_currency: str | None
    as_of_date: str | None
    prices_as_of: str | None
    macro_as_of: str | None
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


class DayPrices(TypedDict):
    """Prices of one share, in the listing's currency, before later splits."""

    ticker: str
    price_date: str
    low: float
    high: float
    close: float
    currency: str | None


class RollingStatistics(TypedDict):
    """Columns of equal length, one entry per trading day, oldest first; both are annualised."""

    date: list[str]
    volatility: list[float | None]
    sharpe: list[float | None]


class TickerHistory(TypedDict):
    """Growth of one unit of money while the ticker was held; null once a return is unknown."""

    ticker: str
    date: list[str]
    total_return_index: list[float | None]


class TickerHistoryList(TypedDict):
    items: list[TickerHistory]
    next_cursor: NotRequired[str | None]


class TickerRegimePerformance(TypedDict):
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
    ticker: str


class TickerRegimePerformanceList(TypedDict):
    items: list[TickerRegimePerformance]
    next_cursor: NotRequired[str | None]


class AccountChange(TypedDict):
    """Fields that are left out keep their values."""

    name: NotRequired[str | None]
    currency: NotRequired[str | None]
    tracks_cash: NotRequired[bool | None]
    is_closed: NotRequired[bool | None]


class CalendarReturn(TypedDict):
    """One calendar month or year; `first_day` is its first calendar day, even if outside the range."""

    period: Literal["month", "year"]
    first_day: str
    time_weighted_return: float | None


class CalendarReturnList(TypedDict):
    items: list[CalendarReturn]
    next_cursor: NotRequired[str | None]


class FormatOut(TypedDict):
    """A format that can be detected."""

    name: str
    label: str
    hint: str


class FormatList(TypedDict):
    """Every detected format, by label."""

    items: list[FormatOut]


class CashMovement(TypedDict):
    """What came in or, negative, went out; without `transaction_id` it is a dividend that the price source tells."""

    date: str
    type: str
    ticker: str | None
    transaction_id: str | None
    amount: str
    balance: str


class CashStatement(TypedDict):
    """One currency of an account: closing = opening + the sum of its movements, exactly."""

    currency: str
    opening: str
    movements: list[CashMovement]
    closing: str


class CashStatementList(TypedDict):
    items: list[CashStatement]
    next_cursor: NotRequired[str | None]


class TransactionHistory(TypedDict):
    """Every version of one transaction, oldest first."""

    items: list[TransactionOut]
    next_cursor: NotRequired[str | None]


Fee: TypeAlias = str


class Columns(TypedDict):
    """
    The file's name for each of our columns.

    Map `ticker` or `isin`, and `price` or `total`: what a whole trade cost or brought. Fees may be spread over several
    columns.
    """

    quantity: str
    trade_date: str
    price: NotRequired[str | None]
    total: NotRequired[str | None]
    ticker: NotRequired[str | None]
    isin: NotRequired[str | None]
    side: NotRequired[str | None]
    fees: NotRequired[str | list[Fee] | None]
    currency: NotRequired[str | None]
    fees_currency: NotRequired[str | None]
    note: NotRequired[str | None]


class Mapping(TypedDict):
    """
    Which of a CSV's columns is which of ours, and how it writes things.

    Without a column for the side, a negative quantity is a sale. A row is no trade if its side is not among the words
    in `sides`. Fees count as paid whatever their sign. Anything after a date, such as a time, is ignored. The header is
    the first line with all of the columns.
    """

    columns: Columns
    sides: NotRequired[dict[str, str]]
    date_format: NotRequired[str]
    decimal: NotRequired[Literal[".", ","]]
    thousands: NotRequired[Literal["", ".", ",", "'"]]
    delimiter: NotRequired[Literal[",", ";", "\t", "|"] | None]
    currency: NotRequired[str | None]
    total_includes_fees: NotRequired[bool]


class Instructions(TypedDict):
    """What a file does not say itself: its columns, and the tickers for its symbols or ISINs."""

    mapping: NotRequired[Mapping | None]
    symbols: NotRequired[dict[str, str]]
    time_zone: NotRequired[str | None]


class ImportRefusal(TypedDict):
    """Nothing was imported. If rows were refused, `rows` says what each row would be without them."""

    error: str
    message: str
    fields: dict[str, object]
    rows: NotRequired[list[ImportedRow] | None]
    notices: NotRequired[list[str] | None]


class Figure(TypedDict):
    """
    One column shown in some answer; `tests` is null if its model was never tested.

    `inputs` are what its model reads: models and seeds by name, sources with their schema. `built_at` says when your
    own rows were computed, if known.
    """

    model: str
    column: str
    description: str
    inputs: list[str]
    tests: TestsOfModel | None
    built_at: str | None


class Figures(TypedDict):
    items: list[Figure]
    next_cursor: NotRequired[str | None]
