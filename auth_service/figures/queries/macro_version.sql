-- Rows of the macro context that stay the same are not written again: the newest transaction, and how many there are.
select md5(concat_ws(' ', %(started)s::text, max(xmin::text::bigint), count(*))) as version
from "default".gold_macro_context
having count(*) > 0
