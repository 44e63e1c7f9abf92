"""Every threat to the service, its database and its tokens has a test that shows how it is met.

The numbers are those of the markers, `@pytest.mark.threat(…)`, of these folders' tests.
"""

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

from tests.conftest import ROOT

SHOWN_HERE = {
    1: "a token with another algorithm, key or header",
    2: "a token that is expired, not yet valid, or lacks a claim",
    3: "a token of another issuer or for another audience",
    4: "a refresh token in the place of an access token, and the reverse",
    5: "a token after logout, a new password or the account's erasure",
    6: "a refresh token that is used again",
    7: "many requests at once when a token has expired",
    8: "another person's rows",
    9: "a person's name left over on a pooled connection",
    11: "fields that are not the client's to set",
    12: "learning from a failed login whether an account exists",
    13: "guessing passwords, and shutting out the owner by it",
    14: "a made-up address in a header",
    15: "passwords that are short, long or cut off",
    16: "keeping the service busy with hashing",
    17: "bodies that are too large or nested too deeply",
    18: "amounts that are no amounts",
    19: "amounts that would have to be rounded",
    20: "days to come, or before 1970",
    21: "selling what is not held",
    22: "selling it twice at the same moment",
    23: "the same request twice",
    24: "what would mean something else, in the place of a ticker",
    26: "formulas in exported files",
    27: "files of which some lines are wrong",
    28: "files that are too large",
    29: "SQL by way of dbt",
    31: "framing, caching, and other sites",
    36: "default, empty or short secrets",
    38: "one role of the database doing another's work",
    39: "secrets in logs, forged log lines, the inside of the service in an answer",
    43: "code of dbt's that runs as the API",
    50: "files that take a multiple of their size in memory",
    54: "clients that stop half-way",
    47: "a name that suddenly means this machine",
}
# What needs the models or a provider stands beside their tests; the numbers left out are threats
# to the browser, the dashboard, Airflow, the dependencies and the containers.
SHOWN_ELSEWHERE = {
    10: ("row security lost when dbt rebuilds a table", "tests/dbt/test_access.py"),
    25: ("a provider that sends elsewhere", "tests/ingestion/test_yahoo_faults.py"),
    42: ("slow and long bodies at the proxy", "tests/deploy/test_proxy.py"),
    46: ("a bearer alone that makes tokens and erases accounts", "tests/auth_service/identity/test_accounts.py"),
    45: ("registrations in bulk", "tests/auth_service/identity/test_registration.py"),
    48: ("the dbt docs without a login", "tests/stack/test_docs.py"),
    51: ("a home that somebody else has prepared", "tests/scripts/test_home.py"),
    52: ("sign-ins that another site begins", "tests/dashboard/auth/test_login_elsewhere.py"),
    53: ("files that push backups out", "tests/backup/test_create.py"),
    49: ("unknown tickers without end", "tests/auth_service/ledger/test_unknown_tickers.py"),
    44: ("code of dbt's that runs as the superuser of a restore", "tests/backup/test_restore.py"),
}


def marked() -> Iterator[int]:
    """The numbers of this folder's markers."""
    for path in Path(__file__).parent.glob("test_*.py"):
        for name, test in vars(import_module(f"tests.security.{path.stem}")).items():
            if name.startswith("test"):
                for mark in getattr(test, "pytestmark", ()):
                    yield from mark.args if mark.name == "threat" else ()


def test_every_threat_to_the_service_has_a_test_that_is_marked_with_its_number() -> None:
    assert set(marked()) == set(SHOWN_HERE)


@pytest.mark.parametrize("number", SHOWN_ELSEWHERE)
def test_what_is_shown_elsewhere_is_marked_there(number: int) -> None:
    assert f"@pytest.mark.threat({number})" in (ROOT / SHOWN_ELSEWHERE[number][1]).read_text()
