"""Bronze, public and the schema for dbt, with keys, checks, row security and grants.

Revises: nothing, this is the first.
"""

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# Amounts are numeric without a scale, so that PostgreSQL rejects a ninth decimal instead of rounding it away; the
# upper bounds also reject NaN and infinity, which PostgreSQL sorts above every number.
TABLES = """
create schema bronze;
create schema "default" authorization macrofolio_dbt;

create table bronze.raw_prices (
    ticker text not null,
    price_date date not null,
    open numeric,
    high numeric,
    low numeric,
    close numeric not null check (close > 0 and close < 1e15),
    adj_close numeric,
    volume numeric,
    currency text,
    price_basis text not null check (price_basis in ('split_adjusted', 'as_traded')),
    is_provisional boolean not null default false,
    source text not null,
    loaded_at timestamptz not null default now(),
    primary key (ticker, price_date)
);

create table bronze.raw_corporate_actions (
    ticker text not null,
    ex_date date not null,
    action text not null check (action in ('dividend', 'split')),
    value numeric not null check (value > 0 and value < 1e15),
    currency text,
    price_basis text not null check (price_basis in ('split_adjusted', 'as_traded')),
    source text not null,
    loaded_at timestamptz not null default now(),
    primary key (ticker, ex_date, action)
);

create table bronze.raw_assets (
    ticker text primary key,
    name text,
    quote_type text,
    asset_class text,
    sector text,
    industry text,
    country text,
    exchange text,
    currency text,
    timezone text,
    source text not null,
    loaded_at timestamptz not null default now()
);

create table bronze.raw_fred (
    series_id text not null,
    observation_date date not null,
    value numeric,
    realtime_start date not null,
    dated_by text not null check (dated_by in ('vintage', 'publication_lag')),
    source text not null,
    loaded_at timestamptz not null default now(),
    primary key (series_id, observation_date, realtime_start)
);

create table bronze.ingestion_runs (
    run_id uuid not null,
    kind text not null check (kind in ('prices', 'macro')),
    subject text not null,
    source text not null,
    outcome text not null,
    asked_from date,
    asked_to date,
    rows_received integer not null default 0,
    rows_changed integer not null default 0,
    rows_refused integer not null default 0,
    message text,
    started_at timestamptz not null,
    finished_at timestamptz not null,
    primary key (run_id, kind, subject)
);

create table bronze.transactions (
    transaction_id uuid not null,
    version integer not null check (version >= 1),
    user_id uuid not null,
    ticker text not null check (ticker ~ '^[A-Z0-9^][A-Z0-9.\\-=^]{0,14}$'),
    side text not null check (side in ('BUY', 'SELL')),
    quantity numeric not null check (quantity > 0 and quantity < 1e15 and scale(quantity) <= 8),
    price numeric not null check (price >= 0 and price < 1e15 and scale(price) <= 8),
    fees numeric not null default 0 check (fees >= 0 and fees < 1e15 and scale(fees) <= 8),
    currency text not null check (currency ~ '^[A-Za-z]{3}$'),
    trade_date date not null check (trade_date >= date '1970-01-01'),
    note text check (length(note) <= 1000),
    is_deleted boolean not null default false,
    entry_number bigint generated always as identity,
    recorded_at timestamptz not null default clock_timestamp(),
    primary key (transaction_id, version)
);
create index transactions_user_id_ticker on bronze.transactions (user_id, ticker);

create table public.users (
    user_id uuid primary key default gen_random_uuid(),
    email text not null unique check (email = lower(email) and length(email) <= 254),
    password_hash text not null,
    created_at timestamptz not null default now()
);

-- Apart from users, because the models need these and must not see who somebody is.
create table public.portfolio_settings (
    user_id uuid primary key references public.users on delete cascade,
    base_currency text not null default 'USD' check (base_currency ~ '^[A-Z]{3}$'),
    cost_basis_method text not null default 'average' check (cost_basis_method in ('average', 'fifo')),
    benchmark text not null default '^GSPC'
);

-- One row per login: the family of refresh tokens that descend from it.
create table public.sessions (
    session_id uuid primary key default gen_random_uuid(),
    user_id uuid not null references public.users on delete cascade,
    refresh_jti uuid not null,
    previous_refresh_jti uuid,
    rotated_at timestamptz,
    created_at timestamptz not null default now(),
    expires_at timestamptz not null,
    revoked_at timestamptz
);
create index sessions_user_id on public.sessions (user_id);

create table public.idempotency_keys (
    user_id uuid not null references public.users on delete cascade,
    key text not null check (length(key) between 1 and 255),
    request_hash text not null,
    transaction_id uuid not null,
    created_at timestamptz not null default now(),
    primary key (user_id, key)
);

create table public.login_failures (
    subject text primary key,
    failures integer not null,
    last_failed_at timestamptz not null
);
"""

# A notification only wakes the listener; the ledger itself is the truth.
NOTIFICATION = """
create function bronze.notify_transactions() returns trigger language plpgsql as $$
begin
    perform pg_notify('transactions', '');
    return null;
end
$$;
create trigger notify_transactions after insert or delete on bronze.transactions
for each statement execute function bronze.notify_transactions();
"""

ROW_SECURITY = """
alter table bronze.transactions enable row level security;
alter table bronze.transactions force row level security;
create policy own_rows on bronze.transactions to macrofolio_api
using (user_id = nullif(current_setting('app.user_id', true), '')::uuid);
create policy every_ticker on bronze.transactions for select to macrofolio_ingestion using (true);
create policy every_row on bronze.transactions for select to macrofolio_dbt using (true);
"""

GRANTS = """
revoke all on schema public from public;
grant usage on schema bronze to macrofolio_api, macrofolio_ingestion, macrofolio_dbt;
grant usage on schema "default" to macrofolio_api;
grant usage on schema public to macrofolio_api, macrofolio_ingestion, macrofolio_dbt;

grant select, insert, delete on bronze.transactions to macrofolio_api;
grant select on bronze.raw_prices, bronze.raw_corporate_actions, bronze.raw_assets, bronze.ingestion_runs
to macrofolio_api;
grant select, insert, update, delete
on public.users, public.portfolio_settings, public.sessions, public.idempotency_keys, public.login_failures
to macrofolio_api;

grant select, insert, update, delete
on bronze.raw_prices, bronze.raw_corporate_actions, bronze.raw_assets, bronze.raw_fred, bronze.ingestion_runs
to macrofolio_ingestion;
grant select (ticker, currency, trade_date) on bronze.transactions to macrofolio_ingestion;
grant select on public.portfolio_settings to macrofolio_ingestion;

grant select on all tables in schema bronze to macrofolio_dbt;
grant select on public.portfolio_settings to macrofolio_dbt;
"""


def upgrade() -> None:
    for statements in (TABLES, NOTIFICATION, ROW_SECURITY, GRANTS):
        # The driver's own connection: no bind parameters, so a literal colon stays a colon.
        op.get_bind().exec_driver_sql(statements)


def downgrade() -> None:
    op.get_bind().exec_driver_sql(
        """
        drop schema bronze cascade;
        drop schema "default" cascade;
        drop table public.login_failures, public.idempotency_keys, public.sessions, public.portfolio_settings,
        public.users;
        """
    )
