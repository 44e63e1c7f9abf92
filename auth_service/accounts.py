"""Accounts: registering, signing in, the profile, and erasing everything."""

from typing import Any
from uuid import UUID

import psycopg

from auth_service import login_throttle, passwords, sessions
from auth_service.config import ApiSettings
from auth_service.database import database
from auth_service.errors import ConflictError, InvalidRequestError, UnauthorizedError
from auth_service.schemas.identity import Credentials, ProfileChange, Registration

WRONG_LOGIN = "This e-mail address and password do not belong together."

PROFILE = """
select
    users.user_id, users.email, users.created_at, settings.base_currency, settings.cost_basis_method, settings.benchmark
from public.users
inner join public.portfolio_settings as settings on users.user_id = settings.user_id
where users.user_id = %s
"""


def register(registration: Registration) -> dict[str, Any]:
    """Create an account with its portfolio settings.

    Raises:
        InvalidRequestError: The password is not accepted.
        ConflictError: The address has an account.

    """
    passwords.refuse_weak(registration.password, registration.email)
    kept_hash = passwords.hash_password(registration.password)
    try:
        with database().transaction() as connection:
            row = connection.execute(
                "insert into public.users (email, password_hash) values (%s, %s) returning user_id",
                [registration.email, kept_hash],
            ).fetchone()
            user_id: UUID = row["user_id"] if row else UUID(int=0)
            connection.execute(
                "insert into public.portfolio_settings (user_id, base_currency) values (%s, %s)",
                [user_id, registration.base_currency],
            )
    except psycopg.errors.UniqueViolation:
        message = f"{registration.email} has an account already. Sign in, or use another address."
        raise ConflictError(message, fields={"email": message}) from None
    return profile(user_id)


def sign_in(credentials: Credentials, address: str, settings: ApiSettings) -> sessions.Session:
    """Open a session.

    Raises:
        UnauthorizedError: Unknown address or wrong password; never says which.
        TooManyAttemptsError: Too many failures before this one.

    """
    counted = login_throttle.subjects(credentials.email, address)
    login_throttle.count_attempt(counted)
    with database().transaction() as connection:
        row = connection.execute(
            "select user_id, password_hash from public.users where email = %s", [credentials.email]
        ).fetchone()
    if not passwords.matches(credentials.password, row["password_hash"] if row else None) or row is None:
        raise UnauthorizedError(WRONG_LOGIN)
    login_throttle.forget_attempt(counted)
    return sessions.open_session(row["user_id"], row["password_hash"], settings.refresh_token_lifetime)


def profile(user_id: UUID) -> dict[str, Any]:
    """Who the account belongs to and how its portfolio is counted."""
    with database().transaction() as connection:
        row = connection.execute(PROFILE, [user_id]).fetchone()
    if row is None:
        raise UnauthorizedError("This account no longer exists.")
    return row | {"user_id": str(user_id)}


def change(user_id: UUID, session_id: UUID, wanted: ProfileChange) -> dict[str, Any]:
    """Change the password, which ends every other session, or how the portfolio is counted."""
    if wanted.new_password is not None:
        _change_password(user_id, session_id, wanted.current_password or "", wanted.new_password)
    settings = wanted.model_dump(include={"base_currency", "cost_basis_method", "benchmark"}, exclude_none=True)
    if settings:
        with database().transaction() as connection:
            connection.execute(
                """
                update public.portfolio_settings
                set
                    base_currency = coalesce(%(base_currency)s, base_currency),
                    cost_basis_method = coalesce(%(cost_basis_method)s, cost_basis_method),
                    benchmark = coalesce(%(benchmark)s, benchmark)
                where user_id = %(user_id)s
                """,
                {"base_currency": None, "cost_basis_method": None, "benchmark": None, "user_id": user_id} | settings,
            )
    return profile(user_id)


def erase(user_id: UUID) -> None:
    """Remove the account, its sessions, its settings and every version of its transactions."""
    with database().transaction(user_id) as connection:
        # First the user, which waits for writers under way: no trade of theirs stays behind.
        connection.execute("delete from public.users where user_id = %s", [user_id])
        connection.execute("delete from bronze.transactions where user_id = %s", [user_id])


def _change_password(user_id: UUID, session_id: UUID, current: str, new: str) -> None:
    with database().transaction() as connection:
        row = connection.execute(
            "select email, password_hash from public.users where user_id = %s", [user_id]
        ).fetchone()
    if row is None or not passwords.matches(current, row["password_hash"]):
        raise _not_the_current_password()
    passwords.refuse_weak(new, row["email"])
    kept_hash = passwords.hash_password(new)
    with database().transaction() as connection:
        changed = connection.execute(
            "update public.users set password_hash = %s where user_id = %s and password_hash = %s",
            [kept_hash, user_id, row["password_hash"]],
        )
        if changed.rowcount == 0:
            raise _not_the_current_password()  # not any more: somebody has changed it meanwhile
        connection.execute(
            "update public.sessions set revoked_at = now() where user_id = %s and session_id <> %s",
            [user_id, session_id],
        )


def _not_the_current_password() -> InvalidRequestError:
    message = "The current password is not right, so the password was not changed."
    return InvalidRequestError(message, fields={"current_password": message})
