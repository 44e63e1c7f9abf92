{#- Tables that are rebuilt where something has changed and nowhere else (docs/architecture.md, cost follows change).

    bronze.pending_changes says what each model has yet to take in. A build takes its own rows out of it, makes of them
    a scope (macros/scopes.sql), writes the rows of that scope anew, and notes for the models that read it what changed,
    all in one transaction: a killed build has taken nothing out, and whoever writes meanwhile is met by the next one.
    A build that finds nothing pending does nothing. A table that is new, whose model was changed, or that
    --full-refresh names takes the same way with everybody in its scope.

    Config:
        scope_key:   column that the scope names, user_id or ticker; none: the whole table
        scope_date:  rows of the key before the scope's from_date stand; none: all of the key's rows are in scope
        unique_key:  columns of the table's key: only rows that differ are written; none: all rows in scope are
        rounding:    columns that differ only beyond this part of them, because providers restate rounded
        changed:     what a changed row is called for the readers: {user_id, ticker, from_date}, each an expression
        always:      true: rebuilt in every run, whatever is pending
        readers:     {model: condition on a changed row for it to be news there} -#}
{% materialization scoped, adapter="postgres" %}
    {%- set relation = this.incorporate(type="table") -%}
    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}
    {%- set text = local_md5(sql ~ config.get("indexes")) -%}
    {%- set is_same = is_built_from(relation, text) -%}
    {%- set everything = should_full_refresh() or not is_same -%}
    {%- set pending = pending_changes() -%}
    {%- if pending or everything or config.get("always") -%}
        {%- do claim_changes(everything) -%}
        {%- call statement("scope") -%}
            set local work_mem = '{{ var("work_mem") }}';
            create temporary table scope (batch integer, {{ scope_columns() }}) on commit drop
        {%- endcall -%}
        {%- if not is_same -%}
            {%- do make_room(relation, sql) -%}
        {%- endif -%}
        {%- set batches = fill_scope(relation) -%}
        {%- for batch in range(batches) -%}
            {%- do rebuild_batch(relation, sql, batch, batches) -%}
        {%- endfor -%}
        {%- if batches -%}
            {%- do tell_readers(batches) -%}
        {%- endif -%}
    {%- endif -%}
    {%- call statement("main") -%}
        select {{ pending }} as changes_taken_in
    {%- endcall -%}
    {%- if not is_same -%}
        {%- do run_query("comment on table " ~ relation ~ " is '" ~ text ~ "'") -%}
        {%- do run_query("analyze " ~ relation) -%}
        {%- do apply_grants(relation, config.get("grants"), should_revoke=True) -%}
    {%- endif %}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {{ adapter.commit() }}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{ return({"relations": [relation]}) }}
{% endmaterialization %}

