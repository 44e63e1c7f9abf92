{#- What a change means to each model that is rebuilt by keys. `keys_of_<model>` selects the keys (user_id or ticker)
    affected by changes without a key of the model, with the day of the change and when it was queued: `claimed` holds
    the changes (user_id, ticker, from_date, queued_at; if both user and ticker are null, they affect everybody).
    `scope_of_<model>`, if a model has one, turns the keys' own changes into rows of `scope`; otherwise each key is
    rebuilt from the first changed day. -#}

{#- is_continued and the columns after it come from the last row of gold_p_timeseries before from_date; first_bar is the
    bar before it. -#}
{% macro scope_columns(empty=False) -%}
    {%- set columns = {
        "user_id": "uuid", "ticker": "text", "from_date": "date", "queued_at": "timestamptz", "is_wide": "boolean",
        "first_bar": "date", "is_continued": "boolean", "market_value": "numeric", "net_invested": "numeric",
        "contributions": "numeric",
        "return_index": "double precision", "peak_index": "double precision", "log_growth": "double precision",
    } -%}
    {%- for name, type in columns.items() -%}
        {{ "null::" ~ type ~ " as " ~ name if empty else name ~ " " ~ type }}{{ ", " if not loop.last }}
    {%- endfor -%}
{%- endmacro %}

{#- Every key in some relations, for a change that affects everybody. -#}
{% macro all_keys(key, relations) -%}
    select {{ key }}, everybody.from_date, everybody.queued_at
    from (
        {%- for relation in relations %}
        select {{ key }} from {{ relation }}{{ " union" if not loop.last }}
        {%- endfor %}
    ) as keys
    cross join (
        select min(from_date) as from_date, min(queued_at) as queued_at from claimed
        where user_id is null and ticker is null
    ) as everybody
    where everybody.from_date is not null
{%- endmacro %}

{% macro keys_of_stg_transactions(relation) %}
    {{ all_keys("user_id", [source("bronze", "transactions").render(), relation]) }}
{% endmacro %}

{#- A split names a ticker, an exchange rate a currency pair and the day from which it changed. -#}
{% macro keys_of_int_position_intervals(relation) %}
    {%- set transactions = ref("stg_transactions").render() -%}
    {{ all_keys("user_id", [transactions, relation]) }}
    union all
    select transactions.user_id, claimed.from_date, claimed.queued_at
    from claimed
    inner join {{ transactions }} as transactions on claimed.ticker = transactions.ticker
    union all
    select transactions.user_id, claimed.from_date, claimed.queued_at
    from claimed
    inner join {{ transactions }} as transactions
        on left(claimed.ticker, 3) = transactions.currency
        and claimed.ticker like '%=X'
        and transactions.trade_date >= claimed.from_date
    left join {{ ref("stg_portfolio_settings").render() }} as settings on transactions.user_id = settings.user_id
    where substr(claimed.ticker, 4, 3) = coalesce(settings.base_currency, 'USD')
{% endmacro %}

{% macro keys_of_gold_p_timeseries(relation) %}
    {%- set intervals = ref("int_position_intervals").render() -%}
    with holders as materialized (
        select
            intervals.user_id,
            intervals.ticker,
            intervals.base_currency,
            coalesce(ranges.currency, assets.currency, intervals.trade_currency)
            || intervals.base_currency || '=X' as pair
        from {{ intervals }} as intervals
        left join {{ ref("int_price_ranges").render() }} as ranges on intervals.ticker = ranges.ticker
        left join {{ ref("stg_assets").render() }} as assets on intervals.ticker = assets.ticker
        where intervals.valid_to is null
            and exists (select from claimed where claimed.ticker is not null)
    )

    select holders.user_id, claimed.from_date, claimed.queued_at
    from claimed
    inner join holders on claimed.ticker = holders.ticker
    union all
    select holders.user_id, claimed.from_date, claimed.queued_at
    from claimed
    inner join holders on claimed.ticker = holders.pair
    union all
    -- a dividend may be paid in another currency than the listing's
    select holders.user_id, claimed.from_date, claimed.queued_at
    from claimed
    inner join {{ ref("int_corporate_actions").render() }} as dividends
        on left(claimed.ticker, 3) = dividends.currency
        and claimed.ticker like '%=X'
        and dividends.action <> 'split'
        and dividends.ex_date >= claimed.from_date
    inner join holders
        on dividends.ticker = holders.ticker
        and claimed.ticker = dividends.currency || holders.base_currency || '=X'
    where claimed.ticker <> holders.pair
    union all
    -- cash is worth what its currency is
    select transactions.user_id, claimed.from_date, claimed.queued_at
    from claimed
    inner join {{ ref("stg_transactions").render() }} as transactions
        on left(claimed.ticker, 3) = coalesce(transactions.settlement_currency, transactions.currency)
        and claimed.ticker like '%=X'
    inner join {{ ref("stg_accounts").render() }} as accounts
        on transactions.account_id = accounts.account_id
        and accounts.tracks_cash
    left join {{ ref("stg_portfolio_settings").render() }} as settings on transactions.user_id = settings.user_id
    where substr(claimed.ticker, 4, 3) = coalesce(settings.base_currency, 'USD')
    union all
    {{ all_keys("user_id", [
        "(select user_id from " ~ intervals ~ " where valid_to is null) as living",
        "(select user_id from " ~ ref("stg_transactions").render() ~ " where side is null) as others",
        ref("int_published_portfolios").render(),
    ]) }}
{% endmacro %}

{#- The series continues from the last trading day before the change: what happened between two trading days belongs to
    the second one's return. -#}
{% macro scope_of_gold_p_timeseries(relation) %}
    insert into scope (
        user_id, from_date, queued_at, is_wide, is_continued, market_value, net_invested, contributions, return_index, peak_index, log_growth
    )
    select
        changed.user_id,
        coalesce(last_row.as_of_date + 1, '-infinity'),
        changed.queued_at,
        changed.is_wide,
        last_row.as_of_date is not null,
        last_row.market_value,
        last_row.net_invested,
        last_row.contributions,
        last_row.return_index,
        last_row.peak_index,
        last_row.log_growth
    from (
        select user_id, min(from_date) as from_date, min(queued_at) as queued_at, bool_and(is_wide) as is_wide
        from claimed
        group by user_id
    ) as changed
    left join lateral (
        select * from {{ relation }} as days
        where days.user_id = changed.user_id and days.as_of_date < changed.from_date and days.is_trading_day
        order by days.as_of_date desc
        limit 1
    ) as last_row on true
{% endmacro %}

{% macro keys_of_int_corporate_actions(relation) %}
    {{ all_keys("ticker", [ref("stg_corporate_actions").render(), relation]) }}
{% endmacro %}

{% macro keys_of_int_daily_prices(relation) %}
    {{ all_keys("ticker", [source("bronze", "raw_prices").render(), relation]) }}
{% endmacro %}

{#- From the day after the last bar before the change: a bar's close applies to every day until the next bar. That bar
    is found through the source's index, which a view with a join over it can't use. -#}
{% macro scope_of_int_daily_prices(relation) %}
    insert into scope (ticker, from_date, queued_at, is_wide, first_bar)
    select
        changed.ticker,
        coalesce(bar.bar_date + 1, '-infinity'),
        changed.queued_at,
        changed.is_wide,
        bar.bar_date
    from (
        select ticker, min(from_date) as from_date, min(queued_at) as queued_at, bool_and(is_wide) as is_wide
        from claimed
        group by ticker
    ) as changed
    left join lateral (
        select max(bars.price_date) as bar_date from {{ source("bronze", "raw_prices").render() }} as bars
        where bars.ticker = changed.ticker and bars.price_date < changed.from_date
    ) as bar on true
{% endmacro %}

{% macro keys_of_int_price_ranges(relation) %}
    {{ all_keys("ticker", [ref("int_daily_prices").render(), relation]) }}
{% endmacro %}

{#- Days from the change, or from the first one, until today. -#}
{% macro weight_of_int_daily_prices() -%}
    current_date - greatest(waiting.from_date, coalesce((
        select min(bars.price_date) from {{ source("bronze", "raw_prices").render() }} as bars
        where bars.ticker = waiting.key
    ), current_date))
{%- endmacro %}

{% macro weight_of_gold_p_timeseries() -%}
    current_date - least(greatest(waiting.from_date, coalesce((
        select min(intervals.first_trade_date) from {{ ref("int_position_intervals").render() }} as intervals
        where intervals.user_id = waiting.key::uuid and intervals.valid_to is null
    ), current_date)), current_date)
{%- endmacro %}
