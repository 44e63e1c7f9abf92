"""Accounts over HTTP."""

from typing import Any
from uuid import UUID

from apiflask import APIBlueprint

from auth_service.http.databases import database
from auth_service.identity.tokens import caller, may_write, signed_in
from auth_service.ledger import accounts
from auth_service.ledger.account_schemas import AccountChange, AccountList, AccountOut, NewAccount

bp = APIBlueprint(
    "accounts",
    __name__,
    url_prefix="/api/v1/accounts",
    tag={"name": "Accounts", "description": "Where entries are kept; everybody has one from the start."},
)

NAME_TAKEN = "Another account has this name, or there are as many as one person may have."
NAME_TAKEN_OR_CASH = "Another account has this name, or deposits and withdrawals keep it from giving up its cash."
IN_USE = "It is the first account, or something was recorded in it: close it instead."


@bp.get("")
@signed_in
@bp.output(AccountList)
@bp.doc(security="bearer")
def list_accounts() -> dict[str, Any]:
    """List the accounts.

    The first one, under the user's own id, then the others by their age; closed ones too.
    """
    return {"items": accounts.listed(database(), caller().user_id), "next_cursor": None}


@bp.post("")
@may_write
@bp.input(NewAccount)
@bp.output(AccountOut, status_code=201)
@bp.doc(security="bearer", responses={409: NAME_TAKEN})
def open_account(json_data: NewAccount) -> dict[str, Any]:
    """Open an account.

    Names are told apart whatever their case. 100 accounts at most.
    """
    return accounts.add(database(), caller().user_id, json_data)


@bp.get("/<uuid:account_id>")
@signed_in
@bp.output(AccountOut)
@bp.doc(security="bearer")
def read_account(account_id: UUID) -> dict[str, Any]:
    """Read one account.

    Closed accounts can be read too.
    """
    return accounts.read(database(), caller().user_id, account_id)


@bp.patch("/<uuid:account_id>")
@may_write
@bp.input(AccountChange)
@bp.output(AccountOut)
@bp.doc(security="bearer", responses={409: NAME_TAKEN_OR_CASH})
def change_account(account_id: UUID, json_data: AccountChange) -> dict[str, Any]:
    """Rename, close or reopen an account, or change whether it keeps cash.

    Keeping cash counts for its whole history, so all figures are computed anew. It can't be turned off while there are
    deposits or withdrawals in it.
    """
    return accounts.change(database(), caller().user_id, account_id, json_data)


@bp.delete("/<uuid:account_id>")
@may_write
@bp.output({}, status_code=204)
@bp.doc(security="bearer", responses={409: IN_USE})
def delete_account(account_id: UUID) -> str:
    """Delete an account that was never used.

    One with transactions, deleted ones too, can only be closed; so can the first one.
    """
    accounts.remove(database(), caller().user_id, account_id)
    return ""
