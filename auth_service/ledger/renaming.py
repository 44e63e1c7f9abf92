"""A ticker that is called otherwise from now on: all of its transactions move at once, those of closed accounts too.

One by one they could not: without the purchases, a sale is covered neither under the old name nor under the new one.
"""

from uuid import UUID

from auth_service.database import Database
from auth_service.errors import ConflictError, InvalidRequestError, NotFoundError
from auth_service.ledger import store
from auth_service.ledger.rules import in_which
from auth_service.ledger.schemas import Renaming, Trade
from auth_service.ledger.store import Row, Selection
from auth_service.ledger.trade_checks import currency_on, listing_with_history, ranges_near, refuse_implausible
from auth_service.quoting import amount_text
from ingestion.prices.price_refresh import TickerInfo


def rename(database: Database, user_id: UUID, wanted: Renaming) -> int:
    """Append a version with the new ticker to each of the old ticker's transactions; returns how many.

    Raises:
        NotFoundError: The user has no transactions in the old ticker.
        InvalidRequestError: The new ticker is unknown or quoted in another currency, a price is implausible for it, or
            a sale would exceed what is held.
        ConflictError: The transactions were changed in the meantime.

    """
    listed = listing_with_history(database, wanted.new_ticker, user_id, field="new_ticker")
    seen = _present(database, user_id, wanted.ticker)
    _check(database, seen, wanted, listed)
    tickers = {wanted.ticker, wanted.new_ticker}
    with database.transaction(user_id) as connection:
        store.lock_positions(connection, user_id, tickers)
        rows = store.page(connection, user_id, Selection(limit=None, ticker=wanted.ticker))
        if rows != seen:
            raise ConflictError(f"Transactions in {wanted.ticker} have just changed. Try again.")
        before = store.uncovered_sales(connection, user_id, tickers)
        renamed = [row | {"version": row["version"] + 1, "ticker": wanted.new_ticker} for row in rows]
        store.add_versions(connection, user_id, renamed)
        after = store.uncovered_sales(connection, user_id, tickers)
        for shortfall in (after[entry] for entry in after.keys() - before.keys()):
            sold, held = amount_text(shortfall.quantity), amount_text(shortfall.held)
            raise InvalidRequestError.about(
                "new_ticker",
                f"Cannot rename {wanted.ticker}: the sale of {sold} on {shortfall.trade_date} would exceed the {held} "
                f"{wanted.new_ticker} held that day{in_which(shortfall, user_id)}, by the splits of "
                f"{wanted.new_ticker}.",
            )
    return len(rows)


def _present(database: Database, user_id: UUID, ticker: str) -> list[Row]:
    with database.transaction(user_id) as connection:
        rows = store.page(connection, user_id, Selection(limit=None, ticker=ticker))
    if not rows:
        raise NotFoundError(
            f"You have no transactions in {ticker}.", fields={"ticker": f"You have no transactions in {ticker}."}
        )
    return rows


def _check(database: Database, rows: list[Row], wanted: Renaming, listed: TickerInfo) -> None:
    """Refuse what an edit of a single row would refuse."""
    columns = ("side", "quantity", "price", "trade_date", "fees", "currency", "settlement_currency", "fx_rate")
    trades = [
        Trade.model_validate({name: row[name] for name in columns} | {"ticker": listed.ticker})
        for row in rows
        if row["side"] is not None
    ]
    ranges = [None] * len(trades) if wanted.confirm else ranges_near(database, trades)
    for trade, traded in zip(trades, ranges, strict=True):
        currency_on(trade, listed)
        refuse_implausible(trade, traded)
