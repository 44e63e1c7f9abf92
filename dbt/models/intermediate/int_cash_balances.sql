{{ config(materialized="stable_view") }}

-- one row per user, account, currency and day on which cash moved: the balance after it, until valid_to (inclusive),
-- and until when exchange rates say something of it

with movements as (

    select * from {{ ref('int_cash_movements') }}

),

portfolios as (

    select * from {{ ref('int_portfolios') }}

),

fx_ranges as (

    select * from {{ ref('int_fx_ranges') }}

),

days as (

    select
        user_id,
        account_id,
        currency,
        movement_date,
        sum(amount) as moved
    from movements
    group by user_id, account_id, currency, movement_date

),

running as (

    select
        *,
        sum(moved) over so_far as balance,
        lead(movement_date) over so_far - 1 as day_before_next_movement
    from days
    window so_far as (partition by user_id, account_id, currency order by movement_date)

),

balances as (

    select
        running.user_id,
        running.account_id,
        running.currency,
        portfolios.base_currency,
        running.movement_date as valid_from,
        coalesce(running.day_before_next_movement, portfolios.as_of_date) as valid_to,
        running.moved,
        running.balance,
        -- no further than the interval: a new day's rate then changes nothing of what was there before
        least(
            fx_ranges.last_rate_date,
            case
                when fx_ranges.last_rate_date is not null
                    then coalesce(running.day_before_next_movement, portfolios.as_of_date)
            end
        ) as last_rate_date
    from running
    inner join portfolios
        on running.user_id = portfolios.user_id
    left join fx_ranges
        on running.currency = fx_ranges.currency
        and portfolios.base_currency = fx_ranges.base_currency

)

select * from balances
