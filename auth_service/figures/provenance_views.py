"""Where figures come from: what each means, and how complete and fresh its data is."""

from apiflask import APIBlueprint
from flask import request

from auth_service.figures import data_quality, explanations
from auth_service.figures import provenance_schemas as shapes
from auth_service.figures.answer_cache import Document
from auth_service.http.etag import versioned
from auth_service.identity.tokens import caller, signed_in

bp = APIBlueprint(
    "provenance",
    __name__,
    url_prefix="/api/v1",
    tag={"name": "Provenance", "description": "What each figure means, and the data behind it."},
)


@bp.get("/figures")
@signed_in
@bp.output(shapes.Figures)
@bp.doc(security="bearer")
@versioned
def list_figures() -> Document:
    """Explain every figure.

    What it means, what its model reads, how the model's tests ended, and when your own rows were built.
    """
    return explanations.figures(caller().user_id, request.if_none_match)


@bp.get("/data/tickers")
@signed_in
@bp.output(shapes.TickerDataList)
@bp.doc(security="bearer")
@versioned
def list_ticker_data() -> Document:
    """List how complete prices are.

    For each ticker you ever traded, your benchmark, and the exchange rates they need.
    """
    return data_quality.tickers(caller().user_id, request.if_none_match)


@bp.get("/data/series")
@signed_in
@bp.output(shapes.SeriesDataList)
@bp.doc(security="bearer")
@versioned
def list_series_data() -> Document:
    """List the newest value of each macro series.

    With its publication, its last revision and the result of its last fetch.
    """
    return data_quality.series(caller().user_id, request.if_none_match)
