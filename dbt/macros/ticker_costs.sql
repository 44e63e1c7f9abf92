{#- CTEs for gold_ticker_kpis that end in `totals`: each ticker's purchases and sales, and the holding's cost by first in,
    first out; after CTEs trades and positions. -#}
{% macro totals_of_trades() %}
ordered_trades as (

    select
        trades.*,
        -- each account sells what it bought itself; what closed a position is known of all accounts together
        case
            when min(trades.account_id::text) over of_ticker = max(trades.account_id::text) over of_ticker
                then positions.units
            when positions.units = 0 then 0
            else greatest(0, sum(case trades.side when 'BUY' then trades.units else -trades.units end) over of_account)
        end as units_held,
        coalesce(
            sum(trades.units) filter (where trades.side = 'BUY') over (
                partition by trades.user_id, trades.ticker, trades.account_id
                order by trades.trade_date desc, trades.place_in_day desc
                rows between unbounded preceding and 1 preceding
            ),
            0
        ) as units_bought_later
    from trades
    inner join positions
        on trades.user_id = positions.user_id
        and trades.ticker = positions.ticker
    window
        of_ticker as (partition by trades.user_id, trades.ticker),
        of_account as (partition by trades.user_id, trades.ticker, trades.account_id)

),

-- first in, first out: the holding consists of the newest purchases, with an interpolated part of the oldest of them
totals as (

    select
        user_id,
        ticker,
        {{ whole_sum("amount + fees", "side = 'BUY'") }} as inflow,
        {{ whole_sum("amount - fees", "side = 'SELL'") }} as outflow,
        {{ whole_sum("amount", "side = 'BUY'") }} as bought_amount,
        {{ whole_sum("fees") }} as fees,
        {{ whole_sum("taxes") }} as taxes,
        string_agg(distinct currency, ', ') filter (where amount is null) as currencies_without_rate,
        count(*) filter (where amount is null) as trades_without_rate,
        {{ whole_sum(
            "(amount + fees) * greatest(0, least(units, units_held - units_bought_later)) / units", "side = 'BUY'"
        ) }} as cost_basis_fifo
    from ordered_trades
    group by user_id, ticker

)
{% endmacro %}

{#- CTEs of gold_ticker_kpis that end in `foreign_costs`: what foreign positions cost in the currency of their listing, for the
    currency effect; after CTEs trades, positions and fx_rates. -#}
{% macro costs_of_foreign_listings() %}
-- The cost of a foreign listing, in its own currency or at the rate of the trade's day: the position's third part sums
-- the average cost of what was sold, because sales bring in nothing here.
foreign_trades as (

    select
        trades.user_id,
        trades.ticker,
        trades.account_id,
        trades.trade_date,
        trades.side,
        trades.place_in_day,
        fx_rates.rate,
        {{ position_after(
            "trades.units",
            "case
                when trades.side = 'SELL' then 0
                when trades.currency = positions.currency then trades.local_amount
                else trades.amount / fx_rates.rate
            end",
            "trades.flat_below_units",
            "trades.side = 'SELL'"
        ) }} over entries as position
    from trades
    inner join positions
        on trades.user_id = positions.user_id
        and trades.ticker = positions.ticker
        and not positions.is_in_base_currency
    left join fx_rates
        on positions.currency = fx_rates.currency
        and positions.base_currency = fx_rates.base_currency
        and fx_rates.rate_date = least(trades.trade_date, positions.last_rate_date)
    window entries as (
        partition by trades.user_id, trades.ticker, trades.account_id
        order by trades.trade_date, trades.place_in_day
        rows unbounded preceding
    )

),

foreign_sales as (

    select
        *,
        (lag(position[3], 1, 0::numeric) over entries - position[3]) * rate as sold_cost_at_sale
    from foreign_trades
    window entries as (partition by user_id, ticker, account_id order by trade_date, place_in_day)

),

foreign_costs_of_accounts as (

    select
        user_id,
        ticker,
        {{ whole_sum("sold_cost_at_sale") }} as sold_cost_at_sales,
        (array_agg(position[2] order by trade_date desc, place_in_day desc))[1] as held_cost
    from foreign_sales
    group by user_id, ticker, account_id

),

foreign_costs as (

    select
        user_id,
        ticker,
        {{ whole_sum("sold_cost_at_sales") }} as sold_cost_at_sales,
        {{ whole_sum("held_cost") }} as held_cost
    from foreign_costs_of_accounts
    group by user_id, ticker

)
{% endmacro %}

{#- CTEs of gold_ticker_kpis: `incomes`, dividends of each ticker, and `charges`, fees and taxes recorded for it; after CTEs dividends
    and entries. -#}
{% macro incomes_of_tickers() %}
incomes as (

    select
        user_id,
        ticker,
        {{ whole_sum("income") }} as income,
        {{ whole_sum("taxes") }} as taxes,
        {{ whole_sum("fees") }} as fees,
        string_agg(distinct currency, ', ') filter (where income is null) as currencies_without_rate
    from dividends
    group by user_id, ticker

),

charges as (

    select
        user_id,
        ticker,
        {{ whole_sum("amount * rate", "type = 'FEE'") }} as fees,
        {{ whole_sum("amount * rate", "type = 'TAX'") }} as taxes
    from entries
    where type in ('FEE', 'TAX')
    group by user_id, ticker

)
{% endmacro %}
