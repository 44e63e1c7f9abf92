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
from auth_service.ledger import accounts, store
from auth_service.ledger.oversell import Shortfall
from auth_service.ledger.schemas import Entry, NewTransaction, Trade, TransactionFilter
from auth_service.ledger.settlements import known_rates, refuse_half_a_settlement, refuse_unlike_rate
from auth_service.ledger.store import Row, Selection
from auth_service.ledger.trade_checks import (
    currency_on,
    listing_with_history,
    payment_currency,
    ranges_near,
    refuse_future,
    refuse_future_payment,
    refuse_implausible,
)
from auth_service.quoting import amount_text
from ingestion.prices.price_refresh import TickerInfo

LATER_FIELDS = ("settlement_currency", "fx_rate", "type", "account_id", "amount", "taxes")
NO_SUCH_TRANSACTION = "There is no such transaction."


def record(database: Database, user_id: UUID, wanted: NewTransaction, idempotency_key: str | None = None) -> Row:
    """Record one entry; an unseen ticker gets its price history first, in transactions of its own.

    Raises:
        InvalidRequestError: The account or ticker is unknown, the entry not one that the account can have or
            implausible, or it sells more than is held.
        UnavailableError: The ticker is unseen and the provider cannot be asked; nothing was written.

    """
    request_hash = hash_of(wanted)
    if idempotency_key and (answer := _first_answer(database, user_id, idempotency_key, request_hash)):
        return answer
    version = _checked_version(database, user_id, wanted)
    with database.transaction(user_id) as connection:
        store.lock_positions(connection, user_id, [wanted.ticker])
        _hold_account(connection, user_id, wanted)
        if not idempotency_key or store.remember_request(
            connection, user_id, idempotency_key, request_hash, version["transaction_id"]
        ):
            return _append(connection, user_id, version, {wanted.ticker}, "record this")
    if answer := _first_answer(database, user_id, idempotency_key or "", request_hash):
        return answer
    raise ConflictError("The first request with this Idempotency-Key has just failed. Send it again.")


def revise(database: Database, user_id: UUID, transaction_id: UUID, wanted: NewTransaction) -> Row:
    """Replace a transaction by a new version; all versions stay readable. It keeps its account unless told another.

    Raises:
        NotFoundError: The user has no such transaction, or it is deleted.
        InvalidRequestError: As for `record`, and for any later day.

    """
    present = read(database, user_id, transaction_id)
    if wanted.account_id is None:
        wanted = wanted.model_copy(update={"account_id": present["account_id"]})
    checked = _checked_version(database, user_id, wanted)
    with database.transaction(user_id) as connection:
        latest = _lock_latest(connection, user_id, transaction_id, wanted.ticker)
        _hold_account(connection, user_id, wanted)
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


def first_version(entry: Entry, currency: str) -> Row:
    """The ledger row of a new transaction."""
    of_type = {"type": entry.of_type, "side": entry.of_type if entry.entry_type.moves_units else None}
    return (
        entry.model_dump(exclude={"confirm"})
        | of_type
        | {
            "transaction_id": uuid4(),
            "version": 1,
            "currency": currency,
            "is_deleted": False,
        }
    )


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
    dates = wanted.from_date, wanted.to_date
    chosen = [",".join(map(str, several)) or None for several in (wanted.account, wanted.type)]
    return Selection(wanted.limit + 1, wanted.ticker, *dates, before_date, before_entry, *chosen)


def _checked_version(database: Database, user_id: UUID, wanted: NewTransaction) -> Row:
    with database.transaction(user_id) as connection:
        account = _hold_account(connection, user_id, wanted)
    listed = listing_with_history(database, wanted.ticker, user_id) if wanted.ticker else None
    if listed is not None and wanted.entry_type.moves_units:
        currency = _checked_trade(database, wanted.trade, listed, confirmed=wanted.confirm)
    else:
        refuse_future_payment(wanted)
        currency = payment_currency(wanted, account["currency"], listed)
    return first_version(wanted, currency)


