{{ config(
    scope_date="rate_date",
    unique_key=["currency", "base_currency", "rate_date"],
    changed={"ticker": "currency || base_currency || '=X'", "from_date": "rate_date"},
    readers={
        "int_fx_ranges": {"columns": ["rate_date"]}, "int_position_intervals": {"columns": ["rate"]}, "gold_p_timeseries": {}
    },
    indexes=[{"columns": ["currency", "base_currency", "rate_date"], "unique": true}],
    grants={"select": ["macrofolio_reader"]},
) }}

-- one row per ordered pair of different currencies and calendar day: base currency per unit of the currency.
-- Prefers a pair's own ticker, then its inverse, then the route via the US dollar.

with scope as (

    select from_date from {{ scope() }}

),

prices as (

    select * from {{ ref('int_daily_prices') }}

),

prices_of_pairs as (

    select prices.*
    from prices
    left join scope
        on true
    where prices.price_date >= coalesce(scope.from_date - 1, '-infinity')
        and prices.ticker like '%=X'

),

-- EURUSD=X is dollars for one euro; EUR=X is euros for one dollar
quotes as (

    select
        case when length(ticker) = 8 then left(ticker, 3) else 'USD' end as currency,
        case when length(ticker) = 8 then substr(ticker, 4, 3) else left(ticker, 3) end as base_currency,
        price_date as rate_date,
        bar_date,
        close as rate
    from prices_of_pairs
    where ticker ~ '^([A-Z]{3}){1,2}=X$'

),

both_ways as (

    select
        currency,
        base_currency,
        rate_date,
        bar_date,
        rate,
        1 as preference
    from quotes
    union all
    select
        base_currency as currency,
        currency as base_currency,
        rate_date,
        bar_date,
        1 / rate as rate,
        2 as preference
    from quotes

),

over_dollar as (

    select
        into_dollar.currency,
        from_dollar.base_currency,
        into_dollar.rate_date,
        least(into_dollar.bar_date, from_dollar.bar_date) as bar_date,
        into_dollar.rate * from_dollar.rate as rate,
        3 as preference
    from both_ways as into_dollar
    inner join both_ways as from_dollar
        on into_dollar.rate_date = from_dollar.rate_date
        and into_dollar.base_currency = 'USD'
        and from_dollar.currency = 'USD'
    where into_dollar.currency <> from_dollar.base_currency

),

candidates as (

    select * from both_ways
    union all
    select * from over_dollar

),

chosen as (

    select distinct on (currency, base_currency, rate_date)
        currency,
        base_currency,
        rate_date,
        bar_date,
        rate
    from candidates
    where currency <> base_currency
    order by currency, base_currency, rate_date, preference

),

rates as (

    select
        currency,
        base_currency,
        rate_date,
        bar_date,
        rate,
        lag(rate) over (partition by currency, base_currency order by rate_date) as previous_rate
    from chosen

)

select rates.*
from rates
left join scope
    on true
where rates.rate_date >= coalesce(scope.from_date, '-infinity')
