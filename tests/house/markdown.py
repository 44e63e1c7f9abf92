"""What a page of Markdown names in code style: targets, modules, files, endpoints, tables, variables; and its links."""

import re

FENCE = re.compile(r"^ *```([^\n]*)\n(.*?)^ *```", re.DOTALL | re.MULTILINE)
INLINE = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
TITLE = re.compile(r'title="([^"]+)"')
ADDRESS = re.compile(r"https?://\S+")

MAKE = re.compile(r"(?:^|[;&|]|=\S*) *make ([\w.-]+)", re.MULTILINE)
MODULE = re.compile(r"python3? -m ([\w.]+)")
FILE = re.compile(r"(?<![\w/.*-])[\w.*-]+(?:/[\w.*-]+)*/?")
SOURCES = (".py", ".sql", ".yml", ".md", ".toml", ".cfg", ".lock", ".html", ".css", ".js", ".svg", ".png")
CALL = re.compile(r"\b(?:GET|POST|PUT|PATCH|DELETE) /[^\s?\"'`|,;)]*")
OF_CURL = re.compile(r"\$API(/[^\s?\"'`]*)")
OF_AN_ADDRESS = re.compile(r"http://127\.0\.0\.1:(?:8000|8050)(/[^\s?#\"'`);}]*)")
PATH = re.compile(r"(/[\w{}./-]*)(?:\?\S*)?")
TABLE = re.compile(r"\b(?:(?:bronze|public)\.\w+|(?:stg|int|fct|dim|gold)_\w+)[*…]?")
VARIABLE = re.compile(r"\b[A-Z][A-Z0-9]*(?:_+[A-Z0-9]+)+\b(?!_)|\b[A-Z][A-Z0-9_]*_…")


def blocks(text: str) -> list[tuple[str, str]]:
    """Each fenced block: what stands behind its opening fence, and its lines."""
    return FENCE.findall(text)


def spans(text: str) -> list[str]:
    """Code within the lines of text."""
    return INLINE.findall(FENCE.sub("", text))


def code(text: str) -> str:
    """All that is in code style; snippets of files are held against their files instead."""
    return "\n".join([*spans(text), *(body for info, body in blocks(text) if not TITLE.search(info))])


def snippets(text: str) -> list[tuple[str, str]]:
    """Each block that is said to stand in a file: the file, and the block."""
    return [(title[1], body) for info, body in blocks(text) if (title := TITLE.search(info))]


def links(text: str) -> set[str]:
    """Targets of links and pictures within the repository."""
    found = LINK.findall(INLINE.sub("", FENCE.sub("", text)))
    return {target for target in found if not ADDRESS.match(target)}


def anchors(text: str) -> set[str]:
    """What a link to the page may name behind `#`, as GitHub and the site make it of headings."""
    headings = HEADING.findall(FENCE.sub("", text))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def make_targets(text: str) -> set[str]:
    return set(MAKE.findall(code(text)))


def modules(text: str) -> set[str]:
    return set(MODULE.findall(code(text)))


def files(text: str, rooms: set[str]) -> set[str]:
    """What has the ending of a source file, or begins with one of the `rooms`, the folders of the repository."""
    found = {name.rstrip(".") for name in FILE.findall(ADDRESS.sub("", code(text)))}
    return {name for name in found if name.endswith(SOURCES) or ("/" in name and name.partition("/")[0] in rooms)}


def endpoints(text: str, beginnings: set[str]) -> set[str]:
    """`GET /path`, or a path alone where a call of curl, a local address or one of the `beginnings` says what it is."""
    everything = code(text)
    alone = {match[1] for span in spans(text) if (match := PATH.fullmatch(span))}
    known = {path for path in alone if path.split("/")[1] in beginnings}
    return {*CALL.findall(everything), *OF_CURL.findall(everything), *OF_AN_ADDRESS.findall(everything), *known}


def tables(text: str) -> set[str]:
    """Tables and models; `bronze.raw_*` and `int_…` stand for all that begin so."""
    return set(TABLE.findall(code(text)))


def variables(text: str) -> set[str]:
    """Variables of the environment; `OIDC_…` stands for all that begin so."""
    return set(VARIABLE.findall(code(text)))
