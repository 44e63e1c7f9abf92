"""Where figures come from: the catalogue of figures, and the state of the data behind one's own."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import date, datetime
from pathlib import Path
from typing import Any, Literal

import pytest
from apiflask import APIFlask

from ingestion.errors import IngestionError, ProviderDownError
from ingestion.records import Refusal
from ingestion.store import quarantine
from ingestion.store.runs import Run, recorded, storing
from tests.auth_service.conftest import Person, answer, forget_models, join
from tests.dbt.command import run_dbt
from tests.support.platform import Platform

PATHS = ("/figures", "/data/tickers", "/data/series")
# Eight days without a bar are before it: one more than a holiday explains.
GAP = """
insert into bronze.raw_prices (ticker, price_date, close, price_basis, source)
values ('VTI', '2024-01-14', 103, 'as_traded', 'provenance')
"""
SERIES = """
insert into bronze.raw_fred (series_id, observation_date, value, realtime_start, dated_by, source)
values ('TB3MS', '2024-01-01', 5.2, '2024-02-03', 'vintage', 'provenance'),
    ('TB3MS', '2024-01-01', 5.3, '2024-03-03', 'vintage', 'provenance')
"""
FAILURE = """
update "default".fct_test_results set status = 'fail', failures = 2, tested_at = now()
where model = 'gold_ticker_kpis' and test like 'not_null%%user_id'
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("dbt")


@pytest.fixture(scope="module")
def stranger(app: APIFlask) -> Person:
    """Somebody else, who trades something else."""
    person = join(app)
    answer(person.trade("BUY", "1", ticker="ADJ"), 201)
    return person


@pytest.fixture(scope="module")
def investor(app: APIFlask, stranger: Person, platform: Platform, folder: Path) -> Iterator[Person]:
    """Somebody who bought VTI and a listing in pence, with models that were built and tested."""
    person = join(app)
    answer(person.trade("BUY", "1"), 201)
    answer(person.trade("BUY", "1", ticker="PENC", currency="GBp"), 201)
    with platform.connect("macrofolio_ingestion") as connection:
        connection.execute(GAP)
        connection.execute(SERIES)
    run_dbt(platform, folder, "build", "--exclude-resource-type", "unit_test")
    yield person
    forget_models(platform, "provenance")


def fetch(
    platform: Platform, kind: Literal["prices", "macro"], subject: str, error: IngestionError | None = None
) -> None:
    """A fetch that ends so, and refuses one value, in the diary of fetches."""
    run = Run(kind, subject, "files")
    refused = Refusal(date(2024, 1, 4), "bar", "zero", {"close": "0"})
    with platform.connect("macrofolio_ingestion") as connection, suppress(IngestionError), recorded(connection, run):
        quarantine.keep(connection, run, [refused])
        if error is not None:
            raise error
        with storing(connection, run):
            pass


def items(person: Person, path: str, name: str) -> dict[str, dict[str, Any]]:
    return {item[name]: item for item in answer(person.call("GET", path))["items"]}


def explanation(person: Person, model: str, column: str) -> dict[str, Any]:
    told: list[dict[str, Any]] = answer(person.call("GET", "/figures"))["items"]
    return {(item["model"], item["column"]): item for item in told}[model, column]


def test_before_the_models_have_run_nothing_is_explained(alice: Person) -> None:
    for path in PATHS:
        assert answer(alice.call("GET", path)) == {"items": [], "next_cursor": None}


def test_a_figure_is_explained_with_its_inputs_its_tests_and_when_it_was_built(investor: Person, bob: Person) -> None:
    market_value = explanation(investor, "gold_p_timeseries", "market_value")
    sharpe = explanation(investor, "gold__performance", "sharpe")
    status = answer(investor.call("GET", "/portfolio/status"))

    assert "base currency" in market_value["description"]
    assert {"int_portfolios", "int_daily_prices", "int_fx_rates"} <= set(market_value["inputs"])
    assert market_value["tests"]["passed"] > 3
    assert market_value["tests"]["failed"] == 0
    assert market_value["tests"]["tested_at"] > status["last_refresh"]
    assert datetime.fromisoformat(market_value["built_at"]) == datetime.fromisoformat(status["last_refresh"])
    assert sharpe["built_at"] is None
    assert explanation(bob, "gold_p_timeseries", "market_value")["built_at"] is None


