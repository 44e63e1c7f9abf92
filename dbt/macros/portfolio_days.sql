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
-- deposits are there from the start of the day, withdrawals until its end
marked as (

    select
        *,
        closing_value + withdrawals as market_value,
        closing_value + withdrawals + gain_to_first as value_at_first,
        closing_value + withdrawals + gain_to_second as value_at_second,
        case
            when row_number() over days = 1 then case when is_continued then first_value_before else 0 end
            else lag(closing_value) over days
        end + deposits as value_before
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
        bool_and(inflow + outflow + deposits + withdrawals is not null) over so_far
        and (not is_continued or net_invested_before is not null) as flows_are_known,
        bool_and(income is not null) over so_far
        and (not is_continued or contributions_before is not null) as incomes_are_known,
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
        case
            when flows_are_known
                then coalesce(net_invested_before, 0)
                    + sum(inflow - outflow) over so_far + sum(deposits - withdrawals) over so_far
        end as net_invested,
        case
            when flows_are_known and incomes_are_known
                then coalesce(contributions_before, 0)
                    + sum(inflow - outflow) over so_far + sum(deposits - withdrawals) over so_far
                    - sum(income) over so_far
        end as contributions,
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

{#- CTEs of gold_p_timeseries: `trades`, what was traded on each day and paid from outside, and `costs_of_trades`, what all
    trades cost; after CTEs returns of the days with trades, and held. -#}
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
        {{ whole_sum("sale_fees") }} as sale_fees
    from returns
    group by user_id, return_date

),

costs_of_trades as (

    select
        user_id,
        valid_from,
        {{ whole_sum("purchase_fees + sale_fees") }} as fees,
        {{ whole_sum("purchase_taxes + sale_taxes") }} as taxes,
        {{ whole_sum("deposited_amount") }} as deposited,
        {{ whole_sum("withdrawn_amount") }} as withdrawn
    from held
    where valid_from = first_day
    group by user_id, valid_from

)
{% endmacro %}

{#- CTEs of gold_p_timeseries that end in `incomes_by_day`, dividends of each day, after CTEs held, account_dividends, entries and
    fx_rates. -#}
{% macro incomes_of_days() %}
dividends as not materialized (

    select * from {{ ref('int_corporate_actions') }}
    where action = 'dividend'

),

fx_ranges as not materialized (

    select * from {{ ref('int_fx_ranges') }}

),

incomes as (

    {{ dividends_received("held") }}

),

incomes_by_day as (

    select
        user_id,
        ex_date,
        {{ whole_sum("income") }} as dividends,
        {{ whole_sum("taxes") }} as taxes,
        {{ whole_sum("fees") }} as fees,
        {{ whole_sum("external_income") }} as external_income
    from incomes
    group by user_id, ex_date

)
{% endmacro %}

{#- CTEs of gold_p_timeseries: `entries_by_day`, what was deposited, withdrawn, received and charged on each day, and
    `cash_by_day`, what cash is worth at its end; after CTEs entries, balances and fx_rates. -#}
{% macro cash_of_days() %}
-- money that came into accounts which keep it or left them, and what else was received and paid
entries_by_day as (

    select
        user_id,
        trade_date,
        {{ whole_sum("amount * rate", "type = 'DEPOSIT' and tracks_cash") }} as deposits,
        {{ whole_sum("amount * rate", "type = 'WITHDRAWAL' and tracks_cash") }} as withdrawals,
        {{ whole_sum("amount * rate", "type = 'INTEREST'") }} as interest,
        {{ whole_sum("amount * rate", "type = 'FEE'") }} as fees,
        {{ whole_sum("case type when 'TAX' then amount else taxes end * rate", "type in ('TAX', 'INTEREST')") }} as taxes,
        {{ whole_sum(
            "case type when 'INTEREST' then amount - taxes else -amount end * rate",
            "type in ('INTEREST', 'FEE', 'TAX') and not tracks_cash"
        ) }} as external_income
    from entries
    where type <> 'DIVIDEND'
    group by user_id, trade_date

),

cash_days as (

    select
        user_id,
        currency,
        base_currency,
        balance,
        valid_from,
        last_rate_date,
        first_day + generate_series(0, valid_to - first_day) as date_day
    from balances

),

cash_values as (

    select
        cash_days.user_id,
        cash_days.date_day,
        cash_days.balance <> 0 as has_cash,
        cash_days.date_day = cash_days.valid_from as has_moved,
        case
            when cash_days.balance = 0 then 0
            when cash_days.currency = cash_days.base_currency then cash_days.balance
            else cash_days.balance * fx_rates.rate
        end as known_value
    from cash_days
    left join fx_rates
        on cash_days.currency = fx_rates.currency
        and cash_days.base_currency = fx_rates.base_currency
        and fx_rates.rate_date = least(cash_days.date_day, cash_days.last_rate_date)

),

cash_by_day as (

    select
        user_id,
        date_day,
        bool_or(has_cash) as has_cash,
        bool_or(has_moved) as has_moved,
        {{ whole_sum("known_value") }} as cash
    from cash_values
    group by user_id, date_day

)
{% endmacro %}
