"""A user's figures, read from the marts; JSON documents are built inside PostgreSQL, where that is fastest.

Before the first run of the models there are no marts: then every answer is that of an empty portfolio.
"""

from datetime import date
from typing import Any, LiteralString
from uuid import UUID

from psycopg.sql import SQL, Composed, Identifier, Literal

from auth_service import failures
from auth_service.database import database, type_of_connection
from auth_service.schemas.figures import Performance, Timeseries

TIMESERIES_COLUMNS = tuple(name for name in Timeseries.model_fields if name != "date")

TIMESERIES = SQL(
    """
    select json_build_object('date', coalesce(json_agg(as_of_date), '[]'), {columns})::text as document
    from (
        select * from "default".gold_p_timeseries
        where user_id = %(user_id)s
            and (%(from_date)s::date is null or as_of_date >= %(from_date)s)
            and (%(to_date)s::date is null or as_of_date <= %(to_date)s)
        order by as_of_date
    ) as days
    """
).format(
    columns=SQL(", ").join(
        SQL("{}, coalesce(json_agg({}), '[]')").format(Literal(name), Identifier(name)) for name in TIMESERIES_COLUMNS
    )
)

ITEMS = SQL(
    """
    select json_build_object('items', coalesce(json_agg(to_jsonb(rows) - 'user_id'), '[]'), 'next_cursor', null)::text
        as document
    from ({rows}) as rows
    """
)
TICKERS = ITEMS.format(
    rows=SQL('select * from "default".gold_ticker_kpis where user_id = %(user_id)s order by market_value desc, ticker')
)
REGIMES = ITEMS.format(
    rows=SQL('select * from "default".gold_regime_performance where user_id = %(user_id)s order by dimension, name')
)
REGIMES_BY_TICKER = ITEMS.format(
    rows=SQL(
        """
        select * from "default".gold_ticker_regime_performance
        where user_id = %(user_id)s order by ticker, dimension, name
        """
    )
)
WINDOWS = ITEMS.format(
    rows=SQL(
        """
        select * from "default".gold_performance_windows
        where user_id = %(user_id)s order by from_date desc, time_window
        """
    )
)
HOLDINGS = ITEMS.format(
    rows=SQL(
        """
        select * from "default".int_holding_values
        where user_id = %(user_id)s and holding_date = coalesce(
            %(day)s, (select as_of_date from "default".int_portfolios where user_id = %(user_id)s)
        )
        order by market_value desc, ticker
        """
    )
)
NO_ITEMS = '{"items": [], "next_cursor": null}'

PERFORMANCE: LiteralString = 'select * from "default".gold__performance where user_id = %(user_id)s'

# Changes of the user that some model has yet to take in, and the transactions recorded since the oldest of them.
PENDING: LiteralString = """
with pending as (
    select count(*) as changes, min(queued_at) as since from bronze.pending_changes where user_id = %(user_id)s
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
from "default".int_portfolios as portfolios
where user_id = %(user_id)s
"""

Values = dict[str, Any]


def status(user_id: UUID) -> Values:
    """Whether the marts hold every transaction of the user, and what failed; exact, because a model takes a change out
    of the queue in the transaction that writes what follows from it.
    """
    with database().transaction(user_id) as connection:
        pending = connection.execute(PENDING, {"user_id": user_id}).fetchone() or {}
        row = _row(connection, "gold_p_timeseries", STATUS, user_id)
        failed = {
            "failed_models": failures.failed_models(connection, user_id),
            "failed_prices": failures.failed_prices(connection, user_id),
        }
    built = {name: row.get(name) for name in ("as_of_date", "prices_as_of", "macro_as_of", "last_refresh")}
    return {"up_to_date": not pending["changes"], "pending_transactions": pending["transactions"]} | built | failed


def performance(user_id: UUID) -> Values:
    """The user's row of gold__performance; every value null for an empty portfolio."""
    with database().transaction(user_id) as connection:
        row = _row(connection, "gold__performance", PERFORMANCE, user_id)
    return {name: row.get(name) for name in Performance.model_fields}


def timeseries(user_id: UUID, from_date: date | None, to_date: date | None) -> str:
    """One JSON document of columns, oldest day first."""
    empty = "{" + ", ".join(f'"{name}": []' for name in ("date", *TIMESERIES_COLUMNS)) + "}"
    values = {"user_id": user_id, "from_date": from_date, "to_date": to_date}
    return _document(user_id, "gold_p_timeseries", TIMESERIES, values, empty)


def tickers(user_id: UUID) -> str:
    """One item for each ticker ever held, the largest holding first."""
    return _document(user_id, "gold_ticker_kpis", TICKERS, {"user_id": user_id}, NO_ITEMS)


def regimes(user_id: UUID) -> str:
    """Return, volatility and drawdown in each macro regime and phase."""
    return _document(user_id, "gold_regime_performance", REGIMES, {"user_id": user_id}, NO_ITEMS)


def regimes_by_ticker(user_id: UUID) -> str:
    """The same of each ticker."""
    return _document(user_id, "gold_ticker_regime_performance", REGIMES_BY_TICKER, {"user_id": user_id}, NO_ITEMS)


def windows(user_id: UUID) -> str:
    """Figures of each window that the portfolio is old enough for, the youngest first."""
    return _document(user_id, "gold_performance_windows", WINDOWS, {"user_id": user_id}, NO_ITEMS)


def holdings(user_id: UUID, day: date | None) -> str:
    """What was held on a day; on the last one known when none is given."""
    return _document(user_id, "int_holding_values", HOLDINGS, {"user_id": user_id, "day": day}, NO_ITEMS)


def mart_exists(connection: type_of_connection, name: str) -> bool:
    """True once the models have built it. Asked of the catalog, so that a missing grant stays an error."""
    row = connection.execute(
        "select exists (select from pg_class where relname = %s and relnamespace = "
        "(select oid from pg_namespace where nspname = 'default')) as found",
        [name],
    ).fetchone()
    return row is not None and bool(row["found"])


def _document(user_id: UUID, mart: str, query: Composed, values: Values, empty: str) -> str:
    with database().transaction(user_id) as connection:
        row = connection.execute(query, values).fetchone() if mart_exists(connection, mart) else None
    return str(row["document"]) if row else empty


def _row(connection: type_of_connection, mart: str, query: LiteralString, user_id: UUID) -> Values:
    if not mart_exists(connection, mart):
        return {}
    return connection.execute(query, {"user_id": user_id}).fetchone() or {}
