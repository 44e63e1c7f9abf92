"""The dashboard's types are those of the API as it is now."""

from scripts.payloads import PAYLOADS, described, payloads


def test_the_types_are_what_the_api_describes() -> None:
    assert PAYLOADS.read_text(encoding="utf-8") == payloads(described()), "Run `make payloads`."


def test_an_amount_of_the_ledger_is_told_as_text_and_nothing_else() -> None:
    properties = described()["components"]["schemas"]["TransactionOut"]["properties"]

    assert {properties[name]["type"] for name in ("quantity", "price", "fees", "fx_rate")} == {"string"}
