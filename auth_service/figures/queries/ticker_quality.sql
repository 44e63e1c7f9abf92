-- The tickers of the user's trades, the benchmark, and the currencies of these in the user's.
with portfolio as (
    select * from "default".int_published_portfolios
    where user_id = %(user_id)s
),

listed as (
    select ticker from "default".int_published_trades
    where user_id = %(user_id)s
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
        select count(*)
        from bronze.quarantined_rows as refused
        where
            refused.kind = %(kind)s
            and refused.subject = wanted.subject
            and refused.superseded_at is null
    ) as quarantined,
    (
        select
            coalesce(
                json_agg(
                    json_build_object(
                        'ex_date', refused.row_date,
                        'action', refused.item,
                        'value', refused.received ->> 'value',
                        'currency', refused.received ->> 'currency'
                    ) order by refused.row_date
                ),
                '[]'
            )
        from bronze.quarantined_rows as refused
        where
            refused.kind = %(kind)s
            and refused.subject = wanted.subject
            and refused.superseded_at is null
            and refused.item in ('dividend', 'capital_gain', 'split')
            and refused.reason in ('jump', 'ratio')
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
    ({last_fetch}) as last_fetch
from wanted
cross join portfolio
left join "default".dim_assets as assets on wanted.subject = assets.ticker
left join "default".fct_price_coverage as coverage
    on wanted.subject = coverage.ticker
    -- as an array, or the bars of every ticker would be counted first
    and coverage.ticker = any(array(select those.subject from wanted as those))
left join "default".fct_silences as silences
    on silences.kind = %(kind)s
    and wanted.subject = silences.subject
    and silences.subject = any(array(select these.subject from wanted as these))
order by wanted.subject
