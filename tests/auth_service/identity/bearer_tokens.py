"""Who Schemathesis is: one person for all of a run, and somebody new wherever a token is used up."""

from functools import cache
from typing import Any

import schemathesis
from schemathesis import AuthContext, Case

from tests.support.running_api import somebody

# Failed logins are counted by address, and Schemathesis makes many.
ELSEWHERE = "127.0.0.2"
# Ends the session or the account it is called with, or takes the other token.
USES_UP_ITS_TOKEN = {
    ("POST", "/api/v1/auth/logout"),
    ("DELETE", "/api/v1/auth/sessions"),
    ("DELETE", "/api/v1/auth/me"),
    ("POST", "/api/v1/auth/refresh"),
}


@schemathesis.auth(refresh_interval=None)
class BearerTokens:
    def get(self, case: Case[Any], context: AuthContext) -> str:
        url = str(case.operation.base_url).rstrip("/")
        if (case.method.upper(), case.path) not in USES_UP_ITS_TOKEN:
            return _everywhere(url)["access_token"]
        return somebody(url, ELSEWHERE)["refresh_token" if case.path.endswith("refresh") else "access_token"]

    def set(self, case: Case[Any], data: str, context: AuthContext) -> None:
        case.headers["Authorization"] = f"Bearer {data}"


@cache
def _everywhere(url: str) -> dict[str, str]:
    return somebody(url, ELSEWHERE)
