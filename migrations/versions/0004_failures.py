"""The last failure of each dbt model, and the parts of a failure that the API may read.

Revises: 0003.
"""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

# One row per model, written by Airflow when a model's task fails. Successes are not noted: a failure concerns a user
# while bronze.pending_changes holds a change by that user for that model, queued at or before failed_at, and the
# model's next success removes that change. So both times must come from the database's clock, and overwriting a row
# must renew failed_at. The API may not read the reason: an error's text may quote other users' rows.
MODEL_FAILURES = """
create table bronze.model_failures (
    model text primary key,
    failed_at timestamptz not null default now(),
    run_id text not null,
    reason text not null
);
comment on table bronze.model_failures is
'The last failure of each model. It concerns a user while bronze.pending_changes holds a change of that user for the
model with queued_at <= failed_at: a success takes the change out of the queue, and leaves the row here.';

grant select, insert, update on bronze.model_failures to macrofolio_dbt;
grant select (model, failed_at) on bronze.model_failures to macrofolio_api;
"""

# Users learn that a fetch failed and how, never in the words of a provider or the database.
FETCHES = """
revoke select on bronze.ingestion_runs from macrofolio_api;
grant select (kind, subject, outcome, started_at, finished_at) on bronze.ingestion_runs to macrofolio_api;
"""


def upgrade() -> None:
    for statements in (MODEL_FAILURES, FETCHES):
        # The driver's own connection: no bind parameters, so a literal colon stays a colon.
        op.get_bind().exec_driver_sql(statements)


def downgrade() -> None:
    op.get_bind().exec_driver_sql(
        """
        drop table bronze.model_failures;
        revoke select (kind, subject, outcome, started_at, finished_at) on bronze.ingestion_runs from macrofolio_api;
        grant select on bronze.ingestion_runs to macrofolio_api;
        """
    )
