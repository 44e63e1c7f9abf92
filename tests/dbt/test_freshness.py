"""How old the fetched tables are: said by a warning, which stops nothing."""

from pathlib import Path

from tests.dbt.command import run_dbt
from tests.support.platform import Platform

LANDED = """
with bars as (
    insert into bronze.raw_prices (ticker, price_date, close, price_basis, source, loaded_at)
    values ('VTI', '2013-01-02', 1, 'as_traded', 'files', now() - %(age)s::interval)
    on conflict (ticker, price_date) do update set loaded_at = excluded.loaded_at
),

observations as (
    insert into bronze.raw_fred (series_id, observation_date, value, realtime_start, dated_by, source, loaded_at)
    values ('INDPRO', '2013-01-01', 1, '2013-02-15', 'vintage', 'files', now() - %(age)s::interval)
    on conflict (series_id, observation_date, realtime_start) do update set loaded_at = excluded.loaded_at
)

insert into bronze.ingestion_runs (run_id, kind, subject, source, outcome, started_at, finished_at)
values (gen_random_uuid(), 'prices', 'VTI', 'files', 'loaded', now() - interval '40 days', now() - %(age)s::interval)
"""


def land(platform: Platform, *, days_ago: int) -> None:
    """One bar, one observation and one fetch of prices, all from so many days ago."""
    with platform.connect("postgres") as connection:
        connection.execute(LANDED, {"age": f"{days_ago} days"})


def test_a_table_is_stale_when_its_fetch_is_overdue_whatever_the_days_of_its_rows(
    platform: Platform, tmp_path: Path
) -> None:
    def freshness() -> dict[str, str]:
        return run_dbt(platform, tmp_path, "source", "freshness")

    assert freshness() == {"raw_prices": "warn", "raw_fred": "warn", "ingestion_runs": "warn"}  # nothing landed yet

    land(platform, days_ago=36)
    assert freshness() == {"raw_prices": "warn", "raw_fred": "warn", "ingestion_runs": "warn"}

    land(platform, days_ago=6)
    assert freshness() == {"raw_prices": "warn", "raw_fred": "pass", "ingestion_runs": "warn"}

    land(platform, days_ago=4)
    assert freshness() == {"raw_prices": "pass", "raw_fred": "pass", "ingestion_runs": "pass"}
