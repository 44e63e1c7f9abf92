"""Amounts and dates of any CSV: read where they leave no doubt, asked about where they do."""

from typing import Any

import pytest

from tests.auth_service.conftest import Person, answer
from tests.auth_service.ledger.imports.test_other_layouts import UNREAD
from tests.auth_service.ledger.imports.uploads import send_with, trades

COLUMNS = {"trade_date": "Date", "side": "Side", "ticker": "Ticker", "quantity": "Qty", "price": "Price", "fees": "Fee"}
SIDES = {"Buy": "BUY", "Sell": "SELL"}
HEADER = "Date,Side,Ticker,Qty,Price,Fee"


def mapping(**changed: Any) -> dict[str, Any]:
    columns = COLUMNS | changed.pop("columns", {})
    kept = {ours: theirs for ours, theirs in columns.items() if theirs is not None}
    return {"mapping": {"columns": kept, "sides": SIDES, "thousands": ","} | changed}


def test_signs_codes_brackets_and_minuses_are_read(alice: Person) -> None:
    rows = (
        "2024-01-02,Buy,VTI,3,$100.00,$1.00",
        '2024-01-03,Sell,VTI,1,"101.00 USD",(1.00)',
        "2024-01-05,Sell,VTI,\u22121,102,1",
    )

    answer(send_with(alice, "\n".join((HEADER, *rows)).encode(), mapping()))

    assert sorted(trades(alice)) == [
        "2024-01-02 BUY 3 VTI 100 USD 1",
        "2024-01-03 SELL 1 VTI 101 USD 1",
        "2024-01-05 SELL 1 VTI 102 USD 1",
    ]


@pytest.mark.parametrize(
    ("ticker", "price", "fee", "expected"),
    [
        ("VTI", "US$100", "1", "VTI 100 USD 1"),
        ("VTI", "USD 100.5", "USD1", "VTI 100.5 USD 1"),
        ("VTI", '"$ 100,00"', "", "VTI 100 USD 0"),
        ("VTI", "$100", "-", "VTI 100 USD 0"),
        ("VTI", "100 $US", "$(1.00)", "VTI 100 USD 1"),
        ("VTI", "usd 100", "-$1.00", "VTI 100 USD 1"),
        ("WLD.AS", "€50", "1.5€", "WLD.AS 50 EUR 1.5"),
        ("WLD.AS", "50.00 EUR", "\u20131.5", "WLD.AS 50 EUR 1.5"),
        ("WLD.AS", "50\u00a0€", "1.00-", "WLD.AS 50 EUR 1"),
        ("PENC", "£2.50", "£1.00", "PENC 250 GBp 100"),
        ("PENC", "250p", "100p", "PENC 250 GBp 100"),
        ("PENC", "GBX 250", "100", "PENC 250 GBp 100"),
        ("WLD.L", '"GBX 4,000"', "0", "WLD.L 4000 GBp 0"),
    ],
)
def test_what_stands_beside_an_amount_is_its_currency(
    alice: Person, ticker: str, price: str, fee: str, expected: str
) -> None:
    content = f"{HEADER}\n2024-01-02,Buy,{ticker},1,{price},{fee}\n"
    told = mapping(decimal=",", thousands=".") if '100,00"' in price else mapping()

    answer(send_with(alice, content.encode(), told))

    assert trades(alice) == [f"2024-01-02 BUY 1 {expected}"]


@pytest.mark.parametrize(
    ("ticker", "price", "fee", "told"),
    [
        ("VTI", "€100", "1", "VTI is quoted in USD, not EUR"),
        ("VTI", "100", "€1", "'Fee' is in EUR, and VTI is quoted in USD"),
        ("VTI", "100 USD", "1 EUR", "'Fee' is in EUR, the row in USD"),
        ("VTI", "C$100", "1", "VTI is quoted in USD, not CAD"),
        ("WLD.AS", "$50", "1", "'Price' is in ARS or AUD or CAD"),
        ("PENC", "250", "£1.00", "'Fee' is in GBP, and PENC is quoted in GBp"),
        ("VTI", "100 pts", "1", "'pts' is not a known currency"),
        ("VTI", "$100 EUR", "1", "has two currencies"),
        ("VTI", "-100", "1", "If the column holds the trade's total"),
        ("VTI", "(-100)", "1", "more than one sign"),
        ("VTI", "", "1", "is not a number"),
    ],
)
def test_an_amount_in_doubt_is_asked_about(onlooker: Person, ticker: str, price: str, fee: str, told: str) -> None:
    content = f"{HEADER}\n2024-01-02,Buy,{ticker},1,{price},{fee}\n"

    fields = answer(send_with(onlooker, content.encode(), mapping()), 422)["fields"]

    assert list(fields) == ["2"]
    assert told in fields["2"]


