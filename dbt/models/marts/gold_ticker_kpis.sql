{{ config(materialized="stable_view") }}

-- one row per user and ticker ever held, including closed positions; money in the user's base currency

with intervals as (

    select * from {{ ref('int_published_positions') }}

),

trades as not materialized (

    select * from {{ ref('int_published_trades') }}

),

closing_prices as (

    select * from {{ ref('int_published_closing_prices') }}

),

fx_rates as not materialized (

    select * from {{ ref('int_fx_rates') }}

),

dividends as (

    select * from {{ ref('int_published_dividends') }}

),

entries as (

    select * from {{ ref('int_published_entries') }}
    where ticker is not null

),

assets as (

    select * from {{ ref('stg_assets') }}

),

positions as not materialized (

    select distinct on (user_id, ticker)
        *,
        currency = base_currency as is_in_base_currency
    from intervals
    order by user_id, ticker, valid_from desc

),

{{ totals_of_trades() }},

{{ costs_of_foreign_listings() }},

{{ incomes_of_tickers() }},

priced as (

    select
        positions.*,
        closing_prices.as_of_date,
        closing_prices.unit_price,
        closing_prices.bar_date,
        closing_prices.rate_bar_date,
        closing_prices.rate,
        closing_prices.split_factor
    from positions
    inner join closing_prices
        on positions.user_id = closing_prices.user_id
        and positions.ticker = closing_prices.ticker

),

valued as (

    select
        priced.user_id,
        priced.ticker,
        assets.name,
        priced.currency,
        priced.base_currency,
        priced.opened_on as first_held_on,
        case when priced.units = 0 then priced.valid_from else priced.as_of_date end as last_held_on,
        round(priced.units * priced.split_factor, 8) as quantity,
        {{ value_of("priced.units", "priced.cost_basis", "priced.unit_price", "priced.rate") }} as market_value,
        case when priced.units > 0 then priced.bar_date end as price_date,
        priced.units > 0
        and ({{ is_stale("priced.as_of_date", "priced.bar_date", "priced.rate_bar_date") }}) as is_stale,
        priced.cost_basis as cost_basis_average,
        case when priced.units = 0 then 0 else totals.cost_basis_fifo end as cost_basis_fifo,
        totals.inflow,
        totals.outflow,
        totals.fees,
        case when incomes.user_id is null then 0 else incomes.fees end
        + case when charges.user_id is null then 0 else charges.fees end as other_fees,
        totals.taxes
        + case when incomes.user_id is null then 0 else incomes.taxes end
        + case when charges.user_id is null then 0 else charges.taxes end as taxes,
        totals.trades_without_rate,
        case when incomes.user_id is null then 0 else incomes.income end as dividends,
        concat_ws(
            ', ',
            case
                when priced.units > 0 and not priced.is_in_base_currency and priced.rate is null then priced.currency
            end,
            totals.currencies_without_rate,
            incomes.currencies_without_rate
        ) as currencies_without_rate,
        -- a holding valued at cost has no currency effect
        case
            when priced.is_in_base_currency then 0
            when priced.units = 0 then foreign_costs.sold_cost_at_sales - totals.bought_amount
            when priced.unit_price is not null
                then foreign_costs.sold_cost_at_sales + foreign_costs.held_cost * priced.rate - totals.bought_amount
        end as currency_effect
    from priced
    inner join totals
        on priced.user_id = totals.user_id
        and priced.ticker = totals.ticker
    left join foreign_costs
        on priced.user_id = foreign_costs.user_id
        and priced.ticker = foreign_costs.ticker
    left join incomes
        on priced.user_id = incomes.user_id
        and priced.ticker = incomes.ticker
    left join charges
        on priced.user_id = charges.user_id
        and priced.ticker = charges.ticker
    left join assets
        on priced.ticker = assets.ticker

),

profits as (

    select
        *,
        market_value + outflow - inflow as capital_gain,
        dividends - other_fees - taxes as income
    from valued

),

kpis as (

    select
        user_id,
        ticker,
        name,
        currency,
        base_currency,
        quantity::numeric as quantity,
        (cost_basis_average / nullif(quantity, 0))::numeric as average_price,
        market_value::numeric as market_value,
        cost_basis_average::numeric as cost_basis_average,
        cost_basis_fifo::numeric as cost_basis_fifo,
        (outflow - inflow + cost_basis_average)::numeric as realized_pnl_average,
        (outflow - inflow + cost_basis_fifo)::numeric as realized_pnl_fifo,
        (market_value - cost_basis_average)::numeric as unrealized_pnl_average,
        (market_value - cost_basis_fifo)::numeric as unrealized_pnl_fifo,
        dividends::numeric as dividends,
        (fees + other_fees)::numeric as fees,
        fees::numeric as fees_of_trades,
        taxes::numeric as taxes,
        (capital_gain + fees - currency_effect)::numeric as price_effect,
        currency_effect::numeric as currency_effect,
        (capital_gain + income)::numeric as total_pnl,
        ((capital_gain + income) / nullif(inflow, 0))::double precision as total_return,
        first_held_on,
        (last_held_on - first_held_on)::integer as holding_days,
        (market_value / nullif({{ whole_sum("market_value", over="partition by user_id") }}, 0))::double precision
            as weight,
        price_date,
        is_stale,
        trades_without_rate::integer as trades_without_rate,
        {{ distinct_names("currencies_without_rate") }} as unconverted_currencies
    from profits

)

select * from kpis
