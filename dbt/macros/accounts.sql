{#- What all accounts together have of a part of their positions, after each trade: `position` and `position_before` are an
    account's own, after the trade and before it. Unknown while one account's is. -#}
{% macro sum_over_accounts(part, over) -%}
    case
        when sum((position[{{ part }}] is null)::integer - (position_before[{{ part }}] is null)::integer) over {{ over }} = 0
            then sum(coalesce(position[{{ part }}], 0) - coalesce(position_before[{{ part }}], 0)) over {{ over }}
    end
{%- endmacro %}

{#- Base currency for one unit of a currency on a day: 1 where they are the same, else the last rate known by then; null
    before the first. For `cross join lateral`; the caller has a CTE fx_rates. -#}
{% macro rate_on(currency, base_currency, day) -%}
    (
        select 1::numeric as rate
        where {{ currency }} = {{ base_currency }}
        union all
        select coalesce(
            (
                select fx_rates.rate
                from fx_rates
                where fx_rates.currency = {{ currency }}
                    and fx_rates.base_currency = {{ base_currency }}
                    and fx_rates.rate_date <= {{ day }}
                order by fx_rates.rate_date desc
                limit 1
            ),
            null::numeric
        ) as rate
        where {{ currency }} <> {{ base_currency }}
    )
{%- endmacro %}
