-- A model that has succeeded since then has taken the change out of the queue.
select
    failures.model,
    failures.failed_at
from bronze.model_failures as failures
where
    exists (
        select from bronze.pending_changes as changes
        where
            changes.user_id = %(user_id)s
            and changes.model = failures.model
            and changes.queued_at <= failures.failed_at
    )
order by failures.failed_at, failures.model
