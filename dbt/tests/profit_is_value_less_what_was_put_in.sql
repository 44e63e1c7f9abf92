-- realised + unrealised + dividends of all tickers must be what the flows and the last value say

with performance as (

    select * from {{ ref('gold__performance') }}

)

select *
from performance
where abs(realized_pnl + unrealized_pnl + dividends - total_pnl) > 1e-6 * (1 + abs(market_value))
