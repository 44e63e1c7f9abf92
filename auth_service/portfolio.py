"""A user's figures, read from the marts; JSON documents are built inside PostgreSQL, where that is fastest.

Before the first run of the models there are no marts: then every answer is that of an empty portfolio.
"""

from datetime import date
from typing import Any
from uuid import UUID

from psycopg.sql import SQL, Composed, Identifier, Literal

from auth_service import ledger_store
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
HOLDINGS = ITEMS.format(
    rows=SQL(
        """
        select * from "default".int_daily_holdings
        where user_id = %(user_id)s and holding_date = coalesce(
            %(day)s, (select as_of_date from "default".gold__performance where user_id = %(user_id)s)
        )
        order by market_value desc, ticker
        """
    )
)
NO_ITEMS = '{"items": [], "next_cursor": null}'

PERFORMANCE = 'select * from "default".gold__performance where user_id = %(user_id)s'

Values = dict[str, Any]


def status(user_id: UUID) -> Values:
    """Whether the marts hold every transaction of the user; exact, because the ledger only grows."""
    with database().transaction(user_id) as connection:
        recorded = ledger_store.ledger_rows(connection, user_id)
        row = _performance_row(connection, user_id)
    pending = max(recorded - int(row.get("ledger_versions", 0)), 0)
    return {
        "up_to_date": pending == 0,
        "pending_transactions": pending,
        "as_of_date": row.get("as_of_date"),
        "prices_as_of": row.get("prices_as_of"),
        "macro_as_of": row.get("macro_as_of"),
        "last_refresh": row.get("built_at"),
    }


def performance(user_id: UUID) -> Values:
    """The user's row of gold__performance; every value null for an empty portfolio."""
    with database().transaction(user_id) as connection:
        row = _performance_row(connection, user_id)
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


def holdings(user_id: UUID, day: date | None) -> str:
    """What was held on a day; on the last one known when none is given."""
    return _document(user_id, "gold__performance", HOLDINGS, {"user_id": user_id, "day": day}, NO_ITEMS)


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


def _performance_row(connection: type_of_connection, user_id: UUID) -> Values:
    if not mart_exists(connection, "gold__performance"):
        return {}
    return connection.execute(PERFORMANCE, {"user_id": user_id}).fetchone() or {}
