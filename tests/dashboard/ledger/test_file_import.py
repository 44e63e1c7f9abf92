"""A file on its way into the ledger: what is read of it here, what is asked of the API, and how its report is told."""

import base64
from typing import Any

import pytest

from dashboard.api.client import ApiRefusalError
from dashboard.api.payloads import FormatOut, ImportedRow, ImportOutcome
from dashboard.ledger import file_import
from dashboard.ledger.file_import import Chosen

CHOSEN: Chosen = {
    "format": file_import.RECOGNISED,
    "symbols": None,
    "time_zone": None,
    "confirm": False,
    "create_accounts": None,
    "buy": "Kauf",
    "sell": "Verkauf ",
    "date_format": "DD.MM.YYYY",
    "decimal": ",",
    "its_currency": None,
    "columns": [],
}
FILE = b"Datum|Kurs\n02.01.2024|100,5\n"
ROWS: list[ImportedRow] = [
    {"line": 2, "outcome": "added", "reason": None},
    {"line": 3, "outcome": "refused", "reason": "<b>0</b> held that day."},
]
KNOWN: list[FormatOut] = [{"name": "macrofolio", "label": "Macrofolio", "hint": "Export it from the ledger."}]
TRIED: ImportOutcome = {
    "format": "macrofolio",
    "added": 1,
    "already_there": 0,
    "skipped": 0,
    "dry_run": True,
    "notices": [],
    "rows": ROWS[:1],
}


def named(**columns: str | list[str]) -> list[str | list[str] | None]:
    """What the form holds when these columns are named."""
    return [columns.get(ours) for ours in file_import.COLUMNS]


def test_known_formats_are_offered_between_recognising_one_and_naming_columns() -> None:
    assert [choice["label"] for choice in file_import.choices(KNOWN)] == [
        "Detect automatically",
        "Macrofolio",
        "Any other CSV: map its columns",
    ]


def test_the_bytes_of_the_file_are_what_was_chosen() -> None:
    assert file_import.content(f"data:text/csv;base64,{base64.b64encode(b'a;b').decode()}") == b"a;b"
    with pytest.raises(ApiRefusalError, match="Choose the file again"):
        file_import.content("data:text/csv;base64,not base64!")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_the_columns_of_a_csv_are_read_whatever_its_encoding(encoding: str) -> None:
    file = '\nDatum;"Stück; Zahl";Price\r\n1;2;3'.encode(encoding)

    assert file_import.header(file).names == ["Datum", "Stück; Zahl", "Price"]


def test_lines_above_the_header_are_left_out() -> None:
    file = b"Konto : 4711,,,\n\nDate,Ticker,Qty,Total\n2024-01-02,VTI,1,100\n"

    assert file_import.header(file).names == ["Date", "Ticker", "Qty", "Total"]


def test_columns_that_are_called_as_ours_are_guessed() -> None:
    assert file_import.guessed(["Trade Date", "PRICE", "Stueck"]) == {"trade_date": "Trade Date", "price": "PRICE"}


def test_a_known_format_goes_without_a_mapping() -> None:
    chosen = CHOSEN | {"format": "degiro", "symbols": "IE00B4L5Y983 = iwda.as\nnonsense\n", "confirm": True}

    assert file_import.instructions(chosen, FILE) == {"symbols": {"IE00B4L5Y983": "IWDA.AS"}}
    flags = {"dry_run": "true", "confirm": "true", "create_accounts": "false"}
    assert file_import.parameters(chosen, dry_run=True) == flags | {"format": "degiro"}
    assert file_import.parameters(CHOSEN | {"create_accounts": True}, dry_run=False) == {
        "dry_run": "false",
        "confirm": "false",
        "create_accounts": "true",
    }


def test_time_zone_and_currency_go_along_where_they_are_given() -> None:
    chosen = CHOSEN | {"format": file_import.MAPPED, "time_zone": " Europe/Berlin ", "its_currency": "EUR"}
    chosen |= {"columns": named(total="Betrag", fees=["Gebühr", "Steuer"])}

    told = file_import.instructions(chosen, FILE)

    assert told["time_zone"] == "Europe/Berlin"
    mapping: Any = told["mapping"]
    assert mapping["currency"] == "EUR"
    assert mapping["columns"] == {"total": "Betrag", "fees": ["Gebühr", "Steuer"]}


def test_a_total_is_not_guessed_beside_a_price() -> None:
    assert file_import.guessed(["Price", "Total"]) == {"price": "Price"}
    assert file_import.guessed(["Total"]) == {"total": "Total"}


def test_named_columns_go_along_as_a_mapping() -> None:
    chosen = CHOSEN | {"format": file_import.MAPPED, "columns": named(price="Kurs", quantity="Stk")}

    assert file_import.instructions(chosen, FILE)["mapping"] == {
        "columns": {"price": "Kurs", "quantity": "Stk"},
        "sides": {"Kauf": "BUY", "Verkauf": "SELL"},
        "date_format": "DD.MM.YYYY",
        "delimiter": "|",
        "decimal": ",",
        "thousands": ".",
    }
    assert "format" not in file_import.parameters(chosen, dry_run=True)


def test_the_report_counts_and_shows_the_refused_rows_first() -> None:
    refusal = ApiRefusalError(422, "invalid", "Nothing was imported: 1 line.", {"3": "0 held."}, ROWS)

    alert, report = file_import.refused(refusal).children

    assert alert.children == "Nothing was imported: 1 line."
    assert report.children[0].rowData == [
        {"line": 3, "outcome": "Refused", "reason": "<b>0</b> held that day."},
        {"line": 2, "outcome": "Will be added", "reason": None},
    ]


def test_what_is_said_of_the_whole_file_stands_above_its_rows() -> None:
    notices = ["Not read, though there are amounts: “<b>Tax</b>”."]
    outcome: ImportOutcome = TRIED | {"notices": notices}
    refusal = ApiRefusalError(422, "invalid", "Nothing was imported: 1 line.", {"3": "0 held."}, ROWS, notices)

    for report in (file_import.accepted(outcome, KNOWN), file_import.refused(refusal)):
        told = report.children[1].children.children
        assert [item.children for item in told] == notices


def test_a_dry_run_says_that_nothing_is_written_and_an_import_that_it_is() -> None:
    nothing_new: list[ImportedRow] = [ROWS[0] | {"outcome": "already_there"}]

    tried = file_import.accepted(TRIED, KNOWN).children[0]
    done = file_import.accepted(TRIED | {"dry_run": False}, KNOWN).children[0]
    nothing = file_import.accepted(TRIED | {"added": 0, "rows": nothing_new}, KNOWN)

    assert tried.children == "Read as Macrofolio: 1 will be added. Nothing has been imported yet."
    assert done.children == "Imported: 1 added."
    assert nothing.children[0].children == "Nothing to import: 1 already recorded."


def test_a_file_that_nobody_knows_leads_to_naming_its_columns() -> None:
    refusal = ApiRefusalError(422, "invalid", "The file is not in any format known here.", {})

    assert "Any other CSV" in repr(file_import.refused(refusal))
