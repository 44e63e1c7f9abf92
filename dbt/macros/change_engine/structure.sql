{#- Creates the table, or gives it the model's current columns, indexes, grants, row security and descriptions. A
    fingerprint in bronze.built_models says what the table was built from; if it has changed, everything is marked for
    rebuilding.

    Returns: {is_new: whether the table is new, pending_keys, is_to_be_planned: whether a pending change names no key}.
    -#}
{% macro keep_relation(relation, sql) %}
    {%- set built = what_is_built(relation, sql) -%}
    {%- set is_new = not (built.is_there and built.is_same) -%}
    {%- if is_new -%}
        {%- do keep_columns(relation, sql, built.is_there) -%}
    {%- endif -%}
    {%- if is_new or not built.is_dressed -%}
        {%- do keep_indexes(relation) -%}
        {%- if config.get("scope_key") == "user_id" -%}{%- do protect_user_rows(relation) -%}{%- endif -%}
        {%- do apply_grants(relation, config.get("grants"), should_revoke=True) -%}
        {%- do persist_docs(relation, model) -%}
        {%- do note_as_built(relation, built.fingerprint) -%}
    {%- endif -%}
    {%- if config.get("materialized") == "scoped" and (is_new or should_full_refresh()) and not flags.EMPTY -%}
        {%- do ask_for_everything(model.name) -%}
    {%- endif -%}
    {{ return({
        "is_new": is_new or should_full_refresh(),
        "pending_keys": built.pending_keys,
        "is_to_be_planned": built.is_to_be_planned,
    }) }}
{% endmacro %}

{#- A row: is_there, fingerprint, is_same: built from its current inputs, is_dressed: with current indexes, grants and
    descriptions, and what is pending. Nobody else changes the table's structure until the end of the transaction. -#}
{% macro what_is_built(relation, sql) %}
    {%- call statement("what_is_built", fetch_result=True) -%}
        select pg_advisory_xact_lock(hashtext('macrofolio model'), hashtext('{{ relation.identifier }}'));
        select
            to_regclass('{{ relation }}') is not null as is_there,
            now_built.fingerprint,
            coalesce(built.fingerprint = now_built.fingerprint, false) as is_same,
            coalesce(built.dress = '{{ dress() }}', false) as is_dressed,
            {{ pending_keys() }} as pending_keys,
            exists (
                select from bronze.pending_changes
                where model = '{{ model.name }}' and {{ config.get("scope_key", "model") }} is null
            ) as is_to_be_planned
        from (select {{ fingerprint(sql, relation) }} as fingerprint) as now_built
        left join bronze.built_models as built on built.relation = '{{ relation.identifier }}'
    {%- endcall -%}
    {{ return(load_result("what_is_built").table.rows[0]) }}
{% endmacro %}

{% macro note_as_built(relation, fingerprint) %}
    {%- call statement("note_as_built") -%}
        insert into bronze.built_models (relation, fingerprint, dress)
        values ('{{ relation.identifier }}', '{{ fingerprint }}', '{{ dress() }}')
        on conflict (relation) do update
        set fingerprint = excluded.fingerprint, dress = excluded.dress, built_at = now()
    {%- endcall -%}
{% endmacro %}

{#- A table's state besides its rows. -#}
{% macro dress() %}
    {%- set words = [model.description] -%}
    {%- for column in model.columns.values() -%}{%- do words.append(column.name ~ column.description) -%}{%- endfor -%}
    {{ return(local_md5(tojson([config.get("indexes"), config.get("grants"), words]))) }}
{% endmacro %}

{#- Columns are added and dropped in place, so that rows stay until they are rebuilt. A view that reads a dropped column
    is dropped with it: it is recreated here if it works without the column, and otherwise by its own build. -#}
{% macro keep_columns(relation, sql, is_there) %}
    {%- do run_query("create temporary table scope (" ~ scope_columns() ~ ") on commit drop") -%}
    {%- if config.get("contract").enforced -%}
        {{ get_assert_columns_equivalent(sql) }}
    {%- endif -%}
    {%- do run_query("create temporary table wanted on commit drop as select * from (" ~ sql ~ ") as model limit 0") -%}
    {%- if not is_there -%}
        {%- do run_query("create table " ~ relation ~ " (like pg_temp.wanted)") -%}
    {%- else -%}
        {%- call statement("keep_columns") -%}{{ change_columns(relation) }}{%- endcall -%}
    {%- endif -%}
    {%- do run_query("drop table pg_temp.scope") -%}
{% endmacro %}

{% macro change_columns(relation) %}
    {%- call keep_readers(relation) %}
        for changed in
            select
                coalesce(stored.attname, wanted.attname) as name,
                stored.attname is not null as goes,
                format_type(wanted.atttypid, wanted.atttypmod) as new_type
            from (select * from pg_attribute where attrelid = '{{ relation }}'::regclass and attnum > 0 and not attisdropped)
                as stored
            full join (select * from pg_attribute where attrelid = 'pg_temp.wanted'::regclass and attnum > 0) as wanted
                on stored.attname = wanted.attname
            where (stored.atttypid, stored.atttypmod) is distinct from (wanted.atttypid, wanted.atttypmod)
            order by wanted.attnum
        loop
            if changed.goes then
                execute format('alter table {{ relation }} drop column %I cascade', changed.name);
            end if;
            if changed.new_type is not null then
                execute format('alter table {{ relation }} add column %I %s', changed.name, changed.new_type);
            end if;
        end loop;
    {% endcall -%}
{% endmacro %}

{#- Runs a statement that may drop the views above a relation (the caller's text, plpgsql), and recreates those that
    still work, with their grants. The others are named in a warning, and come back when they are built. -#}
{% macro keep_readers(relation) %}
    do $readers$
    declare
        changed record;
        reader record;
    begin
        -- Another run that drops or creates one of these views in the meantime would invalidate their list.
        perform pg_advisory_xact_lock(hashtext('macrofolio structure'));
        create temporary table readers on commit drop as
        with recursive reading (view_id, depth) as (
            select rules.ev_class, 1
            from pg_depend
            inner join pg_rewrite as rules on pg_depend.objid = rules.oid
            where refobjid = to_regclass('{{ relation }}') and classid = 'pg_rewrite'::regclass
                and rules.ev_class <> to_regclass('{{ relation }}')
            union
            select rules.ev_class, reading.depth + 1
            from reading
            inner join pg_depend on pg_depend.refobjid = reading.view_id and classid = 'pg_rewrite'::regclass
            inner join pg_rewrite as rules on pg_depend.objid = rules.oid and rules.ev_class <> reading.view_id
        )

        select
            format('%I.%I', nspname, relname) as name,
            relname,
            max(depth) as depth,
            pg_get_viewdef(view_id) as definition,
            array(
                select format('grant %s on %I.%I to %I', privilege_type, nspname, relname, pg_get_userbyid(grantee))
                from aclexplode(relacl) where grantee <> relowner
            ) as grants
        from reading
        inner join pg_class on pg_class.oid = view_id
        inner join pg_namespace on pg_namespace.oid = relnamespace
        where nspname !~ '^pg_temp'
        group by view_id, nspname, relname, relacl, relowner;

        {{ caller() }}

        for reader in select * from readers where to_regclass(name) is null order by depth loop
            begin
                execute format('create view %s with (security_invoker = true) as %s', reader.name, reader.definition);
                for number in 1 .. cardinality(reader.grants) loop
                    execute reader.grants[number];
                end loop;
            exception when undefined_column or undefined_table then
                raise warning '% reads a column that is gone: build it as well', reader.name;
            end;
            delete from bronze.built_models where relation = reader.relname;
        end loop;
        drop table readers;
    end
    $readers$
{% endmacro %}

{#- Indexes are compared by definition, never by name: creates what is configured, drops what is not. -#}
{% macro keep_indexes(relation) %}
    {%- set wanted = [] -%}
    {%- for index in config.get("indexes", []) -%}
        {%- set unique = "unique " if index.get("unique") else "" -%}
        {%- set where = " where (" ~ index["where"] ~ ")" if index.get("where") else "" -%}
        {%- do wanted.append({
            "is_unique": index.get("unique", false),
            "form": "USING btree (" ~ index["columns"] | join(", ") ~ ")" ~ (" WHERE (" ~ index["where"] ~ ")" if index.get("where") else ""),
            "statement": "create " ~ unique ~ "index on " ~ relation ~ " (" ~ index["columns"] | join(", ") ~ ")" ~ where,
        }) -%}
    {%- endfor -%}
    {%- set query -%}
        select
            indexrelid::regclass::text as name,
            indisunique as is_unique,
            substring(pg_get_indexdef(indexrelid) from 'USING .*$') as form
        from pg_index where indrelid = '{{ relation }}'::regclass
    {%- endset -%}
    {%- set stored = run_query(query).rows -%}
    {%- set kept = [] -%}
    {%- for index in stored -%}
        {%- set found = wanted | selectattr("form", "equalto", index.form) | selectattr("is_unique", "equalto", index.is_unique) | list -%}
        {%- if found -%}{%- do kept.append(found[0].statement) -%}{%- else -%}{%- do run_query("drop index " ~ index.name) -%}{%- endif -%}
    {%- endfor -%}
    {%- for index in wanted if index.statement not in kept -%}
        {%- do run_query(index.statement) -%}
    {%- endfor -%}
{% endmacro %}

{#- Row security on users' rows, for the table's owner, too. -#}
{% macro protect_user_rows(relation) %}
    {%- call statement("protect") -%}
        do $protect$
        begin
            if not exists (
                select from pg_policy
                inner join pg_class on pg_policy.polrelid = pg_class.oid and pg_class.relforcerowsecurity
                where pg_class.oid = '{{ relation }}'::regclass and polroles @> array['macrofolio_reader'::regrole::oid]
            ) then
                alter table {{ relation }} enable row level security;
                alter table {{ relation }} force row level security;
                drop policy if exists own_rows on {{ relation }};
                create policy own_rows on {{ relation }} for select to macrofolio_reader
                using (user_id = nullif(current_setting('app.user_id', true), '')::uuid);
                drop policy if exists every_row on {{ relation }};
                create policy every_row on {{ relation }} to current_user using (true) with check (true);
            end if;
        end
        $protect$
    {%- endcall -%}
{% endmacro %}
