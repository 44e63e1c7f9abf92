"""The ledger's SQL: append-only, so a transaction's current version is its latest one that is no tombstone."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, LiteralString
from uuid import UUID

import orjson
from psycopg.sql import SQL, Composable, Identifier, Literal, Placeholder

from auth_service.database import type_of_connection
from auth_service.errors import UnauthorizedError
from auth_service.ledger.entry_types import types_with
from auth_service.ledger.oversell import PositionTrade, Shortfall, Split, shortfalls

# What was recorded before there were accounts and types is in its user's first account, and of the type of its side.
ACCOUNT = SQL("coalesce(account_id, user_id)")
TYPE = SQL("coalesce(type, side)")
# Fees and taxes of a type that has none are 0 where they are kept, and nothing where they are told.
COLUMNS = SQL(
    "transaction_id, version, {account} as account_id, {type} as type, ticker, side, quantity, price, amount, "
    "case when {type} = any({with_fees}) then fees end as fees, case when {type} = any({with_taxes}) then taxes end as "
    "taxes, currency, settlement_currency, fx_rate, trade_date, note, group_id, is_deleted, recorded_at"
).format(account=ACCOUNT, type=TYPE, with_fees=Literal(types_with("fees")), with_taxes=Literal(types_with("taxes")))

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
    and (%(accounts)s::text is null or {account}::text = any(string_to_array(%(accounts)s, ',')))
    and (%(types)s::text is null or {type} = any(string_to_array(%(types)s, ',')))
    and (%(from_date)s::date is null or trade_date >= %(from_date)s)
    and (%(to_date)s::date is null or trade_date <= %(to_date)s)
    and (%(before_date)s::date is null or (trade_date, first_entry) < (%(before_date)s, %(before_entry)s))
order by trade_date desc, first_entry desc
limit %(limit)s
""").format(present=PRESENT, columns=COLUMNS, account=ACCOUNT, type=TYPE)

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
                transaction_id, version, account_id, type, ticker, side, quantity::text, price::text, amount::text,
                fees::text, taxes::text, currency, settlement_currency, fx_rate::text, trade_date, note, group_id,
                is_deleted,
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

select {account} as account_id, ticker, trade_date, side, quantity, first_entry as entry
from present
where side is not null and ticker = any(%(tickers)s)
""")
    .format(present=PRESENT, account=ACCOUNT)
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

NEVER_NULL = ("fees", "taxes")


def _or_nothing(name: str, value: Composable) -> Composable:
    return SQL("coalesce({}, 0)").format(value) if name in NEVER_NULL else value


ADDED_COLUMNS = {
    "transaction_id": "uuid",
    "version": "integer",
    "account_id": "uuid",
    "type": "text",
    "ticker": "text",
    "side": "text",
    "quantity": "numeric",
    "price": "numeric",
    "amount": "numeric",
    "fees": "numeric",
    "taxes": "numeric",
    "currency": "text",
    "settlement_currency": "text",
    "fx_rate": "numeric",
    "trade_date": "date",
    "note": "text",
    "group_id": "uuid",
    "is_deleted": "boolean",
}

ADD_VERSION = (
    SQL("""
insert into bronze.transactions (user_id, {names}) values (%(user_id)s, {values})
returning {columns}, entry_number
""")
    .format(
        names=SQL(", ").join(map(Identifier, ADDED_COLUMNS)),
        values=SQL(", ").join(_or_nothing(name, Placeholder(name)) for name in ADDED_COLUMNS),
        columns=COLUMNS,
    )
    .as_string()
)

# In the order of the rows, which is the order of entry.
ADD_VERSIONS = (
    SQL("""
insert into bronze.transactions (user_id, {columns})
select %(user_id)s, {values}
from rows from (json_to_recordset(%(rows)s) as ({typed})) with ordinality as added ({columns}, position)
order by position
returning transaction_id, entry_number
""")
    .format(
        columns=SQL(", ").join(map(Identifier, ADDED_COLUMNS)),
        values=SQL(", ").join(_or_nothing(name, Identifier(name)) for name in ADDED_COLUMNS),
        typed=SQL(", ").join(Identifier(name) + SQL(f" {kind}") for name, kind in ADDED_COLUMNS.items()),
    )
    .as_string()
)

HAS_ENTRIES = """
select exists (select from bronze.transactions where user_id = %s and account_id = %s) as found
"""

COUNT_PRESENT = (
    SQL("""
{present}

