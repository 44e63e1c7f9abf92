"""Functions that run as the owner look up names in pg_catalog first, and never in a temporary schema before it.

Revises: 0006.
"""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

# Unless named, the caller's temporary schema is searched first, where a type called `date`, say, would make the owner
# run the caller's code. Revoking execute also keeps others from attaching such a function to a table of their own:
# firing a trigger needs no right to its function, creating one does.
HARDENED = """
do $$
declare
    definer regprocedure;
begin
    for definer in
        select oid from pg_proc where prosecdef and pronamespace in ('bronze'::regnamespace, 'public'::regnamespace)
    loop
        execute 'alter function ' || definer || ' set search_path = pg_catalog, pg_temp';
        execute 'revoke execute on function ' || definer || ' from public';
    end loop;
end
$$;
"""


def upgrade() -> None:
    op.get_bind().exec_driver_sql(HARDENED)


def downgrade() -> None:
    """Keep the safer settings."""
