"""Health checks: is the process alive, and can it do its work?"""

from typing import Any

from apiflask import APIBlueprint

from auth_service.database import SCHEMA
from auth_service.errors import UnavailableError
from auth_service.http.databases import database, marts
from auth_service.strict_schemas import Output

bp = APIBlueprint(
    "health",
    __name__,
    url_prefix="/health",
    tag={"name": "Health", "description": "Outside the versioned API, for monitoring."},
)


class Health(Output):
    """`alive` or `ready`."""

    status: str


@bp.get("/live")
@bp.output(Health)
def live() -> dict[str, Any]:
    """Check that the process answers.

    It checks nothing else, so it says nothing about the database.
    """
    return {"status": "alive"}


@bp.get("/ready")
@bp.output(Health)
@bp.doc(responses={503: "The database does not answer, or is not migrated yet."})
def ready() -> dict[str, Any]:
    """Check that the database answers and has the schema this version needs.

    Send no requests to the service while this answers 503.
    """
    found = database().schema()
    if found is None or found < SCHEMA:
        raise UnavailableError(
            f"The database is at migration {found or 'none'} but this version needs {SCHEMA}. "
            "Run python -m migrations.",
            retry_after=10,
        )
    marts().row("select 1", {})
    return {"status": "ready"}
