"""The ledger's rules: what may be recorded, revised and removed.

Every write appends a version, then checks the resulting position: if any sale sells more than is held on its day, the
database transaction is rolled back. An advisory lock per user and ticker makes writers take turns.
"""

from datetime import date
from hashlib import sha256
from uuid import UUID, uuid4

import orjson

from auth_service.database import Database, type_of_connection
from auth_service.errors import ConflictError, InvalidRequestError, NotFoundError
from auth_service.ledger import store
from auth_service.ledger.oversell import Shortfall
from auth_service.ledger.schemas import NewTransaction, Trade, TransactionFilter
from auth_service.ledger.settlements import known_rates, refuse_half_a_settlement, refuse_unlike_rate
from auth_service.ledger.store import Row, Selection
from auth_service.ledger.trade_checks import (
    currency_on,
    listing_with_history,
    ranges_near,
    refuse_future,
    refuse_implausible,
)
from auth_service.quoting import amount_text

LATER_FIELDS = ("settlement_currency", "fx_rate")
NO_SUCH_TRANSACTION = "Transaction not found."


def record(database: Database, user_id: UUID, wanted: NewTransaction, idempotency_key: str | None = None) -> Row:
    """Record one trade; an unseen ticker gets its price history first, in separate transactions.

    Raises:
        InvalidRequestError: The ticker is unknown, the trade implausible, or it sells more than is held.
        UnavailableError: The ticker is unseen and the provider is unavailable; nothing was written.

    """
    request_hash = _hash(wanted)
    if idempotency_key and (answer := _first_answer(database, user_id, idempotency_key, request_hash)):
        return answer
    version = _checked_version(database, user_id, wanted)
    with database.transaction(user_id) as connection:
        store.lock_positions(connection, user_id, [wanted.ticker])
        if not idempotency_key or store.remember_request(
            connection, user_id, idempotency_key, request_hash, version["transaction_id"]
        ):
            return _append(connection, user_id, version, {wanted.ticker}, "record this")
    if answer := _first_answer(database, user_id, idempotency_key or "", request_hash):
        return answer
    raise ConflictError("The first request with this Idempotency-Key has just failed. Send it again.")


def revise(database: Database, user_id: UUID, transaction_id: UUID, wanted: NewTransaction) -> Row:
    """Replace a transaction with a new version; all versions stay readable.

    Raises:
        NotFoundError: The user has no such transaction, or it is deleted.
        InvalidRequestError: As for `record`, and for any later day.

    """
    read(database, user_id, transaction_id)
    checked = _checked_version(database, user_id, wanted)
    with database.transaction(user_id) as connection:
        latest = _lock_latest(connection, user_id, transaction_id, wanted.ticker)
        kept = {"transaction_id": transaction_id, "first_entry": latest["first_entry"]}
        version = checked | kept | {"version": latest["version"] + 1}
        return _append(connection, user_id, version, {latest["ticker"], wanted.ticker}, "change this transaction")


def remove(database: Database, user_id: UUID, transaction_id: UUID) -> None:
    """Append a tombstone.

    Raises:
        NotFoundError: The user has no such transaction, or it is deleted already.
        InvalidRequestError: A later sale needs this purchase.

    """
    with database.transaction(user_id) as connection:
        latest = _lock_latest(connection, user_id, transaction_id)
        tombstone = latest | {"version": latest["version"] + 1, "is_deleted": True}
        _append(connection, user_id, tombstone, {latest["ticker"]}, "delete this transaction")


def first_version(trade: Trade, currency: str) -> Row:
    """The ledger row for a new transaction."""
    return trade.model_dump(exclude={"confirm"}) | {
        "transaction_id": uuid4(),
        "version": 1,
        "currency": currency,
        "is_deleted": False,
    }


def read(database: Database, user_id: UUID, transaction_id: UUID) -> Row:
    """The current version.

    Raises:
        NotFoundError: The user has no such transaction, or it is deleted.

    """
    latest = history(database, user_id, transaction_id)[-1]
    if latest["is_deleted"]:
        raise NotFoundError(NO_SUCH_TRANSACTION)
    return latest


