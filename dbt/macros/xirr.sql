{#- Money-weighted return, Act/365: Newton, then bisection. Null if there is no root, never a wrong number. Catching an
    error opens a subtransaction, which parallel plans don't allow. -#}
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
                -- Money that came, grew and left within a day has no yearly rate.
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
            -- The bracket widens until the sign changes: near -1 a long history exceeds a double.
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
            -- An amount beyond a double has no return to show.
            when numeric_value_out_of_range or floating_point_exception then
                return null;
        end
        $xirr$
    {%- endset -%}
    {{ return({"signature": signature, "kind": "function", "statement": statement}) }}
{% endmacro %}

{% macro xirr(amounts, days) %}{{ function_schema() }}.xirr({{ amounts }}, {{ days }}){% endmacro %}
