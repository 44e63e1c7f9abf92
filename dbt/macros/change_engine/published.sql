{#- A reader gets one consistent state of a user (docs/change_engine.md, one state at a time). Views for readers use
    published tables: copies of the models' rows for a user, written in the transaction that writes the user's series.
    While a change is passing through the models, they keep their previous content.

    A published model's own build keeps its structure, and asks its publisher for all rows if the structure has changed.
    -#}
{% materialization published, adapter="postgres" %}
    {%- set relation = this.incorporate(type="table") -%}
    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}
    {%- if keep_relation(relation, sql).is_new -%}
        {%- do ask_for_everything(config.get("publisher")) -%}
    {%- endif -%}
    {%- call noop_statement("main", message="rows come with " ~ config.get("publisher")) -%}{{ sql }}{%- endcall %}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {{ adapter.commit() }}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{ return({"relations": [relation]}) }}
{% endmaterialization %}

{#- Copies the rows of the scope that differ from what a published model selects, from the first day on if `day` names
    its day column. A span that was open on the day before the scope may end differently now, so that day is included.
    `earliest`, the scope's first day, is pushed into the view being read, where a join is not. Where even that is not
    possible, `dated_by` names the table whose rows say which users have such days at all. -#}
{% macro publish(name, dates, columns, earliest) %}
    {%- set node = graph.nodes["model." ~ project_name ~ "." ~ name] -%}
    {%- set source = graph.nodes[node.depends_on.nodes[0]] -%}
    {%- set published = published_table(name) -%}
    {%- set day = dates.get("day") -%}
    {%- set same_row -%}
        {%- for column in node.config.unique_key %}stored.{{ column }} = next_rows.{{ column }} and {% endfor -%}
        (stored.{{ columns | join(", stored.") }}) is not distinct from (next_rows.{{ columns | join(", next_rows.") }})
    {%- endset -%}
    create temporary table next_{{ node.alias }} on commit drop as
    select source_rows.{{ columns | join(", source_rows.") }}
    from (
        select * from "{{ source.schema }}".{{ source.alias }}
        where user_id = any(array(
            select scoped.user_id from pg_temp.scope as scoped
            {%- if dates.get("dated_by") %}
            where exists (
                select from {{ published_table(dates.dated_by) }} as dated
                where dated.user_id = scoped.user_id and dated.{{ day }} >= scoped.from_date - 1
            )
            {%- endif %}
        ))
            {%- if day %} and {{ day }} >= '{{ earliest }}'::date - 1{% endif %}
    ) as source_rows
    inner join scope
        on source_rows.user_id = scope.user_id
        {%- if day %} and source_rows.{{ day }} >= scope.from_date - 1{% endif %};
    analyze next_{{ node.alias }};
    delete from {{ published }} as stored using scope
    where stored.user_id = scope.user_id
        {%- if day %} and stored.{{ day }} >= scope.from_date - 1 and stored.{{ day }} >= '{{ earliest }}'::date - 1{% endif %}
        and not exists (select from next_{{ node.alias }} as next_rows where {{ same_row }});
    insert into {{ published }} ({{ columns | join(", ") }})
    select {{ columns | join(", ") }} from next_{{ node.alias }} as next_rows
    where not exists (select from {{ published }} as stored where {{ same_row }});
{% endmacro %}

{% macro published_table(name) -%}
    {%- set node = graph.nodes["model." ~ project_name ~ "." ~ name] -%}
    "{{ node.schema }}".{{ node.alias }}
{%- endmacro %}

{#- Users with a change that has yet to pass through a model between the ledger and this one are not ready: the models'
    rows for them are from two states. Their changes go back to the queue; the build that processes the other change
    gets here next. Ledger entries that staging has not processed yet, and macro series, don't matter here. -#}
{% macro put_back_unready() %}
    {%- set waiting_for = stored_ancestors(model.unique_id) | map("replace", "model." ~ project_name ~ ".", "")
        | reject("in", ["stg_transactions", "stg_fred_macro", "fct_macro_regimes", "int_macro_levels"]) | list -%}
    create temporary table unready on commit drop as
    with under_way as materialized (
        select user_id, ticker from bronze.pending_changes where model = any('{{ "{" ~ waiting_for | join(",") ~ "}" }}')
    )

    select user_id from under_way where user_id is not null
    union
    select claimed.user_id
    from claimed
    inner join under_way
        on under_way.user_id is null
        and (under_way.ticker is null or under_way.ticker like '%=X')
    union
    select intervals.user_id
    from under_way
    inner join {{ ref("int_position_intervals") }} as intervals
        on under_way.ticker = intervals.ticker
        and intervals.valid_to is null;
    create temporary table put_back on commit drop as
    select * from claimed where user_id in (select unready.user_id from unready);
    insert into bronze.pending_changes (model, user_id, ticker, from_date, queued_at, is_wide)
    select '{{ model.name }}', user_id, ticker, from_date, queued_at, is_wide from put_back;
    delete from claimed where user_id in (select put_back.user_id from put_back);
{% endmacro %}
