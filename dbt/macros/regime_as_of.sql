{#- Join of what was known of the macro regimes on a day. The last row stands for the days after it, as long as what is
    asked of it is not too old. The caller has CTEs regimes, and last_regime joined before. -#}
{% macro join_regime_of(day, known_on, alias) -%}
left join regimes as {{ alias }}
        on {{ alias }}.date_day = least({{ day }}, last_regime.date_day)
        and {{ day }} <= {{ alias }}.{{ known_on }} + {{ var('macro_known_for_days') }}
{%- endmacro %}
