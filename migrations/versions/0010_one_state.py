"""What the models are built from, and changes that no user waits for; the version of what a reader gets.

Revises: 0009.
"""

from alembic import context, op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

# What each table of the models was built from, and what it has besides its rows: a build compares both with what it
# would build now.
BUILT_MODELS = """
create table bronze.built_models (
    relation text primary key,
    fingerprint text not null,
    dress text not null,
    built_at timestamptz not null default now()
);
grant select, insert, update, delete on bronze.built_models to macrofolio_dbt;
"""

# A change that names a ticker or everybody becomes changes of users. Those are wide: nobody's own change waits for
# them.
WIDE_CHANGES = """
alter table bronze.pending_changes add column is_wide boolean not null default false;
create index pending_changes_model on bronze.pending_changes (model);
delete from bronze.pending_changes where model in ('int_trades', 'int_portfolios');
"""

# A new base currency is another price of every trade. Whatever else is chosen changes no stored day.
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

# A user's figures follow from what was published of the user, and from what was fetched (a fetch notes its end with
# what it writes). While a change of the user's own is under way, they say what they said. While one of prices is,
# answers about days before the last may differ: then there is no version. A pending change of a ticker concerns whoever
# has traded it or compares with it, and one of an exchange rate everybody: a pair may come by way of two others.
# Nothing here reads many rows. It runs as the caller, who sees their own rows; it needs no marts to be created.
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
        # The driver's own connection: no bind parameters, so a literal colon stays what it is.
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
