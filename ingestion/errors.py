"""What can go wrong while data is fetched. Each carries one sentence that a person can be shown."""

from typing import ClassVar


class IngestionError(Exception):
    """Base of all errors of this package.

    `outcome` is how bronze.ingestion_runs calls it; `may_pass` says whether asking again soon may help.
    """

    outcome: ClassVar[str] = "failed"
    may_pass: ClassVar[bool] = False


class UnknownTickerError(IngestionError):
    """The provider answered, and does not know the ticker."""

    outcome = "unknown_ticker"


class UnknownSeriesError(IngestionError):
    """The provider answered, and does not know the series."""

    outcome = "unknown_series"


class NoDataError(IngestionError):
    """The provider knows the subject but has no usable value of it."""

    outcome = "no_data"


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

    outcome = "provider_down"

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class ProviderDownError(ProviderUnavailableError):
    """It can't be reached, does not answer in time, or answers with an error of its own."""

    may_pass = True


class RateLimitedError(ProviderUnavailableError):
    """It limits how often we may ask."""

    outcome = "rate_limited"
    may_pass = True


class GarbageError(ProviderUnavailableError):
    """It answered something that can't be what was asked for: a web page, half an answer, half a history."""

    outcome = "garbage"
    may_pass = True


class RefusedKeyError(ProviderUnavailableError):
    """It does not accept our key."""

    outcome = "bad_key"


class MalformedFileError(ProviderUnavailableError):
    """A file of the files source can't be read; none of it was loaded."""

    outcome = "malformed_file"


class BusyError(ProviderUnavailableError):
    """Somebody else has been fetching the same subject for too long."""

    outcome = "busy"


class NotAskedError(ProviderUnavailableError):
    """The provider gave nothing for the subjects before, or the time was up: it was left in peace."""

    outcome = "not_asked"
