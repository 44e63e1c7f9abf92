select
    days.account_id,
    days.currency,
    days.date_day as date, -- noqa: RF04
    days.balance
from "default".int_cash_days as days
where
    days.user_id = %(user_id)s
    and (%(accounts)s::text is null or days.account_id::text = any(string_to_array(%(accounts)s, ',')))
    and (%(to_date)s::date is null or days.date_day <= %(to_date)s)
    and days.date_day >= coalesce(
        %(from_date)s,
        -- the newest day, or the oldest where only an end was given
        case
            when %(to_date)s::date is null
                then (
                    select max(balances.valid_to)
                    from "default".int_published_cash_balances as balances
                    where balances.user_id = %(user_id)s
                )
        end,
        '-infinity'
    )
order by days.date_day, days.account_id, days.currency
