-- realised + unrealised + dividends of all tickers must match the flows and the last value

with performance as (

    select * from {{ ref('gold__performance') }}

)

select *
from performance
where abs(realized_pnl + unrealized_pnl + dividends - total_pnl) > 1e-6 * (1 + abs(market_value))