{#- A relation's comment is the fingerprint of the text that it was made from. -#}
{% macro is_built_from(relation, text) %}
    {%- set query -%}
        select obj_description(to_regclass('{{ relation }}'), 'pg_class') is not distinct from '{{ text }}'
    {%- endset -%}
    {{ return(run_query(query).columns[0].values()[0]) }}
{% endmacro %}

{#- An empty table with the model's columns, unless one with these columns stands there already. -#}
{% macro make_room(relation, sql) %}
    {%- if config.get("contract").enforced -%}
        {{ get_assert_columns_equivalent(sql) }}
    {%- endif -%}
    {%- do run_query("create temporary table wanted on commit drop as select * from (" ~ sql ~ ") as model limit 0") -%}
    {%- set columns -%}
        select string_agg(attname || ' ' || format_type(atttypid, atttypmod), ', ' order by attnum)
        from pg_attribute where attnum > 0 and not attisdropped and attrelid = to_regclass(
    {%- endset -%}
    {%- set query = "select (" ~ columns ~ "'pg_temp.wanted')) is distinct from (" ~ columns ~ "'" ~ relation ~ "'))" -%}
    {%- if run_query(query).columns[0].values()[0] -%}
        {%- set existing = load_cached_relation(this) -%}
        {%- if existing is not none -%}
            {%- do adapter.drop_relation(existing) -%}
        {%- endif -%}
        {%- do run_query("create table " ~ relation ~ " (like pg_temp.wanted)") -%}
        {%- do create_indexes(relation) -%}
    {%- endif -%}
{% endmacro %}

{#- How many changes are pending. What is queued after this look is met by the next build. -#}
{% macro pending_changes() %}
    {%- set query = "select count(*) from bronze.pending_changes where model = '" ~ model.name ~ "'" -%}
    {{ return(run_query(query).columns[0].values()[0]) }}
{% endmacro %}

{#- Takes what is pending out of the queue. -#}
{% macro claim_changes(everything) %}
    {%- call statement("claim") -%}
        create temporary table claimed (user_id uuid, ticker text, from_date date, queued_at timestamptz) on commit drop;
        with taken as (
            delete from bronze.pending_changes where model = '{{ model.name }}'
            returning user_id, ticker, from_date, queued_at
        )

        insert into claimed select * from taken
        {%- if everything %}
        union all
        select null, null, '-infinity', now()
        {%- endif %};
        analyze claimed
    {%- endcall -%}
{% endmacro %}

{#- Which users or tickers that means, in batches that fit in memory; how many batches. -#}
{% macro fill_scope(relation) %}
    {%- set scope_of_model = context["scope_of_" ~ model.name] -%}
    {%- call statement("fill_scope") -%}
        {{ scope_of_model(relation) }};
        with weighed as (
            select
                ctid as scope_row,
                sum(coalesce(weight, 1)) over (order by user_id, ticker) as weight_so_far
            from scope
        )

        update scope set batch = (weighed.weight_so_far - 1) / {{ var('rows_in_memory') }}
        from weighed where scope.ctid = weighed.scope_row
    {%- endcall -%}
    {{ return(run_query("select coalesce(max(batch), -1) + 1 from pg_temp.scope").columns[0].values()[0]) }}
{% endmacro %}

{#- Writes what differs between the table and what the model selects for one batch of the scope. -#}
{% macro rebuild_batch(relation, sql, batch, batches) %}
    {%- set key = config.get("scope_key") -%}
    {%- set date = config.get("scope_date") -%}
    {%- set readers = config.get("readers", {}) -%}
    {%- set same_row = same_row(relation) -%}
    {%- call statement("batch") -%}
        {%- if batch == 0 %}
        create temporary table rebuilt (like {{ relation }}) on commit drop;
        create temporary table changes (
            user_id uuid, ticker text, from_date date
            {%- for reader in readers %}, {{ reader }} boolean{% endfor %}
        ) on commit drop;
        {%- if batches > 1 %}
        create temporary table all_scopes on commit drop as select * from scope;
        {%- endif %}
        {%- endif %}
        {%- if batches > 1 %}
        truncate scope, rebuilt;
        insert into scope select * from all_scopes where batch = {{ batch }};
        {%- endif %}
        analyze scope
    {%- endcall -%}
    {#- As a constant, or the planner takes a third of the table for it. -#}
    {%- set earliest = run_query("select min(from_date)::text from pg_temp.scope").columns[0].values()[0] -%}
    {%- call statement("rebuild") -%}
        insert into rebuilt select * from ({{ sql }}) as model;
        {%- if same_row %}
        analyze rebuilt;
        {%- endif %}
        with removed as (
            delete from {{ relation }} as stored
            {%- if key or date %} using scope{% endif %}
            where true
            {%- if key %} and stored.{{ key }} = scope.{{ key }}{% endif %}
            {%- if date %} and stored.{{ date }} >= scope.from_date and stored.{{ date }} >= '{{ earliest }}'{% endif %}
            {%- if same_row %} and not exists (select from rebuilt where {{ same_row }}){% endif %}
            returning stored.*
        )

        insert into changes select {{ row_as_change() }} from removed;
        with written as (
            insert into {{ relation }}
            select * from rebuilt
            {%- if same_row %} where not exists (select from {{ relation }} as stored where {{ same_row }}){% endif %}
            returning *
        )

        insert into changes select {{ row_as_change() }} from written
    {%- endcall -%}
{% endmacro %}

{#- What a removed or written row is to the models that read this one. -#}
{% macro row_as_change() -%}
    {%- set changed = config.get("changed", {}) -%}
    {{ changed.get("user_id", "null::uuid") }},
    {{ changed.get("ticker", "null::text") }},
    {{ changed.get("from_date", "'-infinity'::date") }}
    {%- for condition in config.get("readers", {}).values() %}, {{ condition }}{% endfor %}
{%- endmacro %}

{#- The same key, and equal in all columns; in `rounding` columns nearly. Nothing where no key is configured. -#}
{% macro same_row(relation) -%}
    {%- set key = config.get("unique_key", []) -%}
    {%- set rounding = config.get("rounding", {}) -%}
    {%- set exact = [] -%}
    {%- for column in columns_of(relation) if column not in rounding -%}
        {%- do exact.append(column) -%}
    {%- endfor -%}
    {%- if key -%}
        {%- for column in key %}stored.{{ column }} = rebuilt.{{ column }} and {% endfor -%}
        (stored.{{ exact | join(", stored.") }}) is not distinct from (rebuilt.{{ exact | join(", rebuilt.") }})
        {%- for column, part in rounding.items() %}
        and (
            stored.{{ column }} is not distinct from rebuilt.{{ column }}
            or abs(stored.{{ column }} - rebuilt.{{ column }}) <= {{ part }} * abs(stored.{{ column }})
        )
        {%- endfor -%}
    {%- endif -%}
{%- endmacro %}

{#- Names of a table's columns. The information schema takes milliseconds to say so. -#}
{% macro columns_of(relation) %}
    {%- set query -%}
        select attname from pg_attribute where attrelid = '{{ relation }}'::regclass and attnum > 0 and not attisdropped
    {%- endset -%}
    {{ return(run_query(query).columns[0].values()) }}
{% endmacro %}

{% macro tell_readers(batches) %}
    {%- for reader in config.get("readers", {}) %}
        {%- call statement("tell") -%}
            insert into bronze.pending_changes (model, user_id, ticker, from_date, queued_at)
            select '{{ reader }}', changes.user_id, changes.ticker, min(changes.from_date), coalesce(min(origin.queued_at), now())
            from changes
            left join {{ "all_scopes" if batches > 1 else "scope" }} as origin
                on changes.user_id = origin.user_id
            where changes.{{ reader }}
            group by changes.user_id, changes.ticker
        {%- endcall -%}
    {%- endfor %}
{% endmacro %}

{#- What is rebuilt now, for a model's SQL: nothing is known of it in a unit test, where everything is. -#}
{% macro scope() -%}
    {%- if model is defined and model.resource_type == "unit_test" -%}
        (select {{ scope_columns(empty=True) }} where false)
    {%- else -%}
        pg_temp.scope
    {%- endif -%}
{%- endmacro %}

{#- An array, because PostgreSQL takes a condition on a value into a view with CTEs, but never a join. -#}
{% macro in_scope(column) -%}
    {%- if model is defined and model.resource_type == "unit_test" -%}
        true
    {%- else -%}
        {{ column }} = any(array(select scoped.{{ column.split(".")[-1] }} from pg_temp.scope as scoped))
    {%- endif -%}
{%- endmacro %}
