-- both cost methods must give the same profit, and it must match the ticker's flows

with kpis as (

    select * from {{ ref('gold_ticker_kpis') }}

)

select *
from kpis
where abs(realized_pnl_average + unrealized_pnl_average + dividends - (fees - fees_of_trades) - taxes - total_pnl) > 1e-6 * (1 + abs(total_pnl))
    or abs(realized_pnl_fifo + unrealized_pnl_fifo + dividends - (fees - fees_of_trades) - taxes - total_pnl) > 1e-6 * (1 + abs(total_pnl))
