"""The version of a user's figures is a function: a session of the API keeps the plan of what it asks with every answer.

Revises: 0007.
"""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

# Where nothing is pending, a user's figures follow from the ledger, the settings and what was fetched (a fetch notes
# its end with what it writes), and from when they were built. What is pending of a ticker concerns whoever has traded
# it or compares with it, and of an exchange rate everybody: a pair may come by way of two others. Nothing here reads
# many rows. It runs as who asks, who sees their own rows; the marts need not be there before it is asked.
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
    # The driver's own connection: no bind parameters, so a literal colon stays what it is.
    op.get_bind().exec_driver_sql(VERSION_OF_FIGURES)


def downgrade() -> None:
    op.get_bind().exec_driver_sql("drop function public.version_of_figures")
