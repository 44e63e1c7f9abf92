"""What each DAG consists of, and when it runs."""

from configparser import ConfigParser
from pathlib import Path
from typing import Any

import pytest

from tests.dags.conftest import ROOT

PROMISED_MODELS = {
    *("stg_raw_prices", "stg_fred_macro", "stg_transactions", "int_daily_holdings", "fct_daily_returns"),
    *("fct_macro_regimes", "gold_macro_context", "gold_p_timeseries", "gold__performance", "gold_ticker_kpis"),
    "dim_assets",
}


def downstream_models(manifest: dict[str, Any], *tables: str) -> set[str]:
    """Names of the models that depend on one of the bronze `tables`, by dbt's own graph."""
    waiting = [f"source.macrofolio.bronze.{table}" for table in tables]
    found: set[str] = set()
    while waiting:
        for child in manifest["child_map"][waiting.pop()]:
            if child.startswith("model.") and child not in found:
                found.add(child)
                waiting.append(child)
    return {name.rpartition(".")[2] for name in found}


def is_stored(manifest: dict[str, Any], name: str) -> bool:
    """Whether the model writes rows: a view has none, and those of a published table are written with the series."""
    return bool(manifest["nodes"][f"model.macrofolio.{name}"]["config"]["materialized"] == "scoped")


def upstream_models(manifest: dict[str, Any], name: str) -> set[str]:
    """Names of the models that the model reads, directly or by way of others."""
    waiting, found = [f"model.macrofolio.{name}"], set[str]()
    while waiting:
        for parent in manifest["parent_map"][waiting.pop()]:
            if parent.startswith("model.") and parent not in found:
                found.add(parent)
                waiting.append(parent)
    return {parent.rpartition(".")[2] for parent in found}


def models_of(dag: Any) -> dict[str, Any]:
    """The DAG's tasks that build a model, by the model's name."""
    tasks = {task.task_id.rpartition(".")[2]: task for task in dag.tasks}
    return {name.removesuffix("_run"): task for name, task in tasks.items() if name.endswith("_run")}


def test_every_dag_is_read_without_an_error(dag_bag: Any) -> None:
    assert dag_bag.import_errors == {}
    assert set(dag_bag.dags) == {"daily_market_data_ingestion", "monthly_fred_macro_refresh", "transaction_sensor"}


@pytest.mark.parametrize(
    ("dag_id", "cron"),
    [("daily_market_data_ingestion", "0 18 * * 1-5"), ("monthly_fred_macro_refresh", "0 6 1 * *")],
)
def test_a_clock_starts_ingestion(dag_bag: Any, dag_id: str, cron: str) -> None:
    timetable = dag_bag.dags[dag_id].timetable
    assert (timetable.expression, str(timetable.timezone)) == (cron, "UTC")


def test_the_asset_starts_the_transaction_dag_and_a_watcher_fires_the_asset(dag_bag: Any) -> None:
    (asset,) = dag_bag.dags["transaction_sensor"].timetable.asset_condition.objects

    assert asset.name == "bronze.transactions"
    assert [type(watcher.trigger).__name__ for watcher in asset.watchers] == ["LedgerTrigger"]


@pytest.mark.parametrize(
    ("dag_id", "tables"),
    [
        ("daily_market_data_ingestion", ["raw_prices", "raw_corporate_actions", "raw_assets"]),
        ("monthly_fred_macro_refresh", ["raw_fred"]),
        ("transaction_sensor", ["transactions", "raw_prices", "raw_corporate_actions", "raw_assets"]),
    ],
)
def test_each_downstream_model_is_one_task_and_while_somebody_waits_each_stored_one(
    dag_bag: Any, manifest: dict[str, Any], dag_id: str, tables: list[str]
) -> None:
    expected = downstream_models(manifest, *tables)
    if dag_id == "transaction_sensor":
        expected = {name for name in expected if is_stored(manifest, name)}

    assert set(models_of(dag_bag.dags[dag_id])) == expected


def test_every_promised_model_is_a_task_somewhere(dag_bag: Any) -> None:
    assert set().union(*(models_of(dag) for dag in dag_bag.dags.values())) >= PROMISED_MODELS


