{#- A view stays what it is while its text does: dbt's own way (make anew, swap names, drop the old one after the commit)
    locks readers out on every run, and two runs that do it at once collide. -#}
{% materialization view, adapter="postgres" %}
    {%- set existing_relation = load_cached_relation(this) -%}
    {%- set target_relation = this.incorporate(type="view") -%}
    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}
    {%- if existing_relation is not none and existing_relation.type != "view" -%}
        {{ adapter.drop_relation(existing_relation) }}
    {%- endif -%}
    {%- set is_same = is_built_from(target_relation, local_md5(sql)) -%}
    {%- if config.get("contract").enforced and not is_same -%}
        {{ get_assert_columns_equivalent(sql) }}
    {%- endif -%}
    {%- call statement("main") -%}
        {% if is_same %}select 'unchanged' as view{% else %}{{ keep_view(target_relation, sql) }}{% endif %}
    {%- endcall -%}
    {%- if not is_same -%}
        {%- do apply_grants(target_relation, config.get("grants"), should_revoke=True) -%}
    {%- endif %}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {{ adapter.commit() }}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{ return({"relations": [target_relation]}) }}
{% endmaterialization %}

{#- Replaced in place where its columns allow it. It checks the rights of whoever reads it, so that row security of the
    tables below holds. -#}
{% macro keep_view(relation, sql) %}
    {%- set fingerprint = local_md5(sql) -%}
    do $view$
    begin
        if obj_description(to_regclass('{{ relation }}'), 'pg_class') is distinct from '{{ fingerprint }}' then
            begin
                create or replace view {{ relation }} with (security_invoker = true) as ({{ sql }});
            exception when invalid_table_definition then
                drop view {{ relation }};
                create view {{ relation }} with (security_invoker = true) as ({{ sql }});
            end;
            comment on view {{ relation }} is '{{ fingerprint }}';
        end if;
    end
    $view$;
{% endmacro %}
