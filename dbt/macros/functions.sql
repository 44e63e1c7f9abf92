{#- Functions that models call: created before any of them, and again when their text changes. Runs may overlap, so an
    advisory lock serialises creation. -#}
{% macro ensure_functions() %}
    {%- if execute -%}
        {%- set wanted = [] -%}
        {%- for definitions in function_definitions().values() -%}
            {%- do wanted.extend(definitions) -%}
        {%- endfor -%}
        {%- set query -%}
            select signature from (values
            {%- for definition in wanted %}
                ('{{ definition.signature }}', '{{ local_md5(definition.statement) }}'){{ "," if not loop.last }}
            {%- endfor %}
            ) as wanted (signature, fingerprint)
            where obj_description(to_regprocedure(signature), 'pg_proc') is distinct from fingerprint
        {%- endset -%}
        {%- set missing = run_query(query).columns[0].values() -%}
        {%- for definition in wanted if definition.signature in missing %}
            {{ make_function(definition.signature, definition.kind, definition.statement) }}
        {%- endfor -%}
    {%- endif -%}
{% endmacro %}

{#- The functions that models may name, with their definitions. -#}
{% macro function_definitions() %}
    {{ return({
        "product": [product_function("double precision", "float8mul"), product_function("numeric", "numeric_mul")],
        "position_after": [position_step_function(), position_after_function()],
        "xirr": [xirr_function()],
    }) }}
{% endmacro %}

{% macro function_schema() %}"{{ target.schema }}"{% endmacro %}

{% macro make_function(signature, kind, statement) %}
    {%- set fingerprint = local_md5(statement) -%}
    do $make$
    begin
        perform pg_advisory_xact_lock(hashtext('macrofolio functions'));
        if obj_description(to_regprocedure('{{ signature }}'), 'pg_proc') is distinct from '{{ fingerprint }}' then
            {{ statement }};
            comment on {{ kind }} {{ signature }} is '{{ fingerprint }}';
        end if;
    end
    $make$;
{% endmacro %}
