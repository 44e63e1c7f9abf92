"""A change of anything between a stored model and the next stored ones rebuilds it: compared with a full refresh."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.dbt.changing_market import STORIES, Market
from tests.dbt.command import ROOT, SILENT, variables
from tests.dbt.contents import contents, differences
from tests.support.platform import Platform


@dataclass
class Project:
    """A copy of the dbt project that a test may edit, and the database that it builds."""

    folder: Path
    platform: Platform
    manifest: Any = None  # of the project as it is now; None: to be parsed

    @property
    def parsed(self) -> Path:
        """Where dbt keeps what it parsed, to parse only what has changed."""
        return self.folder / "target" / "partial_parse.msgpack"

    def edit(self, file: str, before: str, after: str) -> None:
        path = self.folder / file
        text = path.read_text()
        assert before in text, f"{file} no longer has {before!r}"
        path.write_text(text.replace(before, after))
        self.manifest = None

    def dbt(self, *arguments: str) -> dict[str, str]:
        """`dbt <arguments>`; what each node says of itself, by its name."""
        self.manifest = self.manifest or self._invoke("parse")
        nodes = getattr(self._invoke(*arguments), "results", None) or []
        return {
            node.node.name: str(node.message)
            for node in nodes
            if hasattr(node.node, "config") and node.node.resource_type == "model"
        }

    def _invoke(self, *arguments: str) -> Any:
        from dbt.cli.main import dbtRunner

        with pytest.MonkeyPatch.context() as environment:
            for name, value in variables(self.platform, self.folder).items():
                environment.setenv(name, value)
            places = ("--project-dir", str(self.folder), "--profiles-dir", str(self.folder))
            done = dbtRunner(self.manifest).invoke([*arguments, *places, *SILENT])
        nodes = getattr(done.result, "results", None) or []
        said = [f"{node.node.name}: {node.message}" for node in nodes if node.status in ("error", "fail")]
        assert done.success, "\n".join(map(str, (done.exception, *said)))
        return done.result

    def query(self, text: str) -> list[tuple[Any, ...]]:
        with self.platform.connect("macrofolio_dbt") as connection:
            return connection.execute(text).fetchall()


@pytest.fixture(scope="module")
def built(platform: Platform, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A small market, and every model built from the project as it is."""
    with platform.connect("postgres", autocommit=True) as connection:
        market = Market(connection)
        market.open()
        market.next_day("AAA")
        market.pay_dividend("AAA", 12, "USD")
        for number, story in enumerate(STORIES):
            market.trade(story, "AAA", "BUY", 1 + number, 4)
            market.trade(story, "BBB", "BUY", 3 + number, 6)
            market.trade(story, "AAA", "SELL", 8, 2)
    folder = tmp_path_factory.mktemp("project")
    shutil.copytree(ROOT / "dbt", folder, ignore=shutil.ignore_patterns("target", "logs"), dirs_exist_ok=True)
    project = Project(folder, platform)
    project.dbt("build", "--exclude-resource-type", "unit_test", "test")
    shutil.copy(project.parsed, folder / "as_it_was.msgpack")
    return project


@pytest.fixture
def project(built: Project) -> Iterator[Project]:
    """The copy, put back afterwards; the next test's build finds that everything it changed has changed again."""
    as_it_was = built.manifest
    yield built
    shutil.copytree(ROOT / "dbt", built.folder, ignore=shutil.ignore_patterns("target", "logs"), dirs_exist_ok=True)
    shutil.copy(built.folder / "as_it_was.msgpack", built.parsed)
    built.manifest = as_it_was


OPENED_ON = """        max(trade_date) filter (where units_before = 0 or is_reopened)
            over (partition by user_id, ticker order by trade_date) as opened_on,
"""
UNITS = "        units,\n"
EDITS: dict[str, Callable[[Project], None]] = {
    "a view": lambda project: project.edit(
        "models/intermediate/int_positions.sql", UNITS, "        units * 2 as units,\n"
    ),
    "a view behind a view": lambda project: project.edit(
        "models/intermediate/int_trades.sql",
        "        transactions.fees * rate.rate as fees",
        "        (transactions.fees + 1) * rate.rate as fees",
    ),
    "a function": lambda project: project.edit(
        "macros/position_after.sql",
        "sold_cost := round(state[2] * units / state[1], 12);",
        "sold_cost := round(state[2] * units / state[1] / 2, 12);",
    ),
    "a seed": lambda project: project.edit("seeds/quote_factors.csv", "GBX,GBP", "EUR,USD,0.5,Half a dollar\nGBX,GBP"),
    "a macro": lambda project: project.edit(
        "macros/position_days.sql",
        "case when has_trades then sale_fees + sale_taxes else 0 end as sale_fees,",
        "case when has_trades then sale_fees + sale_taxes + 1 else 0 end as sale_fees,",
    ),
    "a variable": lambda project: project.edit("dbt_project.yml", "stale_after_days: 7", "stale_after_days: 1"),
}


