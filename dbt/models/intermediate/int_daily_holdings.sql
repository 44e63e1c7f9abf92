{{ config(
    materialized="view",
    grants={"select": ["macrofolio_api"]},
    post_hook="{{ open_schema_to_api() }}",
) }}

-- one row per user, ticker and calendar day at whose close something is held

with positions as (

    select * from {{ ref('int_positions') }}
    where units > 0

),

splits as (

    select
        ticker,
        ex_date,
        split_factor,
        lead(ex_date, 1, 'infinity') over (partition by ticker order by ex_date) as next_ex_date
    from {{ ref('stg_corporate_actions') }}
    where action = 'split'

),

-- spans between two splits, over which the quantity of a position stays the same
factors as (

    select
        ticker,
        ex_date as valid_from,
        next_ex_date - 1 as valid_to,
        split_factor
    from splits
    union all
    select
        ticker,
        '-infinity' as valid_from,
        min(ex_date) - 1 as valid_to,
        1 as split_factor
    from splits
    group by ticker

),

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
