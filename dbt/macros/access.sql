{#- What a rebuild would lose: row security on what belongs to a user, and the API's way in. -#}

{% macro open_schema_to_api() %}
    do $open$
    begin
        if not has_schema_privilege('macrofolio_api', '{{ target.schema }}', 'usage') then
            perform pg_advisory_xact_lock(hashtext('macrofolio schema'));
            if not has_schema_privilege('macrofolio_api', '{{ target.schema }}', 'usage') then
                grant usage on schema {{ adapter.quote(target.schema) }} to macrofolio_api;
            end if;
        end if;
    end
    $open$;
{% endmacro %}

{% macro protect_user_rows() %}
    do $protect$
    begin
        if not exists (select from pg_policy where polrelid = '{{ this }}'::regclass and polname = 'own_rows') then
            alter table {{ this }} enable row level security;
            create policy own_rows on {{ this }} for select to macrofolio_api
            using (user_id = nullif(current_setting('app.user_id', true), '')::uuid);
        end if;
    end
    $protect$;
{% endmacro %}