def test_a_change_of_what_a_stored_model_reads_rebuilds_it(project: Project) -> None:
    """One edit after the other: each must change what is stored, and all together leave what a full refresh leaves."""
    unnoticed = []
    before = contents(project.platform)
    for kind, edit in EDITS.items():
        edit(project)
        project.dbt("seed" if kind == "a seed" else "compile", "--select", "quote_factors")
        project.dbt("run", "--select", "+gold_p_timeseries")
        after = contents(project.platform)
        if not differences(before, after):
            unnoticed.append(kind)
        before = after

    project.dbt("run", "--full-refresh", "--select", "+gold_p_timeseries")

    assert unnoticed == []
    assert differences(before, contents(project.platform)) == []


def test_a_changed_option_of_a_stored_model_rebuilds_it(project: Project) -> None:
    options = {
        'rounding={"unit_price": 1e-6,': 'rounding={"unit_price": 1e-7,',
        '"from_date": "price_date"}': '"from_date": "bar_date"}',
        '"int_fx_rates": {"when": "ticker like \'%=X\'",': '"int_fx_rates": {"when": "true",',
    }
    for before, after in options.items():
        project.edit("models/intermediate/int_daily_prices.sql", before, after)
        assert project.dbt("run", "--select", "int_daily_prices")["int_daily_prices"].startswith("4 tickers"), before
        assert project.dbt("run", "--select", "int_daily_prices")["int_daily_prices"].startswith("0 tickers"), before


def test_a_changed_meaning_of_a_change_rebuilds_the_series(project: Project) -> None:
    project.dbt("run")
    project.edit(
        "macros/change_engine/scopes.sql",
        "days.as_of_date < changed.from_date and",
        "days.as_of_date < changed.from_date - 30 and",
    )

    assert project.dbt("run", "--select", "gold_p_timeseries")["gold_p_timeseries"].startswith("2 users")


def test_what_is_as_it_was_is_not_rebuilt(project: Project) -> None:
    project.dbt("run")

    said = project.dbt("run", "--select", "gold_p_timeseries", "int_position_intervals", "stg_transactions")

    assert set(said.values()) == {"0 users, 0 rows in 0 batches"}


def indexes_of(project: Project, table: str) -> set[str]:
    query = f"""
        select substring(pg_get_indexdef(indexrelid) from 'USING .*$') from pg_index
        where indrelid = '"default".{table}'::regclass
    """
    return {form for (form,) in project.query(query)}


def test_a_changed_index_is_made_and_rebuilds_no_row(project: Project) -> None:
    project.edit(
        "models/staging/stg_transactions.sql", '{"columns": ["trade_date"]}', '{"columns": ["user_id", "trade_date"]}'
    )

    said = project.dbt("run", "--select", "stg_transactions")

    assert said == {"stg_transactions": "0 users, 0 rows in 0 batches"}
    assert "USING btree (user_id, trade_date)" in indexes_of(project, "stg_transactions")
    assert "USING btree (trade_date)" not in indexes_of(project, "stg_transactions")


VIEWS = "select relname from pg_class where relkind = 'v' and relnamespace = '\"default\"'::regnamespace order by 1"


def test_a_column_of_another_type_leaves_the_views_above_standing(project: Project) -> None:
    before = project.query(VIEWS)
    project.edit(
        "models/marts/gold_p_timeseries.sql", "peaks.log_growth,\n", "peaks.log_growth::numeric as log_growth,\n"
    )
    project.edit(
        "models/marts/gold_p_timeseries.yml",
        "name: log_growth\n        data_type: double precision",
        "name: log_growth\n        data_type: numeric",
    )

    project.dbt("run", "--select", "gold_p_timeseries")

    assert project.query(VIEWS) == before
    assert project.query('select count(*) from "default".gold__performance') == [(len(STORIES),)]
    privilege = "select has_table_privilege('macrofolio_reader', '\"default\".gold__performance', 'select')"
    assert project.query(privilege) == [(True,)]
    assert project.query('select count(*) from "default".gold_p_timeseries where log_growth is null') == [(0,)]


def test_views_above_a_column_that_goes_stand_after_the_same_run(project: Project) -> None:
    before = project.query(VIEWS)
    project.edit("models/intermediate/int_position_intervals.sql", OPENED_ON, "")
    project.edit("models/intermediate/int_positions.sql", "        opened_on,\n", "        valid_from as opened_on,\n")

    project.dbt("run")

    assert project.query(VIEWS) == before
    incremental = contents(project.platform)
    project.dbt("run", "--full-refresh")
    assert differences(incremental, contents(project.platform)) == []


def test_descriptions_stand_in_the_database(project: Project) -> None:
    project.dbt("run")
    described = """
        select
            obj_description('"default".gold_p_timeseries'::regclass),
            obj_description('"default".gold__performance'::regclass)
    """
    [(table, view)] = project.query(described)
    assert table.startswith("One row per user and calendar day")
    assert view.startswith("One row per user")

    project.edit(
        "models/marts/gold__performance.yml", "description: One row per user", "description: Of each user one row"
    )
    project.dbt("run", "--select", "gold__performance")
    assert project.query(described)[0][1].startswith("Of each user one row")


def test_previews_need_no_build(project: Project) -> None:
    stored = contents(project.platform)

    project.dbt("show", "--select", "gold_p_timeseries")
    project.dbt("show", "--select", "int_daily_prices")
    project.dbt("compile")
    project.dbt("run", "--empty")

    assert differences(stored, contents(project.platform)) == []
