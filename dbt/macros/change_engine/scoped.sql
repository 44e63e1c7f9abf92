{#- A table that rebuilds only the rows that have changed (docs/change_engine.md explains how to use it).

    bronze.pending_changes lists what each model has yet to process. A build first plans: it keeps the table's
    structure, and turns changes without a specific key into changes of single keys. Then it processes the keys in
    batches: each batch is one transaction with one snapshot of the database, which removes the changes of its keys from
    the queue, rebuilds their rows, writes those that differ, and records the differences for downstream models. A build
    that ends half-way keeps its finished batches, and the next one continues. Nobody waits for a batch with other keys.

    Config:
        scope_key:    column by which rows are rebuilt, user_id or ticker; none: the whole table at once
        scope_date:   day column: the key's rows before the scope's from_date stay; none: all of the key's rows are in it
        unique_key:   columns of the table's key: only rows that differ are written; none: all rows in scope are
        rounding:     columns in which smaller relative differences are ignored, because restatements are rounded
        changed:      how downstream models learn of a changed row: {user_id, ticker, from_date}, each an expression
        always:       true: rebuilt in every run, whatever is pending
        batch_weight: rows per key (or weight_of_<model>, an expression); a batch stays below rows_in_memory
        readers:      {model: {when: condition on a changed row, columns: those the model reads}}, both optional
        publishes:    {model: {day: its day column, dated_by: a table}}, both optional: written together with this one
                      (change_engine/published.sql)
        indexes:      [{columns, unique, where}] -#}
{% materialization scoped, adapter="postgres" %}
    {%- set relation = this.incorporate(type="table") -%}
    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}
    {%- set built = keep_relation(relation, sql) -%}
    {%- if flags.EMPTY -%}
        {#- Tests the model's text and the table's structure; the rows stay as they are. -#}
        {%- set done = {"taken": 0, "rows": 0, "batches": 0} -%}
    {%- else -%}
        {%- set pending_keys = plan_changes(relation, built) -%}
        {%- do adapter.commit() -%}
        {%- set done = take_changes_in(relation, sql, pending_keys) -%}
        {%- do begin_transaction() -%}
        {%- if built.is_new -%}{%- do run_query("analyze " ~ relation) -%}{%- endif -%}
    {%- endif -%}
    {%- call noop_statement("main", message=what_was_done(done), rows_affected=done.rows) -%}{{ sql }}{%- endcall %}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {{ adapter.commit() }}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{ return({"relations": [relation]}) }}
{% endmaterialization %}

{#- After a commit: the adapter relies on psycopg2 to begin a connection's first transaction, and begins no other.
    Without this, each statement would be its own transaction. -#}
{% macro begin_transaction() %}
    {%- call statement("begin") -%}begin{%- endcall -%}
{% endmacro %}

{#- For dbt's log: `3 users, 214 rows in 1 batch`. -#}
{% macro what_was_done(done) -%}
    {%- set keys = {"user_id": "user", "ticker": "ticker"}.get(config.get("scope_key"), "table") -%}
    {{ return("%s %s%s, %s row%s in %s batch%s" | format(
        done.taken, keys, "s" if done.taken != 1, done.rows, "s" if done.rows != 1, done.batches, "es" if done.batches != 1
    )) }}
{%- endmacro %}

{#- Changes without a key of this model (a split names a ticker, a new table everybody) become changes of its keys, as
    scope_of_<model> defines (change_engine/scopes.sql). They are wide: a user's own change doesn't wait for them.

    Returns: how many keys have something pending. -#}
{% macro plan_changes(relation, built) %}
    {%- set key = config.get("scope_key") -%}
    {%- if config.get("always") -%}{%- do ask_for_everything(model.name) -%}{%- endif -%}
    {%- if not (built.is_new or built.is_to_be_planned or config.get("always")) -%}
        {{ return(built.pending_keys) }}
    {%- endif -%}
    {%- if key -%}
        {%- call statement("plan") -%}
            create temporary table claimed on commit drop as
            select user_id, ticker, from_date, queued_at from bronze.pending_changes limit 0;
            with taken as (
                delete from bronze.pending_changes where model = '{{ model.name }}' and {{ key }} is null
                returning user_id, ticker, from_date, queued_at
            )

            insert into claimed select * from taken;
            analyze claimed;
            insert into bronze.pending_changes (model, {{ key }}, from_date, queued_at, is_wide)
            select '{{ model.name }}', touched.{{ key }}, min(touched.from_date), min(touched.queued_at), true
            from ({{ context["keys_of_" ~ model.name](relation) }}) as touched
            group by touched.{{ key }}
        {%- endcall -%}
    {%- endif -%}
    {{ return(run_query("select " ~ pending_keys()).columns[0].values()[0]) }}
{% endmacro %}

{#- An expression: how many keys have something pending. -#}
{% macro pending_keys() -%}
    (select count(distinct {{ config.get("scope_key", "model") }}) from bronze.pending_changes where model = '{{ model.name }}')
{%- endmacro %}

{#- Records that a whole model has to be built. -#}
{% macro ask_for_everything(name) %}
    {%- call statement("ask") -%}
        insert into bronze.pending_changes (model, from_date, is_wide)
        select '{{ name }}', '-infinity', true
        where not exists (
            select from bronze.pending_changes
            where model = '{{ name }}' and user_id is null and ticker is null and from_date = '-infinity'
        )
    {%- endcall -%}
{% endmacro %}

{#- Batch after batch until nothing is left for this build: no build needs more batches than there are pending keys, nor
    as many waits for others. -#}
{% macro take_changes_in(relation, sql, pending_keys) %}
    {%- set done = namespace(taken=0, rows=0, batches=0, wide=0, passed_over=[], is_over=false) -%}
    {%- for attempt in range(pending_keys * 2) if not done.is_over -%}
        {%- set batch = lock_batch(done) -%}
        {%- if batch is none -%}
            {%- set done.is_over = true -%}
        {%- elif batch.locked -%}
            {%- set result = rebuild_batch(relation, sql, batch.locked) -%}
            {%- set done.batches = done.batches + 1 -%}
            {%- set done.wide = done.wide + (1 if batch.is_wide else 0) -%}
            {%- set done.taken = done.taken + batch.locked | length - result.blocked | length -%}
            {%- set done.rows = done.rows + result.rows -%}
            {%- set done.passed_over = done.passed_over + result.blocked -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return({"taken": done.taken, "rows": done.rows, "batches": done.batches}) }}
{% endmacro %}
