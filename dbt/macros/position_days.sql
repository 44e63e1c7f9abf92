{#- The CTEs that make days of positions: of a CTE `positions` (rows of int_positions), an expression for their days and the
    name of a CTE of what they paid (user_id, ticker, return_date, income), `returns` has one row per user, ticker and
    calendar day, in the base currency. fct_daily_returns makes all days of it, gold_p_timeseries those with trades. -#}
{% macro position_days(return_date, incomes=none) %}
prices as not materialized (

    select * from {{ ref('int_daily_prices') }}

),

fx_rates as not materialized (

    select * from {{ ref('int_fx_rates') }}

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
        ) }} as value_before
    from dated
    left join prices
        on dated.ticker = prices.ticker
        and prices.price_date = least(dated.return_date, dated.last_price_date)
    left join fx_rates
        on dated.currency = fx_rates.currency
        and dated.base_currency = fx_rates.base_currency
        and fx_rates.rate_date = least(dated.return_date, dated.last_rate_date)

),

flows as (

    select
        valued.user_id,
        valued.ticker,
        valued.return_date,
        is_trading_day,
        is_stale,
        stands_at_cost,
        has_trades,
        units = 0 as is_flat,
        has_trades and bought_units > 0 and sold_units > 0 as has_round_trip,
        value_before,
        market_value,
        case when has_trades then bought_amount + purchase_fees + purchase_taxes else 0 end as inflow,
        case when has_trades then sold_amount - sale_fees - sale_taxes else 0 end as outflow,
        {{ "case when incomes.user_id is null then 0 else incomes.income end" if incomes else "0" }} as income,
        case when has_trades then purchase_fees + sale_fees else 0 end as fees,
        case when has_trades then sale_fees + sale_taxes else 0 end as sale_fees,
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
    {%- if incomes %}
    left join {{ incomes }} as incomes
        on valued.user_id = incomes.user_id
        and valued.ticker = incomes.ticker
        and valued.return_date = incomes.return_date
    {%- endif %}

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

{#- Dividends of what `positions` (rows of int_positions) held at the close before the ex-date, in the base currency, and those
    that people recorded instead; the caller has CTEs portfolios, dividends, account_dividends (rows of
    int_account_dividends), entries (rows of int_entries), fx_ranges and fx_rates. A dividend may be paid in a third currency,
    whose rates end on a day of their own. -#}
{% macro dividends_received(positions) %}
select
        positions.user_id,
        positions.ticker,
        dividends.ex_date,
        false as is_recorded,
        coalesce(dividends.currency, positions.currency) as currency,
        (positions.units - coalesce(of_accounts.recorded_units, 0)) * dividends.dividend_per_unit
        * {{ dividend_rate() }} as income,
        0 as taxes,
        0 as fees,
        (positions.units - coalesce(of_accounts.recorded_units, 0) - coalesce(of_accounts.cash_units, 0))
        * dividends.dividend_per_unit * {{ dividend_rate() }} as external_income
    from {{ positions }} as positions
    inner join portfolios
        on positions.user_id = portfolios.user_id
    inner join dividends
        on positions.ticker = dividends.ticker
        and positions.valid_from < dividends.ex_date
        and positions.valid_to + 1 >= dividends.ex_date
        and portfolios.as_of_date >= dividends.ex_date
    left join (
        select
            user_id,
            ticker,
            ex_date,
            sum(units) filter (where recorded_as is not null) as recorded_units,
            sum(units) filter (where recorded_as is null and tracks_cash) as cash_units
        from account_dividends
        group by user_id, ticker, ex_date
    ) as of_accounts
        on positions.user_id = of_accounts.user_id
        and positions.ticker = of_accounts.ticker
        and dividends.ex_date = of_accounts.ex_date
    left join fx_ranges
        on coalesce(dividends.currency, positions.currency) = fx_ranges.currency
        and positions.base_currency = fx_ranges.base_currency
    left join fx_rates
        on fx_ranges.currency = fx_rates.currency
        and fx_ranges.base_currency = fx_rates.base_currency
        and fx_rates.rate_date = least(dividends.ex_date, fx_ranges.last_rate_date)
    where positions.units > coalesce(of_accounts.recorded_units, 0)
    union all
    select
        user_id,
        ticker,
        trade_date as ex_date,
        true as is_recorded,
        currency,
        sum(amount) * max(rate) as income,
        sum(taxes) * max(rate) as taxes,
        sum(fees) * max(rate) as fees,
        coalesce(sum(amount - taxes - fees) filter (where not tracks_cash), 0) * max(rate) as external_income
    from entries
    where type = 'DIVIDEND'
    group by user_id, ticker, trade_date, currency
{%- endmacro %}

{% macro dividend_rate() -%}
    case when coalesce(dividends.currency, positions.currency) = positions.base_currency then 1 else fx_rates.rate end
{%- endmacro %}
