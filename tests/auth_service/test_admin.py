"""The operator's command line, on the same database as the API."""

import re
import secrets
import subprocess
import sys
from collections.abc import Iterator

import pytest
from apiflask import APIFlask
from click.testing import CliRunner, Result

from auth_service.admin import admin
from auth_service.identity import registration
from tests.auth_service.conftest import PASSWORD, Person, answer, personal_token, refusal
from tests.conftest import ROOT
from tests.support.platform import Platform


def run(*arguments: str, typed: str = "") -> Result:
    return CliRunner().invoke(admin, arguments, input=typed)


def shown_password(result: Result) -> str:
    found = re.search(r"^Password: (\S+)$", result.output, re.MULTILINE)
    assert found is not None, result.output
    return found[1]


@pytest.fixture
def closed(app: APIFlask) -> Iterator[None]:
    """The command line has closed registration; whatever happens, it is open again afterwards."""
    assert run("close-registration").exit_code == 0
    yield
    registration.set_open(app.extensions["database"], is_open=True)


def test_an_account_is_created_with_a_shown_password_while_registration_is_closed(
    onlooker: Person, closed: None
) -> None:
    email = f"{secrets.token_hex(6)}@example.org"
    wanted = {"email": email, "password": PASSWORD}
    assert "Ask your administrator" in refusal(onlooker.call("POST", "/auth/register", json=wanted), 403)

    created = run("create-user", email.upper(), "--base-currency", "CHF", "--generate")

    login = {"email": email, "password": shown_password(created)}
    tokens = answer(onlooker.call("POST", "/auth/login", json=login))
    profile = answer(onlooker.call("GET", "/auth/me", token=tokens["access_token"]))
    assert (profile["email"], profile["base_currency"]) == (email, "CHF")


def test_registration_opens_again(onlooker: Person, closed: None) -> None:
    assert run("open-registration").exit_code == 0

    wanted = {"email": f"{secrets.token_hex(6)}@example.org", "password": PASSWORD}
    answer(onlooker.call("POST", "/auth/register", json=wanted), 201)


def test_a_password_is_asked_for_twice_and_never_shown(onlooker: Person) -> None:
    email = f"{secrets.token_hex(6)}@example.org"

    created = run("create-user", email, typed=f"{PASSWORD}\n{PASSWORD}\n")

    assert created.exit_code == 0
    assert PASSWORD not in created.output
    answer(onlooker.call("POST", "/auth/login", json={"email": email, "password": PASSWORD}))


@pytest.mark.parametrize(
    ("arguments", "typed", "sentence", "exit_code"),
    [
        (["create-user", "new@example.org"], "password1234\npassword1234\n", "easy to guess", 1),
        (["create-user", "new@example.org", "--base-currency", "ZZZ"], "", "ZZZ is not a currency", 2),
        (["create-user", "no address"], "", "must be an e-mail address", 2),
        (["reset-password", "nobody@example.org"], "", "nobody@example.org has no account", 1),
        (["erase-user", "nobody@example.org"], "", "nobody@example.org has no account", 1),
    ],
)
def test_what_the_rules_forbid_is_told_in_a_sentence(
    app: APIFlask, arguments: list[str], typed: str, sentence: str, exit_code: int
) -> None:
    result = run(*arguments, typed=typed)

    assert sentence in result.output
    assert result.exit_code == exit_code


def test_an_address_is_not_taken_twice(alice: Person) -> None:
    result = run("create-user", alice.email, "--generate")

    assert result.exit_code == 1
    assert "already has an account" in result.output
    assert "Password:" not in result.output


def test_a_reset_ends_every_session_and_personal_token(alice: Person) -> None:
    token = personal_token(alice, "read")

    reset = run("reset-password", alice.email, "--generate")

    for dead in (alice.tokens["access_token"], token):
        refusal(alice.call("GET", "/auth/me", token=dead), 401)
    refusal(alice.call("POST", "/auth/login", json={"email": alice.email, "password": PASSWORD}), 401)
    answer(alice.call("POST", "/auth/login", json={"email": alice.email, "password": shown_password(reset)}))


def test_an_account_is_erased_after_asking(alice: Person) -> None:
    declined = run("erase-user", alice.email, typed="n\n")
    assert declined.exit_code == 1
    assert alice.email in run("list-users").output

    assert run("erase-user", alice.email, typed="y\n").exit_code == 0

    assert alice.email not in run("list-users").output
    refusal(alice.call("GET", "/auth/me"), 401)


def test_without_a_database_the_program_says_so_and_fails(environment: dict[str, str]) -> None:
    nowhere = environment | {"POSTGRES_PORT": "1", "PATH": ""}
    command = [sys.executable, "-m", "auth_service.admin", "list-users"]

    done = subprocess.run(command, env=nowhere, cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.returncode == 1
    assert done.stdout == ""
    assert "Error: The database is unreachable. Nothing was changed." in done.stderr
    assert "Traceback" not in done.stderr


BREAKS_OFF_AT_COMMIT = """
create function public.break_off() returns trigger language plpgsql security definer as $$
begin perform pg_terminate_backend(pg_backend_pid()); return null; end
$$;
create constraint trigger breaks_off after insert on public.users deferrable initially deferred
for each row execute function public.break_off();
"""


def test_where_the_connection_is_lost_at_the_commit_nobody_says_that_nothing_was_changed(
    app: APIFlask, platform: Platform
) -> None:
    with platform.connect("postgres", autocommit=True) as connection:
        connection.execute(BREAKS_OFF_AT_COMMIT)
        try:
            result = run("create-user", f"{secrets.token_hex(6)}@example.org", "--generate")
        finally:
            connection.execute("drop function public.break_off cascade")

    assert result.exit_code == 1
    assert "may or may not be saved" in result.output
    assert "Nothing was changed" not in result.output
    assert "Password:" not in result.output
