select *
from "default".calendar_returns_between(%(user_id)s, %(from_date)s, %(to_date)s)
order by period, first_day
