"""Errors while fetching data. Each carries one sentence that can be shown to a person."""

from enum import StrEnum
from typing import ClassVar


class FetchOutcome(StrEnum):
    """How a fetch ended, as stored in bronze.ingestion_runs and returned by the API: the one complete list."""

    LOADED = "loaded"
    UNCHANGED = "unchanged"
    UNKNOWN_TICKER = "unknown_ticker"
    UNKNOWN_SERIES = "unknown_series"
    NO_DATA = "no_data"
    RATE_LIMITED = "rate_limited"
    PROVIDER_DOWN = "provider_down"
    GARBAGE = "garbage"
    BAD_KEY = "bad_key"
    MALFORMED_FILE = "malformed_file"
    BUSY = "busy"
    NOT_ASKED = "not_asked"
    FAILED = "failed"


class IngestionError(Exception):
    """Base of all errors in this package.

    `outcome` is what gets stored; `may_pass` says whether a retry soon may help.
    """

    outcome: ClassVar[FetchOutcome] = FetchOutcome.FAILED
    may_pass: ClassVar[bool] = False


class UnknownTickerError(IngestionError):
    """The provider answered and does not know the ticker."""

    outcome = FetchOutcome.UNKNOWN_TICKER


class UnknownSeriesError(IngestionError):
    """The provider answered and does not know the series."""

    outcome = FetchOutcome.UNKNOWN_SERIES


class NoDataError(IngestionError):
    """The provider knows the subject but has no usable value for it."""

    outcome = FetchOutcome.NO_DATA


class NoPricesError(NoDataError):
    """The provider knows the ticker but has no usable price for it."""


class UnknownCurrencyError(NoPricesError):
    """There are prices, but in an unknown currency or unit."""


class StorageError(IngestionError):
    """The database rejected what was fetched."""


class ProviderUnavailableError(IngestionError):
    """Nothing is known about the subject now; the subclasses say why.

    Args:
        retry_after: Seconds the provider asks to wait before a retry, if it said so.

    """

    outcome = FetchOutcome.PROVIDER_DOWN

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class ProviderDownError(ProviderUnavailableError):
    """Unreachable, too slow, or answering with an error of its own."""

    may_pass = True


class RateLimitedError(ProviderUnavailableError):
    """The provider limits how often we may ask."""

    outcome = FetchOutcome.RATE_LIMITED
    may_pass = True


class GarbageError(ProviderUnavailableError):
    """The answer can't be right: a web page, half an answer, half a history."""

    outcome = FetchOutcome.GARBAGE
    may_pass = True


class RefusedKeyError(ProviderUnavailableError):
    """The provider rejects our key."""

    outcome = FetchOutcome.BAD_KEY


class MalformedFileError(ProviderUnavailableError):
    """A file of the files source can't be read; none of it was loaded."""

    outcome = FetchOutcome.MALFORMED_FILE


class BusyError(ProviderUnavailableError):
    """Another process has been fetching the same subject for too long."""

    outcome = FetchOutcome.BUSY


class NotAskedError(ProviderUnavailableError):
    """Skipped: the provider failed for the subjects before, or time ran out."""

    outcome = FetchOutcome.NOT_ASKED
