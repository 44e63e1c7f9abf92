"""How complete and fresh the data behind a user's figures is: each ticker's prices, the macro series."""

import json
from uuid import UUID

from werkzeug.datastructures import ETags

from auth_service.figures import queries
from auth_service.figures.answer_cache import Document, document_of_models
from auth_service.figures.portfolio import NO_ITEMS, VERSION
from ingestion.macro.series import SERIES as SERIES_KEPT

# Why a fetch brought nothing, in our words: a provider's may hold addresses and keys.
REASONS = {
    "unknown_ticker": "The provider does not know this ticker. Stored prices stay. Check the spelling.",
    "unknown_series": "The provider does not know this series. Stored values stay.",
    "no_data": "The provider has no usable values for it.",
    "rate_limited": "The provider limits requests. The next scheduled fetch tries again.",
    "provider_down": "The provider did not answer. The next scheduled fetch tries again.",
    "garbage": "The provider's answer was not usable. The next scheduled fetch tries again.",
    "bad_key": "The provider rejected the API key. Ask your administrator to correct it.",
    "malformed_file": "The file can't be read. Ask your administrator to correct it.",
    "not_asked": "The fetch stopped before its turn. The next scheduled fetch includes it.",
    "failed": "The data could not be stored. Ask your administrator; the reason is in bronze.ingestion_runs.",
}

LAST_FETCH = queries.template("last_fetch.sql")
TICKERS = queries.items("ticker_quality.sql", last_fetch=LAST_FETCH)
SERIES = queries.items("series_quality.sql", last_fetch=LAST_FETCH)
SERIES_VERSION = queries.query("series_version.sql")


def tickers(user_id: UUID, known: ETags) -> Document:
    """How complete the prices of the user's tickers, benchmark and currencies are, and no others."""
    return document_of_models(user_id, VERSION, TICKERS, _of("prices"), known) or Document(NO_ITEMS, None)


def series(user_id: UUID, known: ETags) -> Document:
    """The newest value of each macro series, the same for everybody."""
    return document_of_models(user_id, SERIES_VERSION, SERIES, _of("macro"), known) or Document(NO_ITEMS, None)


def _of(kind: str) -> dict[str, str]:
    titles = {kept.series_id: kept.title for kept in SERIES_KEPT}
    return {"kind": kind, "reasons": json.dumps(REASONS), "titles": json.dumps(titles)}
