"""What can be a ticker: the rule and the words that explain it."""

import re

from ingestion.errors import UnknownTickerError

# As Yahoo writes them: M&M.NS, BRK-B, ^GSPC, EURUSD=X, NIFTY_FIN_SERVICE.NS, MELANIA35347-USD. The database checks the
# same pattern (migration 0009).
LONGEST = 32
TICKER = re.compile(rf"[A-Z0-9^][A-Z0-9.\-=^&_]{{0,{LONGEST - 1}}}", re.ASCII)
RULE = f"up to {LONGEST} letters, digits and . - = ^ & _"


def is_ticker(text: str) -> bool:
    """True for text that may become part of a path or an address, in upper or lower case."""
    # Upper-casing turns some letters of other scripts into ASCII.
    return text.isascii() and TICKER.fullmatch(text.upper()) is not None


def checked_ticker(text: str) -> str:
    """The ticker in its one spelling; text that is no ticker must never become a path or an address."""
    if not is_ticker(text):
        raise UnknownTickerError(f"{text[:40]!r} is not a ticker: use {RULE}, for example BRK-B or ^GSPC.")
    return text.upper()
