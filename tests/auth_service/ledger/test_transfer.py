"""The ledger as a CSV file: out and in again, all or nothing."""

import pytest
from apiflask import APIFlask

from tests.auth_service.conftest import Person, answer, join, refusal

HEADER = "ticker,side,quantity,price,fees,currency,trade_date,note\n"


def upload(person: Person, text: str | bytes, query: str = "") -> dict[str, object]:
    """The counts of an import's answer."""
    reply = answer(person.call("POST", f"/transactions/import{query}", data=text, content_type="text/csv"))
    return {name: reply[name] for name in ("added", "already_there", "dry_run")}


def export(person: Person) -> str:
    response = person.call("GET", "/transactions/export")
    assert response.mimetype == "text/csv"
    return response.get_data(as_text=True)


def test_what_goes_out_comes_back_unchanged(app: APIFlask, alice: Person, bob: Person) -> None:
    notes = [
        "=1+1",
        "'=1+1",
        "@cmd",
        "-5",
        "+5",
        "plain, with comma",
        'a "quoted" word',
        "two\nlines",
        "'tis",
        "\tx",
        "",
    ]
    for note in notes:
        alice.trade("BUY", "1.50", note=note or None, price="99.10")
    alice.trade("SELL", "2", trade_date="2024-01-03")
    text = export(alice)

    assert upload(bob, text) == {"added": 12, "already_there": 0, "dry_run": False}

    assert export(bob) == text
    assert [item["note"] for item in reversed(bob.ledger())] == [*(note or None for note in notes), None]
    assert ",'=1+1\r\n" in text
    assert ",''=1+1\r\n" in text


def test_the_same_file_twice_adds_nothing_and_equal_fills_stay_two(alice: Person) -> None:
    text = HEADER + "VTI,BUY,1,100,0,USD,2024-01-02,\n" * 2

    assert upload(alice, text)["added"] == 2
    assert upload(alice, text) == {"added": 0, "already_there": 2, "dry_run": False}
    assert upload(alice, text + "VTI,BUY,1.0,100.00,0,,2024-01-02,\n") == {
        "added": 1,
        "already_there": 2,
        "dry_run": False,
    }


def test_every_bad_line_is_listed_by_its_number(alice: Person) -> None:
    text = HEADER + (
        'VTI,BUY,1,100,0,USD,2024-01-02,"two\nlines"\n'
        "VTI,BUY,1,100,0,USD,2024-01-02,,further\n"
        "\n"
        "NOPE,BUY,1,100,0,USD,2024-01-02,\n"
        "VTI,BUY,1,1000,0,USD,2024-01-02,\n"
        "VTI,BUY\n"
    )

    fields = answer(alice.call("POST", "/transactions/import", data=text), 422)["fields"]

    assert list(fields) == ["4", "6", "7", "8"]
    assert "NOPE" in fields["6"]
    assert "far from 1000" in fields["7"]
    assert "price: is missing" in fields["8"]


def test_uncovered_sales_are_told_by_line(alice: Person) -> None:
    alice.trade("BUY", "3")
    alice.trade("SELL", "3", trade_date="2024-01-05")
    text = HEADER + "VTI,BUY,1,100,,,2024-01-02,\nVTI,SELL,2,100,,,2024-01-03,\nVTI,SELL,9,100,,,2024-01-03,\n"

    fields = answer(alice.call("POST", "/transactions/import", data=text), 422)["fields"]

    assert fields == {
        "3": "Sells 3 VTI on 2024-01-05, but only 2 held that day.",
        "4": "Sells 9 VTI on 2024-01-03, but only 2 held that day.",
    }
    assert len(alice.ledger()) == 2


