"""Is the process alive, and can it do its work."""

from typing import Any

from apiflask import APIBlueprint

from auth_service.database import database
from auth_service.schemas.strict import Output

bp = APIBlueprint(
    "health",
    __name__,
    url_prefix="/health",
    tag={"name": "Health", "description": "Outside of the versioned API, for whoever watches the service."},
)


class Health(Output):
    status: str


@bp.get("/live")
@bp.output(Health)
def live() -> dict[str, Any]:
    """The process answers.

    It asks nobody else, so it says nothing about the database.
    """
    return {"status": "alive"}


@bp.get("/ready")
@bp.output(Health)
@bp.doc(responses={503: "The database does not answer."})
def ready() -> dict[str, Any]:
    """The database answers too.

    Whoever sends requests to the service sends none while this answers 503.
    """
    with database().transaction() as connection:
        connection.execute("select")
    return {"status": "ready"}
