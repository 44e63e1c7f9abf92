{{ config(materialized="stable_view") }}

-- one row per living purchase or sale: units that no later split changes, money in the user's base currency, by the
-- trade's own rate and that of its day. A day's trades follow each other as they were entered, or purchases first where
-- a sale would lack its shares in its account.

with transactions as (

    select * from {{ ref('stg_transactions') }}
    where side is not null
        and not is_deleted

),

accounts as (

    select * from {{ ref('stg_accounts') }}
    where tracks_cash

),

entries as (

    select * from {{ ref('int_entries') }}

),

splits as (

    select * from {{ ref('int_corporate_actions') }}
    where action = 'split'

),

settings as (

    select * from {{ ref('stg_portfolio_settings') }}

),

fx_rates as (

    select * from {{ ref('int_fx_rates') }}

),

based_transactions as (

    select
        transactions.*,
        coalesce(transactions.settlement_currency, transactions.currency) as paid_currency,
        transactions.quantity * transactions.price as local_amount,
        coalesce(settings.base_currency, 'USD') as base_currency,
        accounts.account_id is not null as tracks_cash
    from transactions
    left join settings
        on transactions.user_id = settings.user_id
    left join accounts
        on transactions.account_id = accounts.account_id

),

trades as (

    select
        transactions.user_id,
        transactions.transaction_id,
        transactions.account_id,
        transactions.tracks_cash,
        transactions.ticker,
        transactions.trade_date,
        transactions.side,
        transactions.entry_number,
        transactions.currency,
        transactions.base_currency,
        transactions.quantity / coalesce(split.split_factor, 1) as units,
        greatest(
            {{ var('smallest_quantity') }} / coalesce(split.split_factor, 1), {{ var('flat_below_units') }}
        ) as flat_below_units,
        transactions.local_amount,
        transactions.local_amount * rate.rate as amount,
        transactions.fees * rate.rate as fees,
        transactions.taxes * rate.rate as taxes
    from based_transactions as transactions
    {{ join_split_as_of("transactions.ticker", "transactions.trade_date") }}
    left join lateral (
        select coalesce(transactions.fx_rate, 1) as rate
        where transactions.paid_currency = transactions.base_currency
        union all
        (
            select fx_rates.rate * coalesce(transactions.fx_rate, 1) as rate
            from fx_rates
            where fx_rates.currency = transactions.paid_currency
                and fx_rates.base_currency = transactions.base_currency
                and fx_rates.rate_date <= transactions.trade_date
            order by fx_rates.rate_date desc
            limit 1
        )
    ) as rate on true

),

-- Trades of an account that keeps no cash are paid from outside. So are those of one that does on a day whose
-- deposits cover all that it bought, and whose withdrawals all that it sold: the money came for the trades, and went
-- with them. A bank rounds to the cent.
paid as (

    select
        trades.*,
        not trades.tracks_cash
        or sum(case trades.side when 'BUY' then trades.amount + trades.fees + trades.taxes else 0 end) over of_account
        <= coalesce(moved.deposits, 0)
        and sum(case trades.side when 'SELL' then trades.amount - trades.fees - trades.taxes else 0 end) over of_account
        <= coalesce(moved.withdrawals, 0) as is_external
    from trades
    left join lateral (
        select
            sum(entries.amount * entries.rate) filter (where entries.type = 'DEPOSIT') + 0.005 as deposits,
            sum(entries.amount * entries.rate) filter (where entries.type = 'WITHDRAWAL') + 0.005 as withdrawals
        from entries
        where entries.account_id = trades.account_id
            and entries.trade_date = trades.trade_date
    ) as moved on trades.tracks_cash
    window of_account as (partition by trades.user_id, trades.account_id, trades.trade_date)

),

-- as entered; every row may be off by the last digit that a ledger records
entered as (

    select
        *,
        sum(case side when 'BUY' then units else -units end + flat_below_units) over (
            partition by user_id, account_id, ticker
            order by trade_date, entry_number
            rows unbounded preceding
        ) as most_units_after
    from paid

),

possible as (

    select
        *,
        min(most_units_after) over (partition by user_id, account_id, ticker, trade_date) >= 0 as is_possible_as_entered
    from entered

),

ordered as (

    select
        user_id,
        transaction_id,
        account_id,
        tracks_cash,
        is_external,
        ticker,
        trade_date,
        side,
        entry_number,
        (row_number() over (
            partition by user_id, ticker, trade_date
            order by side = 'SELL' and not is_possible_as_entered, entry_number
        ))::integer as place_in_day,
        currency,
        base_currency,
        units,
        flat_below_units,
        local_amount,
        amount,
        fees,
        taxes
    from possible

)

select * from ordered