@pytest.mark.parametrize("query", ["", "?dry_run=true"])
def test_a_refused_file_is_reported_row_by_row(alice: Person, query: str) -> None:
    alice.trade("BUY", "1")
    text = HEADER + (
        "VTI,BUY,1,100,0,USD,2024-01-02,\n"
        "VTI,BUY,1,1000,0,USD,2024-01-02,\n"
        "VTI,SELL,9,100,0,USD,2024-01-03,\n"  # what the refused row buys may cover it
        "VTI,BUY,x,100,0,USD,2024-01-02,\n"
    )

    refused = answer(alice.call("POST", f"/transactions/import{query}", data=text), 422)

    assert list(refused["fields"]) == ["3", "5"]
    assert refused["rows"] == [
        {"line": 2, "outcome": "already_there", "reason": None},
        {"line": 3, "outcome": "refused", "reason": refused["fields"]["3"]},
        {"line": 4, "outcome": "added", "reason": None},
        {"line": 5, "outcome": "refused", "reason": refused["fields"]["5"]},
    ]
    assert len(alice.ledger()) == 1


def test_uncovered_sales_are_reported_among_all_rows(alice: Person) -> None:
    text = HEADER + "VTI,BUY,1,100,,,2024-01-02,\nVTI,SELL,9,100,,,2024-01-03,\n"

    refused = answer(alice.call("POST", "/transactions/import?dry_run=true", data=text), 422)

    assert [(row["line"], row["outcome"]) for row in refused["rows"]] == [(2, "added"), (3, "refused")]
    assert refused["rows"][1]["reason"] == refused["fields"]["3"]


def test_the_report_of_ten_thousand_refused_rows_is_whole_and_quotes_little(onlooker: Person) -> None:
    text = HEADER + f"VTI,BUY,{'9' * 700},100,,,2024-01-02,\n" * 10_000

    reply = onlooker.call("POST", "/transactions/import?dry_run=true", data=text)

    assert len(answer(reply, 422)["rows"]) == 10_000
    assert len(reply.data) < 5_000_000


def test_an_empty_note_is_none_so_that_its_trade_is_known_again(alice: Person) -> None:
    assert answer(alice.trade("BUY", "1", note=""), 201)["note"] is None

    text = alice.call("GET", "/transactions/export").get_data(as_text=True)

    assert upload(alice, text) == {"added": 0, "already_there": 1, "dry_run": False}


def test_a_line_that_would_break_several_sales_of_the_ledger_is_told_once(alice: Person) -> None:
    alice.trade("BUY", "2")
    for _ in range(2):
        alice.trade("SELL", "1", trade_date="2024-01-05")

    reply = alice.call("POST", "/transactions/import", data=HEADER + "VTI,SELL,2,100,0,USD,2024-01-03,\n")

    assert answer(reply, 422)["fields"] == {"2": "Sells 1 VTI on 2024-01-05, but only 0 held that day."}
    assert len(alice.ledger()) == 3


def test_a_dry_run_checks_everything_and_adds_nothing(alice: Person) -> None:
    text = HEADER + "VTI,BUY,1,100,0,USD,2024-01-02,\n"

    assert upload(alice, text, "?dry_run=true") == {"added": 1, "already_there": 0, "dry_run": True}
    assert alice.ledger() == []


def test_confirm_accepts_odd_prices(alice: Person) -> None:
    assert upload(alice, HEADER + "VTI,BUY,1,1000,0,USD,2024-01-02,\n", "?confirm=true")["added"] == 1


def test_what_is_no_such_file_is_refused(alice: Person) -> None:
    for content in (b"", b"ticker,colour\n", b"\xff\xfe", HEADER + 'VTI,"x" y\n', "ticker,ticker\n", "\x00" + HEADER):
        refusal(alice.call("POST", "/transactions/import", data=content))
    assert upload(alice, b"\xef\xbb\xbf" + HEADER.encode())["added"] == 0


def test_a_file_that_is_too_large_is_refused(app: APIFlask, alice: Person) -> None:
    settings = app.extensions["settings"]
    rows = HEADER + "x\n" * (settings.import_row_limit + 1)

    assert "Split it" in refusal(alice.call("POST", "/transactions/import", data=rows), 413)
    refusal(join(app).call("POST", "/transactions/import", data=b"x" * (settings.import_body_limit + 1)), 413)