select count(*) as entries from present where {account} = %(account_id)s and {type} = any(%(types)s)
""")
    .format(present=PRESENT, account=ACCOUNT, type=TYPE)
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
    accounts: str | None = None  # ids, separated by commas
    types: str | None = None  # names, separated by commas


def lock_transaction(connection: type_of_connection, transaction_id: UUID) -> None:
    """Wait until nobody else revises it, and hold it until this database transaction ends. Taken before positions."""
    _lock(connection, str(transaction_id))


def lock_positions(connection: type_of_connection, user_id: UUID, tickers: Iterable[str | None]) -> None:
    """Wait until nobody else writes these positions, and keep the user, until this database transaction ends.

    An entry without a ticker moves no position.

    Raises:
        UnauthorizedError: The account has been erased since the request began.

    """
    if connection.execute("select from public.users where user_id = %s for key share", [user_id]).rowcount == 0:
        raise UnauthorizedError("This account no longer exists.")
    for ticker in _named(tickers):  # the same order for all, so that no two wait for each other
        _lock(connection, f"{user_id}:{ticker}")


def page(connection: type_of_connection, user_id: UUID, selection: Selection) -> list[Row]:
    """Current transactions, newest first; each row has `first_entry` besides the transaction's columns."""
    return connection.execute(PAGE, {"user_id": user_id} | vars(selection)).fetchall()


def history(connection: type_of_connection, user_id: UUID, transaction_id: UUID) -> list[Row]:
    """All versions, oldest first; empty when the user has no such transaction."""
    return connection.execute(HISTORY, {"user_id": user_id, "transaction_id": transaction_id}).fetchall()


def add_version(connection: type_of_connection, user_id: UUID, version: Row) -> Row:
    """Append one version; the row as it was written, with its `entry_number`."""
    row = connection.execute(ADD_VERSION, dict.fromkeys(ADDED_COLUMNS) | version | {"user_id": user_id}).fetchone()
    if row is None:
        raise LookupError("insert … returning gave no row")
    return row


def add_versions(connection: type_of_connection, user_id: UUID, versions: Sequence[Row]) -> dict[UUID, int]:
    """Append versions in their order, by one statement; the entry number of each transaction."""
    # One document: a hundred thousand values, each adapted by itself, take longer than all the rest.
    added = orjson.dumps([{name: version.get(name) for name in ADDED_COLUMNS} for version in versions], default=str)
    rows = connection.execute(ADD_VERSIONS, {"rows": added.decode(), "user_id": user_id})
    return {row["transaction_id"]: row["entry_number"] for row in rows}


def uncovered_sales(
    connection: type_of_connection, user_id: UUID, tickers: Iterable[str | None]
) -> dict[int, Shortfall]:
    """The present sales that sell more than their account holds on their day, by entry number."""
    wanted = _named(tickers)
    if not wanted:
        return {}
    positions = defaultdict(list)
    for row in connection.execute(POSITION, {"user_id": user_id, "tickers": wanted}):
        positions[row["ticker"], row["account_id"]].append(PositionTrade(**row))
    splits = splits_of(connection, wanted)
    return {
        shortfall.entry: shortfall
        for (ticker, _), trades in positions.items()
        for shortfall in shortfalls(trades, splits[ticker])
    }


def has_entries(connection: type_of_connection, user_id: UUID, account_id: UUID) -> bool:
    """Whether anything was ever recorded in an account other than the first; deleted and moved entries count."""
    row = connection.execute(HAS_ENTRIES, [user_id, account_id]).fetchone()
    return row is None or bool(row["found"])


def count_present(connection: type_of_connection, user_id: UUID, account_id: UUID, types: Iterable[str]) -> int:
    """How many present transactions of these types an account has."""
    wanted = {"user_id": user_id, "account_id": account_id, "types": list(types)}
    row = connection.execute(COUNT_PRESENT, wanted).fetchone()
    return row["entries"] if row else 0


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


def _named(tickers: Iterable[str | None]) -> list[str]:
    return sorted({ticker for ticker in tickers if ticker is not None})


def _lock(connection: type_of_connection, name: str) -> None:
    connection.execute("select pg_advisory_xact_lock(hashtextextended(%s, 0))", [name])
