"""Any sequence of changes and builds, complete or not, in any order, leaves what a full refresh leaves."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from tests.dbt.bronze import user
from tests.dbt.changing_market import LISTINGS, STORIES, Market
from tests.dbt.command import parsed_project, run_dbt
from tests.dbt.contents import TABLES, contents, differences
from tests.support.platform import Platform, wait_until

MACRO = ("stg_fred_macro", "int_macro_levels", "int_macro_indicators", "gold_macro_context")
# More by CHANGES_EXAMPLES=200, for a night.
EXAMPLES = int(os.environ.get("CHANGES_EXAMPLES", "8"))
REBUILT = ("run", "--select", *TABLES, *MACRO)

Step = tuple[str, tuple[Any, ...]]

numbers = st.integers(0, 30)
tickers = st.sampled_from(["AAA", "BBB"])
stories = st.sampled_from(STORIES)
sides = st.sampled_from(["BUY", "BUY", "SELL"])
changes = st.one_of(
    st.tuples(
        st.just("trade"),
        st.tuples(stories, tickers, sides, numbers, st.integers(1, 9)),
    ),
    st.tuples(
        st.just("trade_with_the_broker"),
        st.tuples(stories, tickers, sides, numbers, st.integers(1, 9)),
    ),
    st.tuples(
        st.just("enter"),
        st.tuples(
            stories,
            st.sampled_from(["DEPOSIT", "WITHDRAWAL", "DIVIDEND", "INTEREST", "FEE", "TAX"]),
            numbers,
            st.integers(1, 900),
            st.sampled_from(["USD", "EUR", "GBP"]),
        ),
    ),
    st.tuples(st.just("strike"), st.tuples(numbers)),
    st.tuples(st.just("keep_cash"), st.tuples(stories, st.booleans())),
    st.tuples(st.just("edit"), st.tuples(numbers, st.none() | st.integers(1, 9))),
    st.tuples(st.just("delete_everything_of"), st.tuples(stories)),
    st.tuples(st.just("erase"), st.tuples(stories)),
    st.tuples(st.just("next_day"), st.tuples(st.none() | tickers)),
    st.tuples(st.just("correct_price"), st.tuples(st.sampled_from(list(LISTINGS)), numbers)),
    st.tuples(st.just("lose_bar"), st.tuples(st.sampled_from(list(LISTINGS)), numbers)),
    st.tuples(st.just("pay_dividend"), st.tuples(tickers, numbers, st.sampled_from(["USD", "EUR", "GBP"]))),
    st.tuples(st.just("publish_a_month"), st.just(())),
    st.tuples(
        st.just("change_settings"), st.tuples(stories, st.sampled_from(["USD", "EUR"]), st.sampled_from(["AAA", "BBB"]))
    ),
)
# A build of one model at any time: runs overlap, and are killed between two models.
builds = st.tuples(st.just("build"), st.tuples(st.sampled_from([*TABLES, *MACRO])))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("dbt")


@dataclass
class Beginning:
    """A market with first ledgers and every model built, to begin from again and again."""

    platform: Platform
    days: Market

    @contextmanager
    def again(self) -> Iterator[Market]:
        """The database as it was, and its market."""
        with replace(self.platform, database="postgres").connect("postgres", autocommit=True) as administrator:
            administrator.execute(f"drop database if exists {self.platform.database} with (force)")
            administrator.execute(f"create database {self.platform.database} template {self.platform.database}_begun")
        with self.platform.connect("postgres", autocommit=True) as connection:
            yield self.days.on(connection)


@pytest.fixture(scope="module")
def beginning(platform: Platform, folder: Path) -> Iterator[Beginning]:
    with platform.connect("postgres", autocommit=True) as connection:
        market = Market(connection)
        market.open()
        trade_a_little(market)
    run_dbt(platform, folder, "build", "--exclude-resource-type", "unit_test")
    begun = f"{platform.database}_begun"
    with replace(platform, database="postgres").connect("postgres", autocommit=True) as administrator:
        administrator.execute(f"create database {begun} template {platform.database}")
        yield Beginning(platform, market)
        administrator.execute(f"drop database {begun}")


@pytest.fixture
def market(beginning: Beginning) -> Iterator[Market]:
    with beginning.again() as market:
        yield market


def trade_a_little(market: Market) -> None:
    for number, story in enumerate(STORIES):
        market.trade(story, "AAA", "BUY", 1 + number, 4)
        market.trade(story, "BBB", "BUY", 3 + number, 6)
        market.trade(story, "AAA", "SELL", 8, 2)
        market.enter(story, "DEPOSIT", 2, 900, "EUR")
        market.trade_with_the_broker(story, "AAA", "BUY", 5, 3)


def in_order(platform: Platform) -> list[str]:
    """The names of TABLES, each after those that it reads."""
    parents = parsed_project(platform.database).parent_map
    done: list[str] = []

    def add(name: str) -> None:
        for parent in parents[f"model.macrofolio.{name}"]:
            if parent.startswith("model."):
                add(parent.rpartition(".")[2])
        if name in TABLES and name not in done:
            done.append(name)

    for table in TABLES:
        add(table)
    return done


def check_against_full_refresh(platform: Platform, folder: Path) -> None:
    run_dbt(platform, folder, *REBUILT)
    incremental = contents(platform)
    with platform.connect("postgres") as connection:
        assert connection.execute("select * from bronze.pending_changes").fetchall() == []
    run_dbt(platform, folder, *REBUILT, "--full-refresh")
    assert differences(incremental, contents(platform)) == []


# Not shrunk: an example takes seconds, and its steps say what happened.
@settings(max_examples=EXAMPLES, deadline=None, derandomize=True, phases=[Phase.generate], print_blob=False)
@given(steps=st.lists(st.one_of(changes, changes, builds), min_size=4, max_size=14))
def test_what_stands_after_any_changes_and_builds_is_a_full_refresh(
    platform: Platform, beginning: Beginning, folder: Path, steps: list[Step]
) -> None:
    with beginning.again() as market:
        for name, arguments in steps:
            if name == "build":
                run_dbt(platform, folder, "run", "--select", *arguments)
            else:
                change: Callable[..., None] = getattr(market, name)
                change(*arguments)
        check_against_full_refresh(platform, folder)


def test_a_rate_that_only_a_dividend_needs_is_news_to_its_receivers(
    platform: Platform, market: Market, folder: Path
) -> None:
    market.pay_dividend("AAA", 9, "GBP")
    run_dbt(platform, folder, *REBUILT)
    market.correct_price("GBPUSD=X", 9)
    check_against_full_refresh(platform, folder)


def test_a_writer_between_any_two_models_is_not_forgotten(platform: Platform, market: Market, folder: Path) -> None:
    for number, model in enumerate(in_order(platform)):
        run_dbt(platform, folder, "run", "--select", model)
        market.trade(STORIES[number % 2], "AAA", "BUY", number, 3)
        market.correct_price("BBB", number)
        market.next_day()
    check_against_full_refresh(platform, folder)


def test_a_user_whose_last_transaction_is_deleted_leaves_no_row(
    platform: Platform, market: Market, folder: Path
) -> None:
    market.delete_everything_of(STORIES[0])
    run_dbt(platform, folder, *REBUILT)

    with platform.connect("macrofolio_dbt") as connection:
        tables = [table for table in TABLES if "user_id" in contents_columns(platform, table)]
        left = {
            table: connection.execute(
                f'select count(*) from "default".{table} where user_id = %s', [user(STORIES[0])]
            ).fetchall()[0][0]
            for table in tables
        }
    # staging keeps the tombstones
    assert {table: rows for table, rows in left.items() if rows and table != "stg_transactions"} == {}
    assert len(tables) == 11


def contents_columns(platform: Platform, table: str) -> set[str]:
    with platform.connect("macrofolio_dbt") as connection:
        cursor = connection.execute(f'select * from "default".{table} limit 0')
        return {column.name for column in cursor.description or ()}


def test_a_build_that_is_killed_has_taken_nothing_out_of_the_queue(
    platform: Platform, market: Market, folder: Path
) -> None:
    market.trade(STORIES[0], "AAA", "BUY", 2, 5)
    pending = "select model from bronze.pending_changes"
    with platform.connect("postgres", autocommit=True) as watcher:
        with platform.connect("macrofolio_dbt") as reader:
            # a lock on the table lets the build take the change out and stops it where it would write
            reader.execute('lock table "default".stg_transactions in share mode')
            build = start_build(platform, folder, "stg_transactions")
            wait_until(lambda: bool(waiting(watcher)), "the build waits for the table", seconds=60)
            watcher.execute(
                "select pg_terminate_backend(pid) from unnest(%s::int[]) as given (pid)", [waiting(watcher)]
            )
            build.join(timeout=60)
        assert build.exitcode != 0
        assert watcher.execute(pending).fetchall() == [("stg_transactions",)]
    check_against_full_refresh(platform, folder)


def start_build(platform: Platform, folder: Path, model: str) -> Any:
    from tests.dbt.command import start_dbt

    return start_dbt(platform, folder, "run", "--select", model)


def waiting(connection: Any) -> list[int]:
    rows = connection.execute(
        "select pid from pg_locks where not granted and relation = to_regclass('\"default\".stg_transactions')"
    )
    return [pid for (pid,) in rows]
