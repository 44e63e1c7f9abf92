"""Cash over HTTP."""

from uuid import UUID

from apiflask import APIBlueprint
from flask import request

from auth_service.figures import cash
from auth_service.figures.answer_cache import Document
from auth_service.figures.cash_schemas import CashBalanceList, CashFilter, CashStatementList
from auth_service.figures.filters import DateRange
from auth_service.http.etag import versioned
from auth_service.identity.tokens import caller, signed_in

bp = APIBlueprint(
    "cash",
    __name__,
    url_prefix="/api/v1",
    tag={"name": "Cash", "description": "What is in the accounts that keep cash."},
)

KEEPS_NO_CASH = "The account keeps no cash."


@bp.get("/portfolio/cash")
@signed_in
@bp.input(CashFilter, location="query")
@bp.output(CashBalanceList)
@bp.doc(security="bearer")
@versioned
def portfolio_cash(query_data: CashFilter) -> Document:
    """List the cash of each account and currency.

    At the end of each day asked for, oldest first; of the newest one without `from` and `to`. Only accounts that keep
    cash have any.
    """
    return cash.cash(caller().user_id, query_data, request.if_none_match)


@bp.get("/accounts/<uuid:account_id>/statement")
@signed_in
@bp.input(DateRange, location="query")
@bp.output(CashStatementList)
@bp.doc(security="bearer", responses={409: KEEPS_NO_CASH})
@versioned
def account_statement(account_id: UUID, query_data: DateRange) -> Document:
    """Give the statement of an account that keeps cash.

    For each currency the balance before the first day, every movement with the balance after it, and the balance after
    the last day, exact as decimal strings.
    """
    return cash.statement(caller().user_id, account_id, query_data, request.if_none_match)
