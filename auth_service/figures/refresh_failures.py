"""What of a user's last refresh went wrong: models that failed, prices that did not come, sources that went silent."""

from typing import Any, LiteralString
from uuid import UUID

from psycopg.sql import SQL

from auth_service.database import type_of_connection
from auth_service.ledger.store import PRESENT

# A model that has succeeded since then has taken the change out of the queue.
MODELS: LiteralString = """
select model, failed_at from bronze.model_failures as failures
where exists (
    select from bronze.pending_changes as changes
    where changes.user_id = %(user_id)s and changes.model = failures.model and changes.queued_at <= failures.failed_at
)
order by failed_at, model
"""

# A fetch that found the ticker busy says nothing: the one that was under way does.
PRICES = SQL("""
{present},

wanted as (
    select ticker from present
    union
    select benchmark from public.portfolio_settings where user_id = %(user_id)s
)

select wanted.ticker, newest.finished_at as failed_at, newest.outcome
from wanted
cross join lateral (
    select finished_at, outcome from bronze.ingestion_runs
    where kind = 'prices' and subject = wanted.ticker and outcome <> 'busy'
    order by started_at desc
    limit 1
) as newest
where newest.outcome not in ('loaded', 'unchanged')
order by wanted.ticker
""").format(present=PRESENT)

# What was loaded since then has ended the silence.
SOURCES: LiteralString = """
select sources.name as source, failures.failed_at as noticed_at
from bronze.model_failures as failures
inner join (values ('raw_prices', 'prices'), ('raw_fred', 'macro')) as sources (name, kind)
    on failures.model = sources.name
where
    exists (select from bronze.transactions where user_id = %(user_id)s)
    and not exists (
        select from bronze.ingestion_runs as runs
        where runs.kind = sources.kind and runs.outcome = 'loaded' and runs.finished_at > failures.failed_at
    )
order by sources.name
"""

Rows = list[dict[str, Any]]


def failed_models(connection: type_of_connection, user_id: UUID) -> Rows:
    """Models that failed on what the user has changed and have not taken it in since, the longest ago first."""
    return connection.execute(MODELS, {"user_id": user_id}).fetchall()


def failed_prices(connection: type_of_connection, user_id: UUID) -> Rows:
    """Tickers of the user's trades, and the benchmark, whose last fetch of prices failed."""
    return connection.execute(PRICES, {"user_id": user_id}).fetchall()


def stale_sources(connection: type_of_connection, user_id: UUID) -> Rows:
    """Sources from which nothing has come for longer than is usual, for whoever has recorded anything."""
    return connection.execute(SOURCES, {"user_id": user_id}).fetchall()
