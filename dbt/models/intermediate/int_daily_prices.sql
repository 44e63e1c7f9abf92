{{ config(
    scope_key="ticker",
    scope_date="price_date",
    unique_key=["ticker", "price_date"],
    rounding={"unit_price": 1e-6, "previous_unit_price": 1e-6, "close": 1e-6, "low": 1e-6, "high": 1e-6},
    changed={"ticker": "ticker", "from_date": "price_date"},
    readers={
        "int_price_ranges": {"columns": ["price_date", "currency"]},
        "int_fx_rates": {"when": "ticker like '%=X'", "columns": ["bar_date", "close"]},
        "gold_p_timeseries": {"columns": ["bar_date", "unit_price", "previous_unit_price"]},
    },
    indexes=[{"columns": ["ticker", "price_date"], "unique": true}],
    grants={"select": ["macrofolio_reader"]},
) }}

-- one row per ticker and calendar day from its first to its last bar: a day without a bar repeats the last close before
-- it. A history restated by a split or rounding counts as unchanged: unit prices are compared, to one part in a
-- million.

with scope as (

    select
        ticker,
        from_date,
        first_bar
    from {{ scope() }}

),

bars_of_source as (

    select * from {{ ref('stg_raw_prices') }}

),

splits as (

    select
        ticker,
        ex_date,
        {{ product("ratio") }} over (partition by ticker order by ex_date) as split_factor,
        lead(ex_date, 1, 'infinity'::date) over (partition by ticker order by ex_date) as next_ex_date
    from {{ ref('stg_corporate_actions') }}
    where action = 'split'

),

bars as (

    select
        bars.ticker,
        scope.from_date,
        bars.price_date as bar_date,
        bars.is_provisional,
        bars.currency,
        bars.unit_price,
        bars.unit_low,
        bars.unit_high,
        lead(bars.price_date, 1, bars.price_date + 1) over (partition by bars.ticker order by bars.price_date)
            as next_bar_date
    from bars_of_source as bars
    left join scope
        on bars.ticker = scope.ticker
    where {{ in_scope("bars.ticker") }}
        and bars.price_date >= coalesce(scope.first_bar, '-infinity')

),

calendar as (

    select
        *,
        bar_date + generate_series(0, next_bar_date - bar_date - 1) as price_date
    from bars

),

prices as (

    select
        calendar.ticker,
        calendar.from_date,
        calendar.price_date,
        calendar.bar_date,
        calendar.bar_date = calendar.price_date as is_trading_day,
        calendar.is_provisional,
        calendar.currency,
        calendar.unit_price,
        lag(calendar.unit_price) over (partition by calendar.ticker order by calendar.price_date)
            as previous_unit_price,
        coalesce(splits.split_factor, 1) as split_factor,
        calendar.unit_price / coalesce(splits.split_factor, 1) as close,
        calendar.unit_low / coalesce(splits.split_factor, 1) as low,
        calendar.unit_high / coalesce(splits.split_factor, 1) as high
    from calendar
    left join splits
        on calendar.ticker = splits.ticker
        and calendar.price_date >= splits.ex_date
        and calendar.price_date < splits.next_ex_date

)

select
    ticker,
    price_date,
    bar_date,
    is_trading_day,
    is_provisional,
    currency,
    unit_price,
    previous_unit_price,
    split_factor,
    close,
    low,
    high
from prices
where price_date >= coalesce(from_date, '-infinity')
