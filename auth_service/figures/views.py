"""Portfolio, macro and ticker figures; large documents leave PostgreSQL as finished JSON."""

from dataclasses import asdict
from typing import Any

from apiflask import APIBlueprint
from flask import request

from auth_service.errors import NotFoundError
from auth_service.figures import filters, portfolio
from auth_service.figures import schemas as shapes
from auth_service.figures.answer_cache import Document
from auth_service.http.databases import database
from auth_service.http.etag import versioned
from auth_service.identity.tokens import caller, signed_in
from auth_service.ledger import trade_checks
from ingestion.tickers import RULE, is_ticker

bp = APIBlueprint(
    "figures",
    __name__,
    url_prefix="/api/v1",
    tag={"name": "Figures", "description": "Figures computed from the ledger, prices and macro series."},
)


@bp.get("/portfolio/status")
@signed_in
@bp.output(shapes.PortfolioStatus)
@bp.doc(security="bearer")
def portfolio_status() -> dict[str, Any]:
    """Show how current the figures are.

    Whether they include every transaction, up to which day they go, and what failed in the last refresh.
    """
    return portfolio.status(caller().user_id)


@bp.get("/portfolio/timeseries")
@signed_in
@bp.input(filters.TimeseriesFilter, location="query")
@bp.output(shapes.Timeseries)
@bp.doc(security="bearer")
@versioned
def portfolio_timeseries(query_data: filters.TimeseriesFilter) -> Document:
    """Return value, flows, returns and regime for every calendar day.

    As columns of equal length, oldest day first, in the base currency; choose them with `columns`.
    """
    return portfolio.timeseries(caller().user_id, query_data, request.if_none_match)


@bp.get("/portfolio/performance")
@signed_in
@bp.output(shapes.Performance)
@bp.doc(security="bearer")
@versioned
def portfolio_performance() -> Document:
    """Return the figures for the whole portfolio.

    From the first trade on, in the base currency; a figure without meaning yet is null.
    """
    return portfolio.performance(caller().user_id, request.if_none_match)


@bp.get("/portfolio/windows")
@signed_in
@bp.input(filters.DateRange, location="query")
@bp.output(shapes.WindowPerformanceList)
@bp.doc(security="bearer")
@versioned
def portfolio_windows(query_data: filters.DateRange) -> Document:
    """Return figures for this year, the last 1, 3, 5 and 10 years, or any range of days.

    The same as of the whole portfolio, for each window that it is old enough for. With `from` or `to`: one window,
    `custom`, cut to the days that the portfolio has; none where they have no day in common.
    """
    return portfolio.windows(caller().user_id, query_data, request.if_none_match)


@bp.get("/portfolio/returns")
@signed_in
@bp.input(filters.ReturnsFilter, location="query")
@bp.output(shapes.ReturnLines)
@bp.doc(security="bearer")
@versioned
def portfolio_returns(query_data: filters.ReturnsFilter) -> Document:
    """Return the returns since the close before a range, up to each trading day in it.

    For the portfolio and its benchmark, with each day's drawdown: the data for a chart of the range.
    """
    return portfolio.returns(caller().user_id, query_data, request.if_none_match)


@bp.get("/portfolio/returns/calendar")
@signed_in
@bp.input(filters.DateRange, location="query")
@bp.output(shapes.CalendarReturnList)
@bp.doc(security="bearer")
@versioned
def portfolio_calendar_returns(query_data: filters.DateRange) -> Document:
    """List the returns of calendar months and years.

    Over the trading days in the range, oldest first; null if the return of one of them is unknown.
    """
    return portfolio.calendar_returns(caller().user_id, query_data, request.if_none_match)


@bp.get("/portfolio/returns/rolling")
@signed_in
@bp.input(filters.RollingFilter, location="query")
@bp.output(shapes.RollingStatistics)
@bp.doc(security="bearer")
@versioned
def portfolio_rolling_statistics(query_data: filters.RollingFilter) -> Document:
    """Return rolling volatility and Sharpe ratio.

    For each trading day in the range, looking back beyond its beginning; null while there are too few days before.
    """
    return portfolio.rolling_statistics(caller().user_id, query_data, request.if_none_match)


@bp.get("/portfolio/drawdowns")
@signed_in
@bp.input(filters.DrawdownsFilter, location="query")
@bp.output(shapes.DrawdownList)
@bp.doc(security="bearer")
@versioned
def portfolio_drawdowns(query_data: filters.DrawdownsFilter) -> Document:
    """List the deepest drawdowns in a range.

    From the peak by the lowest point to the recovery, the deepest first; the close before the range counts as a peak.
    """
    return portfolio.drawdowns(caller().user_id, query_data, request.if_none_match)


