{#- The keys of the next batch, locked for this session in place of the previous batch's: users' own changes first,
    oldest first, as many as fit in memory. Keys held by another build are left to it; if nothing else is left, this
    waits for the first of them. None: nothing is left.

    Returns: none, or {locked: list of text, is_wide: whether all came from wide changes, which name no user}. -#}
{% macro lock_batch(done) %}
    {%- set key = config.get("scope_key") -%}
    {%- set limit = var("wide_batches") -%}
    {%- set own_only = limit is not none and done.wide >= limit -%}
    {%- set waiting -%}
        select
            {{ "coalesce(" ~ key ~ "::text, '')" if key else "''" }} as key,
            bool_and(is_wide) as is_wide,
            min(change_id) as first_change,
            min(from_date) as from_date
        from bronze.pending_changes
        where model = '{{ model.name }}'
        {%- if key %} and {{ key }} is not null{% endif %}
        {%- if done.passed_over %} and {{ key }}::text <> all(array['{{ done.passed_over | join("', '") }}']){% endif %}
        group by 1
        {%- if own_only %} having not bool_and(is_wide){% endif %}
    {%- endset -%}
    {%- call statement("lock", fetch_result=True) -%}
        select pg_advisory_unlock_all();
        with waiting as materialized (
            {{ waiting }}
        ),

        weighed as (
            select
                *,
                greatest({{ weight_of_key() }}, 1) as weight,
                row_number() over in_order as place
            from waiting
            window in_order as (order by is_wide, first_change)
            order by is_wide, first_change
            limit {{ var("keys_in_batch") }}
        ),

        fitting as materialized (
            select
                *,
                sum(weight) over (order by place) - weight < {{ var("rows_in_memory") }} as fits
            from weighed
        )

        select key, is_wide, fits and pg_try_advisory_lock({{ lock_of("key") }}) as is_locked
        from fitting where fits order by place
    {%- endcall -%}
    {%- set found = load_result("lock").table.rows -%}
    {%- set locked = found | selectattr("is_locked") | list -%}
    {%- if locked -%}
        {{ return({"locked": locked | map(attribute="key") | list, "is_wide": locked | map(attribute="is_wide") | min}) }}
    {%- elif found -%}
        {%- call statement("wait") -%}
            select pg_advisory_lock({{ lock_of("'" ~ found[0].key ~ "'") }});
            select pg_advisory_unlock({{ lock_of("'" ~ found[0].key ~ "'") }})
        {%- endcall -%}
        {{ return({"locked": [], "is_wide": false}) }}
    {%- endif -%}
    {{ return(none) }}
{% endmacro %}

{#- Rows to rebuild for a key (waiting.key) from its from_date on. -#}
{% macro weight_of_key() -%}
    {%- if context.get("weight_of_" ~ model.name) -%}
        {{ context["weight_of_" ~ model.name]() }}
    {%- else -%}
        {{ config.get("batch_weight", 1) }}
    {%- endif -%}
{%- endmacro %}

{% macro lock_of(key) -%}
    hashtext('macrofolio rows of {{ model.name }}'), hashtext({{ key }})
{%- endmacro %}

{#- One transaction with one snapshot of the database: what is pending for the keys, and everything the model reads. A
    user may be waiting for each round trip, so there are three: what to rebuild, the rows, the commit. -#}
{% macro rebuild_batch(relation, sql, keys) %}
    {%- set publishes = config.get("publishes", {}) -%}
    {%- set written = [relation | string] -%}
    {%- for published in publishes -%}{%- do written.append(published_table(published)) -%}{%- endfor -%}
    {%- call statement("claim", fetch_result=True) -%}
        begin transaction isolation level repeatable read;
        {{ claim_changes(keys) }}
        {%- if publishes %}{{ put_back_unready() }}{% endif %}
        {{ fill_scope(relation) }}
        select
            exists (select from claimed) as is_left,
            -- pass a constant in the model's statements, or the planner assumes a third of the table
            (select min(from_date)::text from scope) as earliest,
            {{ "(select coalesce(json_agg(distinct user_id), '[]')::text from put_back)" if publishes else "'[]'" }} as blocked,
            {{ columns_of(written) }} as columns
    {%- endcall -%}
    {%- set claimed = load_result("claim").table.rows[0] -%}
    {%- set rows = 0 -%}
    {#- Nothing is left if no key is ready, or if another build processed them before the lock was ours. -#}
    {%- if claimed.is_left -%}
        {%- set columns = fromjson(claimed.columns) -%}
        {%- call statement("rebuild", fetch_result=True) -%}
            {{ write_rows(relation, sql, columns[relation | string], claimed.earliest) }}
            {%- for published, dates in publishes.items() %}
            {{ publish(published, dates, columns[published_table(published)], claimed.earliest) }}
            {%- endfor %}
            {{ tell_readers() }}
            select count(*) from changes
        {%- endcall -%}
        {%- set rows = load_result("rebuild").table.columns[0].values()[0] -%}
    {%- endif -%}
    {%- do adapter.commit() -%}
    {{ return({"rows": rows, "blocked": fromjson(claimed.blocked)}) }}
{% endmacro %}

{#- Removes what is pending for the keys from the queue. -#}
{% macro claim_changes(keys) %}
    {%- set key = config.get("scope_key") -%}
    set local work_mem = '{{ var("work_mem") }}';
    create temporary table claimed on commit drop as
    select user_id, ticker, from_date, queued_at, is_wide from bronze.pending_changes limit 0;
    with taken as (
        delete from bronze.pending_changes
        where model = '{{ model.name }}'
        {%- if key %} and {{ key }} = any('{{ "{" ~ keys | join(",") ~ "}" }}'::{{ key_type(key) }}[]){% endif %}
        returning user_id, ticker, from_date, queued_at, is_wide
    )

    insert into claimed select * from taken;
{% endmacro %}

{% macro key_type(key) %}{{ return({"user_id": "uuid", "ticker": "text"}[key]) }}{% endmacro %}

{#- The keys and the day from which each is rebuilt, with whatever else the model's SQL needs for a key. -#}
{% macro fill_scope(relation) %}
    {%- set key = config.get("scope_key") -%}
    create temporary table scope ({{ scope_columns() }}) on commit drop;
    {%- if context.get("scope_of_" ~ model.name) %}
    {{ context["scope_of_" ~ model.name](relation) }};
    {%- else %}
    insert into scope ({{ key ~ ", " if key }}from_date, queued_at, is_wide)
    select {{ key ~ ", " if key }}min(from_date), min(queued_at), bool_and(is_wide)
    from claimed {{ "group by " ~ key if key else "having count(*) > 0" }};
    {%- endif %}
    analyze scope;
{% endmacro %}

{#- Writes the differences between the table and the model's rows for the scope; `changes` holds what was removed or
    added. -#}
{% macro write_rows(relation, sql, columns, earliest) %}
    {%- set key = config.get("scope_key") -%}
    {%- set date = config.get("scope_date") -%}
    {%- set same_row = same_row(columns) -%}
    create temporary table rebuilt on commit drop as select * from ({{ sql }}) as model;
    {%- if same_row %}
    analyze rebuilt;
    {%- endif %}
    create temporary table changes (
        row_key text, user_id uuid, ticker text, from_date date
        {%- for reader in config.get("readers", {}) %}, {{ reader }} text{% endfor %}
    ) on commit drop;
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
        insert into {{ relation }} ({{ columns | join(", ") }})
        select {{ columns | join(", ") }} from rebuilt
        {%- if same_row %} where not exists (select from {{ relation }} as stored where {{ same_row }}){% endif %}
        returning *
    )

    insert into changes select {{ row_as_change() }} from written;
{% endmacro %}

{#- What a removed or written row means to each downstream model: the part that it reads, or nothing. -#}
{% macro row_as_change() -%}
    {%- set changed = config.get("changed", {}) -%}
    row({{ (config.get("unique_key") or ["null"]) | join(", ") }})::text,
    {{ changed.get("user_id", "null::uuid") }},
    {{ changed.get("ticker", "null::text") }},
    {{ changed.get("from_date", "'-infinity'::date") }}
    {%- for reader in config.get("readers", {}).values() %},
    {%- set read = "md5(row(" ~ reader["columns"] | join(", ") ~ ")::text)" if reader.get("columns") else "'*'" %}
    case when {{ reader.get("when", "true") }} then {{ read }} end
    {%- endfor %}
{%- endmacro %}

{#- The same key, and equal in all columns; in `rounding` columns approximately. Nothing without a configured key. -#}
{% macro same_row(columns) -%}
    {%- set rounding = config.get("rounding", {}) -%}
    {%- set exact = columns | reject("in", rounding) | list -%}
    {%- if config.get("unique_key") -%}
        {%- for column in config.get("unique_key") %}stored.{{ column }} = rebuilt.{{ column }} and {% endfor -%}
        (stored.{{ exact | join(", stored.") }}) is not distinct from (rebuilt.{{ exact | join(", rebuilt.") }})
        {%- for column, part in rounding.items() %}
        and (
            stored.{{ column }} is not distinct from rebuilt.{{ column }}
            or abs(stored.{{ column }} - rebuilt.{{ column }}) <= {{ part }} * abs(stored.{{ column }})
        )
        {%- endfor -%}
    {%- endif -%}
{%- endmacro %}

{#- An expression: JSON of each table's column names. The information schema would take milliseconds. -#}
{% macro columns_of(relations) -%}
    (
        select json_object_agg(name, columns)::text from (
            select given.name, array_agg(attname order by attnum) as columns
            from unnest(array['{{ relations | join("', '") }}']) as given (name)
            inner join pg_attribute on attrelid = given.name::regclass
            where attnum > 0 and not attisdropped
            group by given.name
        ) as stored
    )
{%- endmacro %}

{#- A row rewritten without changes to what a downstream model reads is no change to that model. -#}
{% macro tell_readers() %}
    {%- for reader, news in config.get("readers", {}).items() %}
    insert into bronze.pending_changes (model, user_id, ticker, from_date, queued_at, is_wide)
    select
        '{{ reader }}', changes.user_id, changes.ticker, min(changes.from_date),
        coalesce(min(origin.queued_at), now()), coalesce(bool_and(origin.is_wide), true)
    from changes
    left join scope as origin
        on changes.user_id = origin.user_id
    where changes.{{ reader }} is not null
    {%- if news.get("columns") %}
        and changes.row_key in (
            select row_key from changes where {{ reader }} is not null
            group by row_key having count(*) = 1 or min({{ reader }}) <> max({{ reader }})
        )
    {%- endif %}
    group by changes.user_id, changes.ticker;
    {%- endfor %}
{% endmacro %}

{#- What is rebuilt now, for a model's SQL. Outside a build (a unit test, `dbt show`, `dbt compile`) that is everything.
    -#}
{% macro scope() -%}
    {%- if is_build() -%}pg_temp.scope{%- else -%}(select {{ scope_columns(empty=True) }} where false){%- endif -%}
{%- endmacro %}

{#- An array, because PostgreSQL pushes a condition on a value into a view with CTEs, but never a join. -#}
{% macro in_scope(column) -%}
    {%- if is_build() -%}
        {{ column }} = any(array(select scoped.{{ column.split(".")[-1] }} from pg_temp.scope as scoped))
    {%- else -%}
        true
    {%- endif -%}
{%- endmacro %}

{% macro is_build() %}
    {{ return(flags.WHICH in ("run", "build", "retry") and not (model is defined and model.resource_type == "unit_test")) }}
{% endmacro %}

{#- What a model's scope or its publishing looks up besides what its SQL reads, so that dbt orders models by it. A unit
    test gives a model only what its SQL reads. -#}
{% macro also_reads(names) %}
    {%- if not (model is defined and model.resource_type == "unit_test") -%}
        {%- for name in names -%}{%- do ref(name) -%}{%- endfor -%}
    {%- endif -%}
{% endmacro %}