def _checked_trade(database: Database, trade: Trade, listed: TickerInfo, *, confirmed: bool) -> str:
    """The currency of a trade with which nothing is wrong."""
    currency = currency_on(trade, listed)
    refuse_future(trade, listed)
    refuse_half_a_settlement(trade, currency)
    if not confirmed:
        refuse_implausible(trade, ranges_near(database, [trade])[0])
        refuse_unlike_rate(trade, currency, known_rates(database, [(trade, currency)])[0])
    return currency


def _hold_account(connection: type_of_connection, user_id: UUID, wanted: Entry) -> Row:
    """The account of an entry that it can have, kept as it is until this database transaction ends."""
    account = accounts.hold(connection, user_id, [wanted.account_id])[wanted.account_id]
    accounts.refuse_unfit(account, wanted.entry_type)
    return account


def hash_of(wanted: NewTransaction) -> str:
    """A request's hash, which no update changes: a field that entries gained later counts only when it is given."""
    left_out = {name for name in LATER_FIELDS if getattr(wanted, name) is None}
    said = wanted.model_dump(mode="json", exclude=left_out)
    # It was 0 where it was left out.
    return sha256(orjson.dumps(said | {"fees": said["fees"] or "0"})).hexdigest()


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


def _lock_latest(connection: type_of_connection, user_id: UUID, transaction_id: UUID, *more_tickers: str | None) -> Row:
    """The latest version, which stays the latest, its position and account locked until this transaction ends."""
    store.lock_transaction(connection, transaction_id)
    versions = store.history(connection, user_id, transaction_id)
    if not versions or versions[-1]["is_deleted"]:
        raise NotFoundError(NO_SUCH_TRANSACTION)
    store.lock_positions(connection, user_id, {versions[-1]["ticker"], *more_tickers})
    if len(store.history(connection, user_id, transaction_id)) > len(versions):  # its ticker was renamed
        raise ConflictError("This transaction was changed meanwhile. Look at it again, then repeat the change.")
    account_id = versions[-1]["account_id"]
    accounts.refuse_closed(accounts.hold(connection, user_id, [account_id])[account_id])
    return versions[-1] | {"first_entry": versions[0]["entry_number"]}


def _append(connection: type_of_connection, user_id: UUID, version: Row, tickers: set[str | None], action: str) -> Row:
    """Append a version, unless by it a sale exceeds what is held; what splits found later broke is not its fault."""
    before = store.uncovered_sales(connection, user_id, tickers)
    row = store.add_version(connection, user_id, version)
    own_entry = version.get("first_entry", row["entry_number"])
    for entry, shortfall in store.uncovered_sales(connection, user_id, tickers).items():
        if entry == own_entry or entry not in before:
            message = _sentence(shortfall, action, user_id, is_own=entry == own_entry)
            raise InvalidRequestError.about("quantity", message)
    return row


def _sentence(shortfall: Shortfall, action: str, user_id: UUID, *, is_own: bool) -> str:
    sale = f"{amount_text(shortfall.quantity)} {shortfall.ticker} on {shortfall.trade_date}"
    held = f"{amount_text(shortfall.held)} held that day{in_which(shortfall, user_id)}"
    if is_own:
        return f"Cannot sell {sale}: {held}. Record the missing purchase first, or lower the quantity."
    return f"Cannot {action}: the later sale of {sale} would exceed the {held}. Change that sale first."


def in_which(shortfall: Shortfall, user_id: UUID) -> str:
    """For a sentence about what was held: nothing where it is the first account, which may be the only one."""
    return "" if shortfall.account_id in (None, user_id) else " in that account"


def _read_cursor(cursor: str | None) -> tuple[date | None, int | None]:
    if cursor is None:
        return None, None
    day, _, entry = cursor.partition(".")
    try:
        return date.fromisoformat(day), int(entry)
    except ValueError:
        message = f"The cursor {cursor!r} is not valid. Start again without it."
        raise InvalidRequestError.about("cursor", message) from None
