"""Importing a file into the ledger: its format, its columns, and the report of its rows."""

import base64
import binascii
import csv
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypedDict, cast

import dash_ag_grid as dag  # type: ignore[import-untyped]
import dash_mantine_components as dmc  # type: ignore[import-untyped]
from dash import dcc, html
from dash.development.base_component import Component, ComponentType

from dashboard.api.client import ApiRefusalError
from dashboard.api.payloads import Columns, FormatOut, ImportedRow, ImportOutcome, Instructions
from dashboard.api.payloads import Mapping as NamedColumns
from dashboard.ledger.entry_types import NO_HINT
from dashboard.ledger.grid import OPTIONS
from dashboard.ledger.trade_form import BELOW, LABELS
from dashboard.ui import formats
from dashboard.ui.aria import aria

Outcome = Literal["added", "already_there", "skipped", "refused"]
Delimiter = Literal[",", ";", "\t", "|"]
Mark = Literal[".", ","]
Side = Literal["BUY", "SELL"]
RECOGNISED, MAPPED = "recognised", "mapped"
COLUMNS = ("trade_date", "ticker", "isin", "side", "quantity", "price", "total", "fees", "currency", "note")
SEVERAL = {"fees"}  # may use more than one column
DELIMITERS: tuple[Delimiter, ...] = (",", ";", "\t", "|")
DATE_FORMATS = (
    *("YYYY-MM-DD", "DD.MM.YYYY", "DD/MM/YYYY", "MM/DD/YYYY", "DD-MM-YYYY", "YYYY/MM/DD"),
    *("DD.MM.YY", "DD/MM/YY", "MM/DD/YY", "DD-MMM-YY", "DD-MMM-YYYY"),
)
LINES_BEFORE_A_HEADER = 50
LARGEST_FILE = 8 * 1024 * 1024
MOST_REPORTED = 2000  # rows shown on the page, refused ones first
OUTCOMES: dict[Outcome, str] = {
    "refused": "Refused",
    "added": "Added",
    "already_there": "Already recorded",
    "skipped": "Skipped",
}
BEFORE: dict[Outcome, str] = OUTCOMES | {"added": "Will be added"}  # nothing is written yet
DIFFERENT_MARKS: dict[Mark, Mark] = {".": ",", ",": "."}


class Chosen(TypedDict):
    """The form beside the file; `columns` are the file's, in the order of COLUMNS, none before a file is read."""

    format: str
    symbols: str | None
    time_zone: str | None
    confirm: bool | None
    create_accounts: bool | None
    buy: str | None
    sell: str | None
    date_format: str
    decimal: Mark
    its_currency: str | None
    columns: list[str | list[str] | None]


def choices(known: Iterable[FormatOut]) -> list[dict[str, str]]:
    """The formats to choose from: those that the API recognises, and any other CSV."""
    named = [(known_here["name"], known_here["label"]) for known_here in known]
    offered = [(RECOGNISED, "Detect automatically"), *named, (MAPPED, "Any other CSV: map its columns")]
    return [{"value": name, "label": label} for name, label in offered]


def content(upload: str) -> bytes:
    """The file's bytes from the browser's upload, `data:text/csv;base64,…`."""
    try:
        return base64.b64decode(upload.partition(",")[2], validate=True)
    except binascii.Error as error:
        raise ApiRefusalError(422, "invalid", "The upload was incomplete. Choose the file again.", {}) from error


@dataclass(frozen=True)
class Header:
    """A CSV's column names, and its separator."""

    names: list[str]
    delimiter: Delimiter


def header(file: bytes) -> Header:
    """A CSV's header, to choose columns from: the first line with the most names."""
    encoding = "utf-16" if file.startswith((BOM_UTF16_LE, BOM_UTF16_BE)) else "utf-8-sig"
    lines = file[:65536].decode(encoding, errors="replace").splitlines()[:LINES_BEFORE_A_HEADER]
    headers = [_read_header(line.strip()) for line in lines]
    return max(headers, key=lambda found: len(found.names), default=Header([], DELIMITERS[0]))


def _read_header(line: str) -> Header:
    delimiter = max(DELIMITERS, key=line.count)
    names = next(csv.reader([line], delimiter=delimiter), [])
    return Header(list(dict.fromkeys(name.strip() for name in names if name.strip())), delimiter)


def guessed(names: Sequence[str]) -> dict[str, str]:
    """Columns with the same names as ours."""
    theirs = {name.lower().replace(" ", "_"): name for name in names}
    found = {ours: theirs[ours] for ours in COLUMNS if ours in theirs}
    return {ours: name for ours, name in found.items() if ours != "total" or "price" not in found}  # one is enough


