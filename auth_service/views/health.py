"""Is the process alive, and can it do its work."""

from typing import Any

from apiflask import APIBlueprint

from auth_service.database import database
from auth_service.schemas.strict import Output

bp = APIBlueprint("health", __name__, url_prefix="/health", tag="Health")


class Health(Output):
    status: str


@bp.get("/live")
@bp.output(Health)
def live() -> dict[str, Any]:
    """The process answers."""
    return {"status": "alive"}


@bp.get("/ready")
@bp.output(Health)
def ready() -> dict[str, Any]:
    """The database answers too; 503 when it does not."""
    with database().transaction() as connection:
        connection.execute("select")
    return {"status": "ready"}
