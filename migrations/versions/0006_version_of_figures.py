"""What the API needs to say that an answer is unchanged: no change is pending, and which fetch is the newest.

Revises: 0005.
"""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

# The views over FRED's series show an observation at once, the regimes only after their next build: until then the
# change is pending, like a price change.
MACRO_CHANGES = """
create function bronze.note_observations() returns trigger
language plpgsql security definer set search_path = pg_catalog as $$
begin
    insert into bronze.pending_changes (model, from_date)
    select 'fct_macro_regimes', min(observation_date) from changed having count(*) > 0;
    return null;
end
$$;
create trigger note_insert after insert on bronze.raw_fred
referencing new table as changed for each statement execute function bronze.note_observations();
create trigger note_update after update on bronze.raw_fred
referencing new table as changed for each statement execute function bronze.note_observations();
create trigger note_delete after delete on bronze.raw_fred
referencing old table as changed for each statement execute function bronze.note_observations();
"""

# A table's owner is bound by its row policies too; the triggers that note changes run as the owner.
FORCED = """
alter table bronze.pending_changes force row level security;
create policy owners_rows on bronze.pending_changes to macrofolio_owner using (true) with check (true);
"""

# A user's figures also depend on shared data: prices, rates, regimes.
READING = """
create policy nobodys_rows on bronze.pending_changes for select to macrofolio_api using (user_id is null);
create index ingestion_runs_finished_at on bronze.ingestion_runs (finished_at);
create index transactions_user_id_entry_number on bronze.transactions (user_id, entry_number);
"""


def upgrade() -> None:
    for statements in (MACRO_CHANGES, FORCED, READING):
        # The driver's own connection: no bind parameters, so a literal colon stays a colon.
        op.get_bind().exec_driver_sql(statements)


def downgrade() -> None:
    op.get_bind().exec_driver_sql(
        """
        drop function bronze.note_observations cascade;
        drop policy nobodys_rows on bronze.pending_changes;
        drop policy owners_rows on bronze.pending_changes;
        alter table bronze.pending_changes no force row level security;
        drop index bronze.ingestion_runs_finished_at, bronze.transactions_user_id_entry_number;
        """
    )
