-- One account's cash in each currency: what there was, what moved, what was left. All of it from the movements, so that
-- the three always agree.
with movements as (

    select
        currency,
        movement_date,
        type,
        ticker,
        transaction_id,
        amount,
        sum(amount) over (
            partition by currency
            order by movement_date, type, ticker, transaction_id, amount
            rows unbounded preceding
        ) as balance
    from "default".int_published_cash_movements
    where
        user_id = %(user_id)s
        and account_id = %(account_id)s
        and (%(to_date)s::date is null or movement_date <= %(to_date)s)

),

currencies as (

    select
        currency,
        coalesce(sum(amount) filter (where movement_date < %(from_date)s::date), 0) as opening,
        sum(amount) as closing,
        coalesce(
            json_agg(
                json_build_object(
                    'date', movement_date,
                    'type', type,
                    'ticker', ticker,
                    'transaction_id', transaction_id,
                    'amount', trim_scale(amount)::text,
                    'balance', trim_scale(balance)::text
                )
                order by movement_date, type, ticker, transaction_id, amount
            ) filter (where %(from_date)s::date is null or movement_date >= %(from_date)s),
            '[]'
        ) as movements
    from movements
    group by currency

)

select
    json_build_object(
        'items',
        coalesce(
            json_agg(
                json_build_object(
                    'currency', currency,
                    'opening', trim_scale(opening)::text,
                    'movements', movements,
                    'closing', trim_scale(closing)::text
                )
                order by currency
            ),
            '[]'
        ),
        'next_cursor', null
    ) as json
from currencies
