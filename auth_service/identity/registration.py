"""Registration: whether strangers may create accounts, and how many attempts they get."""

from uuid import UUID

from auth_service.database import Database
from auth_service.errors import RegistrationClosedError
from auth_service.identity import accounts, throttle
from auth_service.identity.schemas import Registration

CLOSED = "Registration is closed. Ask your administrator for an account."


def register(database: Database, wanted: Registration, address: str) -> UUID:
    """Create an account for a request from `address`.

    Raises:
        RegistrationClosedError: Only the operator creates accounts here.
        TooManyAttemptsError: There were too many registrations from there, or in total.
        InvalidRequestError: The password is not acceptable.
        ConflictError: The e-mail address already has an account.

    """
    refuse_closed(database)
    throttle.count_attempt(database, throttle.of_registration(address))
    return accounts.create(database, wanted)


def refuse_closed(database: Database) -> None:
    """Raise while registration is closed.

    Raises:
        RegistrationClosedError: Registration is closed.

    """
    with database.transaction() as connection:
        row = connection.execute("select is_open from public.registration").fetchone()
    if row is None or not row["is_open"]:
        raise RegistrationClosedError(CLOSED)


def set_open(database: Database, *, is_open: bool) -> None:
    """Open or close registration, from the next request on."""
    with database.transaction() as connection:
        connection.execute("update public.registration set is_open = %s", [is_open])
