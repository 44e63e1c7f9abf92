select *
from "default".performance_between(%(user_id)s, %(from_date)s, %(to_date)s)
