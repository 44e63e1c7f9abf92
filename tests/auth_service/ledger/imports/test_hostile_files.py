"""Files that are broken, enormous or malicious: each is refused in the one shape or read right, and never a failure."""

import csv
import io

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.auth_service.conftest import Person, answer, refusal
from tests.auth_service.ledger.imports.uploads import FILES, imported, send, trades
from tests.auth_service.ledger.test_transfer import HEADER, export

NAMES = sorted(path.name for path in FILES.iterdir())
HERE = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
def test_the_encodings_that_brokers_write_are_read(alice: Person, encoding: str) -> None:
    text = (FILES / "portfolio_performance_de.csv").read_text()
    content = text.encode(encoding)

    answer(send(alice, content if encoding != "utf-16-le" else b"\xff\xfe" + content))

    assert len(trades(alice)) == 4


def test_windows_1252_keeps_its_letters(alice: Person) -> None:
    answer(send(alice, (HEADER + "VTI,BUY,1,100,,,2024-01-02,Käufe: 5 €\n").encode("cp1252")))

    assert trades(alice) == ["2024-01-02 BUY 1 VTI 100 USD 0 Käufe: 5 €"]


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"\x81" * 50, 422),  # no letter of any of the encodings
        (b"\xff\xfe\x00", 422),
        (b" \n\n\t", 422),
        (b"\x00" * 1000, 422),
        (b"{", 422),
        (b"{}", 422),
        (b"[]", 422),
        (b'{"activities": {}}', 422),
        (b'{"activities": [1, null, [], {}]}', 422),
        (b'{"activities": [{"type": "BUY"}]}', 422),
        (b'{"activities": [{"type": {"a": 1}, "symbol": ["VTI"]}]}', 422),
        (b'{"activities": [{"type": "BUY", "symbol": "\\u0000", "date": "2024-01-02", "unitPrice": 1}]}', 422),
        (b'{"activities": [{"type": "BUY", "symbol": "\\ud800"}]}', 422),
        (b'{"activities": ' + b"[" * 100_000, 422),
        (b'{"activities": [], "tags": [' + b"0," * 900_000 + b"0]}", 413),
        (b'{"activities": [' + b"{}," * 30_000 + b"{}]}", 413),
        ((HEADER + "VTI,BUY,1,100,,,2024-01-02,\x00\n").encode(), 422),
        ((HEADER + "VTI,BUY,1,100,,,2024-01-02," + "x" * 200_000).encode(), 422),
        ((HEADER + "VTI,BUY,1,100,,,2024-01-02," + "x" * 1001).encode(), 422),
        ((HEADER + "=1+1,BUY,1,100,,,2024-01-02,\n").encode(), 422),
        ((HEADER + "VTI,BUY,=1,100,,,2024-01-02,\n").encode(), 422),
        ((HEADER + "," * 2_000).encode(), 200),  # empty cells are no row
        ((HEADER + "," * 3_000_000).encode(), 413),
        ((HEADER + "x" + "," * 3_000_000).encode(), 413),
        ((HEADER.rstrip() + "," * 7_000_000 + "\nVTI,BUY,1,100,,,2024-01-02,\n").encode(), 413),
        (("a;" * 3_000_000 + "\n").encode(), 413),
        ((HEADER + "\n" * 3_000_000).encode(), 200),
        ((HEADER + '"' + "x,\n" * 1000).encode(), 422),
        (b"Statement,Header\nTrades,Data,Order,Stocks\n" + b"Trades,Header,a\n" * 10, 422),
        (b"CurrencyPrimary\n\n1\n", 200),
        (b"CurrencyPrimary,TradePrice,Symbol,Quantity\nUSD,1,VTI,1\n", 422),
    ],
)
def test_what_is_broken_is_refused_in_the_one_shape(onlooker: Person, content: bytes, status: int) -> None:
    reply = send(onlooker, content)

    if status == 200:
        assert answer(reply)["added"] == 0
    else:
        refusal(reply, status)


def test_as_many_rows_as_are_taken_are_counted_whatever_they_are(onlooker: Person) -> None:
    rows = "2024-01-02,VTI,1,DIVIDEND,1,USD,0\n" * 20_001

    told = refusal(send(onlooker, f"date,symbol,quantity,activityType,unitPrice,currency,fee\n{rows}".encode()), 413)

    assert "Split it" in told


def test_a_file_that_names_too_many_tickers_is_refused_before_anybody_is_asked(onlooker: Person) -> None:
    rows = "".join(f"T{number},BUY,1,100,,,2024-01-02,\n" for number in range(1001))

    assert "1001 tickers" in refusal(send(onlooker, (HEADER + rows).encode()), 413)


def test_a_note_that_is_a_formula_leaves_as_text(alice: Person) -> None:
    text = (FILES / "ghostfolio.csv").read_text().replace("My first order", "=HYPERLINK(1)")

    answer(send(alice, text.encode()))

    assert "'=HYPERLINK(1)" in export(alice)


@HERE
@given(name=st.sampled_from(NAMES), edits=st.lists(st.tuples(st.integers(0, 4000), st.binary(max_size=3)), max_size=6))
def test_a_damaged_file_is_never_a_failure(onlooker: Person, name: str, edits: list[tuple[int, bytes]]) -> None:
    content = (FILES / name).read_bytes()
    for place, put in edits:
        content = content[:place] + put + content[place + len(put) :]

    reply = send(onlooker, content, "?dry_run=true")

    assert reply.status_code in {200, 413, 422}, reply.get_data(as_text=True)


AMOUNTS = st.decimals(min_value="0.00000001", max_value=200, places=8)
NOTES = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=20) | st.sampled_from(
    ["=1", "'=1", "''x", "@"]
)
OWN_ROWS = st.lists(st.tuples(AMOUNTS, st.decimals(min_value=60, max_value=190, places=8), AMOUNTS, NOTES), max_size=5)


@HERE
@given(rows=OWN_ROWS)
def test_our_own_file_comes_back_unchanged_whatever_it_holds(
    alice: Person, bob: Person, rows: list[tuple[object, ...]]
) -> None:
    text = io.StringIO()
    csv.writer(text).writerows(
        ("VTI", "BUY", f"{quantity:f}", f"{price:f}", f"{fees:f}", "", "2024-01-02", f"'{note}" if note else "")
        for quantity, price, fees, note in rows
    )
    answer(send(alice, (HEADER + text.getvalue()).encode()))

    answer(send(bob, export(alice).encode()))

    assert export(bob) == export(alice)


def test_equal_fills_of_an_export_stay_two(alice: Person) -> None:
    row = "2024-01-02,VTI,1,BUY,100,USD,0\n"
    text = f"date,symbol,quantity,activityType,unitPrice,currency,fee\n{row * 2}"

    assert [answer(send(alice, text.encode()))["added"] for _ in range(2)] == [2, 0]
    assert imported(alice, "wealthfolio.csv")["added"] == 2


@pytest.mark.parametrize("name", NAMES)
def test_no_sentence_repeats_more_than_a_few_words_of_the_file(onlooker: Person, name: str) -> None:
    text = (FILES / name).read_text()
    cells = sorted({cell for row in csv.reader(io.StringIO(text)) for cell in row if cell.isalpha()}, key=len)
    for cell in cells[-12:]:
        reply = send(onlooker, text.replace(cell, "x" * 5000).encode(), "?dry_run=true")

        told = reply.get_json()
        sentences = [told.get("message", ""), *(row["reason"] or "" for row in told.get("rows") or [])]
        assert max(map(len, sentences)) < 1500
