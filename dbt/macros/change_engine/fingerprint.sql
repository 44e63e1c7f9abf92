{#- An expression: the fingerprint of everything that decides a table's rows, up to the next stored tables. It covers
    the model's own compiled text and config, what a change means to it, and everything between it and those tables, as
    found in the database: view definitions, seed rows, function bodies. -#}
{% macro fingerprint(sql, relation) %}
    {%- set read = {"views": [], "seeds": []} -%}
    {%- do read_by(model, read) -%}
    {#- The same in a copy of the database under another name. -#}
    {%- set own = [sql | replace('"' ~ target.database ~ '".', "")] -%}
    {%- for option in ("scope_key", "scope_date", "unique_key", "rounding", "changed", "readers", "publishes") -%}
        {%- do own.append(config.get(option)) -%}
    {%- endfor -%}
    {%- for macro in ("keys_of_", "scope_of_") if context.get(macro ~ model.name) -%}
        {%- do own.append(context[macro ~ model.name](relation) | replace('"' ~ target.database ~ '".', "")) -%}
    {%- endfor -%}
    {%- set texts = ["$own$" ~ local_md5(tojson(own)) ~ "$own$"] -%}
    {%- for name in read.seeds | unique | sort -%}
        {%- do texts.append("(select md5(string_agg(rows::text, chr(10) order by rows::text)) from " ~ name ~ " as rows)") -%}
    {%- endfor -%}
    {%- set views -%}
        (
            select string_agg(pg_get_viewdef(to_regclass(name)), chr(10) order by name)
            from unnest(array[{% for name in read.views | unique | sort %}'{{ name }}', {% endfor %}null]) as given (name)
        )
    {%- endset -%}
    {%- set ours = [] -%}
    {%- for name, definitions in function_definitions().items() -%}
        {%- for definition in definitions -%}
            {%- do ours.append("('" ~ name ~ "', '" ~ definition.signature ~ "', " ~ ("true" if name ~ "(" in sql else "false") ~ ")") -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- set functions -%}
        (
            select string_agg(signature || coalesce(obj_description(to_regprocedure(signature), 'pg_proc'), ''), chr(10) order by signature)
            from (values {{ ours | join(", ") }}) as ours (name, signature, is_called_here)
            where is_called_here or {{ views }} like '%' || name || '(%'
        )
    {%- endset -%}
    {{ return("md5(concat_ws(chr(10), " ~ (texts + [views, functions]) | join(", ") ~ "))") }}
{% endmacro %}

{#- Adds to `read` the views and seeds a node reads before the next stored table, with their schema. -#}
{% macro read_by(node, read) %}
    {%- for unique_id in node.depends_on.nodes if unique_id in graph.nodes -%}
        {%- set parent = graph.nodes[unique_id] -%}
        {%- set name = '"' ~ parent.schema ~ '".' ~ parent.alias -%}
        {%- if parent.resource_type == "seed" -%}
            {%- do read.seeds.append(name) -%}
        {%- elif not is_stored(parent) and name not in read.views -%}
            {%- do read.views.append(name) -%}
            {%- do read_by(parent, read) -%}
        {%- endif -%}
    {%- endfor -%}
{% endmacro %}

{% macro is_stored(node) %}{{ return(node.config.materialized in ("scoped", "published", "incremental", "table")) }}{% endmacro %}

{#- The stored models that a node's rows depend on, however far upstream. -#}
{% macro stored_ancestors(unique_id) %}
    {%- set found = [] -%}
    {%- for parent_id in graph.nodes[unique_id].depends_on.nodes if parent_id in graph.nodes -%}
        {%- set parent = graph.nodes[parent_id] -%}
        {%- if parent.resource_type == "model" -%}
            {%- if parent.config.materialized == "scoped" -%}{%- do found.append(parent_id) -%}{%- endif -%}
            {%- do found.extend(stored_ancestors(parent_id)) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(found | unique | list) }}
{% endmacro %}
