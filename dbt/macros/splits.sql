{#- The CTE `factors`: spans between two splits of a ticker, and the factor for a unit's quantity in them. -#}
{% macro split_factors() %}
splits as (

    select
        ticker,
        ex_date,
        split_factor,
        lead(ex_date, 1, 'infinity') over (partition by ticker order by ex_date) as next_ex_date
    from {{ ref('int_corporate_actions') }}
    where action = 'split'

),

factors as (

    select
        ticker,
        ex_date as valid_from,
        next_ex_date - 1 as valid_to,
        split_factor
    from splits
    union all
    select
        ticker,
        '-infinity' as valid_from,
        min(ex_date) - 1 as valid_to,
        1 as split_factor
    from splits
    group by ticker

)
{%- endmacro %}

{#- Join of what all splits of a ticker up to a day multiply a unit's quantity with; none before the first. The caller has a
    CTE splits. -#}
{% macro join_split_as_of(ticker, day) -%}
left join lateral (
        select splits.split_factor
        from splits
        where splits.ticker = {{ ticker }}
            and splits.ex_date <= {{ day }}
        order by splits.ex_date desc
        limit 1
    ) as split on true
{%- endmacro %}
