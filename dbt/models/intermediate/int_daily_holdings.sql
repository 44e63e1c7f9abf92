{{ config(
    materialized="stable_view",
    grants={"select": ["macrofolio_reader"]},
) }}

-- one row per user, ticker and calendar day with a holding at the close

with positions as (

    select * from {{ ref('int_published_positions') }}
    where units > 0

),

{{ split_factors() }},

spans as (

    select
        positions.user_id,
        positions.ticker,
        positions.units,
        positions.cost_basis,
        round(positions.units * coalesce(factors.split_factor, 1), 8) as quantity,
        greatest(positions.valid_from, factors.valid_from) as valid_from,
        least(positions.valid_to, factors.valid_to) as valid_to
    from positions
    left join factors
        on positions.ticker = factors.ticker
        and positions.valid_from <= factors.valid_to
        and positions.valid_to >= factors.valid_from

),

holdings as (

    select
        user_id,
        ticker,
        valid_from + generate_series(0, valid_to - valid_from) as holding_date,
        quantity,
        units,
        cost_basis
    from spans

)

select * from holdings
