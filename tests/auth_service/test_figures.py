"""Reading the marts that the models built: one's own rows only, in the promised shapes."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from apiflask import APIFlask

from tests.auth_service.conftest import Person, answer, join, refusal
from tests.dbt.command import run_dbt
from tests.platform import Platform

# What the macro models make of decades of series, in three spans.
MACRO = """
insert into "default".gold_macro_context (kind, name, valid_from, valid_to, value) values
    ('regime', 'goldilocks', '2020-01-01', '2020-06-30', null),
    ('regime', 'reflation', '2020-07-01', '2020-12-31', null),
    ('indicator', 'inflation', '2020-06-01', '2020-06-30', 1.5)
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("dbt")


@pytest.fixture(scope="module")
def investor(app: APIFlask, platform: Platform, folder: Path) -> Iterator[Person]:
    """Somebody who bought one VTI at 100 on 2024-01-02, with marts that contain it; then the models are gone again."""
    person = join(app)
    answer(person.trade("BUY", "1"), 201)
    run_dbt(platform, folder, "build", "--exclude-resource-type", "unit_test")
    with platform.connect("macrofolio_dbt") as connection:
        connection.execute(MACRO)
    yield person
    with platform.connect("postgres") as connection:
        connection.execute('drop schema "default" cascade')
        connection.execute('create schema "default" authorization macrofolio_dbt')
        connection.execute('grant usage on schema "default" to macrofolio_api')


def test_the_time_series_comes_as_columns_of_ones_own_days(investor: Person, bob: Person) -> None:
    series = answer(investor.call("GET", "/portfolio/timeseries?from=2024-01-03&to=2024-01-05"))

    assert series["date"] == ["2024-01-03", "2024-01-04", "2024-01-05"]
    assert series["market_value"] == [101, 101, 102]
    assert series["cumulative_return"] == pytest.approx([0.01, 0.01, 0.02], rel=1e-12)
    assert series["daily_return"] == [pytest.approx(0.01), None, pytest.approx(102 / 101 - 1)]
    assert series["regime"] == [None, None, None]
    assert answer(bob.call("GET", "/portfolio/timeseries"))["date"] == []


def test_the_status_counts_what_the_marts_do_not_hold_yet(
    investor: Person, bob: Person, platform: Platform, folder: Path
) -> None:
    before = answer(investor.call("GET", "/portfolio/status"))
    for _ in range(2):
        answer(investor.trade("BUY", "1"), 201)
    pending = answer(investor.call("GET", "/portfolio/status"))
    run_dbt(platform, folder, "run", "--select", "source:bronze.transactions+")
    after = answer(investor.call("GET", "/portfolio/status"))

    assert (before["up_to_date"], before["pending_transactions"]) == (True, 0)
    assert (before["as_of_date"], before["prices_as_of"]) == ("2024-01-05", "2024-01-05")
    assert (pending["up_to_date"], pending["pending_transactions"]) == (False, 2)
    assert (after["up_to_date"], after["pending_transactions"]) == (True, 0)
    assert after["last_refresh"] > before["last_refresh"]
    assert answer(bob.call("GET", "/portfolio/status"))["as_of_date"] is None


def test_performance_and_tickers_are_ones_own(investor: Person, bob: Person) -> None:
    performance = answer(investor.call("GET", "/portfolio/performance"))
    (ticker,) = answer(investor.call("GET", "/portfolio/tickers"))["items"]

    assert performance["time_weighted_return"] == pytest.approx(0.02, rel=1e-12)
    assert performance["beta"] is None
    assert "user_id" not in performance
    assert (ticker["ticker"], ticker["quantity"] * 102) == ("VTI", ticker["market_value"])
    assert answer(bob.call("GET", "/portfolio/tickers"))["items"] == []
    assert set(answer(bob.call("GET", "/portfolio/performance")).values()) == {None}


def test_macro_spans_that_touch_the_range_are_told(investor: Person) -> None:
    assert answer(investor.call("GET", "/macro/context?from=2020-06-30&to=2020-06-30")) == {
        "spans": [{"kind": "regime", "name": "goldilocks", "valid_from": "2020-01-01", "valid_to": "2020-06-30"}],
        "indicators": [{"name": "inflation", "valid_from": "2020-06-01", "valid_to": "2020-06-30", "value": 1.5}],
    }


def test_a_ticker_is_described_or_does_not_exist(alice: Person) -> None:
    assert answer(alice.call("GET", "/tickers/vti"))["last_price_date"] == "2024-01-05"
    assert "NOPE" in refusal(alice.call("GET", "/tickers/NOPE"), 404)
    refusal(alice.call("GET", "/tickers/%00"), 404)
    assert [item["ticker"] for item in answer(alice.call("GET", "/tickers?search=total"))["items"]] == ["VTI"]
    refusal(alice.call("GET", "/tickers?search="))
