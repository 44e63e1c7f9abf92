{#- A view that stays in place while its definition is unchanged. dbt's own way (create a new one, swap names, drop the
    old one after the commit) locks readers out on every run, drops the views above it, and two concurrent runs collide.
    The view checks its reader's rights, so that row security of the tables below applies. -#}
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

{#- An expression: the model's text, the columns it reads (for a star), and PostgreSQL's definition of the view; null if
    there is none. Any change recreates the view. -#}
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

{#- Replaced in place if its columns allow it; otherwise recreated together with the views above it. -#}
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
