{#- A position is {units, cost, realised, rounding}. Costs keep 12 decimals, or their digits would grow with every sale.
    A sale that leaves less than flat_below_units closes it: after a one-for-three split nobody can sell all to the last
    digit. Nor can anyone who bought in many rounded parts: `rounding` sums the last digit of every row since the
    position was opened, and counts up to a thousandth of the sale, so that a dust position is not lost. -#}
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

{% macro position_after(units, amount, flat_below_units, is_sale) -%}
    {{ function_schema() }}.position_after({{ units }}, {{ amount }}, {{ flat_below_units }}, {{ is_sale }})
{%- endmacro %}
