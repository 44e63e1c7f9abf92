"""Asks for Airflow's login before it shows the dbt docs: Cosmos serves them to whoever asks."""

from http import HTTPStatus
from urllib.parse import urlencode

from airflow.api_fastapi.auth.managers.base_auth_manager import COOKIE_NAME_JWT_TOKEN
from airflow.api_fastapi.core_api.security import resolve_user_from_token
from airflow.plugins_manager import AirflowPlugin
from fastapi import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

DOCS = "/cosmos"
LOGIN = "/api/v2/auth/login"


class DocsLogin:
    """Passes a request for the docs on when its cookie or its bearer is a login that Airflow would take."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer = None
        if scope["type"] == "http" and scope["path"].startswith(DOCS):
            answer = await _refusal(Request(scope))
        await (answer or self._app)(scope, receive, send)


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


class DocsLoginPlugin(AirflowPlugin):
    """How Airflow finds the middleware."""

    name = "docs_login"
    fastapi_root_middlewares = ({"name": "docs login", "middleware": DocsLogin},)
