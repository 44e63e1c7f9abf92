"""The ledger as a CSV file, out and in."""

from typing import Any

from apiflask import APIBlueprint
from flask import Response, current_app, request

from auth_service import ledger_csv
from auth_service.schemas.trades import ImportOptions, ImportOutcome
from auth_service.tokens import caller, may_write, signed_in

bp = APIBlueprint("transfer", __name__, url_prefix="/api/v1/transactions", tag="Import and export")

CSV_FILE: dict[str, Any] = {"text/csv": {"schema": {"type": "string"}}}


@bp.get("/export")
@signed_in
@bp.doc(security="bearer", responses={200: "A CSV file"})
def export_transactions() -> Response:
    """All transactions as they stand, oldest first, as CSV that the import takes back unchanged."""
    return Response(
        ledger_csv.export(caller().user_id),
        mimetype="text/csv",
        headers={"Content-Disposition": 'attachment; filename="transactions.csv"'},
    )


@bp.post("/import")
@may_write
@bp.input(ImportOptions, location="query")
@bp.output(ImportOutcome)
@bp.doc(security="bearer")
def import_transactions(query_data: ImportOptions) -> dict[str, Any]:
    """Add the trades of a CSV file, all or none; 422 lists every bad line by its number.

    The body is the file. Columns: ticker, side, quantity, price, trade_date, and if wanted fees, currency, note. What
    the ledger has already is not added again. `dry_run=true` checks everything and adds nothing; `confirm=true`
    accepts prices far outside their day's range.
    """
    return ledger_csv.import_file(
        caller().user_id,
        request.get_data(),
        dry_run=query_data.dry_run,
        confirmed=query_data.confirm,
        most_rows=current_app.extensions["settings"].import_row_limit,
    )


def describe_files(specification: dict[Any, Any] | str) -> dict[Any, Any] | str:
    """Say in the OpenAPI document that one answer and one body are CSV files."""
    if isinstance(specification, dict):
        paths = specification["paths"]
        paths["/api/v1/transactions/export"]["get"]["responses"]["200"]["content"] = CSV_FILE
        paths["/api/v1/transactions/import"]["post"]["requestBody"] = {"required": True, "content": CSV_FILE}
    return specification
