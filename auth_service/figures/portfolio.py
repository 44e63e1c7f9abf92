"""A user's figures, read from the marts; JSON documents are built inside PostgreSQL, where that is fastest.

Before the models' first run there are no marts: every answer is then that of an empty portfolio.
"""

from datetime import date
from functools import lru_cache
from typing import Any, LiteralString
from uuid import UUID

from psycopg.errors import UndefinedTable
from psycopg.sql import SQL, Identifier, Literal
from werkzeug.datastructures import ETags

from auth_service.figures import queries, refresh_failures
from auth_service.figures.answer_cache import Document, document_of_models
from auth_service.figures.filters import DateRange, DrawdownsFilter, ReturnsFilter, RollingFilter, TimeseriesFilter
from auth_service.figures.schemas import Performance
from auth_service.http.databases import database, marts

# Each of these selects one JSON document.
TIMESERIES = queries.template("timeseries.sql")
COLUMN_DOCUMENT = SQL("{name}, coalesce(json_agg({column}), '[]')")
PERFORMANCE = queries.query("performance.sql")
TICKERS = queries.items("tickers.sql")
TICKERS_HISTORY = queries.items("tickers_history.sql")
DIVIDENDS = queries.items("dividends.sql")
REGIMES = queries.items("regimes.sql")
REGIMES_BY_TICKER = queries.items("regimes_by_ticker.sql")
WINDOWS = queries.items("windows.sql")
WINDOW_BETWEEN = queries.items("window_between.sql")
CALENDAR_RETURNS = queries.items("calendar_returns.sql")
ROLLING_STATISTICS = queries.query("rolling_statistics.sql")
DRAWDOWNS = queries.items("drawdowns.sql")
# By basis of the returns: the columns for the portfolio's line and the benchmark's.
LINES = {
    "nominal": ("time_weighted_return", "benchmark_return"),
    "real": ("real_return", "real_benchmark_return"),
    "excess": ("excess_return", "excess_benchmark_return"),
}
RETURNS = {
    basis: queries.query("returns.sql", portfolio=Identifier(portfolio), benchmark=Identifier(benchmark))
    for basis, (portfolio, benchmark) in LINES.items()
}
HOLDINGS = queries.items("holdings.sql")
MACRO_CONTEXT = queries.query("macro_context.sql")
NO_CONTEXT = b'{"spans": [], "indicators": []}'
NO_ITEMS = b'{"items": [], "next_cursor": null}'
NO_RETURNS = b'{"date": [], "portfolio": [], "benchmark": [], "drawdown": []}'
NO_STATISTICS = b'{"date": [], "volatility": [], "sharpe": []}'

PENDING = queries.query("pending.sql")
STATUS = queries.query("status.sql")
VERSION = queries.query("version.sql")
MACRO_VERSION = queries.query("macro_version.sql")

Values = dict[str, Any]


def status(user_id: UUID) -> Values:
    """Whether the marts hold every transaction of the user, and what failed; exact, because a model removes a change
    from the queue in the transaction that writes its result.
    """
    with database().transaction(user_id) as connection:
        pending = connection.execute(PENDING, {"user_id": user_id}).fetchone() or {}
        failed = {
            "failed_models": refresh_failures.failed_models(connection, user_id),
            "failed_prices": refresh_failures.failed_prices(connection, user_id),
            "stale_sources": refresh_failures.stale_sources(connection, user_id),
        }
    # Read after the pending changes: the rows are as new as the queue says, or newer.
    row = _row(STATUS, user_id)
    built = {name: row.get(name) for name in ("as_of_date", "prices_as_of", "macro_as_of", "last_refresh")}
    waiting = {"up_to_date": not pending["changes"], "pending_transactions": pending["transactions"]}
    return waiting | built | {"prices_are_stale": row.get("prices_are_stale", False)} | failed


def performance(user_id: UUID, known: ETags) -> Document:
    """The user's row of gold__performance; every value null for an empty portfolio."""
    nulls = "{" + ", ".join(f'"{name}": null' for name in Performance.model_fields) + "}"
    return _document(user_id, PERFORMANCE, {}, nulls.encode(), known)


def timeseries(user_id: UUID, wanted: TimeseriesFilter, known: ETags) -> Document:
    """One JSON document with the requested columns, oldest day first."""
    names = tuple(dict.fromkeys(wanted.columns.split(",")))
    empty = "{" + ", ".join(f'"{name}": []' for name in ("date", *names)) + "}"
    return _document(user_id, timeseries_of(names), _days(wanted), empty.encode(), known)


