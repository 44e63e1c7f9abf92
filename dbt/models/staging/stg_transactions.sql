{{ config(
    scope_key="user_id",
    unique_key=["transaction_id"],
    changed={
        "user_id": "user_id",
        "from_date": "trade_date - case type when 'DIVIDEND' then " ~ var("dividend_paid_within_days") ~ " else 0 end",
    },
    readers={
        "int_position_intervals": {"columns": [
            "account_id", "type", "ticker", "trade_date", "entry_number", "side", "quantity", "price", "fees", "taxes",
            "currency", "settlement_currency", "fx_rate", "amount", "is_deleted"
        ]},
        "gold_p_timeseries": {"columns": [
            "account_id", "type", "ticker", "trade_date", "entry_number", "side", "quantity", "price", "fees", "taxes",
            "currency", "settlement_currency", "fx_rate", "amount", "is_deleted"
        ]},
    },
    batch_weight=200,
    indexes=[
        {"columns": ["transaction_id"], "unique": true}, {"columns": ["user_id"]}, {"columns": ["ticker"]},
        {"columns": ["trade_date"]}, {"columns": ["account_id"]},
        {"columns": ["user_id", "trade_date"], "where": "side IS NULL"},
    ],
) }}

-- one row per transaction in the ledger, including deleted ones: its newest version, in its listing's major currency.
-- The only reader of the ledger, so that a whole run sees one state of it.

with versions as (

    select * from {{ source('bronze', 'transactions') }}
    where {{ in_scope("user_id") }}

),

quote_factors as (

    select * from {{ ref('quote_factors') }}

),

latest as (

    select distinct on (transaction_id) *
    from versions
    order by transaction_id, version desc

),

entries as (

    select
        transaction_id,
        min(entry_number) as entry_number,
        count(*) as ledger_rows
    from versions
    group by transaction_id

),

transactions as (

    select
        latest.transaction_id,
        latest.user_id,
        -- a row from before there were accounts and types is in the user's first account, whose id is the user's own
        coalesce(latest.account_id, latest.user_id) as account_id,
        coalesce(latest.type, latest.side) as type,
        latest.ticker,
        latest.side,
        latest.quantity,
        latest.price * coalesce(quote_factors.factor, 1) as price,
        latest.fees * coalesce(quote_factors.factor, 1) as fees,
        latest.taxes * coalesce(quote_factors.factor, 1) as taxes,
        latest.amount * coalesce(quote_factors.factor, 1) as amount,
        coalesce(quote_factors.currency, upper(latest.currency)) as currency,
        latest.settlement_currency,
        latest.fx_rate,
        latest.trade_date,
        latest.is_deleted,
        latest.version,
        latest.recorded_at,
        entries.entry_number,
        entries.ledger_rows
    from latest
    inner join entries
        on latest.transaction_id = entries.transaction_id
    left join quote_factors
        on latest.currency = quote_factors.quoted_currency

)

select * from transactions
