{#- A sum that is unknown if one of its parts is, so that a missing exchange rate never understates a total. -#}
{% macro whole_sum(expression, where=none, over=none) -%}
    {%- set window = " over (" ~ over ~ ")" if over else "" -%}
    case
        when count(*){{ window }} = count({{ expression }}){{ window }}
            then coalesce(sum({{ expression }}){% if where %} filter (where {{ where }}){% endif %}{{ window }}, 0)
    end
{%- endmacro %}

{#- Columns that are null unless a condition holds. -#}
{% macro if_known(condition, columns) -%}
    {%- for column in columns -%}
        case when {{ condition }} then {{ column }} end as {{ column.split(".")[-1] }}{{ "," if not loop.last }}
        {% endfor -%}
{%- endmacro %}

{#- A list of unique names in words; null if empty. -#}
{% macro distinct_names(names) -%}
    (select string_agg(distinct name, ', ') from string_to_table({{ names }}, ', ') as given (name))
{%- endmacro %}
