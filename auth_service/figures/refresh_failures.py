"""What went wrong in a user's last refresh: failed models, missing prices, silent sources."""

from typing import Any
from uuid import UUID

from auth_service.database import type_of_connection
from auth_service.figures import queries
from auth_service.ledger.store import PRESENT

MODELS = queries.query("failed_models.sql")
PRICES = queries.query("failed_prices.sql", present=PRESENT)
SOURCES = queries.query("stale_sources.sql")

Rows = list[dict[str, Any]]


def failed_models(connection: type_of_connection, user_id: UUID) -> Rows:
    """Models that failed on the user's changes and have not processed them since, longest ago first."""
    return connection.execute(MODELS, {"user_id": user_id}).fetchall()


def failed_prices(connection: type_of_connection, user_id: UUID) -> Rows:
    """Tickers in the user's trades, and the benchmark, whose last price fetch failed."""
    return connection.execute(PRICES, {"user_id": user_id}).fetchall()


def stale_sources(connection: type_of_connection, user_id: UUID) -> Rows:
    """Sources without new data for longer than usual, for users who have recorded anything."""
    return connection.execute(SOURCES, {"user_id": user_id}).fetchall()
