"""What can go wrong while data is fetched. Each carries one sentence that a person can be shown."""


class IngestionError(Exception):
    """Base of all errors of this package."""


class UnknownTickerError(IngestionError):
    """The provider answered, and does not know the ticker."""


class NoPricesError(IngestionError):
    """The provider knows the ticker but has no usable price of it."""


class ProviderUnavailableError(IngestionError):
    """The provider is down, limits our rate or answers garbage; nothing can be said about the ticker.

    Args:
        retry_after: Seconds after which the provider asks to be tried again, if it said so.

    """

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after
