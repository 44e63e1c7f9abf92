"""Refused rows go into quarantine; the outcomes of a fetch are a closed vocabulary.

Revises: 0001.
"""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# One row per refused value. `received` is part of the key, so two refused values for one day are both kept.
QUARANTINE = """
create table bronze.quarantined_rows (
    kind text not null check (kind in ('prices', 'macro')),
    subject text not null,
    row_date date not null,
    item text not null check (
        item in ('bar', 'open', 'high', 'low', 'adj_close', 'volume', 'dividend', 'split', 'observation')
    ),
    reason text not null check (
        reason in ('not_a_number', 'zero', 'negative', 'too_large', 'jump', 'duplicate', 'future')
    ),
    received jsonb not null,
    source text not null,
    run_id uuid not null,
    first_seen_at timestamptz not null default now(),
    last_seen_at timestamptz not null default now(),
    superseded_at timestamptz,
    primary key (kind, subject, row_date, item, reason, received)
);
comment on column bronze.quarantined_rows.superseded_at is
'When a later fetch of the same day no longer held the refused value; null while it is the last that was heard.';

grant select, insert, update, delete on bronze.quarantined_rows to macrofolio_ingestion;
grant select on bronze.quarantined_rows to macrofolio_api, macrofolio_dbt;
"""

OUTCOMES = """
alter table bronze.ingestion_runs add column retries integer not null default 0;
update bronze.ingestion_runs set outcome = case outcome
    when 'no_prices' then 'no_data' when 'provider_unavailable' then 'provider_down' else outcome end;
alter table bronze.ingestion_runs add constraint ingestion_runs_outcome_check check (outcome in (
    'loaded', 'unchanged', 'unknown_ticker', 'unknown_series', 'no_data', 'rate_limited', 'provider_down', 'garbage',
    'bad_key', 'malformed_file', 'busy', 'not_asked', 'failed'
));
create index ingestion_runs_subject on bronze.ingestion_runs (kind, subject, started_at);
"""


def upgrade() -> None:
    for statements in (QUARANTINE, OUTCOMES):
        # The driver's own connection: no bind parameters, so a literal colon stays a colon.
        op.get_bind().exec_driver_sql(statements)


def downgrade() -> None:
    op.get_bind().exec_driver_sql(
        """
        drop table bronze.quarantined_rows;
        drop index bronze.ingestion_runs_subject;
        alter table bronze.ingestion_runs drop constraint ingestion_runs_outcome_check, drop column retries;
        """
    )