def test_a_model_task_waits_for_every_model_that_it_reads_even_through_views(
    dag_bag: Any, manifest: dict[str, Any]
) -> None:
    for dag in dag_bag.dags.values():
        models = models_of(dag)
        names = {task.task_id: name for name, task in models.items()}
        for name, task in models.items():
            waited_for = {names.get(task_id) for task_id in task.get_flat_relative_ids(upstream=True)} - {None}
            assert waited_for - {"stg_transactions"} == (
                (upstream_models(manifest, name) & set(models)) - {"stg_transactions"}
            )


def test_the_time_series_waits_for_the_trades_that_it_reads_through_a_view(dag_bag: Any) -> None:
    models = models_of(dag_bag.dags["transaction_sensor"])

    assert "int_positions" not in models
    waited_for = models["gold_p_timeseries"].get_flat_relative_ids(upstream=True)
    assert {models[name].task_id for name in ("int_price_ranges", "int_position_intervals")} <= waited_for


def test_no_edge_says_what_other_edges_say_already(dag_bag: Any) -> None:
    # They cross each other all over the graph. Those of the ledger's model stay: what it skips holds nothing up, though
    # it may still be at work.
    for dag in dag_bag.dags.values():
        for task in dag.tasks:
            parents = [parent for parent in task.upstream_list if "stg_transactions" not in parent.task_id]
            behind = set().union(*(parent.get_flat_relative_ids(upstream=True) for parent in parents))
            assert not {parent.task_id for parent in parents} & behind, task.task_id


def test_a_models_task_is_documented_in_the_words_of_the_model(dag_bag: Any, manifest: dict[str, Any]) -> None:
    for dag in dag_bag.dags.values():
        for name, task in models_of(dag).items():
            assert task.doc_md == manifest["nodes"][f"model.macrofolio.{name}"]["description"] != ""


def test_tasks_stand_in_the_layer_of_their_model(dag_bag: Any) -> None:
    layers = {"stg": "staging", "int": "intermediate", "dim": "marts", "fct": "marts", "gold": "marts"}
    for dag in dag_bag.dags.values():
        for name, task in models_of(dag).items():
            folder = ".published" if name.startswith("int_published_") else ""
            assert task.task_id == f"dbt.models.{layers[name.partition('_')[0]]}{folder}.{name}_run"


def test_prices_are_looked_for_behind_the_ledgers_model_and_their_models_can_be_left_out(
    dag_bag: Any, manifest: dict[str, Any]
) -> None:
    dag = dag_bag.dags["transaction_sensor"]
    models = models_of(dag)
    of_prices = set(models) - downstream_models(manifest, "transactions")

    fetch = dag.get_task("dbt.models.staging.fetch_missing_prices")
    assert fetch.upstream_task_ids == {models["stg_transactions"].task_id}
    assert fetch.downstream_task_ids == {models[name].task_id for name in ("int_daily_prices", "int_corporate_actions")}
    assert {models[name].task_id for name in of_prices} <= fetch.get_flat_relative_ids(upstream=False)
    assert {task.trigger_rule for task in models.values()} == {"none_failed"}
    # Not only what of prices it reads, which may have been skipped before the ledger was taken in.
    assert models["stg_transactions"].task_id in models["int_position_intervals"].upstream_task_ids


def test_no_two_groups_wait_for_each_other(dag_bag: Any) -> None:
    # Airflow runs such a DAG, and can draw neither its grid nor its graph.
    def check(group: Any) -> None:
        for child in group.topological_sort():
            if hasattr(child, "topological_sort"):
                check(child)

    for dag in dag_bag.dags.values():
        check(dag.task_group)


def test_no_two_runs_of_one_dag_overlap(dag_bag: Any) -> None:
    assert {dag.max_active_runs for dag in dag_bag.dags.values()} == {1}


def test_no_dag_can_take_the_slots_of_another(dag_bag: Any) -> None:
    settings = ConfigParser(interpolation=None)
    settings.read(ROOT / "dags" / "config" / "airflow.cfg")

    slots = sum(dag.max_active_runs * dag.max_active_tasks for dag in dag_bag.dags.values())
    assert slots <= settings.getint("core", "parallelism")


def test_every_task_has_an_owner_an_end_and_a_voice(dag_bag: Any) -> None:
    for dag in dag_bag.dags.values():
        assert dag.doc_md
        assert dag.description
        assert dag.tags
        assert dag.on_failure_callback
        assert dag.deadline
        for task in dag.tasks:
            assert task.owner == "macrofolio"
            assert task.retries >= 2
            assert task.execution_timeout is not None
            assert task.on_failure_callback


