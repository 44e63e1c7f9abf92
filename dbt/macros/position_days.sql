{#- The CTEs that turn positions into days: given a CTE `positions` (rows of int_positions) and an expression for their
    days, `returns` has one row per user, ticker and calendar day, in the base currency. fct_daily_returns makes all
    days, gold_p_timeseries those with trades. -#}
{% macro position_days(return_date) %}
prices as not materialized (

    select * from {{ ref('int_daily_prices') }}

),

fx_rates as not materialized (

    select * from {{ ref('int_fx_rates') }}

),

fx_ranges as not materialized (

    select * from {{ ref('int_fx_ranges') }}

),

dividends as not materialized (

    select * from {{ ref('int_corporate_actions') }}
    where action = 'dividend'

),

days as (

    select
        positions.*,
        {{ return_date }} as return_date
    from positions

),

dated as (

    select
        *,
        return_date = valid_from as has_trades,
        return_date > last_price_date as is_after_prices,
        return_date > last_rate_date as is_after_rates,
        currency = base_currency as is_in_base_currency,
        case when return_date = valid_from then units_before else units end as units_at_last_close,
        case when return_date = valid_from then cost_before else cost_basis end as cost_at_last_close
    from days

),

valued as (

    select
        dated.*,
        coalesce(prices.bar_date = dated.return_date, false) as is_trading_day,
        {{ is_stale("dated.return_date", "prices.bar_date", "fx_rates.bar_date") }} as is_stale,
        {{ stands_at_cost(
            "dated.units",
            "dated.units_at_last_close",
            "prices.unit_price",
            "case when dated.is_after_prices then prices.unit_price else prices.previous_unit_price end",
            "fx_rates.rate",
            "case when dated.is_after_rates then fx_rates.rate else fx_rates.previous_rate end"
        ) }} as stands_at_cost,
        {{ value_of("dated.units", "dated.cost_basis", "prices.unit_price", "fx_rates.rate") }} as market_value,
        {{ value_of(
            "dated.units_at_last_close",
            "dated.cost_at_last_close",
            "case when dated.is_after_prices then prices.unit_price else prices.previous_unit_price end",
            "case when dated.is_after_rates then fx_rates.rate else fx_rates.previous_rate end"
        ) }} as value_before,
        case
            when dividends.ticker is null or dated.units_at_last_close = 0 then 0
            else
                dated.units_at_last_close * dividends.dividend_per_unit
                * case
                    when coalesce(dividends.currency, dated.currency) = dated.base_currency then 1
                    when dividends.currency <> dated.currency then dividend_rates.rate
                    else fx_rates.rate
                end
        end as income
    from dated
    left join prices
        on dated.ticker = prices.ticker
        and prices.price_date = least(dated.return_date, dated.last_price_date)
    left join fx_rates
        on dated.currency = fx_rates.currency
        and dated.base_currency = fx_rates.base_currency
        and fx_rates.rate_date = least(dated.return_date, dated.last_rate_date)
    left join dividends
        on dated.ticker = dividends.ticker
        and dated.return_date = dividends.ex_date
    left join fx_ranges as dividend_ranges
        on dividends.currency = dividend_ranges.currency
        and dated.base_currency = dividend_ranges.base_currency
    left join fx_rates as dividend_rates
        on dividend_ranges.currency = dividend_rates.currency
        and dividend_ranges.base_currency = dividend_rates.base_currency
        and dividend_rates.rate_date = least(dividends.ex_date, dividend_ranges.last_rate_date)

),

flows as (

    select
        user_id,
        ticker,
        return_date,
        is_trading_day,
        is_stale,
        stands_at_cost,
        has_trades,
        units = 0 as is_flat,
        has_trades and bought_units > 0 and sold_units > 0 as has_round_trip,
        value_before,
        market_value,
        case when has_trades then bought_amount + purchase_fees else 0 end as inflow,
        case when has_trades then sold_amount - sale_fees else 0 end as outflow,
        income,
        case when has_trades then purchase_fees + sale_fees else 0 end as fees,
        case when has_trades then sale_fees else 0 end as sale_fees,
        has_trades and sells_first as sells_first,
        case
            when not has_trades then market_value
            when bought_units > 0 and not sells_first then units_before * bought_amount / bought_units
            else units_before * sold_amount / sold_units
        end as value_at_first,
        case
            when not has_trades then market_value
            when is_reopened and sells_first then 0
            when sells_first then greatest(units_before - sold_units, 0) * bought_amount / bought_units
            when sold_units > 0 then (units_before + bought_units) * sold_amount / sold_units
            else (units_before + bought_units) * bought_amount / bought_units
        end as value_at_second
    from valued

),

legs as (

    select
        *,
        case when sells_first then 0 else inflow end as first_inflow,
        case when sells_first then outflow else 0 end as first_outflow,
        case when sells_first then sale_fees else 0 end as first_sale_fees
    from flows

),

returns as (

    select
        user_id,
        ticker,
        return_date,
        is_trading_day,
        is_stale,
        stands_at_cost,
        has_trades,
        is_flat,
        has_round_trip,
        sells_first,
        value_before,
        value_at_first,
        value_at_second,
        market_value,
        inflow,
        outflow,
        income,
        fees,
        sale_fees,
        {{ day_return() }} as daily_return
    from legs

)
{% endmacro %}

{#- Dividends on what `positions` (rows of int_positions) held at the close before the ex-date, in the base currency;
    needs CTEs dividends, fx_ranges and fx_rates. A dividend may be paid in a third currency, whose rates end on another
    day. -#}
{% macro dividends_received(positions) %}
select
        positions.user_id,
        positions.ticker,
        dividends.ex_date,
        coalesce(dividends.currency, positions.currency) as currency,
        positions.units * dividends.dividend_per_unit
        * case
            when coalesce(dividends.currency, positions.currency) = positions.base_currency then 1
            else fx_rates.rate
        end as income
    from {{ positions }} as positions
    inner join portfolios
        on positions.user_id = portfolios.user_id
    inner join dividends
        on positions.ticker = dividends.ticker
        and positions.valid_from < dividends.ex_date
        and positions.valid_to + 1 >= dividends.ex_date
        and portfolios.as_of_date >= dividends.ex_date
    left join fx_ranges
        on coalesce(dividends.currency, positions.currency) = fx_ranges.currency
        and positions.base_currency = fx_ranges.base_currency
    left join fx_rates
        on fx_ranges.currency = fx_rates.currency
        and fx_ranges.base_currency = fx_rates.base_currency
        and fx_rates.rate_date = least(dividends.ex_date, fx_ranges.last_rate_date)
    where positions.units > 0
{%- endmacro %}
