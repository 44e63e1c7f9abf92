"""Confirms a quarantined dividend, capital gain or split: python -m ingestion.confirm TICKER YYYY-MM-DD."""

import argparse
import sys
from collections.abc import Sequence
from datetime import date

from ingestion.config import IngestionSettings
from ingestion.errors import IngestionError
from ingestion.prices.price_refresh import refresh_known_tickers
from ingestion.store import bronze, quarantine
from ingestion.tickers import checked_ticker


def confirm(ticker: str, day: date) -> str:
    """Confirm and load what is quarantined for the ticker on that day; returns a sentence that says what was done.

    Raises:
        IngestionError: Nothing is quarantined there, or the source is unavailable. What was confirmed stays confirmed.

    """
    with bronze.connect(IngestionSettings()) as connection:
        items = quarantine.confirm(connection, ticker, day)
    if not items:
        raise IngestionError(
            f"No dividend, capital gain or split of {ticker} is in quarantine for {day}. The Data page lists what is."
        )
    return f"Confirmed for {ticker} on {day}: {', '.join(items)}. {refresh_known_tickers(only=[ticker])}."


def main(arguments: Sequence[str] | None = None) -> int:
    """Confirm one refused payment or split from the command line; the exit status is 1 when that is not possible."""
    parser = argparse.ArgumentParser(prog="python -m ingestion.confirm", description=__doc__)
    parser.add_argument("ticker", help="for example BRK-B")
    parser.add_argument("day", type=date.fromisoformat, help="ex-date, for example 2024-01-31")
    told = parser.parse_args(arguments)
    try:
        print(confirm(checked_ticker(told.ticker), told.day))
    except IngestionError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
