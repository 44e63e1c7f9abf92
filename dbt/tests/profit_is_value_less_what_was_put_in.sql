-- realised and unrealised profit of all tickers, dividends and interest, less fees and taxes, must be what the flows and the last value say

with performance as (

    select * from {{ ref('gold__performance') }}

)

select *
from performance
where abs(
        realized_pnl + unrealized_pnl + dividends + interest - other_fees - taxes + cash_currency_effect - total_pnl
    ) > 1e-6 * (1 + abs(market_value))