def history(database: Database, user_id: UUID, transaction_id: UUID) -> list[Row]:
    """All versions, oldest first, tombstones included.

    Raises:
        NotFoundError: The user never had such a transaction.

    """
    with database.transaction(user_id) as connection:
        versions = store.history(connection, user_id, transaction_id)
    if not versions:
        raise NotFoundError(NO_SUCH_TRANSACTION)
    return versions


def selection(wanted: TransactionFilter) -> Selection:
    """The transactions for a page; one extra row tells whether there is a next page.

    Raises:
        InvalidRequestError: The cursor is not one of ours.

    """
    before_date, before_entry = _read_cursor(wanted.cursor)
    return Selection(wanted.limit + 1, wanted.ticker, wanted.from_date, wanted.to_date, before_date, before_entry)


def _checked_version(database: Database, user_id: UUID, wanted: NewTransaction) -> Row:
    listed = listing_with_history(database, wanted.ticker, user_id)
    currency = currency_on(wanted, listed)
    refuse_future(wanted, listed)
    refuse_half_a_settlement(wanted, currency)
    if not wanted.confirm:
        refuse_implausible(wanted, ranges_near(database, [wanted])[0])
        refuse_unlike_rate(wanted, currency, known_rates(database, [(wanted, currency)])[0])
    return first_version(wanted, currency)


def _hash(wanted: NewTransaction) -> str:
    """A request's hash, stable across updates: a field that trades gained later counts only if it is given."""
    left_out = {name for name in LATER_FIELDS if getattr(wanted, name) is None}
    return sha256(orjson.dumps(wanted.model_dump(mode="json", exclude=left_out))).hexdigest()


def _first_answer(database: Database, user_id: UUID, key: str, request_hash: str) -> Row | None:
    """The answer to the key's first request; None for a new key."""
    with database.transaction(user_id) as connection:
        remembered = store.remembered_request(connection, user_id, key)
        if remembered is None:
            return None
        versions = store.history(connection, user_id, remembered[1])
    if remembered[0] != request_hash:
        message = (
            f"The Idempotency-Key {key!r} was already used for another request. Use a new key for a new transaction."
        )
        raise InvalidRequestError.about("Idempotency-Key", message)
    return versions[0]


def _lock_latest(connection: type_of_connection, user_id: UUID, transaction_id: UUID, *more_tickers: str) -> Row:
    """The latest version, locked with its position until this transaction ends."""
    store.lock_transaction(connection, transaction_id)
    versions = store.history(connection, user_id, transaction_id)
    if not versions or versions[-1]["is_deleted"]:
        raise NotFoundError(NO_SUCH_TRANSACTION)
    store.lock_positions(connection, user_id, {versions[-1]["ticker"], *more_tickers})
    if len(store.history(connection, user_id, transaction_id)) > len(versions):  # its ticker was renamed
        raise ConflictError("This transaction has just changed. Check it, then repeat your change.")
    return versions[-1] | {"first_entry": versions[0]["entry_number"]}


def _append(connection: type_of_connection, user_id: UUID, version: Row, tickers: set[str], action: str) -> Row:
    """Append a version, unless it makes a sale exceed the holding; what later-found splits broke doesn't count."""
    before = store.uncovered_sales(connection, user_id, tickers)
    row = store.add_version(connection, user_id, version)
    own_entry = version.get("first_entry", row["entry_number"])
    for entry, shortfall in store.uncovered_sales(connection, user_id, tickers).items():
        if entry == own_entry or entry not in before:
            message = _sentence(shortfall, action, is_own=entry == own_entry)
            raise InvalidRequestError.about("quantity", message)
    return row


def _sentence(shortfall: Shortfall, action: str, *, is_own: bool) -> str:
    sale = f"{amount_text(shortfall.quantity)} {shortfall.ticker} on {shortfall.trade_date}"
    held = amount_text(shortfall.held)
    if is_own:
        return f"Cannot sell {sale}: {held} held that day. Record the missing purchase first, or lower the quantity."
    return f"Cannot {action}: the later sale of {sale} would exceed the {held} held that day. Change that sale first."


def _read_cursor(cursor: str | None) -> tuple[date | None, int | None]:
    if cursor is None:
        return None, None
    day, _, entry = cursor.partition(".")
    try:
        return date.fromisoformat(day), int(entry)
    except ValueError:
        message = f"The cursor {cursor!r} is not valid. Start again without it."
        raise InvalidRequestError.about("cursor", message) from None
