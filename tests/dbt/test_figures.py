"""What dbt says of the figures and of its tests, kept where the API can read it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from psycopg.rows import dict_row

from tests.dbt.bronze import Bronze
from tests.dbt.command import ROOT, parsed_project, run_dbt, variables
from tests.support.platform import Platform

RESULT = """
select status, failures, tested_at from "default".fct_test_results where model = %s and test = %s
"""
A_FORGOTTEN_TEST = """
insert into "default".fct_test_results values ('int_trades', 'a_test_of_last_year', 'fail', 1, now())
"""


def figures(platform: Platform, model: str) -> dict[str, dict[str, Any]]:
    query = 'select column_name, description, inputs from "default".dim_figures where model = %s'
    with platform.connect("macrofolio_reader", row_factory=dict_row) as connection:
        return {row["column_name"]: row for row in connection.execute(query, [model])}


def result(platform: Platform, model: str, test: str) -> tuple[Any, ...]:
    with platform.connect("macrofolio_reader") as connection:
        return connection.execute(RESULT, [model, test]).fetchone() or ()


def test_every_column_of_every_exposed_model_is_explained_in_the_words_of_the_project(warehouse: Platform) -> None:
    project = parsed_project(warehouse.database)
    exposed = {node for exposure in project.exposures.values() for node in exposure.depends_on.nodes}
    described = {
        (project.nodes[node].name, column.name): column.description.strip()
        for node in exposed
        for column in project.nodes[node].columns.values()
    }
    with warehouse.connect("macrofolio_reader") as connection:
        rows = connection.execute('select model, column_name, description from "default".dim_figures').fetchall()

    assert len(exposed) > 15
    assert {(model, column): text for model, column, text in rows} == described
    assert len(rows) == len(described)


def test_a_figure_names_what_its_model_reads(warehouse: Platform) -> None:
    regimes = figures(warehouse, "gold_regime_performance")
    macro = figures(warehouse, "gold_macro_context")
    performance = figures(warehouse, "gold__performance")

    assert regimes["volatility"]["inputs"] == ["gold_p_timeseries"]
    assert macro["name"]["inputs"] == [
        *("fct_macro_regimes", "int_macro_indicators", "int_macro_levels", "nber_recessions")
    ]
    assert "252" in performance["sharpe"]["description"]


def test_the_catalogue_follows_a_changed_description_though_only_that_file_is_parsed_again(
    platform: Platform, tmp_path: Path
) -> None:
    project = shutil.copytree(ROOT / "dbt", tmp_path / "dbt", ignore=shutil.ignore_patterns("target", "logs"))
    words = project / "models" / "marts" / "gold_p_timeseries.yml"
    command = [str(Path(sys.executable).with_name("dbt")), "run", "--quiet", "--select", "dim_figures"]
    options = ["--project-dir", str(project), "--profiles-dir", str(project)]
    for text in (words.read_text(), words.read_text().replace("When this row was computed.", 'It\'s "new"; so?')):
        words.write_text(text)
        subprocess.run([*command, *options], env=os.environ | variables(platform, tmp_path), check=True)

    series = figures(platform, "gold_p_timeseries")
    assert (tmp_path / "target" / "partial_parse.msgpack").exists()
    assert series["built_at"]["description"] == 'It\'s "new"; so?'
    assert series["regime"]["description"].startswith("goldilocks (growth up")


def test_a_build_notes_how_the_tests_of_each_model_ended(warehouse: Platform) -> None:
    assert result(warehouse, "gold_p_timeseries", "unique_key_gold_p_timeseries_user_id__as_of_date")[:2] == ("pass", 0)
    assert result(warehouse, "gold_ticker_kpis", "profit_of_a_ticker_is_realized_unrealized_and_dividends")[0] == "pass"
    # a test of several models stands under each
    for model in ("int_trades", "int_position_intervals"):
        assert result(warehouse, model, "units_held_are_units_bought_less_sold")[0] == "pass"


@pytest.fixture(scope="module")
def tested(platform: Platform, tmp_path_factory: pytest.TempPathFactory) -> Platform:
    """A small portfolio, its models built and tested."""
    with platform.connect("postgres") as connection:
        bronze = Bronze(connection)
        bronze.listing("VTI", {"2024-01-02": 100, "2024-01-03": 101})
        bronze.buy("tested", "VTI", 1, 100, "2024-01-02")
    run_dbt(platform, tmp_path_factory.mktemp("dbt"), "build", "--exclude-resource-type", "test", "unit_test")
    run_dbt(platform, tmp_path_factory.mktemp("dbt"), "test", "--exclude-resource-type", "unit_test")
    return platform


def test_a_test_that_fails_is_kept_as_failed_until_it_passes(tested: Platform, tmp_path: Path) -> None:
    of_prices = ("int_daily_prices", "not_null_int_daily_prices_ticker")
    before = result(tested, *of_prices)
    other = result(tested, "int_trades", "not_null_int_trades_ticker")
    with tested.connect("macrofolio_dbt") as connection:
        connection.execute('insert into "default".int_daily_prices (price_date) values (%s), (%s)', ["2024-02-01"] * 2)
        connection.execute(A_FORGOTTEN_TEST)

    with pytest.raises(AssertionError, match="not_null_int_daily_prices_ticker"):
        run_dbt(tested, tmp_path, "test", "--select", "int_daily_prices")
    failed = result(tested, *of_prices)
    with tested.connect("macrofolio_dbt") as connection:
        connection.execute('delete from "default".int_daily_prices where ticker is null')
        forgotten = connection.execute(RESULT, ["int_trades", "a_test_of_last_year"]).fetchall()
    run_dbt(tested, tmp_path, "test", "--select", "int_daily_prices")

    assert (before[:2], failed[:2], result(tested, *of_prices)[:2]) == (("pass", 0), ("fail", 2), ("pass", 0))
    assert before[2] < failed[2] < result(tested, *of_prices)[2]
    assert forgotten == []
    assert result(tested, "int_trades", "not_null_int_trades_ticker") == other


def test_a_build_that_tests_nothing_leaves_the_results_alone(tested: Platform, tmp_path: Path) -> None:
    query = 'select count(*), min(tested_at), max(tested_at), max(xmin::text::bigint) from "default".fct_test_results'
    with tested.connect("macrofolio_dbt") as connection:
        before = connection.execute(query).fetchone()
    run_dbt(tested, tmp_path, "run", "--full-refresh")
    with tested.connect("macrofolio_dbt") as connection:
        after = connection.execute(query).fetchone()

    assert before == after
    assert before is not None
    assert before[0] > 50
