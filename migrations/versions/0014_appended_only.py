"""PostgreSQL sets the ledger's times, and versions are deleted only with their account.

Revises: 0013.
"""

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

# Anyone who can delete a version and insert it again with its old time and number can rewrite history. Only erasing an
# account removes versions, so they are deleted together with the account's row.
APPENDED_ONLY = """
revoke delete, insert on bronze.transactions from macrofolio_api;
grant insert (
    transaction_id, version, user_id, ticker, side, quantity, price, fees, currency, settlement_currency, fx_rate,
    trade_date, note, is_deleted
) on bronze.transactions to macrofolio_api;

create function bronze.forget_transactions() returns trigger language plpgsql security definer
set search_path = pg_catalog, pg_temp as $$
begin
    perform set_config('app.erased_user_id', old.user_id::text, true);
    delete from bronze.transactions where user_id = old.user_id;
    perform set_config('app.erased_user_id', '', true);
    return null;
end
$$;
revoke execute on function bronze.forget_transactions from public;
create trigger forget_transactions after delete on public.users
for each row execute function bronze.forget_transactions();
create policy of_an_erased_account on bronze.transactions to macrofolio_owner
using (user_id = nullif(current_setting('app.erased_user_id', true), '')::uuid);
"""


def upgrade() -> None:
    # The driver's own connection: no bind parameters, so a literal colon stays a colon.
    op.get_bind().exec_driver_sql(APPENDED_ONLY)


def downgrade() -> None:
    op.get_bind().exec_driver_sql(
        """
        drop policy of_an_erased_account on bronze.transactions;
        drop trigger forget_transactions on public.users;
        drop function bronze.forget_transactions();
        grant insert, delete on bronze.transactions to macrofolio_api;
        """
    )
