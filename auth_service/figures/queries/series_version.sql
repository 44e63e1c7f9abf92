-- A fetch notes its end after it has written; the macro context is the last that is made of the series.
select
    md5(concat_ws(
        ' ',
        %(started)s::text,
        (select max(finished_at) from bronze.ingestion_runs),
        (select xmin::text from "default".gold_macro_context limit 1) -- noqa: AM09
    )) as version
