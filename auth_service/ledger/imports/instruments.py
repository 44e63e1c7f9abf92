"""The ticker for an ISIN or a broker's symbol: the listing in the trade's currency, if there is just one."""

from collections.abc import Mapping
from uuid import UUID

from auth_service.database import Database
from auth_service.errors import NotFoundError
from auth_service.ledger import trade_checks
from auth_service.ledger.imports.amounts import ISIN, hundredths
from auth_service.ledger.imports.rows import RefusedRowError, SourceRow
from auth_service.quoting import shortened

MOST_SUGGESTIONS = 6
# Each costs a search at the provider and a description of every hit.
MOST_SEARCHES = 200


class Instruments:
    """The tickers for one file's names; each is looked up once.

    Args:
        database: Where attempts are counted.
        symbols: The sender's tickers for ISINs or symbols of the source.
        user_id: The user for whom the provider is asked.

    """

    def __init__(self, database: Database, symbols: Mapping[str, str], user_id: UUID) -> None:
        self._symbols = {name.upper(): ticker for name, ticker in symbols.items()}
        self._database, self._user_id = database, user_id
        self._found: dict[tuple[str, str, str], str | RefusedRowError] = {}

    def ticker(self, row: SourceRow) -> str:
        """The row's ticker: from the sender, from the source, or found at the provider.

        Raises:
            RefusedRowError: No ticker, or several, were found.
            UnavailableError: The provider is unavailable right now.

        """
        for name in (row.isin, row.ticker, row.broker_symbol):
            if name and name.upper() in self._symbols:
                return self._symbols[name.upper()]
        if row.ticker or not (row.isin or row.broker_symbol):
            return row.ticker
        key = row.isin, row.broker_symbol, row.currency
        if key not in self._found:
            self._found[key] = self._looked_up(*key)
        found = self._found[key]
        if isinstance(found, RefusedRowError):
            raise found
        return found

    def _looked_up(self, isin: str, symbol: str, currency: str) -> str | RefusedRowError:
        name = shortened(isin or symbol)
        say = f'Choose one with symbols, such as {{"{name}": "VWRL.AS"}}.'
        if len(self._found) >= MOST_SEARCHES:
            return RefusedRowError(
                f"{name} was not looked up: the file has more than {MOST_SEARCHES} such names. {say}"
            )
        listed = self._listed_in(currency, self._suggested(isin))
        if len(listed) > 1:
            listed = [ticker for ticker in listed if ticker.partition(".")[0] == symbol] or listed
        if not listed and symbol:
            listed = self._listed_in(currency, [symbol])
        if len(listed) == 1:
            return listed[0]
        where = f" in {shortened(currency)}" if currency else ""
        found = f"is quoted{where} as {', '.join(listed)}" if listed else f"has no known listing{where}"
        return RefusedRowError(f"{name} {found}. {say}")

    def _suggested(self, isin: str) -> list[str]:
        if not ISIN.fullmatch(isin):
            return []
        found = trade_checks.suggestions(self._database, isin, MOST_SUGGESTIONS, self._user_id)
        return [suggestion.ticker for suggestion in found]

    def _listed_in(self, currency: str, tickers: list[str]) -> list[str]:
        """Those quoted in the currency, if one is given, or in hundredths of it."""
        fitting = []
        for ticker in tickers:
            try:
                listed = trade_checks.listing(self._database, ticker, self._user_id)
            except NotFoundError:
                continue
            if not currency or hundredths(currency, listed.currency) is not None:
                fitting.append(listed.ticker)
        return fitting