def instructions(chosen: Chosen, file: bytes) -> Instructions:
    """Instructions for the file: the mapping if its columns are named by hand, and the tickers for its symbols."""
    zone = (chosen["time_zone"] or "").strip()
    told: Instructions = {"symbols": _symbols(chosen["symbols"] or "")}
    if zone:
        told["time_zone"] = zone
    if chosen["format"] == MAPPED:
        told["mapping"] = _mapped(chosen, header(file))
    return told


def _mapped(chosen: Chosen, found: Header) -> NamedColumns:
    named = {ours: theirs for ours, theirs in zip(COLUMNS, chosen["columns"], strict=False) if theirs}
    words = ((chosen["buy"], "BUY"), (chosen["sell"], "SELL"))
    mapped: NamedColumns = {
        "columns": cast("Columns", named),  # the API says which are missing
        "sides": {word.strip(): side for word, side in words if word and word.strip()},
        "date_format": chosen["date_format"],
        "delimiter": found.delimiter,
        "decimal": chosen["decimal"],
        "thousands": DIFFERENT_MARKS[chosen["decimal"]],
    }
    if code := (chosen["its_currency"] or "").strip():
        mapped["currency"] = code
    return mapped


def parameters(chosen: Chosen, *, dry_run: bool) -> dict[str, str]:
    """The request's options, in the words of a query string."""
    flags = {"dry_run": dry_run}
    flags |= {"confirm": bool(chosen["confirm"]), "create_accounts": bool(chosen["create_accounts"])}
    forced = {"format": chosen["format"]} if chosen["format"] not in {RECOGNISED, MAPPED} else {}
    return {name: str(flag).lower() for name, flag in flags.items()} | forced


def summary(rows: Sequence[ImportedRow], outcomes: Mapping[Outcome, str]) -> str:
    """`3 added, 1 there already`, refused ones first."""
    counts = Counter(row["outcome"] for row in rows)
    told = [f"{formats.count(counts[name])} {label.lower()}" for name, label in outcomes.items() if counts[name]]
    return ", ".join(told) or "no rows"


def accepted(outcome: ImportOutcome, known: Iterable[FormatOut]) -> html.Div:
    """The report of a file that was, or can be, imported; `known` say what people call its format."""
    outcomes = BEFORE if outcome["dry_run"] else OUTCOMES
    rows, notices = outcome["rows"], outcome["notices"]
    said = summary(rows, outcomes)
    if not outcome["dry_run"]:
        return _report("green", f"Imported: {said}.", rows, outcomes, notices)
    if not outcome["added"]:
        return _report("yellow", f"Nothing to import: {said}.", rows, outcomes, notices)
    labels = {known_here["name"]: known_here["label"] for known_here in known}
    what = labels.get(outcome["format"], "CSV with mapped columns")
    return _report("blue", f"Read as {what}: {said}. Nothing has been imported yet.", rows, outcomes, notices)


def refused(refusal: ApiRefusalError) -> html.Div:
    """The API's sentence and, for a file with bad rows, every row with its problem."""
    if refusal.rows:
        return _report("red", refusal.message, refusal.rows, BEFORE, refusal.notices)
    details = [html.Li(f"{name}: {problem}") for name, problem in refusal.fields.items()]
    advice = "For another CSV, choose “Any other CSV” above and map its columns."
    return _report("red", [refusal.message, html.Ul(details) if details else html.P(advice)], [], BEFORE)


def panel() -> html.Div:
    """The part of the ledger in which a file is chosen, looked at and imported."""
    return html.Div(
        [
            html.P(
                "Choose the file that your broker or another tool exports. You see a preview of every row first; "
                "nothing is saved until you import.",
                className="muted",
            ),
            dcc.Upload(
                dmc.Button("Drop a file here, or choose one", id="ledger-choose", variant="subtle"),
                id="ledger-file",
                className="dropzone",
                className_active="dropzone over",
                max_size=LARGEST_FILE,
            ),
            html.P("", id="ledger-file-name", role="status", className="muted"),
            _choices(),
            html.Div(_mapping(), id="ledger-mapping", className="hidden"),
            dmc.Checkbox(id="ledger-accept", label="Accept prices far outside their day's range", my="sm", radius="sm"),
            dmc.Checkbox(
                id="ledger-open-accounts",
                label="Open the accounts that it names and you don't have",
                my="sm",
                radius="sm",
            ),
            dmc.Group(
                [
                    dmc.Button("Preview", id="ledger-preview", variant="default", disabled=True),
                    dmc.Button("Import", id="ledger-import", disabled=True),
                ]
            ),
            html.Div(id="ledger-report"),
        ]
    )


