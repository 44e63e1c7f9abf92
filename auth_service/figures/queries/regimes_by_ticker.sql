select *
from "default".gold_ticker_regime_performance
where user_id = %(user_id)s
order by ticker, dimension, name
