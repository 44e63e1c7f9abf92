"""Checks that Airflow's web server makes on a request beyond Airflow's own.

The dbt docs need Airflow's login: Cosmos would serve them to anyone. The server answers only under our own host names,
so that a page elsewhere whose name suddenly points here learns nothing. No other site may show a page in a frame.
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
    """Passes on a request for the docs if its cookie or bearer token is a valid Airflow login."""

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
    """The answer to someone who isn't signed in: pages redirect to the login, and from there back."""
    bearer = request.headers.get("authorization", "").removeprefix("Bearer ")
    try:
        await resolve_user_from_token(request.cookies.get(COOKIE_NAME_JWT_TOKEN) or bearer)
    except HTTPException as refused:
        if "text/html" in request.headers.get("accept", ""):
            return RedirectResponse(f"{LOGIN}?{urlencode({'next': request.url.path})}", HTTPStatus.SEE_OTHER)
        return JSONResponse({"detail": refused.detail}, refused.status_code)
    return None


class DoorPlugin(AirflowPlugin):
    """Registers the checks with Airflow."""

    name = "door"
    fastapi_root_middlewares = (
        {"name": "door", "middleware": Door},
        {"name": "names", "middleware": TrustedHostMiddleware, "kwargs": {"allowed_hosts": OUR_NAMES}},
    )
