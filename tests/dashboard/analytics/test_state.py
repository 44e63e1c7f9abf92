"""A bookmark shows the same view; an address that makes no sense shows the usual one."""

from urllib.parse import parse_qsl

import pytest

from dashboard.analytics.state import View


@pytest.mark.parametrize(
    "view",
    [
        View(),
        View(window="5y", basis="real", regimes="phase", known="now", by="sector", rolling="63"),
        View(window="custom", first_day="2010-01-01", last_day="2011-12-31"),
    ],
)
def test_the_address_brings_the_view_back(view: View) -> None:
    assert View.from_query(dict(parse_qsl(view.search().removeprefix("?")))) == view


def test_the_usual_view_needs_no_query() -> None:
    assert View().search() == ""


def test_only_what_is_unusual_is_in_the_address_and_days_only_of_a_range_of_one_s_own() -> None:
    assert View(window="1y", first_day="2012-03-02", last_day="2013-03-01").search() == "?window=1y"


@pytest.mark.parametrize(
    "query",
    [
        {"window": "2y", "basis": "<script>", "rolling": "7", "unknown": "x"},
        {"window": "custom"},
        {"window": "custom", "from": "2010-01-01", "to": "tomorrow"},
    ],
)
def test_what_makes_no_sense_is_as_if_it_were_not_said(query: dict[str, str]) -> None:
    assert View.from_query(query) == View()
