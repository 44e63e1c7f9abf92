with chosen as (

    select *
    from "default".gold_macro_context
    where
        (%(from_date)s::date is null or valid_to >= %(from_date)s)
        and (%(to_date)s::date is null or valid_from <= %(to_date)s)
    order by kind, name, valid_from

)

select
    json_build_object(
        'spans',
        coalesce(
            json_agg(json_build_object('kind', kind, 'name', name, 'valid_from', valid_from, 'valid_to', valid_to))
            filter (where kind <> 'indicator'),
            '[]'
        ),
        'indicators',
        coalesce(
            json_agg(json_build_object('name', name, 'valid_from', valid_from, 'valid_to', valid_to, 'value', value))
            filter (where kind = 'indicator'),
            '[]'
        )
    ) as json
from chosen