@bp.get("/portfolio/holdings")
@signed_in
@bp.input(filters.HoldingsFilter, location="query")
@bp.output(shapes.Holdings)
@bp.doc(security="bearer")
@versioned
def portfolio_holdings(query_data: filters.HoldingsFilter) -> Document:
    """List the holdings on any day.

    Quantities in shares of that day, values in the base currency; an older price has its own date.
    """
    return portfolio.holdings(caller().user_id, query_data.date, request.if_none_match)


@bp.get("/portfolio/tickers")
@signed_in
@bp.output(shapes.TickerKpisList)
@bp.doc(security="bearer")
@versioned
def portfolio_tickers() -> Document:
    """List the figures of every ticker ever held.

    Largest holding first; a closed position keeps its row with quantity 0.
    """
    return portfolio.tickers(caller().user_id, request.if_none_match)


@bp.get("/portfolio/tickers/history")
@signed_in
@bp.input(filters.HistoryFilter, location="query")
@bp.output(shapes.TickerHistoryList)
@bp.doc(security="bearer")
@versioned
def portfolio_tickers_history(query_data: filters.HistoryFilter) -> Document:
    """Return the growth of one unit of money in every ticker ever held.

    Including dividends, over the days it was held, thinned evenly to at most `points`.
    """
    return portfolio.tickers_history(caller().user_id, query_data.points, request.if_none_match)


@bp.get("/portfolio/dividends")
@signed_in
@bp.output(shapes.YearlyDividendList)
@bp.doc(security="bearer")
@versioned
def portfolio_dividends() -> Document:
    """List the dividends received by year and ticker.

    Oldest year first, by ex-date, in the base currency.
    """
    return portfolio.dividends(caller().user_id, request.if_none_match)


@bp.get("/portfolio/regimes")
@signed_in
@bp.output(shapes.RegimePerformanceList)
@bp.doc(security="bearer")
@versioned
def portfolio_regimes() -> Document:
    """List return, volatility and drawdown in each macro regime and phase.

    With the days and trading days spent in each.
    """
    return portfolio.regimes(caller().user_id, request.if_none_match)


@bp.get("/portfolio/regimes/tickers")
@signed_in
@bp.output(shapes.TickerRegimePerformanceList)
@bp.doc(security="bearer")
@versioned
def portfolio_regimes_by_ticker() -> Document:
    """List the same for each ticker ever held.

    For the days on which it was held.
    """
    return portfolio.regimes_by_ticker(caller().user_id, request.if_none_match)


@bp.get("/macro/context")
@signed_in
@bp.input(filters.DateRange, location="query")
@bp.output(shapes.MacroContext)
@bp.doc(security="bearer")
@versioned
def macro_context(query_data: filters.DateRange) -> Document:
    """Return macro regimes and indicators in a range of dates.

    Spans of regime, phase and recession, and values with the span in which each was the latest.
    """
    return portfolio.macro_context(caller().user_id, query_data, request.if_none_match)


@bp.get("/tickers")
@signed_in
@bp.input(filters.TickerSearch, location="query")
@bp.output(shapes.Suggestions)
@bp.doc(security="bearer", responses=trade_checks.REFUSALS)
def search_tickers(query_data: filters.TickerSearch) -> dict[str, Any]:
    """Suggest tickers that match a text.

    Best match first, from the price source.
    """
    found = trade_checks.suggestions(database(), query_data.search, query_data.limit, caller().user_id)
    return {"items": [asdict(suggestion) for suggestion in found]}


@bp.get("/tickers/<ticker>")
@signed_in
@bp.output(shapes.TickerOut)
@bp.doc(security="bearer", responses=trade_checks.REFUSALS)
def read_ticker(ticker: str) -> dict[str, Any]:
    """Look up one ticker.

    Name, currency, exchange, and the first and last day with a price; stores nothing.
    """
    return asdict(trade_checks.listing(database(), _ticker(ticker), caller().user_id))


@bp.get("/tickers/<ticker>/prices")
@signed_in
@bp.input(filters.DayFilter, location="query")
@bp.output(shapes.DayPrices)
@bp.doc(security="bearer")
def read_day_prices(ticker: str, query_data: filters.DayFilter) -> dict[str, Any]:
    """Return the prices of one day, as traded then.

    A trade's price is compared with these: the day's prices, or those of the last day with prices in the week before.
    Not found if none are known yet; fetches and stores nothing.
    """
    found = trade_checks.range_on(database(), _ticker(ticker), query_data.date)
    return {"ticker": ticker.upper(), "price_date": found.day, **asdict(found)}


def _ticker(text: str) -> str:
    if not is_ticker(text):
        raise NotFoundError(f"{text!r} is not a ticker: use {RULE}.")
    return text.upper()
