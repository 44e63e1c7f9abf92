"""Registering, signing in, the growing wait, the profile, and erasing the account."""

import pytest

from auth_service.errors import InvalidRequestError
from auth_service.passwords import refuse_weak
from tests.auth_service.conftest import PASSWORD, Person, answer, refusal
from tests.platform import Platform


def test_an_address_has_one_account_whatever_its_case(alice: Person) -> None:
    login = {"email": alice.email.upper(), "password": PASSWORD}

    assert "has an account already" in refusal(alice.call("POST", "/auth/register", json=login), 409)
    answer(alice.call("POST", "/auth/login", json=login))


@pytest.mark.parametrize(
    "password",
    [
        "elevenchars",
        "x1-" * 43,
        "password1234",
        "P@ssw0rd1234!",
        "123456789012",
        "qwertyuiop123",
        "1q2w3e4r5t6y",
        "aaaaaaaaaaaaaa",
        "abcabcabcabcabc",
        "iloveyou2024!",
        "ada.lovelace1",
        "passwordpassword",
    ],
)
def test_a_password_that_is_tried_first_is_refused(password: str) -> None:
    with pytest.raises(InvalidRequestError):
        refuse_weak(password, "ada.lovelace@example.org")


@pytest.mark.parametrize(
    "password",
    ["correct horse battery staple", "zUx9-qPl2.vv4", "ümläute sind schön", "".join(map(chr, range(0x4E00, 0x4E80)))],
)
def test_an_uncommon_password_is_accepted(password: str) -> None:
    refuse_weak(password, "ada.lovelace@example.org")


@pytest.mark.parametrize(
    "email", ["", "ada", "ada@", "a b@example.org", "ada@example.org\n", "ädä@example.org", 7, None]
)
def test_what_is_no_address_is_refused(onlooker: Person, email: object) -> None:
    response = onlooker.call("POST", "/auth/register", json={"email": email, "password": PASSWORD})

    assert "email" in answer(response, 422)["fields"]


def test_the_profile_changes_only_where_it_is_told_to(alice: Person) -> None:
    before = answer(alice.call("GET", "/auth/me"))

    after = answer(alice.call("PATCH", "/auth/me", json={"base_currency": "EUR", "benchmark": "vti"}))

    assert after == before | {"base_currency": "EUR", "benchmark": "VTI"}
    assert before["cost_basis_method"] == "average"
    for wrong in (
        {"base_currency": "eur"},
        {"cost_basis_method": "lifo"},
        {"new_password": "a quiet harbour"},
        {"id": 1},
    ):
        refusal(alice.call("PATCH", "/auth/me", json=wrong))
    assert answer(alice.call("GET", "/auth/me")) == after


def test_a_wrong_current_password_changes_nothing(alice: Person) -> None:
    change = {"current_password": "not the password", "new_password": "another quiet harbour"}

    assert "current password is not right" in refusal(alice.call("PATCH", "/auth/me", json=change))
    answer(alice.call("POST", "/auth/login", json={"email": alice.email, "password": PASSWORD}))


def test_an_erased_account_leaves_nothing_behind(alice: Person, platform: Platform) -> None:
    user_id = answer(alice.call("GET", "/auth/me"))["user_id"]
    alice.trade("BUY", "1", key="once")

    assert alice.call("DELETE", "/auth/me").status_code == 204

    refusal(alice.call("GET", "/auth/me"), 401)
    with platform.connect("postgres") as connection:
        for table in (
            "bronze.transactions",
            "public.users",
            "public.portfolio_settings",
            "public.sessions",
            "public.idempotency_keys",
        ):
            assert connection.execute(f"select count(*) from {table} where user_id = %s", [user_id]).fetchone() == (0,)
