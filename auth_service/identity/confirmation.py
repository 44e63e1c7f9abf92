"""Confirms the owner's identity before anything that a stolen access token must not be able to do alone."""

from datetime import timedelta
from uuid import UUID

from auth_service.database import Database
from auth_service.errors import ForbiddenError, InvalidRequestError, UnauthorizedError
from auth_service.identity import passwords, throttle

FRESH = timedelta(minutes=10)
ACCOUNT = """
select users.email, users.password_hash, sessions.created_at > now() - %(fresh)s as is_fresh
from public.users
inner join public.sessions on users.user_id = sessions.user_id
where users.user_id = %(user_id)s and sessions.session_id = %(session_id)s
"""
# For the OpenAPI document.
REFUSALS = {
    403: "The account has no password, and the sign-in was too long ago.",
    429: "Too many wrong passwords.",
}
MISSING = "Enter your current password to confirm."
WRONG = "The current password is wrong. Nothing was changed."
NOT_FRESH = (
    "This account has no password, so this needs a recent sign-in. Sign in again, then retry within ten minutes."
)


def confirm(database: Database, user_id: UUID, session_id: UUID, password: str | None, address: str) -> None:
    """Require the account's password or, if it has none, a session that has just begun.

    Raises:
        InvalidRequestError: The password is missing or wrong.
        ForbiddenError: The account has no password, and the sign-in was too long ago.
        TooManyAttemptsError: There were too many wrong passwords before.

    """
    with database.transaction(user_id) as connection:
        row = connection.execute(ACCOUNT, {"user_id": user_id, "session_id": session_id, "fresh": FRESH}).fetchone()
    if row is None:
        raise UnauthorizedError("This session has ended. Sign in again.")
    if row["password_hash"] is None:
        if not row["is_fresh"]:
            raise ForbiddenError(NOT_FRESH)
        return
    if password is None:
        raise _refusal(MISSING)
    with throttle.attempt(database, throttle.of_login(row["email"], address), told_by=InvalidRequestError):
        if not passwords.matches(password, row["password_hash"]):
            raise _refusal(WRONG)


def _refusal(message: str) -> InvalidRequestError:
    return InvalidRequestError(message, fields={"current_password": message})
