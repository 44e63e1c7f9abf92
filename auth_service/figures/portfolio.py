"""A user's figures, read from the marts; JSON documents are built inside PostgreSQL, where that is fastest.

Before the first run of the models there are no marts: then every answer is that of an empty portfolio.
"""

from datetime import date
from functools import lru_cache
from typing import Any, LiteralString
from uuid import UUID

from psycopg.errors import UndefinedTable
from psycopg.sql import SQL, Identifier, Literal
from werkzeug.datastructures import ETags

from auth_service.database import database, marts
from auth_service.figures import refresh_failures
from auth_service.figures.answer_cache import Document, document_of_models
from auth_service.figures.schemas import Performance, TimeseriesFilter

# Each of these selects one JSON document. All are put together once: psycopg knows a string by itself, and would put
# anything else together for each call.
TIMESERIES = SQL(
    """
    select json_build_object('date', coalesce(json_agg(as_of_date), '[]'), {documents}) as json
    from (
        select as_of_date, {columns} from "default".gold_p_timeseries
        where user_id = %(user_id)s
            and (%(from_date)s::date is null or as_of_date >= %(from_date)s)
            and (%(to_date)s::date is null or as_of_date <= %(to_date)s)
        order by as_of_date
    ) as days
    """
)
COLUMN_DOCUMENT = SQL("{name}, coalesce(json_agg({column}), '[]')")

PERFORMANCE: LiteralString = """
select to_jsonb(rows) - 'user_id' as json from "default".gold__performance as rows where user_id = %(user_id)s
"""


def items_of(rows: LiteralString) -> str:
    """A query for the list of the rows."""
    query = SQL(
        """
        select json_build_object(
            'items', coalesce(json_agg(to_jsonb(rows) - 'user_id'), '[]'),
            'next_cursor', null
        ) as json
        from ({rows}) as rows
        """
    )
    return query.format(rows=SQL(rows)).as_string()


