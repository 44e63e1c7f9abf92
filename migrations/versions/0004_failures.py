"""The last failure of each dbt model, and what of a failure the API may read.

Revises: 0003.
"""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

# One row per model, written by Airflow when a model's task fails. No success is noted: a failure concerns a user for as
# long as bronze.pending_changes holds a change of that user for that model, queued at or before failed_at, and the
# model's next success takes the change out of the queue. So both times have to come from the database's clock, and who
# writes over a row has to renew failed_at.
# The API may not read the reason: an error's text may quote rows of other users.
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

# A user is told that a fetch failed, and how; never in the words of a provider or of the database.
FETCHES = """
revoke select on bronze.ingestion_runs from macrofolio_api;
grant select (kind, subject, outcome, started_at, finished_at) on bronze.ingestion_runs to macrofolio_api;
"""


def upgrade() -> None:
    for statements in (MODEL_FAILURES, FETCHES):
        # The driver's own connection: no bind parameters, so a literal colon stays what it is.
        op.get_bind().exec_driver_sql(statements)


def downgrade() -> None:
    op.get_bind().exec_driver_sql(
        """
        drop table bronze.model_failures;
        revoke select (kind, subject, outcome, started_at, finished_at) on bronze.ingestion_runs from macrofolio_api;
        grant select on bronze.ingestion_runs to macrofolio_api;
        """
    )
