{{ config(
    unique_key=["currency", "base_currency"],
    changed={"ticker": "currency || base_currency || '=X'", "from_date": "last_rate_date + 1"},
    readers={"gold_p_timeseries": {}},
    indexes=[{"columns": ["currency", "base_currency"], "unique": true}],
    grants={"select": ["macrofolio_reader"]},
) }}

-- one row per ordered pair of different currencies, with the first and last day of its rates

with fx_rates as (

    select * from {{ ref('int_fx_rates') }}

),

ranges as (

    select
        currency,
        base_currency,
        min(rate_date) as first_rate_date,
        max(rate_date) as last_rate_date
    from fx_rates
    group by currency, base_currency

)

select * from ranges
