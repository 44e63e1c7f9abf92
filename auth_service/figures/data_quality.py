"""How complete and how fresh the data behind a user's figures is: the prices of each ticker, the macro series."""

import json
from uuid import UUID

from werkzeug.datastructures import ETags

from auth_service.figures import queries
from auth_service.figures.answer_cache import Document, document_of_models
from auth_service.figures.portfolio import NO_ITEMS, VERSION
from ingestion.macro.series import SERIES as SERIES_KEPT

# Why a fetch brought nothing, in our words: those of a provider may hold addresses and keys.
REASONS = {
    "unknown_ticker": "The provider does not know this ticker; what is stored stays. Correct the trade if mistyped.",
    "unknown_series": "The provider does not know this series; what is stored stays.",
    "no_data": "The provider knows it, but has no usable value of it.",
    "rate_limited": "The provider asked to wait. The next scheduled fetch asks again.",
    "provider_down": "The provider did not answer. The next scheduled fetch asks again.",
    "garbage": "The provider's answer made no sense, so none of it was kept. The next scheduled fetch asks again.",
    "bad_key": "The provider refused the key. Whoever runs this server has to correct it.",
    "malformed_file": "The file cannot be read, so none of it was kept. Whoever runs this server has to correct it.",
    "not_asked": "The fetch had to stop before its turn came. The next scheduled fetch asks for it.",
    "failed": "What came could not be stored. Whoever runs this server finds the reason in bronze.ingestion_runs.",
}

LAST_FETCH = queries.template("last_fetch.sql")
TICKERS = queries.items("ticker_quality.sql", last_fetch=LAST_FETCH)
SERIES = queries.items("series_quality.sql", last_fetch=LAST_FETCH)
SERIES_VERSION = queries.query("series_version.sql")


def tickers(user_id: UUID, known: ETags) -> Document:
    """How complete the prices of the user's tickers, benchmark and currencies are; nobody else's are told."""
    return document_of_models(user_id, VERSION, TICKERS, _of("prices"), known) or Document(NO_ITEMS, None)


def series(user_id: UUID, known: ETags) -> Document:
    """The newest value of each macro series; the same for everybody."""
    return document_of_models(user_id, SERIES_VERSION, SERIES, _of("macro"), known) or Document(NO_ITEMS, None)


def _of(kind: str) -> dict[str, str]:
    titles = {kept.series_id: kept.title for kept in SERIES_KEPT}
    return {"kind": kind, "reasons": json.dumps(REASONS), "titles": json.dumps(titles)}
