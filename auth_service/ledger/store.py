"""The ledger's SQL: append-only, so a transaction's current version is its latest one that is no tombstone."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, LiteralString
from uuid import UUID

import orjson
from psycopg.sql import SQL, Identifier

from auth_service.database import type_of_connection
from auth_service.errors import UnauthorizedError
from auth_service.ledger.oversell import PositionTrade, Shortfall, Split, shortfalls

COLUMNS = SQL(
    "transaction_id, version, ticker, side, quantity, price, fees, currency, settlement_currency, fx_rate, trade_date, "
    "note, is_deleted, recorded_at"
)

# `first_entry` is the order in which transactions were entered; an edit keeps its place. Uses windows, not joins: even
# with poor statistics about a new user, many rows cost at most a sort.
PRESENT = SQL("""
with present as (
    select * from (
        select
            versions.*,
            max(version) over same_transaction as newest_version,
            min(entry_number) over same_transaction as first_entry
        from bronze.transactions as versions
        where user_id = %(user_id)s
        window same_transaction as (partition by transaction_id)
    ) as entries
    where version = newest_version and not is_deleted
)
""")

# Built once: psycopg recognises a string it has seen, and would rebuild this on every call.
PAGE = SQL("""
{present}

select {columns}, first_entry
from present
where (%(ticker)s::text is null or ticker = %(ticker)s)
    and (%(from_date)s::date is null or trade_date >= %(from_date)s)
    and (%(to_date)s::date is null or trade_date <= %(to_date)s)
    and (%(before_date)s::date is null or (trade_date, first_entry) < (%(before_date)s, %(before_entry)s))
order by trade_date desc, first_entry desc
limit %(limit)s
""").format(present=PRESENT, columns=COLUMNS)

# The page as the API answers it, and where the next one begins: `limit` is one more than it shows.
PAGE_DOCUMENT = (
    SQL("""
