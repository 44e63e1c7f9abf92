"""What of a user's last refresh went wrong: models that failed, prices that did not come, sources that went silent."""

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
    """Models that failed on what the user has changed and have not taken it in since, the longest ago first."""
    return connection.execute(MODELS, {"user_id": user_id}).fetchall()


def failed_prices(connection: type_of_connection, user_id: UUID) -> Rows:
    """Tickers of the user's trades, and the benchmark, whose last fetch of prices failed."""
    return connection.execute(PRICES, {"user_id": user_id}).fetchall()


def stale_sources(connection: type_of_connection, user_id: UUID) -> Rows:
    """Sources from which nothing has come for longer than is usual, for whoever has recorded anything."""
    return connection.execute(SOURCES, {"user_id": user_id}).fetchall()
