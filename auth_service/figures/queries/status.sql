select
    portfolios.as_of_date,
    portfolios.prices_as_of,
    (select max(regimes.date_day) from "default".fct_macro_regimes as regimes) as macro_as_of,
    (
        select max(days.built_at)
        from "default".gold_p_timeseries as days
        where days.user_id = %(user_id)s
    ) as last_refresh
from "default".int_published_portfolios as portfolios
where portfolios.user_id = %(user_id)s
