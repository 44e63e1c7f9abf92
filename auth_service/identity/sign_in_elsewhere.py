"""Sign-in through a provider: one sign-in from start to end, and whose account it opens.

An account is bound to an identity by issuer and subject. An e-mail address alone never opens an existing account:
otherwise anyone who can enter any address in their profile at the provider could sign in as somebody else.
"""

import secrets
from datetime import timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid4

from auth_service.config import ApiSettings
from auth_service.database import Database, type_of_connection
from auth_service.errors import ConflictError, InvalidRequestError, NotFoundError, UnauthorizedError
from auth_service.identity import accounts, oidc, registration, sessions, throttle
from auth_service.identity.schemas import OidcReturn

Owner = tuple[UUID, str | None]  # whose identity it is, and the password that the operator may have given them

LONGEST_SIGN_IN = timedelta(minutes=10)
NOT_OFFERED = "This server offers no sign-in through a provider. Sign in with your password."
NO_EMAIL = "{name} did not share your e-mail address, which your account needs. Allow it there, then try again."
UNKNOWN = "This sign-in has expired or was already used. Start again."

TAKE = """
delete from public.oidc_sign_ins where state_hash = %s and created_at > now() - %s returning nonce, code_verifier
"""

OWNER = """
select users.user_id, users.password_hash
from public.identities
inner join public.users on identities.user_id = users.user_id
where identities.issuer = %s and identities.subject = %s
"""

# A person's first sign-ins take turns, so that the second finds the account created by the first.
TAKE_TURNS = "select pg_advisory_xact_lock(hashtextextended(%s, 0))"


def begin(database: Database, settings: ApiSettings, address: str) -> dict[str, Any]:
    """Start a sign-in: where to send the person, and the state to compare when they return to `address`.

    Raises:
        NotFoundError: No provider is configured.
        TooManyAttemptsError: There are too many unfinished sign-ins from there.
        UnavailableError: The provider is unavailable.

    """
    _refuse_where_not_offered(settings)
    throttle.count_attempt(database, throttle.of_sign_in_elsewhere(address))
    begun = oidc.Secrets(*(secrets.token_urlsafe(32) for _ in range(3)))
    url = oidc.authorization_url(settings, begun)
    with database.transaction() as connection:
        connection.execute("delete from public.oidc_sign_ins where created_at < now() - %s", [LONGEST_SIGN_IN])
        connection.execute(
            "insert into public.oidc_sign_ins (state_hash, nonce, code_verifier) values (%s, %s, %s)",
            [_hash(begun.state), begun.nonce, begun.code_verifier],
        )
    return {"authorization_url": url, "state": begun.state}


def finish(database: Database, settings: ApiSettings, returned: OidcReturn, address: str) -> sessions.Session:
    """Open a session for the person the provider names; the first time, create an account.

    Raises:
        NotFoundError: No provider is configured.
        UnauthorizedError: The sign-in has expired, or the provider does not confirm it.
        UnavailableError: The provider is unavailable.
        RegistrationClosedError: The account doesn't exist yet, and only the operator creates accounts.
        InvalidRequestError: The account doesn't exist yet, and the provider did not give an e-mail address.
        ConflictError: The person's e-mail address has an account that this identity does not open.

    """
    _refuse_where_not_offered(settings)
    with database.transaction() as connection:  # used up, whatever the outcome
        begun = connection.execute(TAKE, [_hash(returned.state), LONGEST_SIGN_IN]).fetchone()
    if begun is None:
        raise UnauthorizedError(UNKNOWN)
    identity = oidc.redeem(settings, returned.code, begun["nonce"], begun["code_verifier"])
    with database.transaction() as connection:
        owner = _owner(connection, identity)
    user_id, password_hash = owner or _join(database, settings, identity)
    throttle.give_back(database, throttle.of_sign_in_elsewhere(address))
    return sessions.open_session(database, user_id, password_hash, sessions.Lifetimes.of(settings))


def _owner(connection: type_of_connection, identity: oidc.Identity) -> Owner | None:
    row = connection.execute(OWNER, [identity.issuer, identity.subject]).fetchone()
    return (row["user_id"], row["password_hash"]) if row else None


def _join(database: Database, settings: ApiSettings, identity: oidc.Identity) -> Owner:
    registration.refuse_closed(database)
    if identity.email is None:
        raise InvalidRequestError(NO_EMAIL.format(name=settings.oidc_name))
    user_id = uuid4()
    try:
        with database.transaction(user_id) as connection:
            connection.execute(TAKE_TURNS, [f"identity {identity.issuer} {identity.subject}"])
            if owner := _owner(connection, identity):
                return owner
            accounts.add(connection, user_id, identity.email, password_hash=None)
            connection.execute(
                "insert into public.identities (issuer, subject, user_id) values (%s, %s, %s)",
                [identity.issuer, identity.subject, user_id],
            )
    except ConflictError:
        message = (
            f"{identity.email} already has an account that this sign-in does not open. Sign in as you did before, "
            "or ask your administrator."
        )
        raise ConflictError(message, fields={"email": message}) from None
    return user_id, None


def _refuse_where_not_offered(settings: ApiSettings) -> None:
    if not settings.offers_oidc:
        raise NotFoundError(NOT_OFFERED)


def _hash(state: str) -> bytes:
    return sha256(state.encode()).digest()
