"""Data sources: one interface, chosen by the settings."""

from functools import cache
from pathlib import Path

from ingestion.config import IngestionSettings
from ingestion.providers.files import FilesSource
from ingestion.providers.interface import MacroSource, PriceSource
from ingestion.records import TickerSuggestion


def price_source(settings: IngestionSettings, ticker: str | None = None) -> PriceSource:
    """The source that PRICE_SOURCE names; files for a `ticker` that the folder's assets.csv lists."""
    files = _files(settings)
    if files is not None and (settings.price_source == "files" or (ticker is not None and files.lists(ticker))):
        return files
    return _yahoo(settings.yahoo_cache_dir)


def suggestions(settings: IngestionSettings, text: str, limit: int) -> list[TickerSuggestion]:
    """Tickers from the folder, then from the provider."""
    files, source = _files(settings), price_source(settings)
    own = files.search(text, limit) if files is not None and settings.price_source != "files" and files.exists() else []
    return (own + source.search(text, limit))[:limit]


def macro_source(settings: IngestionSettings) -> MacroSource:
    """The source that MACRO_SOURCE names; FRED's public download if no key is set."""
    if settings.macro_source == "files" and (files := _files(settings)):
        return files
    from ingestion.providers.fred import FredApiSource, FredDownloadSource

    if settings.fred_api_key is None:
        return FredDownloadSource()
    return FredApiSource(settings.fred_api_key)


def _files(settings: IngestionSettings) -> FilesSource | None:
    return None if settings.files_source_dir is None else FilesSource(settings.files_source_dir)


@cache
def _yahoo(cache_folder: Path) -> PriceSource:
    """One per process: its session keeps Yahoo's cookie, and any pause Yahoo asked for."""
    from ingestion.providers.yahoo import YahooSource

    return YahooSource(cache_folder)
