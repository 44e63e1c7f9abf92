"""Accounts: creation, sign-in with a password, the profile, changes and erasure."""

from typing import Any
from uuid import UUID, uuid4

from auth_service.config import ApiSettings
from auth_service.database import Database, type_of_connection
from auth_service.errors import ConflictError, InvalidRequestError, NotFoundError, UnauthorizedError
from auth_service.identity import passwords, personal_tokens, sessions, throttle
from auth_service.identity.schemas import Credentials, ProfileChange, Registration
from auth_service.ledger import accounts as ledger_accounts
from auth_service.ledger.trade_checks import listing_with_history

WRONG_LOGIN = "Wrong e-mail address or password."
NONE_TO_CHANGE = "This account signs in through a provider and has no password to change."

PROFILE = """
select
    users.user_id, users.email, users.created_at, settings.base_currency, settings.cost_basis_method, settings.benchmark
from public.users
inner join public.portfolio_settings as settings on users.user_id = settings.user_id
where users.user_id = %s
"""

CHANGE = """
update public.portfolio_settings
set
    base_currency = coalesce(%(base_currency)s, base_currency),
    cost_basis_method = coalesce(%(cost_basis_method)s, cost_basis_method),
    benchmark = coalesce(%(benchmark)s, benchmark)
where user_id = %(user_id)s
"""


def create(database: Database, wanted: Registration) -> UUID:
    """Create an account with a password and its portfolio settings.

    Raises:
        InvalidRequestError: The password is not acceptable.
        ConflictError: The address already has an account.

    """
    passwords.refuse_weak(wanted.password, wanted.email)
    kept_hash = passwords.hash_password(wanted.password)
    user_id = uuid4()
    with database.transaction(user_id) as connection:
        add(connection, user_id, wanted.email, kept_hash, wanted.base_currency)
    return user_id


def add(
    connection: type_of_connection, user_id: UUID, email: str, password_hash: str | None, base_currency: str = "USD"
) -> None:
    """Insert an account's rows, in a transaction that runs for `user_id`.

    Raises:
        ConflictError: The address already has an account.

    """
    # Avoids violating the key: PostgreSQL would write the address to its log.
    added = connection.execute(
        "insert into public.users (user_id, email, password_hash) values (%s, %s, %s) on conflict (email) do nothing",
        [user_id, email, password_hash],
    )
    if added.rowcount == 0:
        message = f"{email} already has an account. Sign in, or use another address."
        raise ConflictError(message, fields={"email": message})
    connection.execute(
        "insert into public.portfolio_settings (user_id, base_currency) values (%s, %s)", [user_id, base_currency]
    )
    ledger_accounts.open_first(connection, user_id, base_currency)


def sign_in(database: Database, credentials: Credentials, address: str, settings: ApiSettings) -> sessions.Session:
    """Open a session.

    Raises:
        UnauthorizedError: Unknown address or wrong password; never says which.
        TooManyAttemptsError: There were too many failures before.

    """
    with throttle.attempt(database, throttle.of_login(credentials.email, address), told_by=UnauthorizedError):
        with database.transaction() as connection:
            row = connection.execute(
                "select user_id, password_hash from public.users where email = %s", [credentials.email]
            ).fetchone()
        if not passwords.matches(credentials.password, row["password_hash"] if row else None) or row is None:
            raise UnauthorizedError(WRONG_LOGIN)
    return sessions.open_session(database, row["user_id"], row["password_hash"], sessions.Lifetimes.of(settings))


def profile(database: Database, user_id: UUID) -> dict[str, Any]:
    """Whose account it is, and the settings of its portfolio."""
    with database.transaction(user_id) as connection:
        row = connection.execute(PROFILE, [user_id]).fetchone()
    if row is None:
        raise UnauthorizedError("This account no longer exists.")
    return row | {"user_id": str(user_id)}


def find(database: Database, email: str) -> UUID:
    """The account with this address.

    Raises:
        NotFoundError: No account has it.

    """
    with database.transaction() as connection:
        row = connection.execute("select user_id from public.users where email = %s", [email]).fetchone()
    if row is None:
        raise NotFoundError(f"{email} has no account.")
    user_id: UUID = row["user_id"]
    return user_id


