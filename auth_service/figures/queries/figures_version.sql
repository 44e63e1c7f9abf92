-- The catalogue is written anew as a whole, by one database transaction; so are the results of one run of tests.
select
    md5(concat_ws(
        ' ',
        %(started)s::text,
        %(user_id)s::text,
        (select xmin::text from "default".dim_figures limit 1), -- noqa: AM09
        (select max(tested_at) from "default".fct_test_results),
        (
            select built_at
            from "default".gold_p_timeseries
            where user_id = %(user_id)s
            order by as_of_date desc
            limit 1
        )
    )) as version
