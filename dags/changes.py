"""Changes in bronze that the models don't show yet."""

import psycopg

from dags import database

# A change to prices, actions or assets names only a ticker.
PRICES = "select exists (select from bronze.pending_changes where user_id is null and ticker is not null)"


def prices_are_pending() -> bool:
    """True when prices have changed and the models don't show it yet, whoever fetched them."""
    with psycopg.connect(**database.address()) as connection:
        return bool((connection.execute(PRICES).fetchone() or (False,))[0])


def prices_need_work() -> bool:
    """True when there are prices to fetch, or fetched prices that the models don't show yet."""
    from ingestion.prices.price_refresh import history_is_missing  # heavy: not while DAGs are parsed

    return prices_are_pending() or history_is_missing()
