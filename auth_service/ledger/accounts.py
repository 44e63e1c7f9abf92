"""A user's accounts: the first is there from the start, under the user's own id, and others may be added.

Whoever writes an entry keeps its account as it is until the entry is committed, so that nobody closes it, or stops its
keeping cash, at the same moment.
"""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from psycopg.sql import SQL

from auth_service.database import Database, type_of_connection
from auth_service.errors import ConflictError, InvalidRequestError, NotFoundError, UnauthorizedError
from auth_service.ledger import store
from auth_service.ledger.account_schemas import AccountChange, NewAccount
from auth_service.ledger.entry_types import NEED_CASH, EntryType

MOST = 100  # of each user
FIRST_NAME = "Main"
NO_SUCH_ACCOUNT = "There is no such account."

COLUMNS = SQL("account_id, name, currency, tracks_cash, is_closed, created_at")
LIST = SQL("""
select {columns} from public.accounts
where user_id = %s
order by account_id <> user_id, created_at, account_id
""").format(columns=COLUMNS)
ADD = SQL("""
insert into public.accounts (account_id, user_id, name, currency, tracks_cash)
select
    coalesce(%(account_id)s, gen_random_uuid()), %(user_id)s, %(name)s, coalesce(%(currency)s, first.currency),
    %(tracks_cash)s
from public.accounts as first
where first.account_id = %(user_id)s
returning {columns}
""").format(columns=COLUMNS)
CHANGE = SQL("""
update public.accounts
set
    name = coalesce(%(name)s, name),
    currency = coalesce(%(currency)s, currency),
    tracks_cash = coalesce(%(tracks_cash)s, tracks_cash),
    is_closed = coalesce(%(is_closed)s, is_closed)
where user_id = %(user_id)s and account_id = %(account_id)s
returning {columns}
""").format(columns=COLUMNS)
HELD = SQL("""
select {columns} from public.accounts
where user_id = %s and account_id = any(%s)
order by account_id
for share
""").format(columns=COLUMNS)
# A change, unlike an entry, waits for whoever holds the account.
TAKEN = SQL("""
select {columns} from public.accounts where user_id = %s and account_id = %s for update
""").format(columns=COLUMNS)

Row = dict[str, Any]


def open_first(connection: type_of_connection, user_id: UUID, currency: str) -> None:
    """Give a new user the account that everybody has, in a transaction that runs on behalf of `user_id`."""
    connection.execute(
        "insert into public.accounts (account_id, user_id, name, currency) values (%s, %s, %s, %s)",
        [user_id, user_id, FIRST_NAME, currency],
    )


def listed(database: Database, user_id: UUID) -> list[Row]:
    """Every account of the user, the first one first."""
    with database.transaction(user_id) as connection:
        return connection.execute(LIST, [user_id]).fetchall()


def read(database: Database, user_id: UUID, account_id: UUID) -> Row:
    """One account.

    Raises:
        NotFoundError: The user has no such account.

    """
    for account in listed(database, user_id):
        if account["account_id"] == account_id:
            return account
    raise NotFoundError(NO_SUCH_ACCOUNT)


def add(database: Database, user_id: UUID, wanted: NewAccount) -> Row:
    """Open an account.

    Raises:
        ConflictError: The user has one of this name, or as many as one may have.

    """
    with database.transaction(user_id) as connection:
        return open_another(connection, user_id, wanted)


def open_another(
    connection: type_of_connection, user_id: UUID, wanted: NewAccount, account_id: UUID | None = None
) -> Row:
    """The same, in a transaction that runs on behalf of `user_id`; under an id of its own unless one is given."""
    others = _in_turn(connection, user_id)
    if len(others) >= MOST:
        raise ConflictError(f"You have {MOST} accounts, the most there can be. Delete one that you don't use first.")
    _refuse_taken_name(wanted.name, others)
    row = connection.execute(ADD, wanted.model_dump() | {"user_id": user_id, "account_id": account_id}).fetchone()
    if row is None:
        raise UnauthorizedError("This account no longer exists.")
    return row


