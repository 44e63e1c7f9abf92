-- Changes of the user that some model has yet to take in, and the transactions recorded since the oldest of them.
with pending as (

    select
        count(*) as changes,
        min(queued_at) as since
    from bronze.pending_changes
    where
        user_id = %(user_id)s
        and not is_wide

)

select
    pending.changes,
    (
        select count(*)
        from bronze.transactions as transactions
        where
            transactions.user_id = %(user_id)s
            and transactions.recorded_at >= pending.since
    ) as transactions
from pending
