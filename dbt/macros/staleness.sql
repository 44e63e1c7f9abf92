{#- Whether the price, or the exchange rate if needed, is missing or older than a market holiday explains. Here and
    below, the caller's column is_in_base_currency says that no rate is needed. -#}
{% macro is_stale(day, price_date, rate_date) -%}
    {{ price_date }} is null
        or {{ day }} - {{ price_date }} > {{ var('stale_after_days') }}
        or not is_in_base_currency and ({{ rate_date }} is null or {{ day }} - {{ rate_date }} > {{ var('stale_after_days') }})
{%- endmacro %}

{#- First day on which a price of this day is older than a market holiday explains. -#}
{% macro stale_from(price_date) -%}
    {{ price_date }} + {{ var('stale_after_days') }} + 1
{%- endmacro %}

{#- Whether a holding stands at its cost, at the close or at the one before it, because no price or no rate was known. -#}
{% macro stands_at_cost(units, units_before, unit_price, previous_unit_price, rate, previous_rate) -%}
    ({{ units }} > 0 and ({{ unit_price }} is null or not is_in_base_currency and {{ rate }} is null))
        or (
            {{ units_before }} > 0
            and ({{ previous_unit_price }} is null or not is_in_base_currency and {{ previous_rate }} is null)
        )
{%- endmacro %}

{#- Value of a position's units in the base currency: at cost, if known, before the first known price and the first
    known rate. -#}
{% macro value_of(units, cost, unit_price, rate) -%}
    case
        when {{ units }} = 0 then 0
        when {{ unit_price }} is null then {{ cost }}
        when is_in_base_currency then {{ units }} * {{ unit_price }}
        when {{ rate }} is null then {{ cost }}
        else {{ units }} * {{ unit_price }} * {{ rate }}
    end
{%- endmacro %}
