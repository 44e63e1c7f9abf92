"""What is wrong with a field, in words for a person: no library's words reach anybody."""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails, InitErrorDetails, PydanticCustomError

OF_KINDS = {
    "missing": "is missing",
    "extra_forbidden": "is not a field of this request",
    "string_type": "must be text in quotation marks",
    "string_too_short": "must have at least {min_length} characters",
    "string_too_long": "must have at most {max_length} characters",
    "too_short": "must have at least {min_length} entries",
    "too_long": "must have at most {max_length} entries",
    "literal_error": "must be {expected}",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_from_float": "must be a whole number",
    "greater_than": "must be more than {gt}",
    "greater_than_equal": "must be {ge} or more",
    "less_than": "must be less than {lt}",
    "less_than_equal": "must be {le} or less",
    "list_type": "must be a list",
    "dict_type": "must be an object of names and values",
    "model_type": "must be an object of names and values",
    "model_attributes_type": "must be an object of names and values",
    "none_required": "must be left out",
}
A_CURRENCY = "must be a three-letter currency code such as USD"
OF_PATTERNS = {
    "^[A-Z]{3}$": A_CURRENCY,
    "^[A-Za-z]{3}$": A_CURRENCY,
    "^[YMD ,./-]{6,14}$": "must be made of YYYY or YY, MM or MMM, and DD, such as DD.MM.YYYY",
    r"^[\x21-\x7e]{1,255}$": "must be 1 to 255 visible characters",
    r"^[0-9]{4}-[0-9]{2}-[0-9]{2}\.[0-9]{1,18}$": "must be the next_cursor of the page before",
}
OTHERWISE = "is not valid here; see /docs"


def in_plain_words(refusal: ValidationError) -> ValidationError:
    """The same refusal, each of its reasons told as a person would say it."""
    return ValidationError.from_exception_data(refusal.title, _as_told(refusal))


def refused_fields(title: str, reasons: Mapping[str, str]) -> ValidationError:
    """The refusal of fields, each for its reason."""
    return ValidationError.from_exception_data(title, _reasons(reasons))


def also_refused(refusal: ValidationError, reasons: Mapping[str, str]) -> ValidationError:
    """The same refusal, and that of fields which it does not name yet."""
    named = {reason["loc"] for reason in refusal.errors(include_url=False)}
    others = {field: reason for field, reason in reasons.items() if (field,) not in named}
    return ValidationError.from_exception_data(refusal.title, [*_as_told(refusal), *_reasons(others)])


def _as_told(refusal: ValidationError) -> list[InitErrorDetails]:
    return [
        {"type": PydanticCustomError(reason["type"], _told(reason)), "loc": reason["loc"], "input": reason["input"]}
        for reason in refusal.errors(include_url=False)
    ]


def _reasons(reasons: Mapping[str, str]) -> list[InitErrorDetails]:
    return [
        {"type": PydanticCustomError("refused", "{reason}", {"reason": reason}), "loc": (field,), "input": None}
        for field, reason in reasons.items()
    ]


def _told(reason: ErrorDetails) -> str:
    kind, about = reason["type"], reason.get("ctx", {})
    if reason["msg"][:1].islower():  # from a nested model, which has reworded it already
        return reason["msg"]
    if kind == "value_error":
        return reason["msg"].removeprefix("Value error, ")
    if kind == "string_pattern_mismatch":
        return OF_PATTERNS.get(about["pattern"], OTHERWISE)
    if kind == "too_long" and isinstance(reason["input"], str):
        kind = "string_too_long"
    return OF_KINDS[kind].format(**_readable(about)) if kind in OF_KINDS else OTHERWISE


def _readable(about: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value.replace("'", "") if isinstance(value, str) else value for name, value in about.items()}
