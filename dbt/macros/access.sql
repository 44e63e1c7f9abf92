{#- What a rebuild would lose: row security on what belongs to a user. -#}

{% macro protect_user_rows() %}
    do $protect$
    begin
        if not (select relforcerowsecurity from pg_class where oid = '{{ this }}'::regclass) then
            alter table {{ this }} enable row level security;
            alter table {{ this }} force row level security;
            drop policy if exists own_rows on {{ this }};
            create policy own_rows on {{ this }} for select to macrofolio_api
            using (user_id = nullif(current_setting('app.user_id', true), '')::uuid);
            create policy every_row on {{ this }} to current_user using (true) with check (true);
        end if;
    end
    $protect$;
{% endmacro %}
