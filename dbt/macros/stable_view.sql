{#- A view that stays as it stands while its definition does: dbt's own way (make anew, swap names, drop the old one after
    the commit) locks readers out on every run, takes the views above it along, and two runs that do it at once collide.
    It checks the rights of whoever reads it, so that row security of the tables below holds. -#}
{% materialization stable_view, adapter="postgres" %}
    {%- set relation = this.incorporate(type="view") -%}
    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}
    {%- call statement("compare", fetch_result=True) -%}
        select pg_advisory_xact_lock(hashtext('macrofolio model'), hashtext('{{ relation.identifier }}'));
        select
            (select relkind from pg_class where oid = to_regclass('{{ relation }}')) as kind,
            exists (
                select from bronze.built_models
                where relation = '{{ relation.identifier }}' and dress = '{{ dress() }}'
                    and fingerprint = {{ text_and_definition(relation, sql) }}
            ) as is_same
    {%- endcall -%}
    {%- set stands = load_result("compare").table.rows[0] -%}
    {%- if not stands.is_same -%}
        {%- if config.get("contract").enforced -%}
            {{ get_assert_columns_equivalent(sql) }}
        {%- endif -%}
        {%- do run_query(replace_view(relation, sql, is_table=stands.kind not in (none, "v"))) -%}
        {%- do apply_grants(relation, config.get("grants"), should_revoke=True) -%}
        {%- do persist_docs(relation, model) -%}
        {%- set fingerprint = run_query("select " ~ text_and_definition(relation, sql)).columns[0].values()[0] -%}
        {%- do note_as_built(relation, fingerprint) -%}
    {%- endif -%}
    {%- call noop_statement("main", message="unchanged" if stands.is_same else "CREATE VIEW") -%}{{ sql }}{%- endcall %}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {{ adapter.commit() }}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{ return({"relations": [relation]}) }}
{% endmaterialization %}

{#- An expression: the model's text, the columns of what it reads (for a star), and what PostgreSQL says that the view is;
    null where there is none. Whatever of them changes has it made again. -#}
{% macro text_and_definition(relation, sql) -%}
    {%- set read = [] -%}
    {%- for unique_id in model.depends_on.nodes -%}
        {%- set parent = graph.nodes.get(unique_id) or graph.sources.get(unique_id) -%}
        {%- if parent -%}{%- do read.append("to_regclass('" ~ adapter.quote(parent.schema) ~ "." ~ adapter.quote(parent.alias or parent.identifier) ~ "')") -%}{%- endif -%}
    {%- endfor -%}
    '{{ local_md5(sql | replace('"' ~ target.database ~ '".', "")) }} ' || (
        select md5(coalesce(string_agg(concat(attrelid::regclass, attname, atttypid, atttypmod), chr(10) order by attrelid, attnum), ''))
        from pg_attribute
        where attrelid = any(array[{{ read | join(", ") }}]::regclass[]) and attnum > 0 and not attisdropped
    ) || ' ' || md5(pg_get_viewdef(to_regclass('{{ relation }}')))
{%- endmacro %}

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
