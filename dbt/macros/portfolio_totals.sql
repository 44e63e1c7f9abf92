{#- The CTE `totals` of gold_p_timeseries: what all that is known of a day adds up to, after CTEs calendar, values_by_day, trades,
    costs_of_trades, incomes_by_day, entries_by_day and cash_by_day. -#}
{% macro totals_of_days() %}
-- a day without anything held is worth nothing; a value of null is one that is not known
totals as (

    select
        calendar.user_id,
        calendar.date_day,
        calendar.is_continued,
        calendar.net_invested as net_invested_before,
        calendar.contributions as contributions_before,
        calendar.return_index as index_before,
        calendar.peak_index as peak_before,
        calendar.log_growth as log_growth_before,
        coalesce(
            values_by_day.is_trading_day,
            -- of cash alone, every day on which a bank works
            cash_by_day.has_moved or (cash_by_day.has_cash and not {{ is_weekend("calendar.date_day") }}),
            false
        ) as is_trading_day,
        coalesce(values_by_day.is_stale, false) as is_stale,
        coalesce(values_by_day.stands_at_cost, false) as stands_at_cost,
        trades.user_id is not null as has_trades,
        coalesce(trades.has_round_trip, false) as has_round_trip,
        calendar.value_before as first_value_before,
        case when values_by_day.user_id is null then 0 else values_by_day.market_value end
        + case when cash_by_day.user_id is null then 0 else cash_by_day.cash end as closing_value,
        case when cash_by_day.user_id is null then 0 else cash_by_day.cash end as cash,
        coalesce(trades.sells_first, false) as sells_first,
        case when trades.user_id is null then 0 else trades.gain_to_first end as gain_to_first,
        case when trades.user_id is null then 0 else trades.gain_to_second end as gain_to_second,
        trades.first_inflow,
        trades.first_outflow,
        trades.first_sale_fees,
        case when trades.user_id is null then 0 else trades.inflow end as inflow,
        case when trades.user_id is null then 0 else trades.outflow end as outflow,
        case when trades.user_id is null then 0 else trades.sale_fees end as sale_fees,
        -- what was deposited for the day's trades came with them
        case when entries_by_day.user_id is null then 0 else entries_by_day.deposits end
        - case when costs_of_trades.user_id is null then 0 else costs_of_trades.deposited end as deposits,
        case when entries_by_day.user_id is null then 0 else entries_by_day.withdrawals end
        - case when costs_of_trades.user_id is null then 0 else costs_of_trades.withdrawn end as withdrawals,
        case when entries_by_day.user_id is null then 0 else entries_by_day.interest end as interest,
        case when incomes_by_day.user_id is null then 0 else incomes_by_day.dividends end as dividends,
        case when incomes_by_day.user_id is null then 0 else incomes_by_day.external_income end
        + case when entries_by_day.user_id is null then 0 else entries_by_day.external_income end as income,
        case when costs_of_trades.user_id is null then 0 else costs_of_trades.fees end
        + case when incomes_by_day.user_id is null then 0 else incomes_by_day.fees end
        + case when entries_by_day.user_id is null then 0 else entries_by_day.fees end as fees,
        case when costs_of_trades.user_id is null then 0 else costs_of_trades.taxes end
        + case when incomes_by_day.user_id is null then 0 else incomes_by_day.taxes end
        + case when entries_by_day.user_id is null then 0 else entries_by_day.taxes end as taxes
    from calendar
    left join values_by_day
        on calendar.user_id = values_by_day.user_id
        and calendar.date_day = values_by_day.date_day
    left join trades
        on calendar.user_id = trades.user_id
        and calendar.date_day = trades.return_date
    left join incomes_by_day
        on calendar.user_id = incomes_by_day.user_id
        and calendar.date_day = incomes_by_day.ex_date
    left join costs_of_trades
        on calendar.user_id = costs_of_trades.user_id
        and calendar.date_day = costs_of_trades.valid_from
    left join entries_by_day
        on calendar.user_id = entries_by_day.user_id
        and calendar.date_day = entries_by_day.trade_date
    left join cash_by_day
        on calendar.user_id = cash_by_day.user_id
        and calendar.date_day = cash_by_day.date_day

)
{% endmacro %}

{#- The columns of int_positions for position_days, with the trades that were paid from outside alone. -#}
{% macro external_trades() -%}
user_id,
        ticker,
        valid_from,
        currency,
        base_currency,
        last_price_date,
        last_rate_date,
        units,
        cost_basis,
        cost_before,
        units_before + (bought_units - external_bought_units) - (sold_units - external_sold_units) as units_before,
        external_bought_units as bought_units,
        external_sold_units as sold_units,
        external_bought_amount as bought_amount,
        external_sold_amount as sold_amount,
        external_purchase_costs as purchase_fees,
        external_sale_costs as sale_fees,
        0 as purchase_taxes,
        0 as sale_taxes,
        external_sells_first as sells_first,
        is_reopened
{%- endmacro %}

{#- CTEs of gold_p_timeseries: account_dividends, and the entries and balances of the days that are built; after a CTE portfolios. -#}
{% macro sources_of_cash() %}
account_dividends as (

    select * from {{ ref('int_account_dividends') }} where {{ in_scope("user_id") }}

),

all_entries as (

    select * from {{ ref('int_entries') }} where {{ in_scope("user_id") }}

),

entries as (

    select all_entries.*
    from all_entries
    inner join portfolios
        on all_entries.user_id = portfolios.user_id
        and all_entries.trade_date >= portfolios.first_day

),

all_balances as (

    select * from {{ ref('int_cash_balances') }} where {{ in_scope("user_id") }}

),

balances as (

    select
        all_balances.*,
        greatest(all_balances.valid_from, portfolios.first_day) as first_day
    from all_balances
    inner join portfolios
        on all_balances.user_id = portfolios.user_id
        and all_balances.valid_to >= portfolios.first_day

)
{% endmacro %}
