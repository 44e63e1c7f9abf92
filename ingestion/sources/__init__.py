"""Where data comes from: one interface, chosen by the settings."""

from ingestion.config import IngestionSettings
from ingestion.sources.files import FilesSource
from ingestion.sources.interface import MacroSource, PriceSource


def price_source(settings: IngestionSettings) -> PriceSource:
    """The source that PRICE_SOURCE names."""
    if settings.price_source == "files":
        return _files(settings)
    from ingestion.sources.yahoo import YahooSource

    return YahooSource(settings.yahoo_cache_dir)


def macro_source(settings: IngestionSettings) -> MacroSource:
    """The source that MACRO_SOURCE names; FRED's keyless download when no key is set."""
    if settings.macro_source == "files":
        return _files(settings)
    from ingestion.sources.fred import FredApiSource, FredDownloadSource

    if settings.fred_api_key is None:
        return FredDownloadSource()
    return FredApiSource(settings.fred_api_key)


def _files(settings: IngestionSettings) -> FilesSource:
    if settings.files_source_dir is None:
        raise ValueError("The files source needs FILES_SOURCE_DIR.")
    return FilesSource(settings.files_source_dir)
