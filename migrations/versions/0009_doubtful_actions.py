"""Capital gains, price adjustments, values confirmed by a person, longer tickers, and reported silences.

Revises: 0008.
"""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

ACTIONS = """
alter table bronze.raw_corporate_actions
    drop constraint raw_corporate_actions_action_check,
    add constraint raw_corporate_actions_action_check
        check (action in ('dividend', 'capital_gain', 'split', 'price_adjustment')),
    add column within_dividend boolean not null default false;
comment on column bronze.raw_corporate_actions.within_dividend is
'True for a capital gain that the dividend of the same day already contains.';
"""

# A price adjustment changes the scale of a whole history, like a split.
TRIGGER = """
create or replace function bronze.note_corporate_actions() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    insert into bronze.pending_changes (model, ticker, from_date)
    select 'stg_corporate_actions', ticker, min(ex_date) from changed group by ticker
    union all
    select distinct 'stg_raw_prices', ticker, '-infinity'::date from changed
    where action in ({restating});
    return null;
end
$$;
"""

QUARANTINE = """
alter table bronze.quarantined_rows
    drop constraint quarantined_rows_item_check,
    add constraint quarantined_rows_item_check check (item in (
        'bar', 'open', 'high', 'low', 'adj_close', 'volume', 'dividend', 'capital_gain', 'split', 'observation'
    )),
    drop constraint quarantined_rows_reason_check,
    add constraint quarantined_rows_reason_check check (reason in (
        'not_a_number', 'zero', 'negative', 'too_large', 'jump', 'ratio', 'currency', 'duplicate', 'future'
    )),
    add column confirmed_at timestamptz;
comment on column bronze.quarantined_rows.confirmed_at is
'When a person said that a refused dividend, capital gain or split is right; the next fetch loads it.';
"""

# The same pattern as ingestion/tickers.py.
TICKERS = """
alter table bronze.transactions
    drop constraint transactions_ticker_check,
    add constraint transactions_ticker_check check (ticker ~ '^[A-Z0-9^][A-Z0-9.\\-=^&_]{0,31}$');
"""

# One row per reported silence of a ticker or series: a new silence of the same one is reported again.
SILENCES = """
create table bronze.told_silences (
    kind text not null check (kind in ('prices', 'macro')),
    subject text not null,
    last_day date not null,
    told_at timestamptz not null default now(),
    primary key (kind, subject, last_day)
);
grant select, insert on bronze.told_silences to macrofolio_dbt;
grant select (run_id, source) on bronze.ingestion_runs to macrofolio_api;
"""

BACK = """
revoke select (run_id, source) on bronze.ingestion_runs from macrofolio_api;
drop table bronze.told_silences;
alter table bronze.transactions
    drop constraint transactions_ticker_check,
    add constraint transactions_ticker_check check (ticker ~ '^[A-Z0-9^][A-Z0-9.\\-=^]{0,14}$') not valid;
delete from bronze.quarantined_rows where item = 'capital_gain' or reason in ('ratio', 'currency');
alter table bronze.quarantined_rows
    drop constraint quarantined_rows_item_check,
    add constraint quarantined_rows_item_check check (
        item in ('bar', 'open', 'high', 'low', 'adj_close', 'volume', 'dividend', 'split', 'observation')
    ),
    drop constraint quarantined_rows_reason_check,
    add constraint quarantined_rows_reason_check check (
        reason in ('not_a_number', 'zero', 'negative', 'too_large', 'jump', 'duplicate', 'future')
    ),
    drop column confirmed_at;
delete from bronze.raw_corporate_actions where action not in ('dividend', 'split');
alter table bronze.raw_corporate_actions
    drop constraint raw_corporate_actions_action_check,
    add constraint raw_corporate_actions_action_check check (action in ('dividend', 'split')),
    drop column within_dividend;
"""


def upgrade() -> None:
    trigger = TRIGGER.format(restating="'split', 'price_adjustment'")
    for statements in (ACTIONS, trigger, QUARANTINE, TICKERS, SILENCES):
        # The driver's own connection: no bind parameters, so a literal colon stays a colon.
        op.get_bind().exec_driver_sql(statements)


def downgrade() -> None:
    for statements in (BACK, TRIGGER.format(restating="'split'")):
        op.get_bind().exec_driver_sql(statements)
