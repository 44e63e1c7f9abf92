-- the last interval of every position against the ledger itself

with trades as (

    select * from {{ ref('int_trades') }}

),

intervals as (

    select * from {{ ref('int_position_intervals') }}

),

ledger as (

    select
        user_id,
        ticker,
        sum(case side when 'BUY' then units else -units end) as units,
        -- sales that leave less than this close the position
        sum(flat_below_units) as units_forgotten
    from trades
    group by user_id, ticker

),

positions as (

    select distinct on (user_id, ticker) *
    from intervals
    order by user_id, ticker, valid_from desc

)

select
    ledger.user_id,
    ledger.ticker,
    ledger.units as units_of_ledger,
    positions.units as units_held
from ledger
left join positions
    on ledger.user_id = positions.user_id
    and ledger.ticker = positions.ticker
where positions.units is null
    or abs(ledger.units - positions.units) > 1e-8 + ledger.units_forgotten
