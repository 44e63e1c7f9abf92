"""Which account a file's row is in, by the name that the file gives it."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

from pydantic import ValidationError

from auth_service.database import type_of_connection
from auth_service.errors import ConflictError, InvalidRequestError
from auth_service.ledger import accounts
from auth_service.ledger.account_schemas import NewAccount
from auth_service.ledger.entry_types import NEED_CASH
from auth_service.ledger.imports.rows import RefusedRowError
from auth_service.ledger.schemas import Entry
from auth_service.quoting import shortened

Row = dict[str, Any]


@dataclass
class AccountNames:
    """The user's accounts by name, and those that the import opens.

    Args:
        known: The user's accounts, the first one first.
        creates: Whether a name that is not known means a new account.

    """

    known: list[Row]
    creates: bool
    opened: dict[UUID, NewAccount] = field(default_factory=dict)

    def id_of(self, name: str) -> UUID | None:
        """The account of this name in whatever case; None, the first account, without a name.

        Raises:
            RefusedRowError: There is none, and none is to be opened.

        """
        if not name:
            return None
        there: dict[str, UUID] = {row["name"].lower(): row["account_id"] for row in self.known}
        there |= {wanted.name.lower(): account_id for account_id, wanted in self.opened.items()}
        if name.lower() in there:
            return there[name.lower()]
        if not self.creates:
            told = shortened(name)
            raise RefusedRowError(f"There is no account named {told}. Open it first, or import with create_accounts.")
        try:
            wanted = NewAccount.model_validate({"name": name})
        except ValidationError as refusal:
            raise RefusedRowError(f"account: {refusal.errors()[0]['msg']}") from refusal
        account_id = uuid4()
        self.opened[account_id] = wanted
        return account_id

    def keep_cash(self, entries: Iterable[Entry]) -> None:
        """Have those that are opened keep cash where something needs it: a deposit or a withdrawal."""
        for entry in entries:
            if entry.account_id in self.opened and entry.of_type in NEED_CASH:
                wanted = self.opened[entry.account_id]
                self.opened[entry.account_id] = wanted.model_copy(update={"tracks_cash": True})

    def row(self, account_id: UUID | None) -> Row:
        """The account as it is, or will be."""
        first = self.known[0]
        if account_id in self.opened:
            wanted = self.opened[account_id]
            return first | {"account_id": account_id, "is_closed": False} | wanted.model_dump(exclude={"currency"})
        return next((row for row in self.known if row["account_id"] == account_id), first)

    def open(self, connection: type_of_connection, user_id: UUID) -> None:
        """Open what is to be opened, in the transaction of the import.

        Raises:
            InvalidRequestError: There would be too many, or one of the name was opened meanwhile.

        """
        try:
            for account_id, wanted in self.opened.items():
                accounts.open_another(connection, user_id, wanted, account_id)
        except ConflictError as refusal:
            raise InvalidRequestError.about("account", refusal.message) from refusal
