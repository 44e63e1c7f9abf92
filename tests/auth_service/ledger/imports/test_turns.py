"""Limits on files read at once and on their width, because all accounts share the memory."""

import io
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import Any
from uuid import UUID

import pytest

from auth_service.errors import UnavailableError
from auth_service.ledger.imports import turns
from auth_service.ledger.imports.turns import Turns
from tests.auth_service.conftest import Person, refusal
from tests.auth_service.ledger.imports.uploads import send

ADA, BOB, EVE = (UUID(int=number) for number in range(3))
ROW = b"ticker,side,quantity,price,trade_date\nVTI,BUY,1,100,2024-01-02\n"


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "PATIENCE", 0)


@pytest.mark.threat(50)
@pytest.mark.usefixtures("impatient")
def test_one_user_and_all_together_have_so_many_turns() -> None:
    limited = Turns(at_once=2, of_one=1)

    with limited.turn(ADA):
        with pytest.raises(UnavailableError, match="Other files are being read"), limited.turn(ADA):
            pass
        with limited.turn(BOB), pytest.raises(UnavailableError), limited.turn(EVE):
            pass
        with limited.turn(EVE):
            pass


@pytest.mark.threat(50)
def test_whoever_waits_goes_on_when_a_turn_is_free() -> None:
    limited, begun = Turns(at_once=1, of_one=1), Event()

    def wait() -> bool:
        begun.set()
        with limited.turn(BOB):
            return True

    with ThreadPoolExecutor() as threads:
        with limited.turn(ADA):
            waiting = threads.submit(wait)
            assert begun.wait(timeout=10)
        assert waiting.result(timeout=10)


@pytest.mark.threat(50)
def test_a_line_of_thousands_of_columns_is_refused_by_its_number(onlooker: Person) -> None:
    told = refusal(send(onlooker, ROW + b"VTI" + b"," * 2_001), 413)

    assert told == "Line 3 has more than 2,000 columns. Check the file."


@pytest.mark.parametrize(("field", "told"), [("file", "Send exactly one file"), ("options", "options only once")])
def test_a_form_that_holds_something_twice_is_refused(onlooker: Person, field: str, told: str) -> None:
    form: dict[str, Any] = {"file": [(io.BytesIO(ROW), "a.csv")], "options": ["{}"]}
    form[field] = [(io.BytesIO(ROW), "a.csv"), (io.BytesIO(ROW), "b.csv")] if field == "file" else ["{}", "{}"]

    reply = onlooker.call("POST", "/transactions/import", data=form, content_type="multipart/form-data")

    assert told in refusal(reply)
