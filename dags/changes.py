"""What bronze holds that the models have yet to take in."""

import psycopg

from dags import database

# A change of prices, actions or assets names a ticker alone.
PRICES = "select exists (select from bronze.pending_changes where user_id is null and ticker is not null)"


def prices_are_pending() -> bool:
    """True when prices have changed that the models don't show yet, whoever fetched them."""
    with psycopg.connect(**database.address()) as connection:
        return bool((connection.execute(PRICES).fetchone() or (False,))[0])


def prices_need_work() -> bool:
    """True when there are prices to fetch, or fetched ones that the models don't show yet."""
    from ingestion.prices.price_refresh import history_is_missing  # heavy: not while DAGs are parsed

    return prices_are_pending() or history_is_missing()
