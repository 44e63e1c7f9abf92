"""A function gives the version of a user's figures, so that each API session keeps its query plan.

Revises: 0007.
"""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

# With nothing pending, a user's figures depend on the ledger, the settings, the fetched data (a fetch records its end
# together with its data) and the time they were built. A pending change to a ticker concerns everyone who has traded it
# or compares with it, and one to an exchange rate concerns everybody: a pair may be derived from two others. Nothing
# here reads many rows. The function runs as the caller, who sees only their own rows; the marts need not exist before
# its first call.
VERSION_OF_FIGURES = """
create function public.version_of_figures(of_user uuid, started text) returns text language plpgsql stable as $$
begin
    if exists (
        select from bronze.pending_changes as changes
        where changes.user_id = of_user
            or changes.user_id is null and (
                changes.ticker is null
                or right(changes.ticker, 2) = '=X'
                or changes.ticker = (select benchmark from "default".int_portfolios where user_id = of_user)
                or exists (
                    select from bronze.transactions as entries
                    where entries.user_id = of_user and entries.ticker = changes.ticker
                )
            )
    ) then
        return null;
    end if;
    return md5(concat_ws(
        ' ',
        started,
        of_user::text,
        (select (max(entry_number), count(*))::text from bronze.transactions where user_id = of_user),
        (select built_at from "default".gold_p_timeseries where user_id = of_user order by as_of_date desc limit 1),
        (select max(finished_at) from bronze.ingestion_runs),
        (
            select (base_currency, cost_basis_method, benchmark)::text from "default".int_portfolios
            where user_id = of_user
        )
    ));
end
$$;
revoke execute on function public.version_of_figures from public;
grant execute on function public.version_of_figures to macrofolio_api;
"""


def upgrade() -> None:
    # The driver's own connection: no bind parameters, so a literal colon stays a colon.
    op.get_bind().exec_driver_sql(VERSION_OF_FIGURES)


def downgrade() -> None:
    op.get_bind().exec_driver_sql("drop function public.version_of_figures")
