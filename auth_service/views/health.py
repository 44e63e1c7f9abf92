"""Is the process alive, and can it do its work."""

from typing import Any

from apiflask import APIBlueprint

from auth_service.database import SCHEMA, database
from auth_service.errors import UnavailableError
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
    """The database answers too, and has the schema that this version needs; 503 when not."""
    found = database().schema()
    if found is None or found < SCHEMA:
        raise UnavailableError(
            f"The database is at migration {found or 'none'} and this version needs {SCHEMA}. "
            "Run the migrations: python -m migrations.",
            retry_after=10,
        )
    return {"status": "ready"}
