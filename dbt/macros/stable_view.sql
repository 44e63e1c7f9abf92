{#- A view that stays as it stands while its definition does: dbt's own way (make anew, swap names, drop the old one after
    the commit) locks readers out on every run, takes the views above it along, and two runs that do it at once collide.
    It checks the rights of whoever reads it, so that row security of the tables below holds. -#}
{% materialization stable_view, adapter="postgres" %}
    {%- set relation = this.incorporate(type="view") -%}
    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}
    {%- call statement("compare", fetch_result=True) -%}
        select pg_advisory_xact_lock(hashtext('macrofolio model'), hashtext('{{ relation.identifier }}'));
        create temporary view wanted_view as ({{ sql }});
        select
            (select relkind from pg_class where oid = to_regclass('{{ relation }}')) as kind,
            coalesce(
                pg_get_viewdef(to_regclass('{{ relation }}')) = pg_get_viewdef('pg_temp.wanted_view'::regclass), false
            ) as is_same,
            exists (
                select from bronze.built_models where relation = '{{ relation.identifier }}' and dress = '{{ dress() }}'
            ) as is_dressed
    {%- endcall -%}
    {%- set stands = load_result("compare").table.rows[0] -%}
    {%- if not (stands.is_same and stands.is_dressed) -%}
        {%- if config.get("contract").enforced -%}
            {{ get_assert_columns_equivalent(sql) }}
        {%- endif -%}
        {%- do run_query(replace_view(relation, sql, is_table=stands.kind not in (none, "v"))) -%}
        {%- do apply_grants(relation, config.get("grants"), should_revoke=True) -%}
        {%- do persist_docs(relation, model) -%}
        {%- do note_as_built(relation, "view") -%}
    {%- endif -%}
    {%- do run_query("drop view pg_temp.wanted_view") -%}
    {%- call noop_statement("main", message="unchanged" if stands.is_same else "CREATE VIEW") -%}{{ sql }}{%- endcall %}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {{ adapter.commit() }}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{ return({"relations": [relation]}) }}
{% endmaterialization %}

{#- Replaced in place where its columns allow it, else made anew, and the views above it with it. -#}
{% macro replace_view(relation, sql, is_table) %}
    {%- call keep_readers(relation) %}
        {% if is_table %}drop table {{ relation }} cascade;{% endif %}
        begin
            create or replace view {{ relation }} with (security_invoker = true) as ({{ sql }});
        exception when invalid_table_definition then
            drop view {{ relation }} cascade;
            create view {{ relation }} with (security_invoker = true) as ({{ sql }});
        end;
    {% endcall -%}
{% endmacro %}
