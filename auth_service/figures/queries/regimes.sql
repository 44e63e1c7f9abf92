select *
from "default".gold_regime_performance
where user_id = %(user_id)s
order by dimension, name
