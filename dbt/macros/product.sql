{#- Products of growth factors and of split ratios. A sum of logarithms would break at a return of -100 %. -#}
{% macro product_function(type, multiply) %}
    {%- set signature = function_schema() ~ ".product(" ~ type ~ ")" -%}
    {%- set statement -%}
        create or replace aggregate {{ signature }} (
            sfunc = {{ multiply }}, stype = {{ type }}, initcond = '1', parallel = safe
        )
    {%- endset -%}
    {{ return({"signature": signature, "kind": "aggregate", "statement": statement}) }}
{% endmacro %}

{% macro product(expression) %}{{ function_schema() }}.product({{ expression }}){% endmacro %}
