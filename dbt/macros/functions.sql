{#- Functions that models call, made before any of them, and again when their text changes. Runs go on at the same time, so
    creation is serialised by an advisory lock. -#}

{% macro ensure_functions() %}
    {%- if execute -%}
        {%- set wanted = [] -%}
        {%- for definitions in function_definitions().values() -%}
            {%- do wanted.extend(definitions) -%}
        {%- endfor -%}
        {%- set query -%}
            select signature from (values
            {%- for definition in wanted %}
                ('{{ definition.signature }}', '{{ local_md5(definition.statement) }}'){{ "," if not loop.last }}
            {%- endfor %}
            ) as wanted (signature, fingerprint)
            where obj_description(to_regprocedure(signature), 'pg_proc') is distinct from fingerprint
        {%- endset -%}
        {%- set missing = run_query(query).columns[0].values() -%}
        {%- for definition in wanted if definition.signature in missing %}
            {{ make_function(definition.signature, definition.kind, definition.statement) }}
        {%- endfor -%}
    {%- endif -%}
{% endmacro %}

{#- The functions that models may name, with what makes them. -#}
{% macro function_definitions() %}
    {{ return({
        "product": [product_function("double precision", "float8mul"), product_function("numeric", "numeric_mul")],
        "position_after": [position_step_function(), position_after_function()],
        "xirr": [xirr_function()],
    }) }}
{% endmacro %}

{% macro function_schema() %}"{{ target.schema }}"{% endmacro %}

{% macro make_function(signature, kind, statement) %}
    {%- set fingerprint = local_md5(statement) -%}
    do $make$
    begin
        perform pg_advisory_xact_lock(hashtext('macrofolio functions'));
        if obj_description(to_regprocedure('{{ signature }}'), 'pg_proc') is distinct from '{{ fingerprint }}' then
            {{ statement }};
            comment on {{ kind }} {{ signature }} is '{{ fingerprint }}';
        end if;
    end
    $make$;
{% endmacro %}

{#- Products of growth factors and of split ratios. A sum of logarithms would break at a return of -100 %. -#}
{% macro product_function(type, multiply) %}
    {%- set signature = function_schema() ~ ".product(" ~ type ~ ")" -%}
    {%- set statement -%}
        create or replace aggregate {{ signature }} (
            sfunc = {{ multiply }}, stype = {{ type }}, initcond = '1', parallel = safe
        )
    {%- endset -%}
    {{ return({"signature": signature, "kind": "aggregate", "statement": statement}) }}
{% endmacro %}

{#- A position is {units, cost, realised, rounding}. Costs keep 12 decimals, or their digits would grow with every sale. A
    sale that leaves less than flat_below_units closes it: after a split of one for three nobody can sell all to the last
    digit. Nor can who bought in many parts, each of them rounded: `rounding` has the last digit of every row since the
    position was opened, and counts up to a thousandth of what is sold, so that a position of dust is not lost. -#}
{% macro position_step_function() %}
    {%- set signature = function_schema() ~ ".position_step(numeric[], numeric, numeric, numeric, boolean)" -%}
    {%- set statement -%}
        create or replace function {{ function_schema() }}.position_step(
            state numeric[], units numeric, amount numeric, flat_below_units numeric, is_sale boolean
        ) returns numeric[] language plpgsql immutable parallel safe as $step$
        declare
            sold_cost numeric;
        begin
            if not is_sale then
                return array[state[1] + units, state[2] + amount, state[3], state[4] + flat_below_units];
            end if;
            if state[1] - units < greatest(flat_below_units, least(state[4], units / 1000)) then
                return array[0, 0, state[3] + amount - state[2], 0];
            end if;
            sold_cost := round(state[2] * units / state[1], 12);
            return array[
                state[1] - units, state[2] - sold_cost, state[3] + amount - sold_cost, state[4] + flat_below_units
            ];
        end
        $step$
    {%- endset -%}
    {{ return({"signature": signature, "kind": "function", "statement": statement}) }}
{% endmacro %}

{% macro position_after_function() %}
    {%- set signature = function_schema() ~ ".position_after(numeric, numeric, numeric, boolean)" -%}
    {%- set statement -%}
        create or replace aggregate {{ signature }} (
            sfunc = {{ function_schema() }}.position_step, stype = numeric[], initcond = '{0,0,0,0}', parallel = safe
        )
    {%- endset -%}
    {{ return({"signature": signature, "kind": "aggregate", "statement": statement}) }}
{% endmacro %}

{#- Money-weighted return, Act/365: Newton, then bisection. Null where no root exists, never a wrong number. What catches an
    error opens a subtransaction, which no plan in parallel allows. -#}
{% macro xirr_function() %}
    {%- set signature = function_schema() ~ ".xirr(double precision[], date[])" -%}
    {%- set statement -%}
        create or replace function {{ function_schema() }}.xirr(amounts double precision[], days date[])
        returns double precision language plpgsql immutable parallel unsafe as $xirr$
        declare
            years double precision[] := (select array_agg((day - first_day) / 365.0 order by position)
                from unnest(days) with ordinality as given (day, position),
                (select min(day) as first_day from unnest(days) as given (day)) as first);
            rate double precision := 0.1;
            value double precision;
            size double precision;
            slope double precision;
            low double precision;
            high double precision;
            low_value double precision;
        begin
            if (select count(distinct sign(amount)) filter (where amount <> 0) from unnest(amounts) as given (amount)) < 2
                -- Money that came, grew and went within a day has no rate a year.
                or (select count(distinct day) filter (where amount <> 0) from unnest(amounts, days) as given (amount, day)) < 2
                then
                return null;
            end if;
            for attempt in 1..50 loop
                select
                    sum(amount * (1 + rate) ^ (-year)),
                    sum(abs(amount) * (1 + rate) ^ (-year)),
                    sum(-year * amount * (1 + rate) ^ (-year - 1))
                into value, size, slope from unnest(amounts, years) as flow (amount, year);
                if abs(value) <= 1e-12 * size then
                    return rate;
                end if;
                exit when slope = 0 or abs(slope) < 1e-300;
                rate := rate - value / slope;
                exit when rate <= -0.999999 or rate > 1e6;
            end loop;
            -- The bracket widens until the sign changes: close to -1 a long history is more than a double holds.
            for width in 1..9 loop
                low := greatest(-1 + 10.0 ^ (-width), -0.999999);
                high := 10.0 ^ width;
                select sum(amount * (1 + low) ^ (-year)), sum(amount * (1 + high) ^ (-year))
                into low_value, value from unnest(amounts, years) as flow (amount, year);
                exit when sign(value) <> sign(low_value);
            end loop;
            if sign(value) = sign(low_value) then
                return null;
            end if;
            for attempt in 1..200 loop
                rate := (low + high) / 2;
                select sum(amount * (1 + rate) ^ (-year)) into value from unnest(amounts, years) as flow (amount, year);
                if sign(value) = sign(low_value) then low := rate; else high := rate; end if;
            end loop;
            return rate;
        exception
            -- An amount beyond what a double holds has no return that could be shown.
            when numeric_value_out_of_range or floating_point_exception then
                return null;
        end
        $xirr$
    {%- endset -%}
    {{ return({"signature": signature, "kind": "function", "statement": statement}) }}
{% endmacro %}

{#- Calls of them, with their schema spelt out. -#}
{% macro product(expression) %}{{ function_schema() }}.product({{ expression }}){% endmacro %}
{% macro position_after(units, amount, flat_below_units, is_sale) -%}
    {{ function_schema() }}.position_after({{ units }}, {{ amount }}, {{ flat_below_units }}, {{ is_sale }})
{%- endmacro %}
{% macro xirr(amounts, days) %}{{ function_schema() }}.xirr({{ amounts }}, {{ days }}){% endmacro %}
