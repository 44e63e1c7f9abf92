{#- Incremental strategy: the table's rows become exactly what the model selects now, in one transaction. Unlike
    delete+insert by key it leaves nothing behind of a user whose trades are all gone. -#}
{% macro get_incremental_replace_rows_sql(arguments) %}
    {%- set columns = get_quoted_csv(arguments.dest_columns | map(attribute="name")) %}
    delete from {{ arguments.target_relation }};
    insert into {{ arguments.target_relation }} ({{ columns }})
    select {{ columns }} from {{ arguments.temp_relation }}
{% endmacro %}

{#- DAGs overlap, and each may build this model. Whoever comes second waits here, before it reads anything, until the
    first has committed: rows are never written twice, and what stands last was read last. -#}
{% macro build_alone() %}
    select pg_advisory_xact_lock(hashtext('macrofolio model'), hashtext('{{ this.identifier }}'))
{% endmacro %}

{#- The next model is planned by these rows, not by what autovacuum last saw of the table. -#}
{% macro keep_statistics() %}
    {% if config.get("materialized") == "incremental" %}analyze {{ this }}{% endif %}
{% endmacro %}
