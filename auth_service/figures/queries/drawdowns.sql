select *
from "default".drawdowns_between(%(user_id)s, %(from_date)s, %(to_date)s)
order by depth, peak_on
limit %(limit)s
