{#- What a rebuild would lose: row security on what belongs to a user. -#}

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