def test_a_sign_that_currencies_share_is_told(alice: Person) -> None:
    report = answer(send_with(alice, f"{HEADER}\n2024-01-02,Buy,VTI,1,$100,$1\n".encode(), mapping()))

    assert report["notices"] == ["An ambiguous currency sign, such as $, was read as the listing's currency."]


def test_a_purchase_of_less_than_nothing_is_asked_about(onlooker: Person) -> None:
    fields = answer(send_with(onlooker, f"{HEADER}\n2024-01-02,Buy,VTI,-1,100,1\n".encode(), mapping()), 422)["fields"]

    assert fields == {"2": "The purchase has a negative quantity. If it reverses a trade, remove both."}


@pytest.mark.parametrize(
    ("form", "dates"),
    [
        ("DD/MM/YY", ["02-Jan-2024", '"Jan 2, 2024"', "02/01/24", "2. Januar 2024", "2 de janeiro de 2024"]),
        ("MM/DD/YY", ["01/02/24", "1/2/24", "2024-Jan-02", '"January 2nd, 2024"', "Tue 02 Jan 2024", "02JAN2024"]),
        ("YYYY-MM-DD", ["2024-01-02 15:30", "2 janv. 2024", "02 enero 2024", "02-jan-2024 09:00", "2 januari 2024"]),
        ("DD-MMM-YY", ["02-Jan-24", "2-jän-24", "2-gen-24"]),
    ],
)
def test_dates_are_read_in_their_form_or_by_the_months_name(alice: Person, form: str, dates: list[str]) -> None:
    content = "\n".join([HEADER, *(f"{date},Buy,VTI,1,100,1" for date in dates)])

    answer(send_with(alice, content.encode(), mapping(date_format=form)))

    assert [trade.split()[0] for trade in trades(alice)] == ["2024-01-02"] * len(dates)


@pytest.mark.parametrize("date", ["02/11/23", "02-Nov-23", "02 Foo 2023", "11/02/2023"])
def test_a_date_in_doubt_is_asked_about(onlooker: Person, date: str) -> None:
    fields = answer(send_with(onlooker, f"{HEADER}\n{date},Buy,VTI,1,100,1\n".encode(), mapping()), 422)["fields"]

    assert fields == {"2": f"{date!r} is not a date like YYYY-MM-DD."}


TOTALS = (
    "Konto : 4711,,,,,,\n\nVon;bis,1.1.;31.12.,,,,,\nDate,Side,Ticker,Qty,Total,Commission,Tax ({currency})\n{rows}"
)


def totals(currency: str, *rows: str) -> bytes:
    return TOTALS.format(currency=currency, rows="\n".join(rows)).encode()


def columns_of_totals(currency: str) -> dict[str, Any]:
    return {"price": None, "total": "Total", "fees": ["Commission", f"Tax ({currency})"]}


def test_a_total_is_enough_and_fees_may_stand_in_two_columns(alice: Person) -> None:
    rows = "2024-01-02,Buy,VTI,2,-202.00,1.00,1.00", "2024-01-03,Sell,VTI,1,99.50,1.00,0.50"

    answer(send_with(alice, totals("USD", *rows), mapping(columns=columns_of_totals("USD"))))

    assert sorted(trades(alice)) == [
        "2024-01-02 BUY 2 VTI 100 USD 2",  # (202 - 1 - 1) / 2
        "2024-01-03 SELL 1 VTI 101 USD 1.5",  # 99.5 + 1 + 0.5
    ]


def test_a_total_may_leave_fees_out(alice: Person) -> None:
    content = totals("USD", "2024-01-02,Buy,VTI,2,200.00,1.00,1.00")

    answer(send_with(alice, content, mapping(columns=columns_of_totals("USD"), total_includes_fees=False)))

    assert trades(alice) == ["2024-01-02 BUY 2 VTI 100 USD 2"]


def test_a_fee_in_another_currency_is_asked_about(onlooker: Person) -> None:
    content = totals("EUR", "2024-01-02,Buy,VTI,2,-202.00,1.00,1.00")

    fields = answer(send_with(onlooker, content, mapping(columns=columns_of_totals("EUR"))), 422)["fields"]

    assert list(fields) == ["5"]
    assert "'Tax (EUR)' is in EUR, and VTI is quoted in USD. Convert it" in fields["5"]


def test_an_empty_fee_in_another_currency_is_none(alice: Person) -> None:
    content = totals("EUR", "2024-01-02,Buy,VTI,2,-201.00,1.00,", "2024-01-02,Buy,VTI,2,-201.00,1.00,0.00")

    answer(send_with(alice, content, mapping(columns=columns_of_totals("EUR"))))

    assert trades(alice) == ["2024-01-02 BUY 2 VTI 100 USD 1"] * 2