def listed(database: Database) -> list[dict[str, Any]]:
    """Every account: its address, creation date and whether it has a password."""
    query = "select email, created_at, password_hash is not null as has_password from public.users order by email"
    with database.transaction() as connection:
        return connection.execute(query).fetchall()


def change(database: Database, user_id: UUID, session_id: UUID, wanted: ProfileChange, address: str) -> dict[str, Any]:
    """Change the password, portfolio settings, or both.

    A new password ends every other session. Personal access tokens don't depend on it and stay, unless asked to go.

    Raises:
        InvalidRequestError: The current password is wrong, the new one is not acceptable, or the benchmark doesn't
        exist.
        UnavailableError: The benchmark is new and the provider is unavailable.
        TooManyAttemptsError: There were too many wrong passwords before.

    """
    before = profile(database, user_id)
    if wanted.benchmark not in (None, before["benchmark"]):
        listing_with_history(database, wanted.benchmark or "", user_id, field="benchmark")
    hashes = _old_and_new_hash(database, user_id, wanted, address) if wanted.new_password is not None else None
    settings = wanted.model_dump(include={"base_currency", "cost_basis_method", "benchmark"})
    with database.transaction(user_id) as connection:
        if hashes:
            _replace_password(connection, user_id, *hashes)
            _end_sessions(connection, user_id, spared=session_id)
        if wanted.revoke_tokens:
            personal_tokens.revoke_all(connection, user_id)
        connection.execute(CHANGE, {"user_id": user_id} | settings)
    return profile(database, user_id)


def reset_password(database: Database, email: str, new: str) -> None:
    """Give an account a new password, if its owner lost the old one or fears it is known.

    Ends every session and every personal access token.

    Raises:
        NotFoundError: The address has no account.
        InvalidRequestError: The password is not acceptable.

    """
    user_id = find(database, email)
    passwords.refuse_weak(new, email)
    kept_hash = passwords.hash_password(new)
    with database.transaction(user_id) as connection:
        connection.execute("update public.users set password_hash = %s where user_id = %s", [kept_hash, user_id])
        _end_sessions(connection, user_id, spared=None)
        personal_tokens.revoke_all(connection, user_id)


def erase(database: Database, user_id: UUID) -> None:
    """Delete the account, and with it every version of its transactions.

    Sessions, tokens, identities, settings and remembered requests are deleted with the user's row. So is the text of
    past failures, which may quote transactions. The models drop their rows on their next run.
    """
    with database.transaction(user_id) as connection:
        # Waits for writers in progress, so that none of their trades stays behind.
        connection.execute("delete from public.users where user_id = %s", [user_id])


def _old_and_new_hash(database: Database, user_id: UUID, wanted: ProfileChange, address: str) -> tuple[str, str]:
    with database.transaction() as connection:
        row = connection.execute(
            "select email, password_hash from public.users where user_id = %s", [user_id]
        ).fetchone()
    if row is None or row["password_hash"] is None:
        raise InvalidRequestError(NONE_TO_CHANGE, fields={"current_password": NONE_TO_CHANGE})
    with throttle.attempt(database, throttle.of_login(row["email"], address), told_by=InvalidRequestError):
        if not passwords.matches(wanted.current_password or "", row["password_hash"]):
            raise _not_the_current_password()
    passwords.refuse_weak(wanted.new_password or "", row["email"])
    return row["password_hash"], passwords.hash_password(wanted.new_password or "")


def _replace_password(connection: type_of_connection, user_id: UUID, old_hash: str, new_hash: str) -> None:
    changed = connection.execute(
        "update public.users set password_hash = %s where user_id = %s and password_hash = %s",
        [new_hash, user_id, old_hash],
    )
    if changed.rowcount == 0:
        raise _not_the_current_password()  # somebody has changed it in the meantime


def _end_sessions(connection: type_of_connection, user_id: UUID, *, spared: UUID | None) -> None:
    connection.execute(
        "update public.sessions set revoked_at = now() where user_id = %s and session_id is distinct from %s",
        [user_id, spared],
    )


def _not_the_current_password() -> InvalidRequestError:
    message = "The current password is wrong. The password was not changed."
    return InvalidRequestError(message, fields={"current_password": message})
