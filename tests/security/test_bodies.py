"""Bodies: too large, too deep, in another language or by halves; each is refused in the one shape, none is believed."""

from collections.abc import Iterator

import httpx
import pytest

from tests.security.conftest import Person, answer, refusal

LIMIT = 2 * 1024 * 1024
JSON = {"Content-Type": "application/json"}
TAKE_JSON = (("POST", "/transactions"), ("POST", "/auth/login"), ("POST", "/auth/register"), ("PATCH", "/auth/me"))
TRADE = '"ticker":"VTI","side":"BUY","quantity":"1","price":"100","trade_date":"2024-01-02"'


@pytest.mark.threat(17)
@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b'{"quantity": NaN}', 400),
        (b'{"quantity": -Infinity}', 400),
        (b"[" * 30_000, 400),
        (b"[" * 30_000 + b"]" * 30_000, 400),
        (b'{"a":' * 10_000, 400),
        (b'{"a":' * 9_000 + b"1" + b"}" * 9_000, 400),
        (b'{"\\ud800": 1}', 400),
        (b'{"email": "\\udc00"}', 400),
        (b"\xff", 400),
        (b'{"email": "a\x00b"}', 400),
        (b"{} {}", 400),
        (b'\xef\xbb\xbf{"email": "x"}', 400),
        ('{"email": "x"}'.encode("utf-16"), 400),
        (b'{"%s": 1, "%s": 1}' % (b"k" * 50_000, b"k" * 50_000), 400),
        (b"null", 400),
        (b"{'email': 'x'}", 400),
        (b"[]", 422),
        (b"7", 422),
        (b'"text"', 422),
        (b"9" * 60_000, 422),
        (b'{"email": ' + b"9" * 60_000 + b"}", 422),
        (b"{" + b"".join(b'"%d": 1,' % number for number in range(20_000)) + b'"last": 1}', 422),
        (b"[" + b"1," * 150_000 + b"1]", 413),
        (b" " * (LIMIT + 1), 413),
    ],
    ids=lambda value: repr(value)[:24],
)
def test_a_body_that_cannot_be_read_is_told_in_the_one_shape(onlooker: Person, body: bytes, status: int) -> None:
    for method, path in TAKE_JSON:
        message = refusal(onlooker.call(method, path, content=body, headers=JSON), status)
        assert len(message) < 2000


@pytest.mark.threat(17)
def test_a_body_is_as_large_when_it_does_not_say_so(onlooker: Person) -> None:
    def chunks(start: bytes = b"") -> Iterator[bytes]:
        yield start
        for _ in range(160):
            yield b" " * 65535 + b"\n"

    header = b"ticker,side,quantity,price,trade_date\n"
    as_csv = {"Content-Type": "text/csv"}
    refusal(onlooker.call("POST", "/transactions", content=chunks(), headers=JSON), 413)
    refusal(onlooker.call("POST", "/transactions/import", content=chunks(header), headers=as_csv), 413)


@pytest.mark.threat(17)
def test_many_keys_and_long_texts_are_refused_quickly(onlooker: Person) -> None:
    keys = "{" + ",".join(f'"k{number}":1' for number in range(5_000)) + "}"
    fields = answer(onlooker.call("POST", "/transactions", content=keys, headers=JSON), 422)["fields"]

    assert len(fields) == 20
    assert "note" in answer(onlooker.trade("BUY", "1", note="x" * 50_000), 422)["fields"]
    assert onlooker.ledger() == []


def test_a_key_that_comes_twice_is_not_chosen_from(onlooker: Person) -> None:
    body = f'{{{TRADE},"quantity":"2"}}'

    refusal(onlooker.call("POST", "/transactions", content=body, headers=JSON), 400)
    assert onlooker.ledger() == []


@pytest.mark.parametrize(
    "content_type",
    [
        *("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/html"),
        *("application/xml", "application/x-ndjson", "", "application/json, text/plain"),
    ],
)
def test_a_body_that_is_not_declared_as_json_is_refused(onlooker: Person, content_type: str) -> None:
    reply = onlooker.call("POST", "/transactions", content=f"{{{TRADE}}}", headers={"Content-Type": content_type})

    refusal(reply, 415)
    assert onlooker.ledger() == []


def test_json_in_another_encoding_is_not_taken_for_something_else(onlooker: Person) -> None:
    for encoding in ("utf-16", "utf-32"):
        body = f'{{{TRADE},"note":"ä+AD0"}}'.encode(encoding)
        headers = {"Content-Type": f"application/json; charset={encoding}"}
        refusal(onlooker.call("POST", "/transactions", content=body, headers=headers), 400)
    assert onlooker.ledger() == []


def test_a_connection_serves_on_after_a_refused_body(client: httpx.Client) -> None:
    for _ in range(3):
        refusal(client.post("/api/v1/auth/login", content=b" " * (LIMIT + 1), headers=JSON), 413)
        assert client.get("/health/live").status_code == 200
