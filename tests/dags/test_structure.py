"""What each DAG consists of, and when it runs."""

from typing import Any

import pytest

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


def model_tasks(dag: Any) -> set[str]:
    return {
        task_id.removeprefix("models.").removesuffix("_run") for task_id in dag.task_ids if task_id.endswith("_run")
    }


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
def test_each_downstream_model_is_one_task(
    dag_bag: Any, manifest: dict[str, Any], dag_id: str, tables: list[str]
) -> None:
    assert model_tasks(dag_bag.dags[dag_id]) == downstream_models(manifest, *tables)


def test_every_promised_model_is_a_task_somewhere(dag_bag: Any) -> None:
    assert set().union(*(model_tasks(dag) for dag in dag_bag.dags.values())) >= PROMISED_MODELS


def test_a_model_task_waits_for_the_models_that_it_reads(dag_bag: Any, manifest: dict[str, Any]) -> None:
    for dag in dag_bag.dags.values():
        tasks = model_tasks(dag)
        for model in tasks:
            parents = manifest["parent_map"][f"model.macrofolio.{model}"]
            expected = {parent.rpartition(".")[2] for parent in parents if parent.startswith("model.")} & tasks
            upstream = {task.removeprefix("models.") for task in dag.get_task(f"models.{model}_run").upstream_task_ids}
            assert {f"{name}_run" for name in expected} <= upstream


def test_no_two_runs_of_one_dag_overlap(dag_bag: Any) -> None:
    assert {dag.max_active_runs for dag in dag_bag.dags.values()} == {1}


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

    assert looks == {f"models.bronze_{source}_source" for source in sources}
    for look in looks:
        assert len(dag.get_task(look).upstream_task_ids) == 1
        assert dag.get_task(look).downstream_task_ids