def test_the_assets_lead_from_every_bronze_table_to_every_mart(dag_bag: Any) -> None:
    written_from: dict[str, set[str]] = {}
    for dag in dag_bag.dags.values():
        for task in dag.tasks:
            for asset in task.outlets:
                written_from.setdefault(asset.name, set()).update(source.name for source in task.inlets)

    def origins(name: str) -> set[str]:
        return set().union(*(origins(source) for source in written_from.get(name, ()))) or {name}

    assert origins("default.gold__performance") == {
        f"bronze.{table}" for table in ("transactions", "raw_prices", "raw_corporate_actions", "raw_assets", "raw_fred")
    } | {"default.stg_accounts", "default.stg_portfolio_settings"}  # views that no DAG needs to touch


def test_the_ledgers_asset_has_its_watcher_wherever_it_stands(dag_bag: Any) -> None:
    # Airflow takes the trigger away when the same asset is named once without.
    for dag in dag_bag.dags.values():
        for task in dag.tasks:
            for asset in (*task.inlets, *task.outlets):
                assert bool(asset.watchers) == (asset.name == "bronze.transactions")


@pytest.mark.parametrize(
    ("dag_id", "sources"),
    [
        ("daily_market_data_ingestion", {"raw_prices"}),
        ("monthly_fred_macro_refresh", {"raw_fred"}),
        ("transaction_sensor", set()),
    ],
)
def test_a_fetch_by_the_clock_is_followed_by_a_look_at_how_old_its_table_is(
    dag_bag: Any, dag_id: str, sources: set[str]
) -> None:
    dag = dag_bag.dags[dag_id]
    looks = {task_id for task_id in dag.task_ids if task_id.endswith("_source")}

    assert looks == {f"dbt.models.staging.bronze_{source}_source" for source in sources}
    for look in looks:
        assert len(dag.get_task(look).upstream_task_ids) == 1
        assert dag.get_task(look).downstream_task_ids


def test_a_task_that_hangs_fails_by_itself_long_before_its_run_is_given_up(dag_bag: Any) -> None:
    # Airflow skips the tasks of a run that is given up: nobody would hear of them.
    dag = dag_bag.dags["transaction_sensor"]

    for task in dag.tasks:
        longest = (task.retries + 1) * task.execution_timeout + task.retries * task.max_retry_delay
        assert longest < dag.dagrun_timeout
    assert dag.deadline[0].interval < min(task.execution_timeout for task in dag.tasks)


def test_postgresql_ends_a_models_statement_before_airflow_ends_its_task(dag_bag: Any) -> None:
    # Airflow interrupts Python; dbt, in the middle of a statement, waits for PostgreSQL all the same.
    for dag in dag_bag.dags.values():
        for task in models_of(dag).values():
            name, _, milliseconds = task.env["PGOPTIONS"].partition("=")
            assert name == "-c statement_timeout"
            assert 0 < int(milliseconds) < task.execution_timeout.total_seconds() * 1000


def test_no_backfill_is_offered_because_no_run_is_of_a_day(dag_bag: Any) -> None:
    for dag in dag_bag.dags.values():
        assert dag.allowed_run_types is not None
        assert "backfill" not in dag.allowed_run_types
        assert "manual" in dag.allowed_run_types


def test_a_parameter_that_may_be_empty_is_not_required(dag_bag: Any) -> None:
    # What Airflow's form marks with a star is what doesn't take null.
    for dag in dag_bag.dags.values():
        for name in dag.params:
            assert dag.params[name] is None, name
            assert "null" in dag.params.get_param(name).schema["type"], name


def test_a_dag_is_made_again_only_when_its_file_has_changed(manifest: dict[str, Any], tmp_path: Path) -> None:
    from airflow.dag_processing.dagbag import DagBag

    file = tmp_path / "a_dag.py"

    def read(description: str) -> Any:
        text = f"""
from airflow.sdk import dag
from dags.models import once

@dag(description={description!r})
def a_dag(): ...

DAG = once(a_dag)
"""
        if not file.exists() or file.read_text() != text:
            file.write_text(text)
        return DagBag(dag_folder=str(file)).dags["a_dag"]

    first = read("first")

    assert read("first") is first
    assert read("second").description == "second"
