{#- dbt's descriptions of the figures: the models that an exposure shows, column by column, from dbt's own graph. Empty
    while the project is parsed, before there is a graph. -#}
{% macro described_figures() %}
    {%- set figures = [] -%}
    {%- if execute -%}
        {%- set shown = graph.exposures.values() | map(attribute="depends_on") | map(attribute="nodes") | sum(start=[]) -%}
        {%- for model in graph.nodes.values() if model.unique_id in shown -%}
            {%- set inputs = [] -%}
            {%- for read in model.depends_on.nodes if name_of_node(read) not in model.config.get("publishes", {}) -%}
                {%- do inputs.append(name_of_node(read)) -%}
            {%- endfor -%}
            {%- for column in model.columns.values() -%}
                {%- do figures.append({
                    "model": model.name,
                    "column_name": column.name,
                    "description": column.description | trim,
                    "inputs": inputs | unique | sort,
                }) -%}
            {%- endfor -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(figures) }}
{% endmacro %}

{#- A source with its schema, everything else by name. -#}
{% macro name_of_node(unique_id) %}
    {%- set parts = unique_id.split(".") -%}
    {{ return(parts[-2:] | join(".") if parts[0] == "source" else parts[2]) }}
{% endmacro %}

{#- Rows of a list of dictionaries, for a `from`; `columns` names them with their types. -#}
{% macro rows_of(values, columns) -%}
    jsonb_to_recordset('{{ tojson(values) | replace("'", "''") }}') as given ({{ columns }})
{%- endmacro %}
