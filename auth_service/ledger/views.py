"""The ledger over HTTP."""

from typing import Any
from uuid import UUID

from apiflask import APIBlueprint
from flask import request

from auth_service.figures.answer_cache import Document, Question
from auth_service.http.databases import database
from auth_service.http.etag import versioned
from auth_service.identity.tokens import caller, may_write, signed_in, signed_in_with_version
from auth_service.ledger import renaming, rules, store, trade_checks
from auth_service.ledger.schemas import (
    IdempotencyHeader,
    NewTransaction,
    Renaming,
    RenamingOut,
    TransactionFilter,
    TransactionHistory,
    TransactionOut,
    TransactionPage,
)

bp = APIBlueprint(
    "transactions",
    __name__,
    url_prefix="/api/v1/transactions",
    tag={"name": "Ledger", "description": "Append-only: changed and deleted transactions stay readable."},
)

NO_TRANSACTIONS = b'{"items": [], "next_cursor": null}'
PURCHASE = {
    "ticker": "VTI",
    "side": "BUY",
    "quantity": "12.5",
    "price": "101.25",
    "trade_date": "2024-01-02",
    "fees": "1.50",
    "note": "Monthly savings plan",
}
CHANGED_MEANWHILE = "It was changed meanwhile."
FIRST_UNDONE = "The first request with this Idempotency-Key was undone meanwhile."
NOT_HELD = "There are no transactions in this ticker."


@bp.post("")
@may_write
@bp.input(NewTransaction, example=PURCHASE)
@bp.input(IdempotencyHeader, location="headers")
@bp.output(TransactionOut, status_code=201)
@bp.doc(security="bearer", responses={409: FIRST_UNDONE, **trade_checks.REFUSALS})
def record_transaction(json_data: NewTransaction, headers_data: IdempotencyHeader) -> dict[str, Any]:
    """Record a purchase, a sale, or another entry.

    `type` says what it is, and so which fields it has: docs/ledger.md. Refused when it sells more than its account held
    that day, or leaves a later sale uncovered, and when its price is far outside what was traded, unless confirmed
    (`error` is then `implausible_price`). An unseen ticker gets its full price history first. With an Idempotency-Key a
    repeated request gets the first answer again and writes nothing.
    """
    return rules.record(database(), caller().user_id, json_data, headers_data.idempotency_key)


@bp.get("")
@signed_in_with_version(store.VERSION)
@bp.input(TransactionFilter, location="query")
@bp.output(TransactionPage)
@bp.doc(security="bearer")
@versioned
def list_transactions(query_data: TransactionFilter, version: str | None) -> Document:
    """List transactions, newest first.

    Current versions without deleted transactions. If `next_cursor` is not null, there is another page: request it with
    `cursor` and the same filters.
    """
    selection = vars(rules.selection(query_data))
    question = Question(database(), caller().user_id, store.VERSION, store.PAGE_DOCUMENT, selection)
    return question.unchanged(version, request.if_none_match) or question.anew() or Document(NO_TRANSACTIONS, None)


@bp.post("/rename")
@may_write
@bp.input(Renaming)
@bp.output(RenamingOut)
@bp.doc(security="bearer", responses={404: NOT_HELD, 409: CHANGED_MEANWHILE, **trade_checks.REFUSALS})
def rename_ticker(json_data: Renaming) -> dict[str, Any]:
    """Rename a ticker in all its transactions.

    For a listing with a new symbol. Renames all transactions in one step, each as a new version. Refused if the new
    ticker has another currency or, unless confirmed, very different prices.
    """
    renamed = renaming.rename(database(), caller().user_id, json_data)
    return {"ticker": json_data.ticker, "new_ticker": json_data.new_ticker, "renamed": renamed}


@bp.get("/<uuid:transaction_id>")
@signed_in
@bp.output(TransactionOut)
@bp.doc(security="bearer")
def read_transaction(transaction_id: UUID) -> dict[str, Any]:
    """Read one transaction.

    The latest version; a deleted one is not found, but still has a history.
    """
    return rules.read(database(), caller().user_id, transaction_id)


@bp.put("/<uuid:transaction_id>")
@may_write
@bp.input(NewTransaction, example=PURCHASE)
@bp.output(TransactionOut)
@bp.doc(security="bearer", responses={409: CHANGED_MEANWHILE, **trade_checks.REFUSALS})
def revise_transaction(transaction_id: UUID, json_data: NewTransaction) -> dict[str, Any]:
    """Replace a transaction with a new version.

    The whole transaction is sent, as for recording one; without `account_id` it stays in its account. Refused when any
    sale would then exceed what was held.
    """
    return rules.revise(database(), caller().user_id, transaction_id, json_data)


@bp.delete("/<uuid:transaction_id>")
@may_write
@bp.output({}, status_code=204)
@bp.doc(security="bearer", responses={409: CHANGED_MEANWHILE, 422: "A later sale needs this purchase."})
def delete_transaction(transaction_id: UUID) -> str:
    """Delete a transaction.

    Its versions stay in the history. Refused if a later sale needs this purchase.
    """
    rules.remove(database(), caller().user_id, transaction_id)
    return ""


@bp.get("/<uuid:transaction_id>/history")
@signed_in
@bp.output(TransactionHistory)
@bp.doc(security="bearer")
def read_history(transaction_id: UUID) -> dict[str, Any]:
    """Read all versions of one transaction, oldest first.

    A deletion is the last version, with `is_deleted` true.
    """
    return {"items": rules.history(database(), caller().user_id, transaction_id), "next_cursor": None}
