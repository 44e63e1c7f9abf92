{#- What a pending change means to each scoped model: `claimed` (user_id, ticker, from_date) becomes rows of `scope`.
    A claimed row without user and ticker means everybody. -#}

{#- first_bar: the bar before from_date. The others are what the last row before from_date has of gold_p_timeseries. -#}
{% macro scope_columns(empty=False) -%}
    {%- set columns = {
        "user_id": "uuid", "ticker": "text", "from_date": "date", "queued_at": "timestamptz", "weight": "integer",
        "first_bar": "date", "is_continued": "boolean", "market_value": "numeric", "net_invested": "numeric", "return_index": "double precision",
        "peak_index": "double precision", "log_growth": "double precision",
    } -%}
    {%- for name, type in columns.items() -%}
        {{ "null::" ~ type ~ " as " ~ name if empty else name ~ " " ~ type }}{{ ", " if not loop.last }}
    {%- endfor -%}
{%- endmacro %}

{% macro everybody() %}select from claimed where claimed.user_id is null and claimed.ticker is null{% endmacro %}

{#- Users whom a change names, and with `tables` those in them when it names everybody. -#}
{% macro claimed_users(relation, readable) -%}
    select user_id, min(queued_at) as queued_at from claimed where user_id is not null group by user_id
    union all
    select users.user_id, now() from (
        select user_id from {{ readable }} union select user_id from {{ relation }}
    ) as users
    where exists ({{ everybody() }})
{%- endmacro %}

{% macro scope_of_stg_transactions(relation) %}
    insert into scope (user_id, queued_at, weight)
    select users.user_id, min(users.queued_at), 200
    from ({{ claimed_users(relation, source("bronze", "transactions")) }}) as users
    group by users.user_id
{% endmacro %}

{#- A split names a ticker, an exchange rate a pair of currencies and the day from which it changed. -#}
{% macro scope_of_int_trades(relation) %}
    insert into scope (user_id, queued_at, weight)
    select users.user_id, min(users.queued_at), 200
    from (
        {{ claimed_users(relation, ref("stg_transactions")) }}
        union all
        select transactions.user_id, now()
        from claimed
        inner join {{ ref("stg_transactions") }} as transactions on claimed.ticker = transactions.ticker
        union all
        select transactions.user_id, now()
        from claimed
        inner join {{ ref("stg_transactions") }} as transactions
            on left(claimed.ticker, 3) = transactions.currency
            and claimed.ticker like '%=X'
            and transactions.trade_date >= claimed.from_date
        left join {{ ref("stg_portfolio_settings") }} as settings on transactions.user_id = settings.user_id
        where substr(claimed.ticker, 4, 3) = coalesce(settings.base_currency, 'USD')
    ) as users
    group by users.user_id
{% endmacro %}

{% macro scope_of_int_portfolios(relation) %}
    insert into scope (user_id, queued_at)
    select users.user_id, min(users.queued_at)
    from (
        {{ claimed_users(relation, ref("int_trades")) }}
        union all
        select trades.user_id, now()
        from claimed
        inner join {{ ref("int_trades") }} as trades on claimed.ticker = trades.ticker
    ) as users
    group by users.user_id
{% endmacro %}

{% macro scope_of_int_position_intervals(relation) %}
    insert into scope (user_id, queued_at, weight)
    select users.user_id, min(users.queued_at), 200
    from ({{ claimed_users(relation, ref("int_trades")) }}) as users
    group by users.user_id
{% endmacro %}

{#- The series goes on from the last trading day before the change: what happened on the days between two trading days
    belongs to the second one's return. -#}
{% macro scope_of_gold_p_timeseries(relation) %}
    with holders as (
        select
            intervals.user_id,
            intervals.ticker,
            intervals.base_currency,
            coalesce(ranges.currency, assets.currency, intervals.trade_currency)
            || intervals.base_currency || '=X' as pair
        from {{ ref("int_position_intervals") }} as intervals
        left join {{ ref("int_price_ranges") }} as ranges on intervals.ticker = ranges.ticker
        left join {{ ref("stg_assets") }} as assets on intervals.ticker = assets.ticker
        where intervals.valid_to is null
            and exists (select from claimed where claimed.ticker is not null)
    ),

    touched as (
        select user_id, from_date, queued_at from claimed where user_id is not null
        union all
        select holders.user_id, claimed.from_date, now()
        from claimed
        inner join holders on claimed.ticker = holders.ticker
        union all
        select holders.user_id, claimed.from_date, now()
        from claimed
        inner join holders on claimed.ticker = holders.pair
        union all
        -- a dividend may be paid in a currency that is not the listing's
        select holders.user_id, claimed.from_date, now()
        from claimed
        inner join {{ ref("stg_corporate_actions") }} as dividends
            on left(claimed.ticker, 3) = dividends.currency
            and claimed.ticker like '%=X'
            and dividends.action = 'dividend'
            and dividends.ex_date >= claimed.from_date
        inner join holders
            on dividends.ticker = holders.ticker
            and claimed.ticker = dividends.currency || holders.base_currency || '=X'
        where claimed.ticker <> holders.pair
        union all
        select users.user_id, everybody.from_date, now()
        from (select user_id from {{ ref("int_portfolios") }} union select user_id from {{ relation }}) as users
        cross join (
            select min(from_date) as from_date from claimed where user_id is null and ticker is null
        ) as everybody
        where everybody.from_date is not null
    ),

    changed as (
        select user_id, min(from_date) as from_date, min(queued_at) as queued_at
        from touched
        group by user_id
    )

    insert into scope (
        user_id, from_date, queued_at, weight, is_continued, market_value, net_invested, return_index, peak_index, log_growth
    )
    select
        changed.user_id,
        coalesce(last_row.as_of_date + 1, '-infinity'),
        changed.queued_at,
        coalesce(
            portfolios.as_of_date - greatest(last_row.as_of_date, portfolios.first_trade_date, changed.from_date) + 2, 1
        ),
        last_row.as_of_date is not null,
        last_row.market_value,
        last_row.net_invested,
        last_row.return_index,
        last_row.peak_index,
        last_row.log_growth
    from changed
    left join {{ ref("int_portfolios") }} as portfolios on changed.user_id = portfolios.user_id
    left join lateral (
        select * from {{ relation }} as days
        where days.user_id = changed.user_id and days.as_of_date < changed.from_date and days.is_trading_day
        order by days.as_of_date desc
        limit 1
    ) as last_row on true
{% endmacro %}

{% macro claimed_tickers(relation, readable) -%}
    select ticker, min(from_date) as from_date from claimed where ticker is not null group by ticker
    union all
    select tickers.ticker, '-infinity' from (
        select distinct ticker from {{ readable }} union select distinct ticker from {{ relation }}
    ) as tickers
    where exists ({{ everybody() }})
{%- endmacro %}

{% macro scope_of_stg_corporate_actions(relation) %}
    insert into scope (ticker)
    select distinct tickers.ticker
    from ({{ claimed_tickers(relation, source("bronze", "raw_corporate_actions")) }}) as tickers
{% endmacro %}

{#- From the day after the last bar before the change: a bar's close stands on every day until the next bar. -#}
{% macro scope_of_stg_raw_prices(relation) %}
    with changed as (
        select ticker, min(from_date) as from_date
        from ({{ claimed_tickers(relation, source("bronze", "raw_prices")) }}) as tickers
        group by ticker
    )

    insert into scope (ticker, from_date, first_bar, weight)
    select
        changed.ticker,
        coalesce(bar.price_date + 1, '-infinity'),
        bar.price_date,
        greatest(current_date - greatest(bar.price_date, '1990-01-01'), 1)
    from changed
    left join lateral (
        select max(bars.price_date) as price_date from {{ source("bronze", "raw_prices") }} as bars
        where bars.ticker = changed.ticker and bars.price_date < changed.from_date
    ) as bar on true
{% endmacro %}

{% macro scope_of_int_price_ranges(relation) %}
    insert into scope (ticker)
    select distinct tickers.ticker from ({{ claimed_tickers(relation, ref("stg_raw_prices")) }}) as tickers
{% endmacro %}

{#- Rates of all pairs from the first changed day on: a pair may come by way of two others. -#}
{% macro scope_of_int_fx_rates(relation) %}
    insert into scope (from_date)
    select min(from_date) from claimed having count(*) > 0
{% endmacro %}

{% macro scope_of_int_fx_ranges(relation) %}
    insert into scope (from_date)
    select min(from_date) from claimed having count(*) > 0
{% endmacro %}

{% macro scope_of_fct_macro_regimes(relation) %}
    insert into scope (from_date) values ('-infinity')
{% endmacro %}
