"""What a file does not say itself: which ticker it means, and which of its columns is which."""

from decimal import Decimal
from typing import Any

import pytest

from tests.auth_service.conftest import Person, answer
from tests.auth_service.ledger.imports.uploads import FILES, reasons, send, send_with, trades

MAPPED = (FILES / "mapped.csv").read_bytes()
MAPPING: dict[str, Any] = {
    "columns": {"trade_date": "Datum", "side": "Vorgang", "isin": "Papier", "quantity": "Stueck", "price": "Kurs"}
    | {"fees": "Entgelt", "note": "Bemerkung"},
    "sides": {"Kauf": "BUY", "Verkauf": "SELL"},
    "date_format": "DD.MM.YYYY",
    "decimal": ",",
    "thousands": ".",
}


def degiro(isin: str, price: str, currency: str = "EUR") -> bytes:
    """One purchase of 2."""
    header = (FILES / "degiro_en.csv").read_text().splitlines()[0]
    value = -2 * Decimal(price)
    row = f"02-01-2024,09:00,SOMETHING,{isin},EAM,XAMS,2,{price},{currency},{value},{currency},{value},,0.00,,{value},x"
    return f"{header}\n{row}\n".encode()


def test_an_isin_means_the_listing_in_the_currency_of_the_trade(alice: Person) -> None:
    answer(send(alice, degiro("IE00TEST0018", "50.0000", "EUR")))
    answer(send(alice, degiro("IE00TEST0018", "4000.0000", "GBX")))

    assert trades(alice) == ["2024-01-02 BUY 2 WLD.AS 50 EUR 0", "2024-01-02 BUY 2 WLD.L 4000 GBp 0"]


@pytest.mark.parametrize(
    ("isin", "currency", "told"),
    [
        ("LU00TEST0026", "EUR", "LU00TEST0026 is quoted in EUR as DUO.DE, DUO.PA"),
        ("IE00TEST0018", "USD", "IE00TEST0018 has no known listing in USD"),
        ("XX00TEST0099", "EUR", "XX00TEST0099 has no known listing in EUR"),
        ("not an isin", "EUR", "not an isin has no known listing in EUR"),
    ],
)
def test_an_isin_without_just_one_listing_is_refused(alice: Person, isin: str, currency: str, told: str) -> None:
    fields = answer(send(alice, degiro(isin, "30.0000", currency)), 422)["fields"]

    assert fields == {"2": f'{told}. Choose one with symbols, such as {{"{isin}": "VWRL.AS"}}.'}
    assert trades(alice) == []


def test_symbols_say_which_listing_is_meant(alice: Person) -> None:
    answer(send_with(alice, degiro("LU00TEST0026", "30.0000"), {"symbols": {"lu00test0026": "duo.pa"}}))

    assert trades(alice) == ["2024-01-02 BUY 2 DUO.PA 30 EUR 0"]


def test_symbols_also_rename_what_another_tool_calls_a_ticker(alice: Person) -> None:
    text = b"date,symbol,quantity,activityType,unitPrice,currency,fee\n2024-01-02,TSM,1,BUY,100,USD,0\n"

    refused = answer(send(alice, text), 422)["fields"]
    answer(send_with(alice, text, {"symbols": {"TSM": "VTI"}}))

    assert list(refused) == ["2"]
    assert trades(alice) == ["2024-01-02 BUY 1 VTI 100 USD 0"]


def test_any_csv_is_imported_when_its_columns_are_mapped(alice: Person) -> None:
    report = answer(send_with(alice, MAPPED, {"mapping": MAPPING}))

    assert sorted(trades(alice)) == [
        "2024-01-02 BUY 1000 VTI 100.5 USD 4.9 erster",
        "2024-01-03 SELL 400 VTI 101 USD 4.9",
    ]
    assert reasons(report, "skipped") == {4: "'Ausschüttung' is not a trade; trades have kauf, verkauf."}
    assert report["format"] == "mapped"