def test_a_column_of_money_that_is_not_mapped_is_named(alice: Person) -> None:
    content = totals("EUR", "2024-01-02,Buy,VTI,2,-201.00,1.00,1.00")
    columns = {"price": None, "total": "Total", "fees": "Commission"}

    report = answer(send_with(alice, content, mapping(columns=columns)))

    assert report["notices"] == [UNREAD.format("“Tax (EUR)”")]


@pytest.mark.parametrize("name", ["Price (EUR)", "Price in EUR", "Price [EUR]", "Price EUR", "Price (€)"])
def test_the_name_of_a_column_may_tell_the_currency(onlooker: Person, alice: Person, name: str) -> None:
    columns = {"columns": {"price": name}}
    header = f"Date,Side,Ticker,Qty,{name},Fee\n"

    answer(send_with(alice, f"{header}2024-01-02,Buy,WLD.AS,1,50,0\n".encode(), mapping(**columns)))
    refused = answer(send_with(onlooker, f"{header}2024-01-02,Buy,VTI,1,100,0\n".encode(), mapping(**columns)), 422)

    assert trades(alice) == ["2024-01-02 BUY 1 WLD.AS 50 EUR 0"]
    assert "VTI is quoted in USD, not EUR" in refused["fields"]["2"]


def test_the_mapping_may_say_the_currency(alice: Person, onlooker: Person) -> None:
    content = f"{HEADER}\n2024-01-02,Buy,PENC,1,2.50,1\n".encode()

    answer(send_with(alice, content, mapping(currency="GBP")))
    refused = answer(send_with(onlooker, content, mapping(currency="EUR")), 422)

    assert trades(alice) == ["2024-01-02 BUY 1 PENC 250 GBp 100"]
    assert "PENC is quoted in GBp, not EUR" in refused["fields"]["2"]


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"columns": {"total": "Total"}}, "options.mapping.columns"),
        ({"columns": {"price": None}}, "options.mapping.columns"),
        ({"columns": {"fees": []}}, "options.mapping.columns.fees"),
        ({"date_format": "DD/MM"}, "options.mapping.date_format"),
        ({"date_format": "DD/MM/YYY"}, "options.mapping.date_format"),
        ({"currency": "dollars"}, "options.mapping.currency"),
    ],
)
def test_mappings_that_make_no_sense_are_refused(onlooker: Person, changed: dict[str, Any], field: str) -> None:
    fields = answer(send_with(onlooker, HEADER.encode(), mapping(**changed)), 422)["fields"]

    assert any(name.startswith(field) for name in fields)


@pytest.mark.parametrize(
    ("cell", "fees_in", "expected"),
    [("USD", "usd", "USD"), ("$", "", "USD"), ("usd", "$", "USD"), ("", "US$", "USD")],
)
def test_columns_of_currencies_are_read(alice: Person, cell: str, fees_in: str, expected: str) -> None:
    content = f"{HEADER},Ccy,Fee ccy\n2024-01-02,Buy,VTI,1,100,1,{cell},{fees_in}\n".encode()

    answer(send_with(alice, content, mapping(columns={"currency": "Ccy", "fees_currency": "Fee ccy"})))

    assert trades(alice) == [f"2024-01-02 BUY 1 VTI 100 {expected} 1"]


@pytest.mark.parametrize(
    ("cell", "fees_in", "told"),
    [
        ("USD", "EUR", "'Fee' is in EUR, the row in USD"),
        ("", "EUR", "'Fee' is in EUR, and VTI is quoted in USD"),
        ("EUR", "", "VTI is quoted in USD, not EUR"),
        ("Euros", "", "'Euros' is not a known currency"),
    ],
)
def test_columns_of_other_currencies_are_asked_about(onlooker: Person, cell: str, fees_in: str, told: str) -> None:
    content = f"{HEADER},Ccy,Fee ccy\n2024-01-02,Buy,VTI,1,100,1,{cell},{fees_in}\n".encode()
    columns = {"currency": "Ccy", "fees_currency": "Fee ccy"}

    assert told in answer(send_with(onlooker, content, mapping(columns=columns)), 422)["fields"]["2"]


def test_columns_of_currencies_that_are_not_mapped_are_named(alice: Person) -> None:
    content = f"{HEADER},Fee currency\n2024-01-02,Buy,VTI,1,100,1,EUR\n".encode()

    notices = answer(send_with(alice, content, mapping()))["notices"]

    assert len(notices) == 1
    assert notices[0].startswith("Ignored columns with currencies: “Fee currency”.")
