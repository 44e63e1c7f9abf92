select
    portfolios.as_of_date,
    portfolios.prices_as_of,
    -- of today, where everything else about a portfolio is of its last day: this is about what failed to come
    coalesce((now() at time zone 'utc')::date >= portfolios.prices_stale_from, false) as prices_are_stale,
    (select max(regimes.date_day) from "default".fct_macro_regimes as regimes) as macro_as_of,
    (
        select max(days.built_at)
        from "default".gold_p_timeseries as days
        where days.user_id = %(user_id)s
    ) as last_refresh
from "default".int_published_portfolios as portfolios
where portfolios.user_id = %(user_id)s