TICKERS = items_of(
    """
    select kpis.*, asset_class, sector, industry, country, exchange
    from "default".gold_ticker_kpis as kpis left join "default".dim_assets as assets using (ticker)
    where user_id = %(user_id)s order by market_value desc, ticker
    """
)
# A ticker's days are counted from the newest, and each of so many equal parts gives its newest day. The oldest day is a
# part of its own.
TICKERS_HISTORY = items_of(
    """
    select
        ticker,
        json_agg(return_date order by return_date) as date,
        json_agg(total_return_index order by return_date) as total_return_index
    from (
        select distinct on (ticker, part) ticker, return_date, total_return_index
        from (
            select
                *,
                (row_number() over newest_first - 1) * (%(points)s - 1)
                / nullif(count(*) over (partition by ticker) - 1, 0) as part
            from "default".gold_ticker_timeseries
            where user_id = %(user_id)s
            window newest_first as (partition by ticker order by return_date desc)
        ) as days
        order by ticker, part, return_date desc
    ) as chosen
    group by ticker
    order by ticker
    """
)
# A sum of which a part is unknown is unknown.
DIVIDENDS = items_of(
    """
    select
        extract(year from ex_date)::integer as year,
        ticker,
        case when count(*) = count(income) then sum(income)::double precision end as amount
    from "default".int_published_dividends
    where user_id = %(user_id)s
    group by 1, 2
    order by 1, 2
    """
)
REGIMES = items_of(
    'select * from "default".gold_regime_performance where user_id = %(user_id)s order by dimension, name'
)
REGIMES_BY_TICKER = items_of(
    """
    select * from "default".gold_ticker_regime_performance
    where user_id = %(user_id)s order by ticker, dimension, name
    """
)
WINDOWS = items_of(
    """
    select * from "default".gold_performance_windows
    where user_id = %(user_id)s order by from_date desc, time_window
    """
)
HOLDINGS = items_of(
    """
    select holdings.*, asset_class, sector, industry, country, exchange
    from "default".int_holding_values as holdings left join "default".dim_assets as assets using (ticker)
    where user_id = %(user_id)s and holding_date = coalesce(
        %(day)s, (select as_of_date from "default".int_published_portfolios where user_id = %(user_id)s)
    )
    order by market_value desc, ticker
    """
)
# As gold_performance_windows compares: from the close before the range, or from the first trade. The benchmark moves
# from its close on the portfolio's first trading day. Where no bill rate was known, its return is not known either.
COMPARISON: LiteralString = """
with portfolio as (
    select
        benchmark,
        greatest(first_trade_date, %(from_date)s::date - 1) as start_date,
        least(as_of_date, %(to_date)s::date) as end_date
    from "default".int_published_portfolios
    where user_id = %(user_id)s
),

price_levels as (
    select series_id, value, valid_from + generate_series(0, valid_to - valid_from) as date_day
    from "default".int_macro_levels
    where indicator = 'price_level'
),

days as (
    select
        returns.return_date,
        case when returns.is_first_day and returns.benchmark_price is not null then 0 else returns.benchmark_return end
            as benchmark_return,
        case when returns.risk_free_series is not null then returns.risk_free_return end as risk_free_return,
        returns.risk_free_series,
        price_levels.value as price_level,
        price_levels.series_id as price_level_series
    from "default".gold_benchmark_returns as returns
    left join price_levels on returns.return_date = price_levels.date_day
    where returns.user_id = %(user_id)s
        and (%(from_date)s::date is null or returns.return_date >= %(from_date)s)
        and (%(to_date)s::date is null or returns.return_date <= %(to_date)s)
    order by returns.return_date
)

select json_build_object(
    'benchmark', (select benchmark from portfolio),
    'risk_free_series', max(risk_free_series),
    'price_level_series', max(price_level_series),
    'price_level_at_start', (select value from price_levels inner join portfolio on date_day = start_date),
    'price_level_at_end', (select value from price_levels inner join portfolio on date_day = end_date),
    'date', coalesce(json_agg(return_date), '[]'),
    'benchmark_return', coalesce(json_agg(benchmark_return), '[]'),
    'risk_free_return', coalesce(json_agg(risk_free_return), '[]'),
    'price_level', coalesce(json_agg(price_level), '[]')
) as json
from days
"""
MACRO_CONTEXT: LiteralString = """
select json_build_object(
    'spans', coalesce(json_agg(json_build_object(
        'kind', kind, 'name', name, 'valid_from', valid_from, 'valid_to', valid_to
    )) filter (where kind <> 'indicator'), '[]'),
    'indicators', coalesce(json_agg(json_build_object(
        'name', name, 'valid_from', valid_from, 'valid_to', valid_to, 'value', value
    )) filter (where kind = 'indicator'), '[]')
) as json
from (
    select * from "default".gold_macro_context
    where (%(from_date)s::date is null or valid_to >= %(from_date)s)
        and (%(to_date)s::date is null or valid_from <= %(to_date)s)
    order by kind, name, valid_from
) as chosen
"""
NO_CONTEXT = b'{"spans": [], "indicators": []}'
NO_ITEMS = b'{"items": [], "next_cursor": null}'
NO_COMPARISON = (
    b'{"benchmark": null, "risk_free_series": null, "price_level_series": null, "price_level_at_start": null,'
    b' "price_level_at_end": null, "date": [], "benchmark_return": [], "risk_free_return": [], "price_level": []}'
)

# Changes of the user that some model has yet to take in, and the transactions recorded since the oldest of them.
PENDING: LiteralString = """
with pending as (
    select count(*) as changes, min(queued_at) as since from bronze.pending_changes
    where user_id = %(user_id)s and not is_wide
)

select
    changes,
    (
        select count(*) from bronze.transactions
        where user_id = %(user_id)s and recorded_at >= pending.since
    ) as transactions
from pending
"""

STATUS: LiteralString = """
select
    portfolios.as_of_date,
    portfolios.prices_as_of,
    (select max(date_day) from "default".fct_macro_regimes) as macro_as_of,
    (select max(built_at) from "default".gold_p_timeseries where user_id = %(user_id)s) as last_refresh
from "default".int_published_portfolios as portfolios
where user_id = %(user_id)s
"""

# Null while a change is pending. Nothing of it reads many rows, and who has the document of this version costs no more.
VERSION: LiteralString = "select public.version_of_figures(%(user_id)s, %(started)s) as version"
# Rows of the macro context that stay the same are not written again: the newest transaction, and how many there are.
MACRO_VERSION: LiteralString = """
select md5(concat_ws(' ', %(started)s::text, max(xmin::text::bigint), count(*))) as version
from "default".gold_macro_context
having count(*) > 0
"""

Values = dict[str, Any]


