"""What somebody sent, quoted in a sentence: it may be anything, of any length."""


def shortened(text: str, most: int = 40) -> str:
    """The text, cut to `most` characters."""
    return text if len(text) <= most else f"{text[: most - 1]}…"
