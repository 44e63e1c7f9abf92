{{ config(materialized="stable_view") }}

-- one row per user, ticker and ex-date of a dividend on the holding at the close before

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
