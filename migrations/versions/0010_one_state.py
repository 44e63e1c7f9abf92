"""What the models were built from, changes that no user waits for, and the version of an answer.

Revises: 0009.
"""

from alembic import context, op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

# What each model table was built from, and its state beyond its rows: a build compares both with what it would build
# now.
BUILT_MODELS = """
create table bronze.built_models (
    relation text primary key,
    fingerprint text not null,
    dress text not null,
    built_at timestamptz not null default now()
);
grant select, insert, update, delete on bronze.built_models to macrofolio_dbt;
"""

# A change to a ticker, or for everybody, becomes changes of users. These are wide: a user's own change does not wait
# for them.
WIDE_CHANGES = """
alter table bronze.pending_changes add column is_wide boolean not null default false;
create index pending_changes_model on bronze.pending_changes (model);
delete from bronze.pending_changes where model in ('int_trades', 'int_portfolios');
"""

# A new base currency changes the price of every trade. Other settings change no stored day.
SETTINGS = """
create or replace function bronze.note_settings() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    insert into bronze.pending_changes (model, user_id, from_date)
    values ('gold_p_timeseries', new.user_id, 'infinity');
    if new.base_currency is distinct from old.base_currency then
        insert into bronze.pending_changes (model, user_id, from_date)
        values ('int_position_intervals', new.user_id, '-infinity');
    end if;
    perform pg_notify('transactions', '');
    return null;
end
$$;
"""

SETTINGS_BEFORE = """
create or replace function bronze.note_settings() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    insert into bronze.pending_changes (model, user_id, from_date)
    select model, new.user_id, '-infinity'::date from unnest(array['int_trades', 'int_portfolios']) as given (model);
    perform pg_notify('transactions', '');
    return null;
end
$$;
"""

# A user's figures depend on what was published for the user, and on fetched data (a fetch records its end together with
# its data). While the user's own change is in progress, figures and version stay as they were. While a price change is,
# answers about earlier days may differ: then there is no version. A pending change to a ticker concerns everyone who
# has traded it or compares with it, and one to an exchange rate concerns everybody: a pair may be derived from two
# others. Nothing here reads many rows. It runs as the caller, who sees only their own rows; it can be created before
# the marts.
VERSION_OF_FIGURES = """
create or replace function public.version_of_figures(of_user uuid, started text) returns text
language plpgsql stable as $$
begin
    if exists (
        select from bronze.pending_changes as changes
        where (changes.user_id = of_user and changes.is_wide)
            or changes.user_id is null and (
                changes.ticker is null
                or right(changes.ticker, 2) = '=X'
                or changes.ticker = (select benchmark from "default".int_published_portfolios where user_id = of_user)
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
        (select built_at from "default".gold_p_timeseries where user_id = of_user order by as_of_date desc limit 1),
        (select max(finished_at) from bronze.ingestion_runs),
        (select portfolios::text from "default".int_published_portfolios as portfolios where user_id = of_user)
    ));
end
$$;
"""


def upgrade() -> None:
    for statements in (BUILT_MODELS, WIDE_CHANGES, SETTINGS, VERSION_OF_FIGURES):
        # The driver's own connection: no bind parameters, so a literal colon stays a colon.
        op.get_bind().exec_driver_sql(statements)


def downgrade() -> None:
    connection = op.get_bind()
    connection.exec_driver_sql("drop function public.version_of_figures")
    connection.exec_driver_sql(context.script.get_revision("0008").module.VERSION_OF_FIGURES)
    connection.exec_driver_sql(SETTINGS_BEFORE)
    connection.exec_driver_sql(
        """
        drop index bronze.pending_changes_model;
        alter table bronze.pending_changes drop column is_wide;
        drop table bronze.built_models;
        """
    )
