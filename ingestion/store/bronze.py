"""Bronze in the database: what is stored, and how fetched rows get there."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from math import ceil
from typing import Any

import psycopg
from psycopg.rows import class_row, scalar_row
from psycopg_pool import ConnectionPool

from ingestion.config import IngestionSettings
from ingestion.errors import BusyError
from ingestion.records import Action, Asset, Bar, PriceHistory, TickerInfo
from ingestion.retries import seconds_left
from ingestion.units import minor_units

Connection = psycopg.Connection[Any]
LONGEST_WAIT = 60  # seconds


def connect(settings: IngestionSettings) -> Connection:
    """An autocommit connection; writers open their own transactions."""
    return psycopg.connect(**_address(settings))


def connections(settings: IngestionSettings, at_most: int) -> "ConnectionPool[Connection]":
    """The same for several threads."""
    return ConnectionPool(
        kwargs=_address(settings), min_size=1, max_size=at_most, check=ConnectionPool.check_connection, open=True
    )


def _address(settings: IngestionSettings) -> dict[str, Any]:
    return {
        "host": settings.postgres_host,
        "port": settings.postgres_port,
        "dbname": settings.postgres_db,
        "user": "macrofolio_ingestion",
        "password": settings.ingestion_db_password.get_secret_value(),
        "connect_timeout": 10,
        "options": f"-c lock_timeout={LONGEST_WAIT}s",
        "application_name": "macrofolio ingestion",
        "autocommit": True,
    }


@contextmanager
def sole_writer(connection: Connection, subject: str) -> Iterator[None]:
    """Wait until nobody else fetches `subject`, but no longer than for the provider.

    The lock ends with the connection, and keeps no transaction open.
    """
    key, wait = f"ingestion {subject}", seconds_left(LONGEST_WAIT)
    try:
        connection.execute("select set_config('lock_timeout', %s, false)", [f"{ceil(wait * 1000)}ms"])
        connection.execute("select pg_advisory_lock(hashtextextended(%s, 0))", [key])
    except psycopg.errors.LockNotAvailable as error:
        raise BusyError(
            f"Another process has been fetching {subject} for over {wait:.0f} s. Try again later."
        ) from error
    try:
        yield
    finally:
        if not connection.broken:
            connection.execute("select pg_advisory_unlock(hashtextextended(%s, 0))", [key])


def ticker_info(connection: Connection, ticker: str) -> TickerInfo | None:
    """The ticker if its prices are stored, else None."""
    with connection.cursor(row_factory=class_row(TickerInfo)) as cursor:
        return cursor.execute(
            """
            select ticker, assets.name, assets.quote_type, assets.asset_class, assets.exchange, assets.currency,
                assets.timezone, span.first_price_date, span.last_price_date
            from bronze.raw_assets as assets,
            lateral (
                select min(price_date) as first_price_date, max(price_date) as last_price_date
                from bronze.raw_prices as prices
                where prices.ticker = assets.ticker
            ) as span
            where ticker = %s and span.first_price_date is not null and assets.currency is not null
            """,
            [ticker],
        ).fetchone()


def stored_bars(connection: Connection, ticker: str, start: date = date.min) -> dict[date, Bar]:
    """Bars from `start` on, by date."""
    with connection.cursor(row_factory=class_row(Bar)) as cursor:
        cursor.execute(
            """
            select price_date, close, open, high, low, adj_close, volume, is_provisional
            from bronze.raw_prices where ticker = %s and price_date >= %s
            """,
            [ticker, start],
        )
        return {bar.price_date: bar for bar in cursor}


def stored_actions(connection: Connection, ticker: str, start: date = date.min) -> dict[tuple[date, str], Action]:
    """Splits and dividends from `start` on, by ex-date and kind."""
    with connection.cursor(row_factory=class_row(Action)) as cursor:
        cursor.execute(
            """
            select ex_date, action, value, currency, within_dividend
            from bronze.raw_corporate_actions where ticker = %s and ex_date >= %s
            """,
            [ticker, start],
        )
        return {(action.ex_date, action.action): action for action in cursor}


def is_on_other_terms(connection: Connection, history: PriceHistory, source: str) -> bool:
    """True if the stored bars have another source, currency or basis than `history`, so that none of them may stay.

    They all share these, so one is enough to check.
    """
    stored = connection.execute(
        """
        select source, currency, price_basis from bronze.raw_prices
        where ticker = %s order by price_date desc limit 1
        """,
        [history.ticker],
    ).fetchone()
    return stored is not None and stored != (source, history.currency, history.price_basis)


def last_fetched_whole(connection: Connection, ticker: str, source: str) -> datetime | None:
    """When the ticker's whole history was last loaded from this source."""
    with connection.cursor(row_factory=scalar_row) as cursor:
        fetched_at: datetime | None = cursor.execute(
            """
            select max(started_at) from bronze.ingestion_runs
            where kind = 'prices' and subject = %s and source = %s and asked_from is null
                and outcome in ('loaded', 'unchanged')
            """,
            [ticker, source],
        ).fetchone()
        return fetched_at


