"""Personal access tokens over HTTP."""

from typing import Any
from uuid import UUID

from apiflask import APIBlueprint
from flask import request

from auth_service.http.databases import database
from auth_service.identity import confirmation, personal_tokens
from auth_service.identity.schemas import IssuedPersonalToken, NewPersonalToken, PersonalTokenList
from auth_service.identity.tokens import caller, in_session, session_caller

bp = APIBlueprint(
    "personal_tokens",
    __name__,
    url_prefix="/api/v1/auth/tokens",
    tag={"name": "Personal access tokens", "description": "For scripts: named, limited, and revocable one by one."},
)


@bp.get("")
@in_session
@bp.output(PersonalTokenList)
@bp.doc(security="bearer")
def list_tokens() -> dict[str, Any]:
    """List your unexpired tokens.

    Newest first, by name; the tokens themselves are never shown again.
    """
    return {"items": personal_tokens.listed(database(), caller().user_id), "next_cursor": None}


@bp.post("")
@in_session
@bp.input(NewPersonalToken)
@bp.output(IssuedPersonalToken, status_code=201)
@bp.doc(security="bearer", responses={409: "You have the maximum number of tokens."} | confirmation.REFUSALS)
def add_token(json_data: NewPersonalToken) -> dict[str, Any]:
    """Create a token for a script.

    Needs the current password or, for an account without one, a session that began within the last ten minutes. Save
    the token now: it is shown only once. The script sends it as `Authorization: Bearer mfpat_…`. The scope `read`
    allows reading, `write` also recording trades. Neither gives access to the account itself: password, sessions,
    tokens, erasure.
    """
    asking = session_caller()
    confirmation.confirm(
        database(), asking.user_id, asking.session_id, json_data.current_password, request.remote_addr or "unknown"
    )
    return personal_tokens.add(database(), asking.user_id, asking.session_id, json_data)


@bp.delete("/<uuid:token_id>")
@in_session
@bp.output({}, status_code=204)
@bp.doc(security="bearer")
def revoke_token(token_id: UUID) -> str:
    """Revoke a token.

    It stops working with the next request.
    """
    personal_tokens.revoke(database(), caller().user_id, token_id)
    return ""
