select *
from "default".gold_performance_windows
where user_id = %(user_id)s
order by from_date desc, time_window
