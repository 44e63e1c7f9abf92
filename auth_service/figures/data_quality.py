"""How complete and how fresh the data behind a user's figures is: the prices of each ticker, the macro series."""

import json
from typing import LiteralString
from uuid import UUID

from psycopg.sql import SQL
from werkzeug.datastructures import ETags

from auth_service.figures.answer_cache import Document, document_of_models
from auth_service.figures.portfolio import NO_ITEMS, VERSION, items_of

# Why a fetch brought nothing, in our words: those of a provider may hold addresses and keys.
REASONS = {
    "unknown_ticker": "The provider does not know this ticker; what is stored stays. Correct the trade if mistyped.",
    "unknown_series": "The provider does not know this series; what is stored stays.",
    "no_data": "The provider knows it, but has no usable value of it.",
    "rate_limited": "The provider asked to wait. The next scheduled fetch asks again.",
    "provider_down": "The provider did not answer. The next scheduled fetch asks again.",
    "garbage": "The provider's answer made no sense, so none of it was kept. The next scheduled fetch asks again.",
    "bad_key": "The provider refused the key. Whoever runs this server has to correct it.",
    "malformed_file": "The file cannot be read, so none of it was kept. Whoever runs this server has to correct it.",
    "not_asked": "The fetch had to stop before its turn came. The next scheduled fetch asks for it.",
    "failed": "What came could not be stored. Whoever runs this server finds the reason in bronze.ingestion_runs.",
}

# A fetch that found the subject busy says nothing: the one that was under way does.
LAST_FETCH = SQL(
    """(
        select json_build_object(
            'finished_at', finished_at, 'outcome', outcome, 'reason', %(reasons)s::jsonb ->> outcome
        )
        from bronze.ingestion_runs
        where kind = %(kind)s and ingestion_runs.subject = wanted.subject and outcome <> 'busy'
        order by started_at desc
        limit 1
    )"""
)

# The tickers of the user's trades, the benchmark, and the currencies of these in the user's.
TICKERS = items_of(
    SQL("""
    with portfolio as (
        select * from "default".int_published_portfolios where user_id = %(user_id)s
    ),

    listed as (
        select ticker from "default".int_published_trades where user_id = %(user_id)s
        union
        select benchmark from portfolio
    ),

    wanted as (
        select ticker as subject from listed
        union
        select assets.currency || portfolio.base_currency || '=X'
        from portfolio
        cross join listed
        inner join "default".dim_assets as assets on listed.ticker = assets.ticker
        where assets.currency <> portfolio.base_currency
    )

    select
        wanted.subject as ticker,
        assets.name,
        coverage.first_bar,
        coverage.last_bar,
        coalesce(coverage.bars, 0) as bars,
        coalesce(coverage.gaps, 0) as gaps,
        (
            select count(*) from bronze.quarantined_rows as refused
            where refused.kind = %(kind)s and refused.subject = wanted.subject and refused.superseded_at is null
        ) as quarantined,
        (
            select coalesce(
                json_agg(
                    json_build_object(
                        'ex_date', refused.row_date, 'action', refused.item, 'value', refused.received ->> 'value',
                        'currency', refused.received ->> 'currency'
                    ) order by refused.row_date
                ),
                '[]'
            )
            from bronze.quarantined_rows as refused
            where refused.kind = %(kind)s and refused.subject = wanted.subject and refused.superseded_at is null
                and refused.item in ('dividend', 'capital_gain', 'split') and refused.reason in ('jump', 'ratio')
        ) as doubts,
        coalesce(coverage.splits, 0) as splits,
        coalesce(coverage.dividends, 0) as dividends,
        coverage.ticker is null or portfolio.as_of_date >= coverage.stale_from as is_stale,
        silences.usual_interval_days,
        -- a folder of files may be of a time long past: there a portfolio that ends with its listings misses nothing
        case
            when silences.is_silent
                and (silences.source <> 'files' or portfolio.as_of_date >= silences.silent_from)
                then silences.last_day
        end as silent_since,
        {last_fetch} as last_fetch
    from wanted
    cross join portfolio
    left join "default".dim_assets as assets on wanted.subject = assets.ticker
    left join "default".fct_price_coverage as coverage
        on wanted.subject = coverage.ticker
        -- as an array, or the bars of every ticker would be counted first
        and coverage.ticker = any(array(select subject from wanted))
    left join "default".fct_silences as silences
        on silences.kind = %(kind)s
        and wanted.subject = silences.subject
        and silences.subject = any(array(select subject from wanted))
    order by wanted.subject
    """)
    .format(last_fetch=LAST_FETCH)
    .as_string()
)

SERIES = items_of(
    SQL("""
    select
        wanted.subject as series_id,
        wanted.indicator,
        wanted.last_observation,
        wanted.published_on,
        wanted.known_on,
        wanted.value,
        wanted.is_stale,
        silences.usual_interval_days,
        case when silences.is_silent then silences.last_day end as silent_since,
        {last_fetch} as last_fetch
    from (select *, series_id as subject from "default".fct_macro_series) as wanted
    left join "default".fct_silences as silences
        on silences.kind = %(kind)s
        and wanted.subject = silences.subject
    order by wanted.subject
    """)
    .format(last_fetch=LAST_FETCH)
    .as_string()
)

# A fetch notes its end after it has written; the macro context is the last that is made of the series.
SERIES_VERSION: LiteralString = """
select md5(concat_ws(
    ' ',
    %(started)s::text,
    (select max(finished_at) from bronze.ingestion_runs),
    (select xmin::text from "default".gold_macro_context limit 1)
)) as version
"""


def tickers(user_id: UUID, known: ETags) -> Document:
    """How complete the prices of the user's tickers, benchmark and currencies are; nobody else's are told."""
    return document_of_models(user_id, VERSION, TICKERS, _of("prices"), known) or Document(NO_ITEMS, None)


def series(user_id: UUID, known: ETags) -> Document:
    """The newest value of each macro series; the same for everybody."""
    return document_of_models(user_id, SERIES_VERSION, SERIES, _of("macro"), known) or Document(NO_ITEMS, None)


def _of(kind: str) -> dict[str, str]:
    return {"kind": kind, "reasons": json.dumps(REASONS)}