def test_a_test_that_failed_is_told_and_what_was_never_tested_says_so(investor: Person, platform: Platform) -> None:
    before = investor.call("GET", "/figures")
    passed = explanation(investor, "gold_ticker_kpis", "quantity")["tests"]["passed"]
    with platform.connect("macrofolio_dbt") as connection:
        connection.execute(FAILURE)
        connection.execute("""delete from "default".fct_test_results where model = 'gold_macro_context'""")
    tests = explanation(investor, "gold_ticker_kpis", "quantity")["tests"]

    assert (tests["passed"], tests["failed"]) == (passed - 1, 1)
    assert explanation(investor, "gold_macro_context", "value")["tests"] is None
    assert investor.call("GET", "/figures").headers["ETag"] != before.headers["ETag"]


def test_the_data_of_ones_own_tickers_benchmark_and_currencies_is_told_and_of_none_else(
    investor: Person, stranger: Person, bob: Person
) -> None:
    own = items(investor, "/data/tickers", "ticker")

    assert set(own) == {"VTI", "PENC", "GBPUSD=X", "^GSPC"}
    assert set(items(stranger, "/data/tickers", "ticker")) == {"ADJ", "^GSPC"}
    assert items(bob, "/data/tickers", "ticker") == {}
    vti = own["VTI"]
    assert (vti["name"], vti["first_bar"], vti["last_bar"]) == ("Total Market", "2024-01-02", "2024-01-14")
    assert (vti["bars"], vti["gaps"], vti["splits"], vti["dividends"]) == (4, 1, 0, 0)
    assert (own["GBPUSD=X"]["bars"], own["GBPUSD=X"]["first_bar"]) == (0, None)
    assert {ticker for ticker in own if own[ticker]["is_stale"]} == {"PENC", "GBPUSD=X", "^GSPC"}
    assert items(stranger, "/data/tickers", "ticker")["ADJ"]["splits"] == 1


def test_a_ticker_says_how_its_last_fetch_ended_and_what_was_refused(investor: Person, platform: Platform) -> None:
    fetch(platform, "prices", "PENC", ProviderDownError("No answer from https://example.org/?key=secret"))
    fetch(platform, "prices", "VTI")
    told = items(investor, "/data/tickers", "ticker")

    assert told["PENC"]["last_fetch"]["outcome"] == "provider_down"
    assert "did not answer" in told["PENC"]["last_fetch"]["reason"]
    assert "secret" not in str(told)
    assert told["VTI"]["last_fetch"]["reason"] is None
    assert told["VTI"]["quarantined"] == 1
    assert told["^GSPC"]["quarantined"] == 0


def test_a_series_gives_its_newest_value_and_when_it_was_known(investor: Person, platform: Platform) -> None:
    before = items(investor, "/data/series", "series_id")
    fetch(platform, "macro", "TB3MS")
    bill = items(investor, "/data/series", "series_id")["TB3MS"]
    assert bill["title"] == "3-month Treasury bill rate"

    assert (before["TB3MS"]["value"], before["TB3MS"]["indicator"]) == (5.3, "risk_free_rate")
    assert before["TB3MS"]["last_fetch"] is None
    assert (bill["last_observation"], bill["published_on"], bill["known_on"]) == (
        *("2024-01-01", "2024-02-03", "2024-03-03"),
    )
    assert bill["last_fetch"]["outcome"] == "unchanged"
    assert not bill["is_stale"]
    assert (before["CFNAI"]["value"], before["CFNAI"]["is_stale"]) == (None, True)


def test_what_is_known_already_is_not_sent_again(investor: Person) -> None:
    for path in PATHS:
        known = investor.call("GET", path).headers["ETag"]
        assert investor.call("GET", path, headers={"If-None-Match": known}).status_code == 304


def test_what_brings_nothing_new_is_said_to_be_silent(investor: Person, platform: Platform) -> None:
    with platform.connect("macrofolio_ingestion") as connection:
        for run in (Run("prices", "VTI", "yahoo"), Run("macro", "TB3MS", "fred")):
            with storing(connection, run):
                pass
    told = items(investor, "/data/tickers", "ticker")["VTI"]

    assert (told["silent_since"], told["last_bar"], told["usual_interval_days"]) == ("2024-01-14", "2024-01-14", 2)
    assert items(investor, "/data/series", "series_id")["TB3MS"]["silent_since"] == "2024-02-03"


def test_a_doubtful_dividend_is_told(investor: Person, platform: Platform) -> None:
    doubtful = Refusal(date(2024, 1, 3), "dividend", "jump", {"value": "976", "currency": "GBp"})
    run = Run("prices", "PENC", "files")
    with platform.connect("macrofolio_ingestion") as connection, storing(connection, run):
        quarantine.keep(connection, run, [doubtful])

    told = items(investor, "/data/tickers", "ticker")

    assert told["PENC"]["doubts"] == [
        {"ex_date": "2024-01-03", "action": "dividend", "value": "976", "currency": "GBp"}
    ]
    assert told["^GSPC"]["doubts"] == []
