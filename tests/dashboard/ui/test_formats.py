"""Numbers as people read them."""

from datetime import date

import pytest
from flask import Flask

from dashboard.ui import formats


@pytest.mark.parametrize(
    ("amount", "currency", "shown"),
    [
        (1234.5, "USD", "$1,234.50"),
        (-1234.5, "EUR", "-€1,234.50"),
        ("0.005", "GBP", "£0.00"),
        (12, "CHF", "CHF\N{NO-BREAK SPACE}12.00"),
        (-0.001, "USD", "$0.00"),
        (None, "USD", "\N{EN DASH}"),
    ],
)
def test_money(amount: float | None, currency: str, shown: str) -> None:
    assert formats.money(amount, currency) == shown


def test_a_gain_carries_its_sign_where_asked() -> None:
    assert formats.money(86233.21, "USD", 0, signed=True) == "+$86,233"


@pytest.mark.parametrize(
    ("fraction", "shown"),
    [
        (0.0512, "+5.1%"),
        (-0.472, "-47.2%"),
        (-0.0001, "0.0%"),
        (11.5, "+1,150.0%"),
        (None, "\N{EN DASH}"),
    ],
)
def test_percent(fraction: float | None, shown: str) -> None:
    assert formats.percent(fraction, signed=True) == shown


@pytest.mark.parametrize(
    ("value", "shown"), [("1000.00000000", "1,000"), (0.125, "0.125"), ("0.00000001", "0.00000001"), (0, "0")]
)
def test_quantity_shows_the_decimals_it_has(value: str | float, shown: str) -> None:
    assert formats.quantity(value) == shown


@pytest.mark.parametrize(
    ("amount", "shown"), [("85.2", "$85.20"), ("0.12345678", "$0.12345678"), ("1000", "$1,000.00")]
)
def test_an_amount_of_the_ledger_is_never_rounded(amount: str, shown: str) -> None:
    assert formats.exact(amount, "USD") == shown


@pytest.mark.parametrize(
    ("today", "said"),
    [
        (date(2013, 3, 1), "today"),
        (date(2013, 3, 2), "yesterday"),
        (date(2013, 3, 11), "10 days ago"),
        (date(2014, 3, 1), "12 months ago"),
        (date(2026, 11, 23), "13.7 years ago"),
    ],
)
def test_age(today: date, said: str) -> None:
    assert formats.age(date(2013, 3, 1), today) == said


@pytest.mark.parametrize(
    ("accepted", "shown"),
    [
        ("de-DE,de;q=0.9,en;q=0.8", ["-1.234,50\N{NO-BREAK SPACE}€", "+5,1\N{NO-BREAK SPACE}%", "25.11.2026", "0,125"]),
        ("en-GB", ["-€1,234.50", "+5.1%", "25 Nov 2026", "0.125"]),
        ("", ["-€1,234.50", "+5.1%", "Nov 25, 2026", "0.125"]),
        ("klingon, *;q=0.1", ["-€1,234.50", "+5.1%", "Nov 25, 2026", "0.125"]),
    ],
)
def test_numbers_and_dates_follow_the_browsers_language(accepted: str, shown: list[str]) -> None:
    with Flask(__name__).test_request_context(headers={"Accept-Language": accepted}):
        assert [
            formats.money(-1234.5, "EUR"),
            formats.percent(0.0512, signed=True),
            formats.day("2026-11-25"),
            formats.quantity("0.12500000"),
        ] == shown


@pytest.mark.parametrize(
    ("language", "day", "separators"),
    [("en-US", "%-m/%-d/%Y", ".,"), ("de", "%d.%m.%Y", ",."), ("sv", "%Y-%m-%d", ",\xa0")],
)
def test_charts_write_days_and_numbers_in_the_reader_s_order(
    server: Flask, language: str, day: str, separators: str
) -> None:
    with server.test_request_context(headers={"Accept-Language": language}):
        assert formats.day_pattern(formats.OF_PLOTLY) == day
        assert formats.separators() == separators


def test_a_month_is_written_with_its_year() -> None:
    assert formats.month("2013-03-17") == "Mar 2013"