@lru_cache(maxsize=100)
def timeseries_of(names: tuple[str, ...]) -> str:
    """A query for these columns of the series."""
    return TIMESERIES.format(
        documents=SQL(", ").join(COLUMN_DOCUMENT.format(name=Literal(name), column=Identifier(name)) for name in names),
        columns=SQL(", ").join(map(Identifier, names)),
    ).as_string()


def tickers(user_id: UUID, known: ETags) -> Document:
    """One item per ticker ever held, largest holding first."""
    return _document(user_id, TICKERS, {}, NO_ITEMS, known)


def tickers_history(user_id: UUID, points: int, known: ETags) -> Document:
    """Growth of one unit of money in each ticker ever held, with at most this many days each."""
    return _document(user_id, TICKERS_HISTORY, {"points": points}, NO_ITEMS, known)


def dividends(user_id: UUID, known: ETags) -> Document:
    """Dividends received by year and ticker, oldest year first."""
    return _document(user_id, DIVIDENDS, {}, NO_ITEMS, known)


def regimes(user_id: UUID, known: ETags) -> Document:
    """Return, volatility and drawdown in each macro regime and phase."""
    return _document(user_id, REGIMES, {}, NO_ITEMS, known)


def regimes_by_ticker(user_id: UUID, known: ETags) -> Document:
    """The same for each ticker."""
    return _document(user_id, REGIMES_BY_TICKER, {}, NO_ITEMS, known)


def windows(user_id: UUID, wanted: DateRange, known: ETags) -> Document:
    """Figures for each window the portfolio is old enough for, shortest first; or for the requested days."""
    if wanted.from_date is None and wanted.to_date is None:
        return _document(user_id, WINDOWS, {}, NO_ITEMS, known)
    return _document(user_id, WINDOW_BETWEEN, _days(wanted), NO_ITEMS, known)


def returns(user_id: UUID, wanted: ReturnsFilter, known: ETags) -> Document:
    """The lines for a range: returns since the close before it, for the portfolio and its benchmark, and drawdown."""
    return _document(user_id, RETURNS[wanted.basis], _days(wanted), NO_RETURNS, known)


def calendar_returns(user_id: UUID, wanted: DateRange, known: ETags) -> Document:
    """The return of each month and year with trading days in a range, over those days."""
    return _document(user_id, CALENDAR_RETURNS, _days(wanted), NO_ITEMS, known)


def rolling_statistics(user_id: UUID, wanted: RollingFilter, known: ETags) -> Document:
    """Volatility and Sharpe ratio over each trading day's latest returns."""
    return _document(user_id, ROLLING_STATISTICS, _days(wanted) | {"days": wanted.days}, NO_STATISTICS, known)


def drawdowns(user_id: UUID, wanted: DrawdownsFilter, known: ETags) -> Document:
    """The deepest drawdowns in a range, deepest first."""
    return _document(user_id, DRAWDOWNS, _days(wanted) | {"limit": wanted.limit}, NO_ITEMS, known)


def holdings(user_id: UUID, day: date | None, known: ETags) -> Document:
    """Holdings on a day, by default the last known one."""
    return _document(user_id, HOLDINGS, {"day": day}, NO_ITEMS, known)


def macro_context(user_id: UUID, wanted: DateRange, known: ETags) -> Document:
    """Spans of regime, phase and recession, and indicator values, that overlap the range; both ends inclusive."""
    found = document_of_models(user_id, MACRO_VERSION, MACRO_CONTEXT, _days(wanted), known)
    return found or Document(NO_CONTEXT, None)


def _days(wanted: DateRange) -> Values:
    return {"from_date": wanted.from_date, "to_date": wanted.to_date}


def _document(user_id: UUID, query: str, values: Values, empty: bytes, known: ETags) -> Document:
    return document_of_models(user_id, VERSION, query, values, known) or Document(empty, None)


def _row(query: LiteralString, user_id: UUID) -> Values:
    """The query's one row; {} for none, or if the models have not created its tables yet."""
    try:
        with marts().transaction(user_id) as connection:
            return connection.execute(query, {"user_id": user_id}).fetchone() or {}
    except UndefinedTable:
        return {}