def status(user_id: UUID) -> Values:
    """Whether the marts hold every transaction of the user, and what failed; exact, because a model takes a change out
    of the queue in the transaction that writes what follows from it.
    """
    with database().transaction(user_id) as connection:
        pending = connection.execute(PENDING, {"user_id": user_id}).fetchone() or {}
        failed = {
            "failed_models": refresh_failures.failed_models(connection, user_id),
            "failed_prices": refresh_failures.failed_prices(connection, user_id),
            "stale_sources": refresh_failures.stale_sources(connection, user_id),
        }
    # After what is pending: rows as new as the queue says, or newer.
    row = _row(STATUS, user_id)
    built = {name: row.get(name) for name in ("as_of_date", "prices_as_of", "macro_as_of", "last_refresh")}
    return {"up_to_date": not pending["changes"], "pending_transactions": pending["transactions"]} | built | failed


def performance(user_id: UUID, known: ETags) -> Document:
    """The user's row of gold__performance; every value null for an empty portfolio."""
    nulls = "{" + ", ".join(f'"{name}": null' for name in Performance.model_fields) + "}"
    return _document(user_id, PERFORMANCE, {}, nulls.encode(), known)


def timeseries(user_id: UUID, wanted: TimeseriesFilter, known: ETags) -> Document:
    """One JSON document of the wanted columns, oldest day first."""
    names = tuple(dict.fromkeys(wanted.columns.split(",")))
    empty = "{" + ", ".join(f'"{name}": []' for name in ("date", *names)) + "}"
    dates = {"from_date": wanted.from_date, "to_date": wanted.to_date}
    return _document(user_id, timeseries_of(names), dates, empty.encode(), known)


@lru_cache(maxsize=100)
def timeseries_of(names: tuple[str, ...]) -> str:
    """A query for these columns of the series."""
    return TIMESERIES.format(
        documents=SQL(", ").join(COLUMN_DOCUMENT.format(name=Literal(name), column=Identifier(name)) for name in names),
        columns=SQL(", ").join(map(Identifier, names)),
    ).as_string()


def tickers(user_id: UUID, known: ETags) -> Document:
    """One item for each ticker ever held, the largest holding first."""
    return _document(user_id, TICKERS, {}, NO_ITEMS, known)


def tickers_history(user_id: UUID, points: int, known: ETags) -> Document:
    """Growth of one unit of money in each ticker ever held, on at most so many days of each."""
    return _document(user_id, TICKERS_HISTORY, {"points": points}, NO_ITEMS, known)


def dividends(user_id: UUID, known: ETags) -> Document:
    """Dividends received by year and ticker, the oldest year first."""
    return _document(user_id, DIVIDENDS, {}, NO_ITEMS, known)


def comparison(user_id: UUID, from_date: date | None, to_date: date | None, known: ETags) -> Document:
    """What the portfolio is compared with, on each of its trading days; both ends inclusive."""
    dates = {"from_date": from_date, "to_date": to_date}
    return _document(user_id, COMPARISON, dates, NO_COMPARISON, known)


def regimes(user_id: UUID, known: ETags) -> Document:
    """Return, volatility and drawdown in each macro regime and phase."""
    return _document(user_id, REGIMES, {}, NO_ITEMS, known)


def regimes_by_ticker(user_id: UUID, known: ETags) -> Document:
    """The same of each ticker."""
    return _document(user_id, REGIMES_BY_TICKER, {}, NO_ITEMS, known)


def windows(user_id: UUID, known: ETags) -> Document:
    """Figures of each window that the portfolio is old enough for, the youngest first."""
    return _document(user_id, WINDOWS, {}, NO_ITEMS, known)


def holdings(user_id: UUID, day: date | None, known: ETags) -> Document:
    """What was held on a day; on the last one known when none is given."""
    return _document(user_id, HOLDINGS, {"day": day}, NO_ITEMS, known)


def macro_context(user_id: UUID, from_date: date | None, to_date: date | None, known: ETags) -> Document:
    """Spans of regime, phase and recession, and the indicators' values, that touch the range; both ends inclusive."""
    dates = {"from_date": from_date, "to_date": to_date}
    return document_of_models(user_id, MACRO_VERSION, MACRO_CONTEXT, dates, known) or Document(NO_CONTEXT, None)


def _document(user_id: UUID, query: str, values: Values, empty: bytes, known: ETags) -> Document:
    return document_of_models(user_id, VERSION, query, values, known) or Document(empty, None)


def _row(query: LiteralString, user_id: UUID) -> Values:
    """The query's one row; {} for none, and before the models have made what it reads."""
    try:
        with marts().transaction(user_id) as connection:
            return connection.execute(query, {"user_id": user_id}).fetchone() or {}
    except UndefinedTable:
        return {}