def write_asset(connection: Connection, asset: Asset, source: str) -> None:
    """Store what is known about a ticker."""
    connection.execute(
        """
        insert into bronze.raw_assets as stored
            (ticker, name, quote_type, asset_class, sector, industry, country, exchange, currency, timezone, source)
        values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
        on conflict (ticker) do update set
            name = excluded.name, quote_type = excluded.quote_type, asset_class = excluded.asset_class,
            sector = coalesce(excluded.sector, stored.sector),
            industry = coalesce(excluded.industry, stored.industry),
            country = coalesce(excluded.country, stored.country), exchange = excluded.exchange,
            currency = excluded.currency, timezone = excluded.timezone,
            source = excluded.source, loaded_at = now()
        """,
        [
            *(asset.ticker, asset.name, asset.quote_type, asset.asset_class, asset.sector, asset.industry),
            *(asset.country, asset.exchange, asset.currency, asset.timezone, source),
        ],
    )


def known_tickers(connection: Connection, default_benchmark: str, *, only_missing: bool = False) -> Sequence[str]:
    """Every ticker that is stored, in a ledger or a benchmark, and the currency pairs that portfolios need.

    With `only_missing`, just those without prices that were not fetched within the last REST.
    """
    with connection.cursor(row_factory=scalar_row) as cursor:
        units = minor_units()
        parameters = {"default_benchmark": default_benchmark, "only_missing": only_missing, "rest": REST} | {
            "quoted": list(units),
            "major": [unit.currency for unit in units.values()],
        }
        return cursor.execute(KNOWN_TICKERS, parameters).fetchall()


# Leave a failed fetch alone this long: whoever records a trade meanwhile must not wait for it again.
REST = timedelta(minutes=10)

# A listing needs the pair for its currency, whatever unit its prices are in, and for the currencies of its payments;
# money in an account needs its own.
KNOWN_TICKERS = """
    with ledger as (
        select distinct ticker from bronze.transactions where ticker is not null
        union
        select distinct related_ticker from bronze.transactions where related_ticker is not null
    ),
    benchmarks as (select benchmark as ticker from public.portfolio_settings union select %(default_benchmark)s),
    held as (select ticker from ledger union select ticker from benchmarks),
    codes as (
        select currency from bronze.raw_assets where ticker in (select ticker from held)
        union
        select currency from bronze.raw_corporate_actions
        where ticker in (select ticker from held) and currency is not null
        union
        select currency from bronze.transactions
        union
        select settlement_currency from bronze.transactions where settlement_currency is not null
    ),
    currencies as (
        select distinct coalesce(units.major, upper(codes.currency)) as code
        from codes
        left join unnest(%(quoted)s::text[], %(major)s::text[]) as units (quoted, major)
            on codes.currency = units.quoted
    ),
    bases as (select base_currency as code from public.portfolio_settings union select 'USD'),
    known as (
        select ticker from bronze.raw_assets
        union select ticker from ledger
        union select ticker from benchmarks
        union select currencies.code || bases.code || '=X' from currencies, bases where currencies.code <> bases.code
    )
    select ticker from known
    where not %(only_missing)s
        or not exists (select from bronze.raw_prices as prices where prices.ticker = known.ticker)
        and not exists (
            select from bronze.ingestion_runs as runs
            where runs.kind = 'prices' and runs.subject = known.ticker and runs.started_at > now() - %(rest)s
        )
    order by ticker
"""
