"""What can go wrong while data is fetched. Each carries one sentence that a person can be shown."""

from enum import StrEnum
from typing import ClassVar


class FetchOutcome(StrEnum):
    """How a fetch ended, as bronze.ingestion_runs keeps it and the API tells it: all there is, and nowhere else."""

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
    """Base of all errors of this package.

    `outcome` is what is kept of it; `may_pass` says whether asking again soon may help.
    """

    outcome: ClassVar[FetchOutcome] = FetchOutcome.FAILED
    may_pass: ClassVar[bool] = False


class UnknownTickerError(IngestionError):
    """The provider answered, and does not know the ticker."""

    outcome = FetchOutcome.UNKNOWN_TICKER


class UnknownSeriesError(IngestionError):
    """The provider answered, and does not know the series."""

    outcome = FetchOutcome.UNKNOWN_SERIES


class NoDataError(IngestionError):
    """The provider knows the subject but has no usable value of it."""

    outcome = FetchOutcome.NO_DATA


class NoPricesError(NoDataError):
    """The provider knows the ticker but has no usable price of it."""


class UnknownCurrencyError(NoPricesError):
    """There are prices, but nobody can say what they are worth."""


class StorageError(IngestionError):
    """The database refused what was fetched."""


class ProviderUnavailableError(IngestionError):
    """Nothing can be said about the subject now; the kinds below say why.

    Args:
        retry_after: Seconds after which the provider asks to be tried again, if it said so.

    """

    outcome = FetchOutcome.PROVIDER_DOWN

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class ProviderDownError(ProviderUnavailableError):
    """It can't be reached, does not answer in time, or answers with an error of its own."""

    may_pass = True


class RateLimitedError(ProviderUnavailableError):
    """It limits how often we may ask."""

    outcome = FetchOutcome.RATE_LIMITED
    may_pass = True


class GarbageError(ProviderUnavailableError):
    """It answered something that can't be what was asked for: a web page, half an answer, half a history."""

    outcome = FetchOutcome.GARBAGE
    may_pass = True


class RefusedKeyError(ProviderUnavailableError):
    """It does not accept our key."""

    outcome = FetchOutcome.BAD_KEY


class MalformedFileError(ProviderUnavailableError):
    """A file of the files source can't be read; none of it was loaded."""

    outcome = FetchOutcome.MALFORMED_FILE


class BusyError(ProviderUnavailableError):
    """Somebody else has been fetching the same subject for too long."""

    outcome = FetchOutcome.BUSY


class NotAskedError(ProviderUnavailableError):
    """The provider gave nothing for the subjects before, or the time was up: it was left in peace."""

    outcome = FetchOutcome.NOT_ASKED
