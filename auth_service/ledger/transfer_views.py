"""Exporting and importing the ledger as a file."""

from inspect import getdoc
from typing import Any

from apiflask import APIBlueprint
from flask import Response, current_app, request
from pydantic import ValidationError

from auth_service import exact_json
from auth_service.errors import InvalidRequestError
from auth_service.http.databases import database
from auth_service.identity.tokens import caller, may_write, signed_in
from auth_service.ledger import trade_checks
from auth_service.ledger.imports import application
from auth_service.ledger.imports.application import Upload
from auth_service.ledger.imports.formats import by_label
from auth_service.ledger.imports.instructions import Instructions
from auth_service.ledger.imports.schemas import FormatList, ImportOptions, ImportOutcome, ImportRefusal

bp = APIBlueprint(
    "transfer",
    __name__,
    url_prefix="/api/v1/transactions",
    tag={"name": "Import and export", "description": "The ledger as a file, ours or a broker's."},
)

CSV_FILE: dict[str, Any] = {
    "text/csv": {
        "schema": {"type": "string"},
        "example": "ticker,side,quantity,price,trade_date\nVTI,BUY,12.5,101.25,2024-01-02\n",
    }
}


GHOSTFOLIO_FILE: dict[str, Any] = {
    "application/json": {
        "schema": {"type": "object", "properties": {"activities": {"type": "array", "items": {"type": "object"}}}},
        "example": {
            "activities": [
                {
                    "type": "BUY",
                    "symbol": "VTI",
                    "dataSource": "YAHOO",
                    "currency": "USD",
                    "date": "2024-01-02T00:00:00.000Z",
                    "quantity": 12.5,
                    "unitPrice": 101.25,
                    "fee": 0,
                }
            ]
        },
    }
}
FORM: dict[str, Any] = {
    "multipart/form-data": {
        "schema": {
            "type": "object",
            "required": ["file"],
            "properties": {
                "file": {"type": "string", "format": "binary"},
                "options": {"$ref": "#/components/schemas/Instructions"},
            },
        },
        "encoding": {"options": {"contentType": "application/json"}},
        "example": {
            "file": "Datum;ISIN;Anzahl;Kurs\n02.01.2024;US9229087690;12,5;101,25\n",
            "options": {
                "mapping": {
                    "columns": {"trade_date": "Datum", "quantity": "Anzahl", "price": "Kurs", "isin": "ISIN"},
                    "date_format": "DD.MM.YYYY",
                    "decimal": ",",
                }
            },
        },
    }
}
REFUSED_FILE: dict[int | str, Any] = {
    422: {
        "description": getdoc(ImportRefusal),
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/ImportRefusal"}}},
    },
    **trade_checks.REFUSALS,
}


@bp.get("/export")
@signed_in
@bp.doc(security="bearer", responses={200: "A CSV file"})
def export_transactions() -> Response:
    """Export all transactions as CSV.

    Current versions, oldest first; the import reads the file back unchanged.
    """
    return Response(
        application.export(database(), caller().user_id),
        mimetype="text/csv",
        headers={"Content-Disposition": 'attachment; filename="transactions.csv"'},
    )


@bp.post("/import")
@may_write
@bp.input(ImportOptions, location="query")
@bp.output(ImportOutcome)
@bp.doc(security="bearer", responses=REFUSED_FILE)
def import_transactions(query_data: ImportOptions) -> dict[str, Any]:
    """Import all trades of a file, or none.

    The body is the file: our own CSV (ticker, side, quantity, price, trade_date; if wanted fees, currency, note,
    settlement_currency and fx_rate, and account, type, amount and taxes for every kind of entry), an export of
    Ghostfolio, Portfolio Performance, Wealthfolio, Interactive Brokers, Degiro or Trading 212, which is recognised, or
    any CSV whose columns `options` maps in multipart/form-data. Rows that are no trades are skipped and reported; what
    the ledger has already is not added again. A refusal lists every bad line by its number, and reports every row as an
    import does.
    """
    settings, turns = (current_app.extensions[name] for name in ("settings", "imports"))
    request.max_content_length = settings.import_body_limit
    upload, user_id = _uploaded(), caller().user_id
    with turns.turn(user_id):
        return application.import_file(database(), user_id, upload, query_data, settings.import_row_limit)


@bp.get("/import/formats")
@signed_in
@bp.output(FormatList)
@bp.doc(security="bearer")
def list_formats() -> dict[str, Any]:
    """List the formats that the import detects.

    By their labels: `name` forces one as `format` of the import, and `hint` says where its source makes the file.
    """
    return {"items": [{"name": known.NAME, "label": known.LABEL, "hint": known.HINT} for known in by_label()]}


def describe_files(specification: dict[Any, Any] | str) -> dict[Any, Any] | str:
    """Describe in the OpenAPI document the CSV answer, what the import accepts, and how it refuses."""
    if isinstance(specification, dict):
        paths, schemas = specification["paths"], specification["components"]["schemas"]
        for model in (Instructions, ImportRefusal):
            schema = model.model_json_schema(ref_template="#/components/schemas/{model}")
            schemas |= schema.pop("$defs") | {model.__name__: schema}
        paths["/api/v1/transactions/export"]["get"]["responses"]["200"]["content"] = CSV_FILE
        paths["/api/v1/transactions/import"]["post"]["requestBody"] = {"content": CSV_FILE | GHOSTFOLIO_FILE | FORM}
    return specification


def _uploaded() -> Upload:
    """The file, and the request's instructions."""
    if request.mimetype != "multipart/form-data":
        return Upload(request.get_data())
    files, options = request.files.getlist("file"), request.form.getlist("options")
    if len(files) != 1 or len(request.files) != 1:
        raise InvalidRequestError.about(
            "file", "Send exactly one file, in the form field named file, with a file name."
        )
    if len(options) > 1:
        raise InvalidRequestError.about("options", "Send options only once.")
    return Upload(files[0].read(), _instructions("".join(options) or "{}"))


def _instructions(text: str) -> Instructions:
    try:
        return Instructions.model_validate(exact_json.loads(text))
    except ValidationError as refusal:
        fields = {".".join(map(str, ("options", *reason["loc"]))): reason["msg"] for reason in refusal.errors()}
        told = "; ".join(f"{name}: {reason}" for name, reason in fields.items())
        raise InvalidRequestError(f"The options are not valid. {told}.", fields=fields) from refusal
    except ValueError as failure:
        raise InvalidRequestError.about("options", f"The options are not valid JSON: {failure}.") from failure
