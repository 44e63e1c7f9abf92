"""Portfolio, macro and ticker figures; large documents leave PostgreSQL as finished JSON."""

from dataclasses import asdict
from typing import Any

from apiflask import APIBlueprint
from flask import Response, request

from auth_service import listings, portfolio
from auth_service.documents import answer
from auth_service.errors import NotFoundError
from auth_service.schemas import figures as shapes
from auth_service.schemas.strict import TICKER
from auth_service.tokens import caller, signed_in

bp = APIBlueprint("figures", __name__, url_prefix="/api/v1", tag="Figures")


@bp.get("/portfolio/status")
@signed_in
@bp.output(shapes.PortfolioStatus)
@bp.doc(security="bearer")
def portfolio_status() -> dict[str, Any]:
    """Whether the figures contain every transaction, up to which day they go, and what of the last refresh failed."""
    return portfolio.status(caller().user_id)


@bp.get("/portfolio/timeseries")
@signed_in
@bp.input(shapes.TimeseriesFilter, location="query")
@bp.output(shapes.Timeseries)
@bp.doc(security="bearer")
def portfolio_timeseries(query_data: shapes.TimeseriesFilter) -> Response:
    """Value, returns and regime of every calendar day, as columns; `columns` asks for others of the series."""
    return answer(portfolio.timeseries(caller().user_id, query_data, request.if_none_match))


@bp.get("/portfolio/performance")
@signed_in
@bp.output(shapes.Performance)
@bp.doc(security="bearer")
def portfolio_performance() -> Response:
    """The whole portfolio in one row; null where a figure has no meaning yet."""
    return answer(portfolio.performance(caller().user_id, request.if_none_match))


@bp.get("/portfolio/windows")
@signed_in
@bp.output(shapes.WindowPerformanceList)
@bp.doc(security="bearer")
def portfolio_windows() -> Response:
    """The same figures of this year and of the last 1, 3, 5 and 10 years, where the portfolio is that old."""
    return answer(portfolio.windows(caller().user_id, request.if_none_match))


@bp.get("/portfolio/holdings")
@signed_in
@bp.input(shapes.HoldingsFilter, location="query")
@bp.output(shapes.Holdings)
@bp.doc(security="bearer")
def portfolio_holdings(query_data: shapes.HoldingsFilter) -> Response:
    """What was held on any day; without a date on the last one known."""
    return answer(portfolio.holdings(caller().user_id, query_data.date, request.if_none_match))


@bp.get("/portfolio/tickers")
@signed_in
@bp.output(shapes.TickerKpisList)
@bp.doc(security="bearer")
def portfolio_tickers() -> Response:
    """Figures of every ticker ever held."""
    return answer(portfolio.tickers(caller().user_id, request.if_none_match))


@bp.get("/portfolio/regimes")
@signed_in
@bp.output(shapes.RegimePerformanceList)
@bp.doc(security="bearer")
def portfolio_regimes() -> Response:
    """Return, volatility, drawdown and days in each macro regime and phase."""
    return answer(portfolio.regimes(caller().user_id, request.if_none_match))


@bp.get("/portfolio/regimes/tickers")
@signed_in
@bp.output(shapes.TickerRegimePerformanceList)
@bp.doc(security="bearer")
def portfolio_regimes_by_ticker() -> Response:
    """The same of each ticker ever held."""
    return answer(portfolio.regimes_by_ticker(caller().user_id, request.if_none_match))


@bp.get("/macro/context")
@signed_in
@bp.input(shapes.DateRange, location="query")
@bp.output(shapes.MacroContext)
@bp.doc(security="bearer")
def macro_context(query_data: shapes.DateRange) -> Response:
    """Spans of regime, phase and recession, and indicator values, within a range of dates."""
    dates = query_data.from_date, query_data.to_date
    return answer(portfolio.macro_context(caller().user_id, *dates, request.if_none_match))


@bp.get("/tickers")
@signed_in
@bp.input(shapes.TickerSearch, location="query")
@bp.output(shapes.Suggestions)
@bp.doc(security="bearer")
def search_tickers(query_data: shapes.TickerSearch) -> dict[str, Any]:
    """Tickers that a text may mean."""
    found = listings.suggestions(query_data.search, query_data.limit)
    return {"items": [asdict(suggestion) for suggestion in found]}


@bp.get("/tickers/<ticker>")
@signed_in
@bp.output(shapes.TickerOut)
@bp.doc(security="bearer")
def read_ticker(ticker: str) -> dict[str, Any]:
    """Name, currency, exchange and price range of a ticker; 404 when it is not real."""
    if not ticker.isascii() or not TICKER.fullmatch(ticker.upper()):
        raise NotFoundError(f"{ticker!r} cannot be a ticker: 1 to 15 letters, digits and . - = ^.")
    return asdict(listings.listing(ticker.upper()))
