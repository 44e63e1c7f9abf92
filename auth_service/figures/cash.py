"""Cash in the accounts that keep it: balances by day, and what a broker's statement says."""

from uuid import UUID

from werkzeug.datastructures import ETags

from auth_service.errors import ConflictError
from auth_service.figures import queries
from auth_service.figures.answer_cache import Document, document_of_models
from auth_service.figures.cash_schemas import CashFilter
from auth_service.figures.filters import DateRange
from auth_service.figures.portfolio import NO_ITEMS, VERSION
from auth_service.http.databases import database
from auth_service.ledger import accounts

CASH = queries.items("cash.sql")
STATEMENT = queries.query("statement.sql")


def cash(user_id: UUID, wanted: CashFilter, known: ETags) -> Document:
    """Balances of the wanted days, by account and currency; of the newest one where none are given."""
    chosen = ",".join(map(str, wanted.account)) or None
    values = {"accounts": chosen, "from_date": wanted.from_date, "to_date": wanted.to_date}
    return document_of_models(user_id, VERSION, CASH, values, known) or Document(NO_ITEMS, None)


def statement(user_id: UUID, account_id: UUID, wanted: DateRange, known: ETags) -> Document:
    """Opening balance, movements and closing balance of an account by currency.

    Raises:
        NotFoundError: The user has no such account.
        ConflictError: It keeps no cash.

    """
    account = accounts.read(database(), user_id, account_id)
    if not account["tracks_cash"]:
        raise ConflictError(
            f"{account['name']} keeps no cash, so there is no statement of it. Turn it on first: "
            f'PATCH /api/v1/accounts/{account_id} with {{"tracks_cash": true}}.'
        )
    values = {"account_id": account_id, "from_date": wanted.from_date, "to_date": wanted.to_date}
    return document_of_models(user_id, VERSION, STATEMENT, values, known) or Document(NO_ITEMS, None)