select json_build_object(
    'items', coalesce(array_to_json((array_agg(document))[1:%(limit)s - 1]), '[]'),
    'next_cursor', case when count(*) = %(limit)s then (array_agg(place))[%(limit)s - 1] end
) as json
from (
    select
        trade_date || '.' || first_entry as place,
        (select row_to_json(told) from (
            select
                transaction_id, version, ticker, side, quantity::text, price::text, fees::text, currency,
                settlement_currency, fx_rate::text, trade_date, note, is_deleted,
                to_char(recorded_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as recorded_at
        ) as told) as document
    from ({page}) as page
) as rows
""")
    .format(page=PAGE)
    .as_string()
)

# Every change adds an entry. The newest alone is not enough: an import that got its entry numbers earlier may commit
# after it.
VERSION: LiteralString = """
select concat_ws('.', %(started)s::text, max(entry_number), count(*)) as version
from bronze.transactions where user_id = %(user_id)s
"""

POSITION = (
    SQL("""
{present}

select ticker, trade_date, side, quantity, first_entry as entry from present where ticker = any(%(tickers)s)
""")
    .format(present=PRESENT)
    .as_string()
)

HISTORY = (
    SQL("""
select {columns}, entry_number from bronze.transactions
where user_id = %(user_id)s and transaction_id = %(transaction_id)s
order by version
""")
    .format(columns=COLUMNS)
    .as_string()
)

ADD_VERSION = (
    SQL("""
insert into bronze.transactions (
    transaction_id, version, user_id, ticker, side, quantity, price, fees, currency, settlement_currency, fx_rate,
    trade_date, note, is_deleted
) values (
    %(transaction_id)s, %(version)s, %(user_id)s, %(ticker)s, %(side)s, %(quantity)s, %(price)s, %(fees)s,
    %(currency)s, %(settlement_currency)s, %(fx_rate)s, %(trade_date)s, %(note)s, %(is_deleted)s
)
returning {columns}, entry_number
""")
    .format(columns=COLUMNS)
    .as_string()
)

ADDED_COLUMNS = {
    "transaction_id": "uuid",
    "version": "integer",
    "ticker": "text",
    "side": "text",
    "quantity": "numeric",
    "price": "numeric",
    "fees": "numeric",
    "currency": "text",
    "settlement_currency": "text",
    "fx_rate": "numeric",
    "trade_date": "date",
    "note": "text",
}
# In row order, which is the order of entry.
ADD_VERSIONS = (
    SQL("""
insert into bronze.transactions (user_id, {columns})
select %(user_id)s, {columns}
from rows from (json_to_recordset(%(rows)s) as ({typed})) with ordinality as added ({columns}, position)
order by position
returning transaction_id, entry_number
""")
    .format(
        columns=SQL(", ").join(map(Identifier, ADDED_COLUMNS)),
        typed=SQL(", ").join(Identifier(name) + SQL(f" {kind}") for name, kind in ADDED_COLUMNS.items()),
    )
    .as_string()
)

SPLITS = """
select ticker, ex_date, value as ratio from bronze.raw_corporate_actions
where ticker = any(%s) and action = 'split'
order by ex_date
"""

Row = dict[str, Any]


@dataclass(frozen=True)
class Selection:
    """Which transactions, and where to start in the order newest first."""

    limit: int | None
    ticker: str | None = None
    from_date: date | None = None
    to_date: date | None = None
    before_date: date | None = None
    before_entry: int | None = None


def lock_transaction(connection: type_of_connection, transaction_id: UUID) -> None:
    """Wait until nobody else revises it, and hold it until this database transaction ends. Taken before positions."""
    _lock(connection, str(transaction_id))


def lock_positions(connection: type_of_connection, user_id: UUID, tickers: Iterable[str]) -> None:
    """Wait until nobody else writes these positions; hold them and the account until this database transaction ends.

    Raises:
        UnauthorizedError: The account has been erased since the request began.

    """
    if connection.execute("select from public.users where user_id = %s for key share", [user_id]).rowcount == 0:
        raise UnauthorizedError("This account no longer exists.")
    for ticker in sorted(set(tickers)):  # in the same order everywhere, so that no two wait for each other
        _lock(connection, f"{user_id}:{ticker}")


def page(connection: type_of_connection, user_id: UUID, selection: Selection) -> list[Row]:
    """Current transactions, newest first; each row has `first_entry` besides the transaction's columns."""
    return connection.execute(PAGE, {"user_id": user_id} | vars(selection)).fetchall()


def history(connection: type_of_connection, user_id: UUID, transaction_id: UUID) -> list[Row]:
    """All versions, oldest first; empty when the user has no such transaction."""
    return connection.execute(HISTORY, {"user_id": user_id, "transaction_id": transaction_id}).fetchall()


def add_version(connection: type_of_connection, user_id: UUID, version: Row) -> Row:
    """Append one version; returns the row as written, with its `entry_number`."""
    row = connection.execute(ADD_VERSION, version | {"user_id": user_id}).fetchone()
    if row is None:
        raise LookupError("insert … returning gave no row")
    return row


def add_versions(connection: type_of_connection, user_id: UUID, versions: Sequence[Row]) -> dict[UUID, int]:
    """Append versions that are no tombstones, in order, in one statement; returns each transaction's entry number."""
    # One document: adapting a hundred thousand values one by one takes longer than everything else.
    added = orjson.dumps([{name: version[name] for name in ADDED_COLUMNS} for version in versions], default=str)
    rows = connection.execute(ADD_VERSIONS, {"rows": added.decode(), "user_id": user_id})
    return {row["transaction_id"]: row["entry_number"] for row in rows}


def uncovered_sales(connection: type_of_connection, user_id: UUID, tickers: Iterable[str]) -> dict[int, Shortfall]:
    """Current sales that sell more than is held on their day, by entry number."""
    wanted = sorted(set(tickers))
    trades = defaultdict(list)
    for row in connection.execute(POSITION, {"user_id": user_id, "tickers": wanted}):
        trades[row["ticker"]].append(PositionTrade(**row))
    splits = splits_of(connection, wanted)
    return {shortfall.entry: shortfall for ticker in wanted for shortfall in shortfalls(trades[ticker], splits[ticker])}


def splits_of(connection: type_of_connection, tickers: list[str]) -> defaultdict[str, list[Split]]:
    """Every split of each ticker, oldest first."""
    splits = defaultdict(list)
    for row in connection.execute(SPLITS, [tickers]):
        splits[row["ticker"]].append(Split(row["ex_date"], row["ratio"]))
    return splits


def remembered_request(connection: type_of_connection, user_id: UUID, key: str) -> tuple[str, UUID] | None:
    """What an Idempotency-Key was used for: the request's hash and the transaction it made."""
    row = connection.execute(
        "select request_hash, transaction_id from public.idempotency_keys where user_id = %s and key = %s",
        [user_id, key],
    ).fetchone()
    return (row["request_hash"], row["transaction_id"]) if row else None


def remember_request(
    connection: type_of_connection, user_id: UUID, key: str, request_hash: str, transaction_id: UUID
) -> bool:
    """Take the key for this request; False if it is taken, even by a transaction that has just committed."""
    done = connection.execute(
        """
        insert into public.idempotency_keys (user_id, key, request_hash, transaction_id) values (%s, %s, %s, %s)
        on conflict do nothing
        """,
        [user_id, key, request_hash, transaction_id],
    )
    return done.rowcount == 1


def _lock(connection: type_of_connection, name: str) -> None:
    connection.execute("select pg_advisory_xact_lock(hashtextextended(%s, 0))", [name])
