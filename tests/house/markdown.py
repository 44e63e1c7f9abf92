"""What a page of Markdown links and quotes."""

import re

FENCE = re.compile(r"^ *```([^\n]*)\n(.*?)^ *```", re.DOTALL | re.MULTILINE)
INLINE = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
TITLE = re.compile(r'title="([^"]+)"')
ADDRESS = re.compile(r"https?://\S+")


def snippets(text: str) -> list[tuple[str, str]]:
    """Each fenced block that is said to stand in a file: the file, and the block."""
    return [(title[1], body) for info, body in FENCE.findall(text) if (title := TITLE.search(info))]


def links(text: str) -> set[str]:
    """Targets of links and pictures within the repository."""
    found = LINK.findall(INLINE.sub("", FENCE.sub("", text)))
    return {target for target in found if not ADDRESS.match(target)}


def anchors(text: str) -> set[str]:
    """What a link to the page may name behind `#`, as GitHub and the site make it of headings."""
    headings = HEADING.findall(FENCE.sub("", text))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
