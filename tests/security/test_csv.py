"""Files: a formula in a note stays text, a file is imported whole or not at all, and no file is too much."""

import csv
import gzip
import io
import unicodedata
from collections.abc import Iterator

import pytest

from tests.security.conftest import Person, answer, refusal

HEADER = "ticker,side,quantity,price,fees,currency,trade_date,note\n"
ROW = "VTI,BUY,1,100,0,USD,2024-01-02,\n"
FORMULAS = [
    *("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "'=1", "''=1", "'\t=1"),
    *('=HYPERLINK("http://x.example","y")', '=1,"', "=cmd|'/c calc'!A0", "\uff1d1+1", "\uff0b1", "\uff0d1", "\uff20x"),
    *(
        " =1",
        "  +1",
        "\u00a0=1",
        "\u200b=1",
        "\u2060@x",
        "\ufeff=1",
        "\ufe66=1",
        "\ufe62\u200d1",
        "\u22121",
        "' =1",
        "\u2003\t-1",
    ),
]
SIGNS = set("=+-@\u2212")


def starts_like_a_formula(cell: str) -> bool:
    """As a spreadsheet reads it that trims what nobody sees and takes every form of a sign for the sign."""
    seen = cell.lstrip("".join(sign for sign in cell if unicodedata.category(sign)[0] in "CZ"))
    return cell[:1] in {"\t", "\r", "\n"} or unicodedata.normalize("NFKC", seen[:1]) in SIGNS


def cells(text: str) -> list[list[str]]:
    """What a spreadsheet reads."""
    return list(csv.reader(io.StringIO(text, newline="")))


@pytest.mark.threat(26)
def test_no_cell_of_an_export_starts_like_a_formula_and_all_come_back(alice: Person, bob: Person) -> None:
    for number, note in enumerate(FORMULAS):
        answer(alice.trade("BUY", str(number + 1), note=note), 201)

    text = alice.call("GET", "/transactions/export").content.decode()

    assert [cell for row in cells(text) for cell in row if starts_like_a_formula(cell)] == []
    assert answer(bob.upload(text))["added"] == len(FORMULAS)
    assert [trade["note"] for trade in reversed(bob.ledger())] == FORMULAS
    assert bob.call("GET", "/transactions/export").text == text


@pytest.mark.threat(26)
def test_an_export_is_a_file_to_keep_and_not_a_page_to_show(onlooker: Person) -> None:
    headers = onlooker.call("GET", "/transactions/export").headers

    assert headers["Content-Disposition"].startswith("attachment")
    assert headers["Content-Type"].startswith("text/csv")
    assert headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.threat(27)
def test_one_bad_row_of_a_thousand_keeps_them_all_out(onlooker: Person) -> None:
    rows = [ROW] * 1000
    rows[499] = "VTI,BUY,one,100,0,USD,2024-01-02,\n"

    fields = answer(onlooker.upload(HEADER + "".join(rows)), 422)["fields"]

    assert list(fields) == ["501"]
    assert onlooker.ledger() == []


@pytest.mark.threat(27)
def test_every_bad_row_is_listed_by_its_line(onlooker: Person) -> None:
    rows = [ROW] * 1000
    for number in (3, 499, 999):
        rows[number] = "VTI,BUY,-1,100,0,USD,2024-01-02,\n"

    assert list(answer(onlooker.upload(HEADER + "".join(rows)), 422)["fields"]) == ["5", "501", "1001"]


@pytest.mark.threat(27)
def test_a_sale_that_is_not_covered_keeps_the_whole_file_out(onlooker: Person) -> None:
    text = HEADER + ROW * 5 + "VTI,SELL,6,100,0,USD,2024-01-03,\n"

    assert list(answer(onlooker.upload(text), 422)["fields"]) == ["7"]
    assert onlooker.ledger() == []


@pytest.mark.threat(27)
def test_the_same_file_twice_adds_nothing_and_equal_fills_stay_two(alice: Person) -> None:
    assert answer(alice.upload(HEADER + ROW * 2))["added"] == 2
    again = answer(alice.upload(HEADER + ROW * 2))
    assert (again["added"], again["already_there"]) == (0, 2)
    assert len(alice.ledger()) == 2


@pytest.mark.threat(28)
def test_a_file_with_too_many_rows_or_bytes_is_refused(onlooker: Person) -> None:
    assert "Split it" in refusal(onlooker.upload(HEADER + "x\n" * 20_001), 413)
    refusal(onlooker.upload(HEADER + "x" * (9 * 1024 * 1024)), 413)


@pytest.mark.threat(50)
@pytest.mark.parametrize(
    "content",
    [HEADER.encode() + b"x" + b"," * 1_000_000, HEADER.encode().strip() + b",x" * 100_000],
    ids=["commas", "columns"],
)
def test_a_file_that_is_too_wide_is_refused(onlooker: Person, content: bytes) -> None:
    assert "more than 2,000 columns" in refusal(onlooker.upload(content), 413)


@pytest.mark.threat(28)
@pytest.mark.parametrize(
    "content",
    [
        HEADER.encode() + b'"' + b"x" * 1_000_000,
        b"\n" * 1_000_000,
        b"\x00" * 1000,
        gzip.compress(HEADER.encode() + ROW.encode() * 100_000),
        b"PK\x03\x04" + b"\x00" * 1000,
    ],
    ids=["cell", "lines", "zeros", "gzip", "zip"],
)
def test_what_is_no_such_file_is_refused(onlooker: Person, content: bytes) -> None:
    refusal(onlooker.upload(content))
    assert onlooker.ledger() == []


@pytest.mark.threat(28)
def test_a_compressed_file_is_not_unpacked(onlooker: Person) -> None:
    packed = gzip.compress(HEADER.encode() + ROW.encode())
    headers = {"Content-Type": "text/csv", "Content-Encoding": "gzip"}

    refusal(onlooker.call("POST", "/transactions/import", content=packed, headers=headers))
    assert onlooker.ledger() == []


@pytest.mark.threat(27, 28)
def test_a_file_that_does_not_say_how_long_it_is_is_not_imported_by_half(onlooker: Person) -> None:
    def rows() -> Iterator[bytes]:
        yield HEADER.encode()
        for _ in range(10_000):
            yield f"VTI,BUY,1,100,0,USD,2024-01-02,{'x' * 960}\n".encode()

    reply = onlooker.call("POST", "/transactions/import", content=rows(), headers={"Content-Type": "text/csv"})

    refusal(reply, 413)
    assert onlooker.ledger() == []