def change(database: Database, user_id: UUID, account_id: UUID, wanted: AccountChange) -> Row:
    """Change what is given of an account.

    Raises:
        NotFoundError: The user has no such account.
        ConflictError: Another one has this name, or it cannot stop keeping cash.

    """
    with database.transaction(user_id) as connection:
        others = [other for other in _in_turn(connection, user_id) if other["account_id"] != account_id]
        account = _take(connection, user_id, account_id)
        if wanted.name is not None:
            _refuse_taken_name(wanted.name, others)
        if account["tracks_cash"] and wanted.tracks_cash is False:
            _refuse_cash_left_behind(connection, user_id, account)
        row = connection.execute(
            CHANGE, wanted.model_dump() | {"user_id": user_id, "account_id": account_id}
        ).fetchone()
    if row is None:
        raise NotFoundError(NO_SUCH_ACCOUNT)
    return row


def remove(database: Database, user_id: UUID, account_id: UUID) -> None:
    """Delete an account in which nothing was ever recorded.

    Raises:
        NotFoundError: The user has no such account.
        ConflictError: It is the user's first one, or something was recorded in it.

    """
    with database.transaction(user_id) as connection:
        _in_turn(connection, user_id)
        name = _take(connection, user_id, account_id)["name"]
        if account_id == user_id:
            raise ConflictError(
                f"{name} is your first account, which takes every entry that names none, so it can't be deleted. "
                "Rename or close it instead."
            )
        if store.has_entries(connection, user_id, account_id):
            raise ConflictError(
                f"{name} has transactions, or had some: their history stays, so it can't be deleted. Close it instead."
            )
        connection.execute("delete from public.accounts where user_id = %s and account_id = %s", [user_id, account_id])


def hold(connection: type_of_connection, user_id: UUID, account_ids: Iterable[UUID | None]) -> dict[UUID | None, Row]:
    """The accounts by their ids, kept as they are until this database transaction ends; None is the first one.

    Raises:
        InvalidRequestError: The user has no such account.
        UnauthorizedError: The user has been erased since the request began.

    """
    wanted = set(account_ids)
    rows = connection.execute(HELD, [user_id, [account_id or user_id for account_id in wanted]]).fetchall()
    found = {row["account_id"]: row for row in rows}
    if missing := [str(account_id) for account_id in wanted if (account_id or user_id) not in found]:
        if connection.execute("select from public.accounts where account_id = %s", [user_id]).rowcount == 0:
            raise UnauthorizedError("This account no longer exists.")  # erased since the request began
        raise InvalidRequestError.about("account_id", f"You have no account {missing[0]}.")
    return {account_id: found[account_id or user_id] for account_id in wanted}


def refuse_closed(account: Row) -> None:
    """Refuse whatever would change what is recorded in a closed account.

    Raises:
        InvalidRequestError: It is closed.

    """
    if account["is_closed"]:
        message = f"The account {account['name']} is closed. Reopen it first, or choose another one."
        raise InvalidRequestError.about("account_id", message)


def refuse_unfit(account: Row, entry_type: EntryType) -> None:
    """Refuse an entry that the account cannot have.

    Raises:
        InvalidRequestError: It is closed, or the entry needs cash and the account keeps none.

    """
    refuse_closed(account)
    if entry_type.needs_cash and not account["tracks_cash"]:
        raise InvalidRequestError.about(
            "account_id",
            f"{entry_type.told_as} needs an account that keeps track of cash, and {account['name']} doesn't. "
            "Turn that on for the account first, or choose another one.",
        )


def _in_turn(connection: type_of_connection, user_id: UUID) -> list[Row]:
    """The user's accounts, while nobody else adds, renames or removes one."""
    if connection.execute("select from public.users where user_id = %s for no key update", [user_id]).rowcount == 0:
        raise UnauthorizedError("This account no longer exists.")
    return connection.execute(LIST, [user_id]).fetchall()


def _take(connection: type_of_connection, user_id: UUID, account_id: UUID) -> Row:
    row = connection.execute(TAKEN, [user_id, account_id]).fetchone()
    if row is None:
        raise NotFoundError(NO_SUCH_ACCOUNT)
    return row


def _refuse_taken_name(name: str, others: Iterable[Row]) -> None:
    if any(other["name"].lower() == name.lower() for other in others):
        raise ConflictError(
            f"You have an account named {name} already. Choose another name.", fields={"name": "is taken"}
        )


def _refuse_cash_left_behind(connection: type_of_connection, user_id: UUID, account: Row) -> None:
    left = store.count_present(connection, user_id, account["account_id"], NEED_CASH)
    if left:
        raise ConflictError(
            f"{account['name']} has {left} deposits and withdrawals, which mean nothing without cash. Delete them or "
            "move them to another account first.",
            fields={"tracks_cash": "can't be turned off while there are deposits or withdrawals"},
        )
