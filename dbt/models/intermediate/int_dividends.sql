{{ config(materialized="stable_view") }}

-- one row per user, ticker and ex-date of a dividend on what was held at the close before; and, of dividends that
-- people recorded instead, per day on which they were paid and currency

with positions as (

    select * from {{ ref('int_positions') }}

),

dividends as (

    select * from {{ ref('int_corporate_actions') }}
    where action = 'dividend'

),

portfolios as (

    select * from {{ ref('int_portfolios') }}

),

account_dividends as (

    select * from {{ ref('int_account_dividends') }}

),

entries as (

    select * from {{ ref('int_entries') }}

),

fx_ranges as (

    select * from {{ ref('int_fx_ranges') }}

),

fx_rates as (

    select * from {{ ref('int_fx_rates') }}

),

received as (

    {{ dividends_received("positions") }}

)

select * from received
