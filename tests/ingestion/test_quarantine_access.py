"""Who may do what with the quarantine, and which outcomes there are."""

import psycopg
import pytest

from tests.support.platform import Platform

ENTRY = """
insert into bronze.quarantined_rows (kind, subject, row_date, item, reason, received, source, run_id)
values ('prices', 'ACME', '2024-01-02', 'bar', %s, '{}', 'yahoo', gen_random_uuid())
"""
RUN = """
insert into bronze.ingestion_runs (run_id, kind, subject, source, outcome, started_at, finished_at)
values (gen_random_uuid(), 'prices', 'ACME', 'yahoo', %s, now(), now())
"""


def test_ingestion_writes_and_the_others_read(platform: Platform) -> None:
    with platform.connect("macrofolio_ingestion") as connection:
        connection.execute(ENTRY, ["zero"])
    for role in ("macrofolio_api", "macrofolio_dbt"):
        with platform.connect(role) as connection:
            assert connection.execute("select reason from bronze.quarantined_rows").fetchall() == [("zero",)]
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(ENTRY, ["zero"])


@pytest.mark.parametrize(("statement", "word"), [(ENTRY, "odd"), (RUN, "provider_unavailable")])
def test_a_word_outside_the_vocabulary_is_refused(platform: Platform, statement: str, word: str) -> None:
    with platform.connect("macrofolio_ingestion") as connection, pytest.raises(psycopg.errors.CheckViolation):
        connection.execute(statement, [word])
