"""A role that sees no identity and writes nothing reads the models' tables.

dbt owns the schema "default": what it puts into a policy, a view or a function there runs as the reading role. That was
the API's; the new role may read no more than dbt itself.

Revises: 0012.
"""

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

# What an answer's version depends on, and what the API reports about completeness and freshness besides the models. Of
# users' rows it sees only those of the user it reads for.
READING = """
grant usage on schema bronze, "default", public to macrofolio_reader;
grant select on bronze.transactions, bronze.pending_changes, bronze.quarantined_rows to macrofolio_reader;
grant select on bronze.raw_prices, bronze.raw_corporate_actions, bronze.raw_assets to macrofolio_reader;
grant select (run_id, kind, subject, source, outcome, started_at, finished_at) on bronze.ingestion_runs
to macrofolio_reader;
create policy readers_rows on bronze.transactions for select to macrofolio_reader
using (user_id = nullif(current_setting('app.user_id', true), '')::uuid);
create policy readers_rows on bronze.pending_changes for select to macrofolio_reader
using (user_id is null or user_id = nullif(current_setting('app.user_id', true), '')::uuid);
revoke execute on function public.version_of_figures from macrofolio_api;
grant execute on function public.version_of_figures to macrofolio_reader;
revoke usage on schema "default" from macrofolio_api;
"""


def upgrade() -> None:
    # The driver's own connection: no bind parameters, so a literal colon stays a colon.
    op.get_bind().exec_driver_sql(READING)


def downgrade() -> None:
    op.get_bind().exec_driver_sql(
        """
        grant usage on schema "default" to macrofolio_api;
        grant execute on function public.version_of_figures to macrofolio_api;
        drop policy readers_rows on bronze.pending_changes;
        drop policy readers_rows on bronze.transactions;
        revoke all on all tables in schema bronze from macrofolio_reader;
        revoke all on function public.version_of_figures from macrofolio_reader;
        revoke usage on schema bronze, "default", public from macrofolio_reader;
        """
    )
