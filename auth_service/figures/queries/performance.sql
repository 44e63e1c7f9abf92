select to_jsonb(rows) - 'user_id' as json
from "default".gold__performance as rows
where user_id = %(user_id)s
