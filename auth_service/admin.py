"""The operator's command line: `python -m auth_service.admin`, with the API's rules.

It needs the API's environment and a running PostgreSQL, nothing else.
"""

import secrets
import sys
from typing import Any

import click
import psycopg
from psycopg_pool import PoolTimeout
from pydantic import TypeAdapter, ValidationError

from auth_service.config import settings_from_environment
from auth_service.currencies import CurrencyCode
from auth_service.database import Database
from auth_service.errors import ApiError
from auth_service.identity import accounts, registration
from auth_service.identity.schemas import Email, Registration

DATABASE_DOWN = "The database is unreachable. Nothing was changed. Start it, or correct the POSTGRES_ settings."
# Between a commit and its confirmation only the database knows what happened.
DATABASE_FAILED = (
    "The database connection was lost ({failure}), so the change may or may not be saved. Once it is back, check "
    "with list-users before you retry."
)


class Commands(click.Group):
    """Shows every refusal as one sentence, with exit code 1."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; refusals become a ClickException."""
        try:
            return super().invoke(ctx)
        except ApiError as refusal:
            raise click.ClickException(refusal.message) from refusal
        except PoolTimeout as failure:
            raise click.ClickException(DATABASE_DOWN) from failure
        except psycopg.OperationalError as failure:
            raise click.ClickException(DATABASE_FAILED.format(failure=type(failure).__name__)) from failure
        except ValidationError as failure:
            first = failure.errors(include_input=False, include_url=False)[0]
            subject = ".".join(map(str, first["loc"])).upper()
            raise click.ClickException(f"{subject} {first['msg'].removeprefix('Value error, ')}".strip()) from failure


class Checked(click.ParamType[str]):
    """A value that the API would accept."""

    def __init__(self, name: str, kind: Any) -> None:
        self.name = name
        self._adapter: TypeAdapter[str] = TypeAdapter(kind)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The value as the API would read it; BadParameter if the API would refuse it."""
        try:
            return self._adapter.validate_python(value)
        except ValidationError as refusal:
            self.fail(refusal.errors()[0]["msg"].removeprefix("Value error, "), param, ctx)


EMAIL = Checked("email", Email)
CURRENCY = Checked("currency", CurrencyCode)
email_argument = click.argument("email", type=EMAIL)
generate_option = click.option(
    "--generate", is_flag=True, help="Generate a password and show it once, instead of asking for one."
)


@click.group(cls=Commands)
@click.pass_context
def admin(context: click.Context) -> None:
    """Create, manage and erase accounts, and open or close registration."""
    context.obj = Database(settings_from_environment().conninfo, size=1)
    context.call_on_close(context.obj.close)


@admin.command()
@email_argument
@click.option("--base-currency", type=CURRENCY, default="USD", show_default=True)
@generate_option
@click.pass_obj
def create_user(database: Database, email: str, base_currency: str, *, generate: bool) -> None:
    """Create an account, even while registration is closed."""
    password = _password(generate=generate)
    accounts.create(database, Registration(email=email, password=password, base_currency=base_currency))
    click.echo(f"Created an account for {email}.")
    _show(password, generate=generate)


@admin.command()
@email_argument
@generate_option
@click.pass_obj
def reset_password(database: Database, email: str, *, generate: bool) -> None:
    """Set a new password for an account; ends all its sessions and personal access tokens."""
    accounts.find(database, email)
    password = _password(generate=generate)
    accounts.reset_password(database, email, password)
    click.echo(f"Set a new password for {email}. All sessions and personal access tokens were ended.")
    _show(password, generate=generate)


@admin.command()
@click.pass_obj
def list_users(database: Database) -> None:
    """List every account: address, creation date, how it signs in."""
    for row in accounts.listed(database):
        way = "password" if row["has_password"] else "provider"
        click.echo(f"{row['email']}\t{row['created_at']:%Y-%m-%d}\t{way}")


@admin.command()
@email_argument
@click.option("--yes", is_flag=True, help="Don't ask for confirmation.")
@click.pass_obj
def erase_user(database: Database, email: str, *, yes: bool) -> None:
    """Erase an account with all its transactions. This can't be undone."""
    user_id = accounts.find(database, email)
    if not yes:
        click.confirm(f"Permanently erase {email} and all its transactions?", abort=True)
    accounts.erase(database, user_id)
    click.echo(f"{email} is erased.")


@admin.command()
@click.pass_obj
def close_registration(database: Database) -> None:
    """Only create-user makes accounts from now on."""
    registration.set_open(database, is_open=False)
    click.echo("Registration is closed.")


@admin.command()
@click.pass_obj
def open_registration(database: Database) -> None:
    """Everyone who can reach the service may register from now on."""
    registration.set_open(database, is_open=True)
    click.echo("Registration is open.")


def _password(*, generate: bool) -> str:
    if generate:
        return secrets.token_urlsafe(18)
    asked: str = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    return asked


def _show(password: str, *, generate: bool) -> None:
    if generate:
        click.echo(f"Password: {password}")


if __name__ == "__main__":
    sys.exit(admin())
