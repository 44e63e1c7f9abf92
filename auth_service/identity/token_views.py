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
    tag={"name": "Personal access tokens", "description": "For scripts: named, limited, and revoked by themselves."},
)


@bp.get("")
@in_session
@bp.output(PersonalTokenList)
@bp.doc(security="bearer")
def list_tokens() -> dict[str, Any]:
    """List the tokens that have not expired.

    Newest first, by their names; the tokens themselves are never shown again.
    """
    return {"items": personal_tokens.listed(database(), caller().user_id), "next_cursor": None}


@bp.post("")
@in_session
@bp.input(NewPersonalToken)
@bp.output(IssuedPersonalToken, status_code=201)
@bp.doc(security="bearer", responses={409: "There are as many tokens as one person may have."} | confirmation.REFUSALS)
def add_token(json_data: NewPersonalToken) -> dict[str, Any]:
    """Make a token for a script.

    It needs the current password or, where the account has none, a session that began within the last ten minutes. Keep
    it now, it is shown this once; the script sends it as `Authorization: Bearer mfpat_…`. With the scope `read` it
    asks, with `write` it also records trades. Neither reaches the account itself: password, sessions, tokens, erasure.
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

    It opens nothing from the next request on.
    """
    personal_tokens.revoke(database(), caller().user_id, token_id)
    return ""
