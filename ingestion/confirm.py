"""Says that a dividend, capital gain or split in quarantine is right: python -m ingestion.confirm TICKER YYYY-MM-DD."""

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
    """Confirm what waits for the ticker on that day, and load it; what was done, in a sentence.

    Raises:
        IngestionError: Nothing waits there, or the source can't be asked now. What was confirmed stays confirmed.

    """
    with bronze.connect(IngestionSettings()) as connection:
        items = quarantine.confirm(connection, ticker, day)
    if not items:
        raise IngestionError(
            f"No dividend, capital gain or split of {ticker} waits on {day}. The data page says what does, and when."
        )
    return f"Confirmed for {ticker} on {day}: {', '.join(items)}. {refresh_known_tickers(only=[ticker])}."


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m ingestion.confirm", description=__doc__)
    parser.add_argument("ticker", help="such as BRK-B")
    parser.add_argument("day", type=date.fromisoformat, help="its ex-date, such as 2024-01-31")
    told = parser.parse_args(arguments)
    try:
        print(confirm(checked_ticker(told.ticker), told.day))
    except IngestionError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
