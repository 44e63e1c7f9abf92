{#- CTEs for gold_p_timeseries that end in `values_by_day`: its holdings' value on each calendar day, after a CTE held. -#}
{% macro values_of_days() %}
-- every day of every holding: only its value, because there are many
holding_days as (

    select
        user_id,
        ticker,
        units,
        units_before,
        valid_from,
        cost_basis,
        currency,
        base_currency,
        currency = base_currency as is_in_base_currency,
        last_price_date,
        last_rate_date,
        first_day + generate_series(0, valid_to - first_day) as date_day
    from held

),

prices_since as (

    select * from prices
    where price_date >= (select min(least(held.first_day, held.last_price_date)) from held)

),

holding_values as (

    select
        holding_days.user_id,
        holding_days.date_day,
        holding_days.units = 0 as is_flat,
        prices.bar_date = holding_days.date_day as has_bar,
        holding_days.date_day - prices.bar_date <= {{ var('priced_within_days') }} as is_priced,
        holding_days.units > 0
        and ({{ is_stale("holding_days.date_day", "prices.bar_date", "fx_rates.bar_date") }}) as is_stale,
        {{ stands_at_cost(
            "holding_days.units",
            "case when holding_days.date_day = holding_days.valid_from then holding_days.units_before else holding_days.units end",
            "prices.unit_price",
            "case when holding_days.date_day > holding_days.last_price_date then prices.unit_price else prices.previous_unit_price end",
            "fx_rates.rate",
            "case when holding_days.date_day > holding_days.last_rate_date then fx_rates.rate else fx_rates.previous_rate end"
        ) }} as stands_at_cost,
        {{ value_of("holding_days.units", "holding_days.cost_basis", "prices.unit_price", "fx_rates.rate") }}
            as known_value
    from holding_days
    left join prices_since as prices
        on holding_days.ticker = prices.ticker
        and prices.price_date = least(holding_days.date_day, holding_days.last_price_date)
    left join fx_rates
        on holding_days.currency = fx_rates.currency
        and holding_days.base_currency = fx_rates.base_currency
        and fx_rates.rate_date = least(holding_days.date_day, holding_days.last_rate_date)
    -- so that a value is computed once, and not for each sum of it
    offset 0  -- noqa: AM09

),

values_by_day as (

    select
        user_id,
        date_day,
        -- selling everything ends the return on that day: there may be no trading day after it
        bool_and(is_flat)
        -- a small coin holding must not make a Sunday a trading day: a material part of the priced holdings must have a
        -- bar
        or coalesce(
            bool_or(has_bar)
            and (
                bool_or(known_value is null)
                or sum(known_value) filter (where has_bar)
                >= {{ var('material_part') }} * sum(known_value) filter (where is_priced)
            ),
            false
        ) as is_trading_day,
        bool_or(is_stale) as is_stale,
        bool_or(stands_at_cost) as stands_at_cost,
        -- what is valued at cost needs the rates of its trades
        case when count(*) = count(known_value) then sum(known_value) end as market_value
    from holding_values
    group by user_id, date_day

)
{% endmacro %}

{#- CTEs of gold_p_timeseries that end in `peaks`: return, index and highest index of each day, after a CTE totals. -#}
{% macro returns_of_days() %}
marked as (

    select
        *,
        market_value + gain_to_first as value_at_first,
        market_value + gain_to_second as value_at_second,
        case
            when row_number() over days = 1 then case when is_continued then first_value_before else 0 end
            else lag(market_value) over days
        end as value_before
    from totals
    window days as (partition by user_id order by date_day)

),

portfolio_days as (

    select
        *,
        {{ day_return() }} as day_return
    from marked

),

running as (

    select
        *,
        -- a trading day closes the group of days since the trading day before it
        count(*) filter (where is_trading_day) over so_far - is_trading_day::integer as return_group,
        coalesce(log_growth_before, 0) + coalesce(sum({{ logarithm("day_return") }}) over so_far, 0) as log_growth,
        bool_and(inflow is not null and outflow is not null) over so_far
        and (not is_continued or net_invested_before is not null) as flows_are_known,
        -- once a return is unknown, so is everything compounded from it
        bool_and(day_return is not null) over so_far
        and (not is_continued or index_before is not null) as days_are_known
    from portfolio_days
    window so_far as (partition by user_id order by date_day rows unbounded preceding)

),

-- a return that would exceed a double is unknown, and so is everything after it
bounded as (

    select
        *,
        greatest(abs(coalesce({{ logarithm("day_return") }}, 0)), abs(log_growth)) < {{ largest_logarithm() }}
            as is_bounded
    from running

),

daily as (

    select
        *,
        case
            when is_trading_day and bool_and(is_bounded and day_return is not null) over grouped
                then {{ product("1 + case when is_bounded then day_return end") }} over grouped - 1
        end as daily_return,
        days_are_known and bool_and(is_bounded) over so_far as returns_are_known
    from bounded
    window
        grouped as (partition by user_id, return_group),
        so_far as (partition by user_id order by date_day rows unbounded preceding)

),

-- a total loss ends the index: the next trading day with a return begins a new one
indexed as (

    select
        *,
        coalesce(index_before = 0, false)::integer + count(*) filter (where daily_return = -1) over days_before
            as index_number
    from daily
    window days_before as (
        partition by user_id order by date_day rows between unbounded preceding and 1 preceding
    )

),

compounded as (

    select
        *,
        case when flows_are_known then coalesce(net_invested_before, 0) + sum(inflow - outflow) over so_far end
            as net_invested,
        case
            when not returns_are_known then null
            -- until it starts over, everything is lost
            when index_number > 0 and count(daily_return) over of_index = 0 then 0
            when index_number > 0 then {{ product("1 + daily_return") }} over of_index
            else coalesce(index_before, 1) * {{ product("1 + daily_return") }} over of_index
        end as return_index
    from indexed
    window
        so_far as (partition by user_id order by date_day rows unbounded preceding),
        of_index as (partition by user_id, index_number order by date_day rows unbounded preceding)

),

peaks as (

    select
        *,
        case
            when return_index is not null
                then greatest(1, case when index_number = 0 then peak_before end, max(return_index) over of_index)
        end as peak_index
    from compounded
    window of_index as (partition by user_id, index_number order by date_day rows unbounded preceding)

)
{% endmacro %}

{#- The CTE `trades` of gold_p_timeseries: what was traded on each day, after a CTE returns of the days with trades. -#}
{% macro trades_of_days() %}
trades as (

    select
        user_id,
        return_date,
        bool_or(has_round_trip) as has_round_trip,
        bool_or(sells_first) as sells_first,
        {{ whole_sum("value_at_first - market_value") }} as gain_to_first,
        {{ whole_sum("value_at_second - market_value") }} as gain_to_second,
        {{ whole_sum("inflow", "not sells_first") }} as first_inflow,
        {{ whole_sum("outflow", "sells_first") }} as first_outflow,
        {{ whole_sum("sale_fees", "sells_first") }} as first_sale_fees,
        {{ whole_sum("inflow") }} as inflow,
        {{ whole_sum("outflow") }} as outflow,
        {{ whole_sum("fees") }} as fees,
        {{ whole_sum("sale_fees") }} as sale_fees
    from returns
    group by user_id, return_date

)
{% endmacro %}

{#- CTEs of gold_p_timeseries that end in `incomes_by_day`: dividends of each day, after a CTE held. -#}
{% macro incomes_of_days() %}
incomes as (

    {{ dividends_received("held") }}

),

incomes_by_day as (

    select
        user_id,
        ex_date,
        {{ whole_sum("income") }} as income
    from incomes
    group by user_id, ex_date

)
{% endmacro %}