def column_choices(names: Sequence[str]) -> list[dmc.Select | dmc.MultiSelect]:
    """For each of our columns, the file's column."""
    known = guessed(names)
    labels = LABELS | {"side": "Side", "isin": "ISIN", "total": "Total, fees included (if no price)"}
    return [
        (dmc.MultiSelect if ours in SEVERAL else dmc.Select)(
            id={"type": "ledger-column", "column": ours},
            label=labels[ours],
            data=list(names),
            value=[known[ours]] if ours in SEVERAL and ours in known else known.get(ours),
            clearable=True,
            searchable=True,
        )
        for ours in COLUMNS
    ]


def _choices() -> dmc.SimpleGrid:
    return dmc.SimpleGrid(
        [
            dmc.Select(
                id="ledger-format",
                label="Where it comes from",
                data=choices([]),
                value=RECOGNISED,
                allowDeselect=False,
                description=NO_HINT,
                **BELOW,
            ),
            dmc.Textarea(
                id="ledger-symbols",
                label="Tickers for its symbols (optional), one per line",
                placeholder="IE00B4L5Y983 = IWDA.AS",
                autosize=True,
                minRows=1,
            ),
            dmc.TextInput(
                id="ledger-zone",
                label="Time zone of the file (only if asked)",
                placeholder="Europe/Berlin",
            ),
        ],
        cols={"base": 1, "sm": 3},
    )


def _mapping() -> list[Component]:
    dates = [{"value": text, "label": text} for text in DATE_FORMATS]
    marks = [{"value": ".", "label": "1,234.50"}, {"value": ",", "label": "1.234,50"}]
    return [
        html.H3("Map the columns"),
        dmc.SimpleGrid([], cols={"base": 2, "sm": 3}, id="ledger-columns"),
        dmc.SimpleGrid(
            [
                dmc.TextInput(id="ledger-buy", label="Word for a purchase", value="BUY"),
                dmc.TextInput(id="ledger-sell", label="Word for a sale", value="SELL"),
                dmc.Select(
                    id="ledger-dates", label="Date format", data=dates, value=DATE_FORMATS[0], allowDeselect=False
                ),
                dmc.Select(id="ledger-decimal", label="Number format", data=marks, value=".", allowDeselect=False),
                dmc.TextInput(id="ledger-its-currency", label="Currency (optional)", placeholder="USD"),
            ],
            cols={"base": 2, "sm": 5},
            mt="sm",
        ),
    ]


def _report(
    colour: str,
    said: ComponentType,
    rows: Sequence[ImportedRow],
    outcomes: Mapping[Outcome, str],
    notices: Sequence[str] = (),
) -> html.Div:
    alert = dmc.Alert(said, color=colour, variant="light", my="sm")
    worth_a_look = dmc.Alert(html.Ul([html.Li(told) for told in notices]), color="yellow", variant="light", my="sm")
    return html.Div(
        [alert, *([worth_a_look] if notices else []), *([_rows(rows, outcomes)] if rows else [])],
    )


def _rows(rows: Sequence[ImportedRow], outcomes: Mapping[Outcome, str]) -> html.Div:
    first = sorted(rows, key=lambda row: row["outcome"] != "refused")[:MOST_REPORTED]
    told = [{**row, "outcome": outcomes[row["outcome"]]} for row in first]
    rest = len(rows) - len(first)
    grid = dag.AgGrid(
        id="ledger-report-rows",
        columnDefs=[
            {"field": "line", "headerName": "Line", "width": 80, "filter": "agNumberColumnFilter"},
            {"field": "outcome", "headerName": "Outcome", "width": 130},
            {"field": "reason", "headerName": "Why", "flex": 1, "wrapText": True, "autoHeight": True},
        ],
        rowData=told,
        defaultColDef={"sortable": True, "filter": True, "resizable": True, "minWidth": 70},
        dashGridOptions=OPTIONS,
        style={"height": "320px", "width": "100%"},
    )
    more = [html.P(f"{formats.count(rest)} more rows are not listed.", className="muted")] if rest > 0 else []
    return html.Div([grid, *more], role="region", **aria(label="Report by row"))


def _symbols(text: str) -> dict[str, str]:
    """`IE00B4L5Y983 = IWDA.AS`, one per line."""
    pairs = (line.partition("=") for line in text.splitlines())
    return {theirs.strip(): ours.strip().upper() for theirs, mark, ours in pairs if mark and theirs.strip()}
