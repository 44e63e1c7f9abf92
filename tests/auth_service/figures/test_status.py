"""The status of a portfolio: what is on its way, where its figures end, and what failed."""

from pathlib import Path

from ingestion.errors import BusyError, ProviderDownError, UnknownTickerError
from tests.auth_service.conftest import Person, answer
from tests.auth_service.figures.conftest import fetch_prices
from tests.dbt.command import run_dbt
from tests.support.platform import Platform

# As Airflow notes that a model's task has failed.
FAILURE = """
insert into bronze.model_failures (model, run_id, reason) values ('stg_transactions', 'manual__1', 'Key (VTI) exists')
on conflict (model) do update set failed_at = now()
"""


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


def prices_are_stale(person: Person) -> bool:
    told = answer(person.call("GET", "/portfolio/status"))["prices_are_stale"]
    assert isinstance(told, bool)
    return told


def test_the_status_says_whether_the_newest_price_is_stale_today(
    investor: Person, bob: Person, platform: Platform
) -> None:
    assert (prices_are_stale(investor), prices_are_stale(bob)) == (True, False)  # the last one is of January 2024

    for days, stale in ((1, False), (0, True)):
        with platform.connect("macrofolio_dbt") as connection:
            connection.execute("set local app.user_id = ''")
            connection.execute(
                """update "default".int_published_portfolios
                set prices_stale_from = (now() at time zone 'utc')::date + %s""",
                [days],
            )
        assert prices_are_stale(investor) == stale


def fail_to_take_in_transactions(platform: Platform) -> None:
    with platform.connect("macrofolio_dbt") as connection:
        connection.execute(FAILURE)


def failed_models(person: Person) -> list[str]:
    return [failure["model"] for failure in answer(person.call("GET", "/portfolio/status"))["failed_models"]]


def test_a_failed_model_is_told_until_it_has_taken_the_change_in(
    investor: Person, bob: Person, platform: Platform, folder: Path
) -> None:
    answer(investor.trade("BUY", "1"), 201)
    fail_to_take_in_transactions(platform)
    status = answer(investor.call("GET", "/portfolio/status"))
    assert [set(failure) for failure in status["failed_models"]] == [{"model", "failed_at"}]
    assert (failed_models(investor), failed_models(bob)) == (["stg_transactions"], [])

    run_dbt(platform, folder, "run", "--select", "source:bronze.transactions+")
    assert failed_models(investor) == []


def test_a_failure_says_nothing_of_what_was_changed_after_it(investor: Person, platform: Platform) -> None:
    fail_to_take_in_transactions(platform)
    answer(investor.trade("BUY", "1"), 201)
    assert failed_models(investor) == []

    fail_to_take_in_transactions(platform)
    assert failed_models(investor) == ["stg_transactions"]


def failed_prices(person: Person) -> list[tuple[str, str]]:
    failures = answer(person.call("GET", "/portfolio/status"))["failed_prices"]
    return [(failure["ticker"], failure["outcome"]) for failure in failures]


def test_prices_that_did_not_come_are_told_to_who_trades_the_ticker_until_they_come(
    alice: Person, bob: Person, platform: Platform
) -> None:
    answer(alice.trade("BUY", "1"), 201)
    fetch_prices(platform, "VTI", ProviderDownError("No answer."))
    assert (failed_prices(alice), failed_prices(bob)) == ([("VTI", "provider_down")], [])

    fetch_prices(platform, "VTI", BusyError("Somebody else fetches it."))
    assert failed_prices(alice) == [("VTI", "provider_down")]

    fetch_prices(platform, "VTI")
    assert failed_prices(alice) == []


def test_a_deleted_trade_asks_for_no_prices_and_the_benchmark_does(alice: Person, platform: Platform) -> None:
    trade = answer(alice.trade("BUY", "1", ticker="PENC", currency="GBp"), 201)
    fetch_prices(platform, "PENC", UnknownTickerError("Unknown."))
    fetch_prices(platform, "^GSPC", ProviderDownError("No answer."))
    assert failed_prices(alice) == [("PENC", "unknown_ticker"), ("^GSPC", "provider_down")]

    assert alice.call("DELETE", f"/transactions/{trade['transaction_id']}").status_code == 204
    assert failed_prices(alice) == [("^GSPC", "provider_down")]

    fetch_prices(platform, "^GSPC")
    assert failed_prices(alice) == []


def stale_sources(person: Person) -> list[str]:
    return [stale["source"] for stale in answer(person.call("GET", "/portfolio/status"))["stale_sources"]]


def test_a_source_that_went_silent_is_told_to_who_trades_until_something_is_loaded(
    alice: Person, bob: Person, platform: Platform
) -> None:
    answer(alice.trade("BUY", "1"), 201)
    with platform.connect("macrofolio_dbt") as connection:
        connection.execute(
            "insert into bronze.model_failures (model, run_id, reason) values ('raw_prices', 'manual__1', 'Silent.')"
        )
    assert (stale_sources(alice), stale_sources(bob)) == (["raw_prices"], [])
    assert failed_models(alice) == []

    fetch_prices(platform, "VTI", ProviderDownError("No answer."))
    assert stale_sources(alice) == ["raw_prices"]

    with platform.connect("macrofolio_ingestion") as connection:
        connection.execute(
            """
            insert into bronze.ingestion_runs (run_id, kind, subject, source, outcome, started_at, finished_at)
            values (gen_random_uuid(), 'prices', 'VTI', 'files', 'loaded', clock_timestamp(), clock_timestamp())
            """
        )
    assert stale_sources(alice) == []
