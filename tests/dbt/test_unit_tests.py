"""dbt's own unit tests: small cases beside the models that they are of, run where every model stands."""

from pathlib import Path

from tests.dbt.command import parsed_project, run_dbt
from tests.support.platform import Platform

# What people read figures from, and what decides units, prices and regimes.
CASES = {
    *("gold_p_timeseries", "gold_performance_windows", "gold_ticker_kpis", "gold_regime_performance"),
    *("int_daily_prices", "int_trades", "int_position_intervals", "int_macro_indicators", "fct_macro_regimes"),
}


def test_every_case_of_a_model_ends_as_it_says(warehouse: Platform, tmp_path: Path) -> None:
    cases = parsed_project(warehouse.database).unit_tests.values()

    ended = run_dbt(warehouse, tmp_path, "test", "--select", "test_type:unit")

    assert {case.model for case in cases} >= CASES
    assert ended == {case.name: "pass" for case in cases}
