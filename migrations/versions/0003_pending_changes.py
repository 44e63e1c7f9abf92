"""Triggers note changes to bronze, so that each model rebuilds only what has changed.

Revises: 0002.
"""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

# One row: `model` has yet to process what changed from `from_date` on, for one user, for one ticker (or currency pair
# such as EURUSD=X), or for everybody if both are null. A consumer deletes the row in the transaction that writes the
# result, and adds rows there for the models downstream. Nothing is lost, whatever is killed and whoever writes
# meanwhile.
PENDING_CHANGES = """
create table bronze.pending_changes (
    change_id bigint generated always as identity primary key,
    model text not null,
    user_id uuid,
    ticker text,
    from_date date not null,
    queued_at timestamptz not null default now()
);
create index pending_changes_user_id on bronze.pending_changes (user_id);

alter table bronze.pending_changes enable row level security;
create policy own_rows on bronze.pending_changes for select to macrofolio_api
using (user_id = nullif(current_setting('app.user_id', true), '')::uuid);
create policy every_row on bronze.pending_changes to macrofolio_dbt using (true) with check (true);
grant select on bronze.pending_changes to macrofolio_api;
grant select, insert, delete on bronze.pending_changes to macrofolio_dbt;
"""

# Statement-level, with transition tables: one row per user or ticker of a statement, however many rows it wrote.
# Security definer: roles that may write a trade may not write here.
TRIGGERS = """
create function bronze.note_transactions() returns trigger
language plpgsql security definer set search_path = pg_catalog as $$
begin
    insert into bronze.pending_changes (model, user_id, from_date)
    select 'stg_transactions', user_id, min(trade_date) from changed group by user_id;
    return null;
end
$$;

create function bronze.note_prices() returns trigger
language plpgsql security definer set search_path = pg_catalog as $$
begin
    insert into bronze.pending_changes (model, ticker, from_date)
    select 'stg_raw_prices', ticker, min(price_date) from changed group by ticker;
    return null;
end
$$;

-- a split changes the scale of a whole history
create function bronze.note_corporate_actions() returns trigger
language plpgsql security definer set search_path = pg_catalog as $$
begin
    insert into bronze.pending_changes (model, ticker, from_date)
    select 'stg_corporate_actions', ticker, min(ex_date) from changed group by ticker
    union all
    select distinct 'stg_raw_prices', ticker, '-infinity'::date from changed where action = 'split';
    return null;
end
$$;

create function bronze.note_assets() returns trigger
language plpgsql security definer set search_path = pg_catalog as $$
begin
    insert into bronze.pending_changes (model, ticker, from_date)
    select 'gold_p_timeseries', ticker, '-infinity'::date
    from changed
    where not exists (
        select from known where known.ticker = changed.ticker and known.currency is not distinct from changed.currency
    );
    return null;
end
$$;

create function bronze.note_new_assets() returns trigger
language plpgsql security definer set search_path = pg_catalog as $$
begin
    insert into bronze.pending_changes (model, ticker, from_date)
    select 'gold_p_timeseries', ticker, '-infinity'::date from changed;
    return null;
end
$$;

create function bronze.note_settings() returns trigger
language plpgsql security definer set search_path = pg_catalog as $$
begin
    insert into bronze.pending_changes (model, user_id, from_date)
    select model, new.user_id, '-infinity'::date from unnest(array['int_trades', 'int_portfolios']) as given (model);
    perform pg_notify('transactions', '');
    return null;
end
$$;
"""

WATCHED = {"transactions": "note_transactions", "raw_prices": "note_prices"} | {
    "raw_corporate_actions": "note_corporate_actions"
}


def upgrade() -> None:
    connection = op.get_bind()
    # The driver's own connection: no bind parameters, so a literal colon stays a colon.
    connection.exec_driver_sql(PENDING_CHANGES)
    connection.exec_driver_sql(TRIGGERS)
    for table, function in WATCHED.items():
        for event, rows in (("insert", "new"), ("update", "new"), ("delete", "old")):
            connection.exec_driver_sql(
                f"create trigger note_{event} after {event} on bronze.{table} "
                f"referencing {rows} table as changed for each statement execute function bronze.{function}()"
            )
    connection.exec_driver_sql(
        """
        create trigger note_insert after insert on bronze.raw_assets
        referencing new table as changed for each statement execute function bronze.note_new_assets();
        create trigger note_update after update on bronze.raw_assets
        referencing old table as known new table as changed
        for each statement execute function bronze.note_assets();
        create trigger note_update after update on public.portfolio_settings
        for each row when (old.* is distinct from new.*) execute function bronze.note_settings();
        """
    )


def downgrade() -> None:
    op.get_bind().exec_driver_sql(
        """
        drop trigger note_update on public.portfolio_settings;
        drop function bronze.note_transactions, bronze.note_prices, bronze.note_corporate_actions, bronze.note_assets,
        bronze.note_new_assets, bronze.note_settings cascade;
        drop table bronze.pending_changes;
        """
    )
