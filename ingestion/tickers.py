"""What can be a ticker: the one home of the rule, and of the words that explain it."""

import re

from ingestion.errors import UnknownTickerError

# As Yahoo writes them: M&M.NS, BRK-B, ^GSPC, EURUSD=X, NIFTY_FIN_SERVICE.NS, MELANIA35347-USD. The database checks the
# same pattern (migration 0009).
LONGEST = 32
TICKER = re.compile(rf"[A-Z0-9^][A-Z0-9.\-=^&_]{{0,{LONGEST - 1}}}", re.ASCII)
RULE = f"up to {LONGEST} letters, digits and . - = ^ & _"


def is_ticker(text: str) -> bool:
    """True for what may become a path or an address, in capitals or not."""
    # Upper-casing makes letters of other scripts ASCII.
    return text.isascii() and TICKER.fullmatch(text.upper()) is not None


def checked_ticker(text: str) -> str:
    """The ticker in its one spelling; anything that is not one must never become a path or an address."""
    if not is_ticker(text):
        raise UnknownTickerError(f"{text[:40]!r} is not a ticker: use {RULE}, as in BRK-B or ^GSPC.")
    return text.upper()