def test_a_row_that_is_no_trade_needs_no_quantity(alice: Person) -> None:
    columns = {"trade_date": "d", "side": "s", "ticker": "t", "quantity": "q", "price": "p"}
    mapping = {"columns": columns, "sides": {"Kauf": "BUY"}}
    content = b"d,s,t,q,p\n2024-01-02,Kauf,VTI,1,100\n2024-01-03,Dividende,VTI,,\n"

    report = answer(send_with(alice, content, {"mapping": mapping}))

    assert (report["added"], report["skipped"]) == (1, 1)


def test_without_a_column_for_the_side_a_negative_quantity_is_a_sale(alice: Person) -> None:
    columns = {name: MAPPING["columns"][name] for name in ("trade_date", "isin", "quantity", "price")}
    content = MAPPED.rpartition(b"03.01.2024")[0]

    answer(send_with(alice, content, {"mapping": MAPPING | {"columns": columns}}))

    assert [trade.split()[1:3] for trade in sorted(trades(alice))] == [["BUY", "1000"], ["SELL", "400"]]


@pytest.mark.parametrize("cell", ["1,5", "1.0000", "1..0", "1e3x", "NaN", "", "٣", "1_0", "12.34.5"])
def test_a_number_that_is_not_written_as_mapped_is_refused(alice: Person, cell: str) -> None:
    content = f"d;t;q;p\n2024-01-02;VTI;{cell};100\n".encode()
    columns = {"trade_date": "d", "ticker": "t", "quantity": "q", "price": "p"}
    # A point between thousands and a hyphen-free decimal sign keep 1,5 and 1.0000 from meaning 15 and 10,000.
    marks = {"decimal": ".", "thousands": ","} if "," in cell else {"decimal": ",", "thousands": "."}

    fields = answer(send_with(alice, content, {"mapping": {"columns": columns} | marks}), 422)["fields"]

    assert list(fields) == ["2"]
    assert "is not a number" in fields["2"]


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"mapping": {"columns": {"quantity": "q", "price": "p", "trade_date": "d"}}}, "options.mapping.columns"),
        ({"mapping": MAPPING | {"date_format": "YYYY-MM"}}, "options.mapping.date_format"),
        ({"mapping": MAPPING | {"date_format": "YYYYMMDD"}}, "options.mapping.date_format"),
        ({"mapping": MAPPING | {"decimal": "."}}, "options.mapping"),
        ({"mapping": MAPPING | {"sides": {"Kauf": "HOLD"}}}, "options.mapping.sides.Kauf"),
        ({"mapping": MAPPING | {"columns": MAPPING["columns"] | {"fees": "Gebühr"}}}, "mapping"),
        ({"symbols": {"X": "not a ticker"}}, "options.symbols.X"),
        ({"colour": 1}, "options.colour"),
        ([], "options"),
    ],
)
def test_instructions_that_make_no_sense_are_refused(onlooker: Person, options: object, field: str) -> None:
    assert field in answer(send_with(onlooker, MAPPED, options), 422)["fields"]


def test_a_form_without_a_file_or_with_broken_options_is_refused(onlooker: Person) -> None:
    path, form = "/transactions/import", "multipart/form-data"

    answer(onlooker.call("POST", path, data={"options": "{}"}, content_type=form), 422)
    answer(send_with(onlooker, MAPPED, float("nan")), 422)


SAME_DAY = ["2024-01-03,VTI,BUY,10,204.11", "2024-01-03,VTI,SELL,9,210", "2024-01-02,VTI,BUY,9,209.45"]


@pytest.mark.parametrize("rows", [SAME_DAY, SAME_DAY[::-1]], ids=["newest first", "oldest first"])
def test_trades_of_a_day_are_entered_in_the_order_in_which_they_happened(alice: Person, rows: list[str]) -> None:
    text = "\n".join(["trade_date,ticker,side,quantity,price", *rows, ""])
    answer(send(alice, text.encode(), "?confirm=true"))

    ledger = answer(alice.call("GET", "/transactions"))["items"]  # the newest first, and of a day the last entered

    assert [f"{item['side']} {item['quantity']}" for item in ledger] == ["BUY 10", "SELL 9", "BUY 9"]
