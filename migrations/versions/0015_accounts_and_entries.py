"""Accounts, and a ledger of more than purchases and sales.

Revises: 0014.
"""

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

# Everybody's first account has the user's own id, so that what names none is in it without looking it up.
ACCOUNTS = """
create table public.accounts (
    account_id uuid primary key default gen_random_uuid(),
    user_id uuid not null references public.users on delete cascade,
    name text not null check (length(name) between 1 and 100),
    currency text not null check (currency ~ '^[A-Z]{3}$'),
    tracks_cash boolean not null default false,
    is_closed boolean not null default false,
    created_at timestamptz not null default now()
);
create unique index accounts_user_id_name on public.accounts (user_id, lower(name));
insert into public.accounts (account_id, user_id, name, currency)
select user_id, user_id, 'Main', base_currency from public.portfolio_settings;

alter table public.accounts enable row level security;
alter table public.accounts force row level security;
create policy own_rows on public.accounts to macrofolio_api
using (user_id = nullif(current_setting('app.user_id', true), '')::uuid);
create policy readers_rows on public.accounts for select to macrofolio_reader
using (user_id = nullif(current_setting('app.user_id', true), '')::uuid);
create policy every_row on public.accounts for select to macrofolio_dbt using (true);
-- A user's erasure takes the accounts along, and the key's own trigger works as the table's owner.
create policy of_an_erased_user on public.accounts to macrofolio_owner using (true);
grant select, insert, update, delete on public.accounts to macrofolio_api;
grant select on public.accounts to macrofolio_reader, macrofolio_dbt;
"""

# A version without a type is what its side says, and one without an account is in its user's first one: what was
# recorded before stays as it was written. A coin has up to 18 decimals.
ENTRIES = """
alter table bronze.transactions
    alter column ticker drop not null,
    alter column side drop not null,
    alter column quantity drop not null,
    alter column price drop not null,
    drop constraint transactions_quantity_check,
    add constraint transactions_quantity_check check (quantity > 0 and quantity < 1e15 and scale(quantity) <= 18),
    add column account_id uuid,
    add column type text,
    add column amount numeric check (abs(amount) < 1e15 and scale(amount) <= 8),
    add column taxes numeric not null default 0 check (abs(taxes) < 1e15 and scale(taxes) <= 8),
    add column related_ticker text check (related_ticker ~ '^[A-Z0-9^][A-Z0-9.\\-=^]{0,14}$'),
    add column ratio numeric check (ratio > 0 and ratio < 1e15 and scale(ratio) <= 12),
    add column cost_share numeric check (cost_share >= 0 and cost_share <= 1 and scale(cost_share) <= 12),
    add column keeps_parent boolean,
    add column cost numeric check (cost >= 0 and cost < 1e15 and scale(cost) <= 8),
    add column acquired_on date,
    add column group_id uuid,
    add constraint transactions_type_check check (type in (
        'BUY', 'SELL', 'DEPOSIT', 'WITHDRAWAL', 'DIVIDEND', 'INTEREST', 'FEE', 'TAX', 'TRANSFER_OUT', 'TRANSFER_IN',
        'CONVERSION', 'SPLIT', 'RETURN_OF_CAPITAL'
    )),
    add constraint transactions_side_check1 check (
        case when type is null or type in ('BUY', 'SELL') then side is not null and side = coalesce(type, side)
        else side is null end
    ),
    add constraint transactions_trade_check check (
        side is null or (ticker is not null and quantity is not null and price is not null)
    ),
    add constraint transactions_amount_check1 check (
        amount is not null
        or coalesce(type, side) not in (
            'DEPOSIT', 'WITHDRAWAL', 'DIVIDEND', 'INTEREST', 'FEE', 'TAX', 'RETURN_OF_CAPITAL'
        )
    ),
    add constraint transactions_ticker_check1 check (
        ticker is not null
        or coalesce(type, side) not in ('DIVIDEND', 'CONVERSION', 'SPLIT', 'RETURN_OF_CAPITAL')
    ),
    add constraint transactions_conversion_check check (
        type is distinct from 'CONVERSION' or (related_ticker is not null and ratio is not null)
    ),
    add constraint transactions_transfer_check check (
        type is null or type not in ('TRANSFER_OUT', 'TRANSFER_IN')
        or (ticker is not null and quantity is not null) <> (amount is not null)
    );
comment on column bronze.transactions.account_id is 'Without one it is in its user''s first account.';
comment on column bronze.transactions.type is 'Without one it is what its side says.';
comment on column bronze.transactions.group_id is 'The same for both legs of a transfer between two of the accounts.';
grant insert (
    account_id, type, amount, taxes, related_ticker, ratio, cost_share, keeps_parent, cost, acquired_on, group_id
) on bronze.transactions to macrofolio_api;
grant select (settlement_currency, related_ticker) on bronze.transactions to macrofolio_ingestion;
create index transactions_user_id_account_id on bronze.transactions (user_id, account_id)
where account_id is not null;
"""

# Whether an account keeps cash is in every day since it began.
NOTED = """
create function bronze.note_accounts() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    insert into bronze.pending_changes (model, user_id, from_date)
    values ('int_position_intervals', new.user_id, '-infinity'), ('gold_p_timeseries', new.user_id, '-infinity');
    perform pg_notify('transactions', '');
    return null;
end
$$;
revoke execute on function bronze.note_accounts from public;
create trigger note_update after update on public.accounts
for each row when (old.tracks_cash is distinct from new.tracks_cash) execute function bronze.note_accounts();
"""


def upgrade() -> None:
    for statements in (ACCOUNTS, ENTRIES, NOTED):
        # The driver's own connection: no bind parameters, so a literal colon stays what it is.
        op.get_bind().exec_driver_sql(statements)


def downgrade() -> None:
    op.get_bind().exec_driver_sql(
        """
        drop table public.accounts;
        drop function bronze.note_accounts();
        alter table bronze.transactions no force row level security;
        delete from bronze.transactions where side is null;
        alter table bronze.transactions force row level security;
        alter table bronze.transactions
            drop constraint transactions_trade_check,
            drop column account_id, drop column type, drop column amount, drop column taxes,
            drop column related_ticker, drop column ratio, drop column cost_share, drop column keeps_parent,
            drop column cost, drop column acquired_on, drop column group_id,
            drop constraint transactions_quantity_check,
            add constraint transactions_quantity_check
            check (quantity > 0 and quantity < 1e15 and scale(quantity) <= 8),
            alter column ticker set not null,
            alter column side set not null,
            alter column quantity set not null,
            alter column price set not null
        """
    )
