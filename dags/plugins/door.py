"""What Airflow's web server asks of a request beyond what Airflow does itself.

The dbt docs want Airflow's login: Cosmos serves them to whoever asks. Only names that are ours are answered, so that a
page elsewhere whose name suddenly means this machine learns nothing. And no other site may show a page in a frame.
"""

from http import HTTPStatus
from urllib.parse import urlencode, urlsplit

from airflow.api_fastapi.auth.managers.base_auth_manager import COOKIE_NAME_JWT_TOKEN
from airflow.api_fastapi.core_api.security import resolve_user_from_token
from airflow.configuration import conf
from airflow.plugins_manager import AirflowPlugin
from fastapi import HTTPException
from starlette.datastructures import MutableHeaders
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

DOCS = "/cosmos"
LOGIN = "/api/v2/auth/login"
ADDRESSES = (("api", "base_url"), ("core", "execution_api_server_url"))
OUR_NAMES = sorted({"localhost", "127.0.0.1"} | {urlsplit(conf.get(*address)).hostname or "" for address in ADDRESSES})


class Door:
    """Passes a request for the docs on when its cookie or its bearer is a login that Airflow would take."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_unframed(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)["X-Frame-Options"] = "SAMEORIGIN"
            await send(message)

        answer = None
        if scope["type"] == "http" and scope["path"].startswith(DOCS):
            answer = await _refusal(Request(scope))
        await (answer or self._app)(scope, receive, send_unframed)


async def _refusal(request: Request) -> Response | None:
    """What somebody who isn't signed in is answered: a page leads to the login, and from there back."""
    bearer = request.headers.get("authorization", "").removeprefix("Bearer ")
    try:
        await resolve_user_from_token(request.cookies.get(COOKIE_NAME_JWT_TOKEN) or bearer)
    except HTTPException as refused:
        if "text/html" in request.headers.get("accept", ""):
            return RedirectResponse(f"{LOGIN}?{urlencode({'next': request.url.path})}", HTTPStatus.SEE_OTHER)
        return JSONResponse({"detail": refused.detail}, refused.status_code)
    return None


class DoorPlugin(AirflowPlugin):
    """How Airflow finds them."""

    name = "door"
    fastapi_root_middlewares = (
        {"name": "door", "middleware": Door},
        {"name": "names", "middleware": TrustedHostMiddleware, "kwargs": {"allowed_hosts": OUR_NAMES}},
    )
