"""Formats what sentences quote: other people's text, and amounts."""

from decimal import Context, Decimal

WIDE = Context(prec=100)  # a position after many splits may have more digits than Python's default


def shortened(text: str, most: int = 40) -> str:
    """The text, cut to `most` characters."""
    return text if len(text) <= most else f"{text[: most - 1]}…"


def amount_text(amount: Decimal, decimals: int = 8) -> str:
    """An amount for a sentence: rounded half-even, without trailing zeros or an exponent."""
    rounded = amount.quantize(Decimal(1).scaleb(-decimals), context=WIDE)
    return format(rounded.normalize(WIDE), "f")
