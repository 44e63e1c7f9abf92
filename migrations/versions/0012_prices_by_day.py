"""Daily prices and payments per unit become intermediate models: staging holds only what the sources send.

Revises: 0011.
"""

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

RENAMED = {"stg_raw_prices": "int_daily_prices", "stg_corporate_actions": "int_corporate_actions"}

# Rows, grants and indexes move with a table, and dependent views follow it. The next build creates views in staging
# under the tables' old names.
RENAME = """
drop view if exists "default".{new};
delete from bronze.built_models where relation = '{new}';
alter table if exists "default".{old} rename to {new};
update bronze.built_models set relation = '{new}' where relation = '{old}';
update bronze.pending_changes set model = '{new}' where model = '{old}';
delete from bronze.model_failures where model = '{old}';
do $$
declare
    trigger_function regprocedure;
begin
    for trigger_function in
        select oid from pg_proc where pronamespace = 'bronze'::regnamespace and strpos(prosrc, '''{old}''') > 0
    loop
        execute replace(pg_get_functiondef(trigger_function), '''{old}''', '''{new}''');
    end loop;
end
$$;
"""


def upgrade() -> None:
    for old, new in RENAMED.items():
        # The driver's own connection: no bind parameters, so a literal colon stays a colon.
        op.get_bind().exec_driver_sql(RENAME.format(old=old, new=new))


def downgrade() -> None:
    for old, new in RENAMED.items():
        op.get_bind().exec_driver_sql(RENAME.format(old=new, new=old))
