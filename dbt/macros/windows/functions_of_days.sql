{#- Functions with the figures of gold_performance_windows for any first and last day, and the lines,
    drawdowns and calendar periods behind them. They are plain SQL that PostgreSQL can inline (stable, with the
    caller's rights and no settings of their own), so that only one user's days are read. Every name has its
    schema, for the same reason. -#}
{% macro make_functions_of_days() %}
    {%- for name, definition in functions_of_days().items() -%}
        {%- set signature = function_schema() ~ "." ~ name ~ "(" ~ definition.arguments.values() | join(", ") ~ ")" -%}
        {%- set arguments = [] -%}
        {%- for argument, type in definition.arguments.items() -%}{%- do arguments.append(argument ~ " " ~ type) -%}{%- endfor -%}
        {%- set statement -%}
            drop function if exists {{ signature }};
            create function {{ function_schema() }}.{{ name }}({{ arguments | join(", ") }})
            returns table ({{ definition.columns | join(", ") }})
            language sql stable parallel safe as $body${{ definition.body | replace('"' ~ target.database ~ '".', "") }}$body$
        {%- endset -%}
        {{ make_function(signature, "function", statement) }}
    {%- endfor -%}
{% endmacro %}

{% macro functions_of_days() %}
    {%- set days = {"of_user": "uuid", "first_day": "date", "last_day": "date"} -%}
    {%- set figures = [] -%}
    {%- for column in model.columns.values() -%}{%- do figures.append(column.name ~ " " ~ column.data_type) -%}{%- endfor -%}
    {{ return({
        "performance_between": {"arguments": days, "columns": figures, "body": performance_between()},
        "returns_between": {
            "arguments": days,
            "columns": [
                "return_date date", "time_weighted_return double precision", "benchmark_return double precision",
                "real_return double precision", "real_benchmark_return double precision",
                "excess_return double precision", "excess_benchmark_return double precision",
                "drawdown double precision",
            ],
            "body": returns_between(),
        },
        "drawdowns_between": {
            "arguments": days,
            "columns": ["peak_on date", "lowest_on date", "recovered_on date", "depth double precision"],
            "body": drawdowns_between(),
        },
        "calendar_returns_between": {
            "arguments": days,
            "columns": ["period text", "first_day date", "time_weighted_return double precision"],
            "body": calendar_returns_between(),
        },
        "rolling_statistics": {
            "arguments": {"of_user": "uuid", "exchange_days": "integer"},
            "columns": ["return_date date", "volatility double precision", "sharpe double precision"],
            "body": rolling_statistics(),
        },
    }) }}
{% endmacro %}
