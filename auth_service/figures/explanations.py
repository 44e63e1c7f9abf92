"""What each figure means, what it is computed from, and how its model's tests ended, all from dbt."""

from uuid import UUID

from werkzeug.datastructures import ETags

from auth_service.figures import queries
from auth_service.figures.answer_cache import Document, document_of_models
from auth_service.figures.portfolio import NO_ITEMS

FIGURES = queries.items("figures.sql")
VERSION = queries.query("figures_version.sql")


def figures(user_id: UUID, known: ETags) -> Document:
    """One item per column that some API answer shows."""
    return document_of_models(user_id, VERSION, FIGURES, {}, known) or Document(NO_ITEMS, None)
