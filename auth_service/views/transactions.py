"""The ledger over HTTP."""

from typing import Any
from uuid import UUID

from apiflask import APIBlueprint
from flask import Response, request

from auth_service import ledger
from auth_service.documents import answer
from auth_service.schemas.trades import (
    IdempotencyHeader,
    NewTransaction,
    TransactionFilter,
    TransactionHistory,
    TransactionOut,
    TransactionPage,
)
from auth_service.tokens import caller, may_write, signed_in

bp = APIBlueprint("transactions", __name__, url_prefix="/api/v1/transactions", tag="Ledger")


@bp.post("")
@may_write
@bp.input(NewTransaction)
@bp.input(IdempotencyHeader, location="headers")
@bp.output(TransactionOut, status_code=201)
@bp.doc(security="bearer")
def record_transaction(json_data: NewTransaction, headers_data: IdempotencyHeader) -> dict[str, Any]:
    """Record one trade; 422 when it sells more than was held that day.

    An unseen ticker gets its full price history first. With an Idempotency-Key a repeated request gets the first
    answer again and writes nothing.
    """
    return ledger.record(caller().user_id, json_data, headers_data.idempotency_key)


@bp.get("")
@signed_in
@bp.input(TransactionFilter, location="query")
@bp.output(TransactionPage)
@bp.doc(security="bearer")
def list_transactions(query_data: TransactionFilter) -> Response:
    """Transactions as they stand, newest first."""
    return answer(ledger.page(caller().user_id, query_data, request.if_none_match))


@bp.get("/<uuid:transaction_id>")
@signed_in
@bp.output(TransactionOut)
@bp.doc(security="bearer")
def read_transaction(transaction_id: UUID) -> dict[str, Any]:
    """One transaction as it stands."""
    return ledger.read(caller().user_id, transaction_id)


@bp.put("/<uuid:transaction_id>")
@may_write
@bp.input(NewTransaction)
@bp.output(TransactionOut)
@bp.doc(security="bearer")
def revise_transaction(transaction_id: UUID, json_data: NewTransaction) -> dict[str, Any]:
    """Replace a transaction by a new version; 422 when any sale would then exceed what was held."""
    return ledger.revise(caller().user_id, transaction_id, json_data)


@bp.delete("/<uuid:transaction_id>")
@may_write
@bp.output({}, status_code=204)
@bp.doc(security="bearer")
def delete_transaction(transaction_id: UUID) -> str:
    """Delete a transaction; its versions stay in the history."""
    ledger.remove(caller().user_id, transaction_id)
    return ""


@bp.get("/<uuid:transaction_id>/history")
@signed_in
@bp.output(TransactionHistory)
@bp.doc(security="bearer")
def read_history(transaction_id: UUID) -> dict[str, Any]:
    """All versions of one transaction, oldest first."""
    return {"items": ledger.history(caller().user_id, transaction_id), "next_cursor": None}
