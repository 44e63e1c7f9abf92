"""The ground all schemas stand on: strict types, exact amounts, and a JSON schema that OpenAPI 3.0 knows."""

import re
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, PlainSerializer, WithJsonSchema
from pydantic.json_schema import DEFAULT_REF_TEMPLATE, GenerateJsonSchema, JsonSchemaMode, JsonSchemaValue
from pydantic_core import core_schema

from auth_service.strict_json import NumberText
from ingestion.tickers import RULE, TICKER, is_ticker

# At most 15 digits before the point and 8 behind it, as the ledger's own checks; no sign, exponent or underscore.
AMOUNT = re.compile(r"(?:0|[1-9][0-9]{0,14})(?:\.[0-9]{1,8})?")
RATE = re.compile(r"(?:0|[1-9][0-9]{0,14})(?:\.[0-9]{1,12})?")
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
COUNT = re.compile(r"[0-9]{1,6}")
DIALECT = {"ge": "minimum", "le": "maximum"}
CONTROL_CHARACTERS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


class OpenApi30Schema(GenerateJsonSchema):
    """JSON Schema in the dialect of OpenAPI 3.0, which the bundled Swagger UI reads."""

    def generate_inner(self, schema: Any) -> JsonSchemaValue:
        """One example instead of several, bounds by JSON Schema's names; of a map's names 3.0 can't tell any."""
        found = {DIALECT.get(name, name): value for name, value in super().generate_inner(schema).items()}
        found.pop("propertyNames", None)
        return found | {"example": found.pop("examples")[0]} if "examples" in found else found

    def nullable_schema(self, schema: core_schema.NullableSchema) -> JsonSchemaValue:
        """`nullable`, where JSON Schema has a type null."""
        inner = self.generate_inner(schema["schema"])
        if "enum" in inner:
            inner = inner | {"enum": [*inner["enum"], None]}
        return {"allOf": [inner], "nullable": True} if "$ref" in inner else inner | {"nullable": True}

    def chain_schema(self, schema: core_schema.ChainSchema) -> JsonSchemaValue:
        """What every step asks for, when constraints follow a validator of ours; pydantic keeps one step's."""
        return {name: value for step in schema["steps"] for name, value in self.generate_inner(step).items()}

    def field_title_should_be_set(self, schema: Any) -> bool:
        """Never: the name says it."""
        return False


class ApiModel(BaseModel):
    """A model whose JSON schema OpenAPI 3.0 understands."""

    @classmethod
    def model_json_schema(
        cls,
        by_alias: bool | None = True,
        ref_template: str = DEFAULT_REF_TEMPLATE,
        schema_generator: type[GenerateJsonSchema] = OpenApi30Schema,
        mode: JsonSchemaMode = "validation",
        *,
        union_format: Literal["any_of", "primitive_type_array"] = "any_of",
    ) -> dict[str, Any]:
        return super().model_json_schema(by_alias, ref_template, schema_generator, mode, union_format=union_format)


class Input(ApiModel):
    """What a client sends: unknown fields are refused and nothing is converted silently."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Output(ApiModel):
    """What the API answers, out of rows that may hold more."""

    model_config = ConfigDict(extra="ignore", frozen=True)


def read_amount(value: object) -> Decimal:
    """An exact amount out of a decimal string, or of a JSON number in plain notation."""
    if isinstance(value, Decimal):
        return value
    if not isinstance(value, str) or not AMOUNT.fullmatch(value):
        raise ValueError(
            'must be a plain decimal such as "12.5": digits, at most 8 of them behind the point, no sign or exponent'
        )
    return Decimal(value)


def read_rate(value: object) -> Decimal:
    """Read a rate above 0 exactly, from a decimal string or a plain JSON number."""
    if isinstance(value, Decimal):
        return value
    if not isinstance(value, str) or not RATE.fullmatch(value) or not Decimal(value):
        raise ValueError('must be a plain decimal above 0 such as "0.9125": at most 12 digits behind the point')
    return Decimal(value)


def read_text(value: object) -> object:
    """Text as it came; a JSON number is not text."""
    if isinstance(value, NumberText):
        raise ValueError("must be text in quotation marks")  # noqa: TRY004  pydantic listens for ValueError
    if isinstance(value, str) and CONTROL_CHARACTERS.search(value):
        raise ValueError("must not contain control characters")
    return value


def read_ticker(value: object) -> object:
    """A ticker in upper case; other scripts' letters do not become ASCII by it."""
    if not isinstance(value, str) or not is_ticker(value):
        raise ValueError(f"must be a ticker such as VTI or BRK-B: {RULE}")
    return value.upper()


def write_amount(value: Decimal) -> str:
    """The amount's digits, never in exponent notation."""
    return format(value, "f")


def read_day(value: object) -> date:
    """A calendar date written YYYY-MM-DD, and nothing else that might pass for one."""
    if isinstance(value, date):
        return value
    if not isinstance(value, str) or not DAY.fullmatch(value):
        raise ValueError("must be a date written YYYY-MM-DD")
    return date.fromisoformat(value)


def read_count(value: object) -> int:
    """A small whole number out of a query string."""
    if not isinstance(value, str) or not COUNT.fullmatch(value):
        raise ValueError("must be a whole number")
    return int(value)


Amount = Annotated[
    Decimal,
    BeforeValidator(read_amount),
    PlainSerializer(write_amount, when_used="json"),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "pattern": f"^{AMOUNT.pattern}$"},
                {"type": "number", "minimum": 0, "description": "Read digit by digit; no exponent."},
            ],
            "example": "12.5",
        },
        mode="validation",
    ),
    WithJsonSchema({"type": "string", "pattern": f"^{AMOUNT.pattern}$", "example": "12.5"}, mode="serialization"),
]
Rate = Annotated[
    Decimal,
    BeforeValidator(read_rate),
    PlainSerializer(write_amount, when_used="json"),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "pattern": f"^{RATE.pattern}$"},
                {"type": "number", "minimum": 0, "exclusiveMinimum": True, "description": "Read digit by digit."},
            ],
            "example": "0.9125",
        },
        mode="validation",
    ),
    WithJsonSchema({"type": "string", "pattern": f"^{RATE.pattern}$", "example": "0.9125"}, mode="serialization"),
]
Day = Annotated[
    date,
    BeforeValidator(read_day),
    WithJsonSchema({"type": "string", "format": "date", "example": "2024-01-02"}),
]
Count = Annotated[int, BeforeValidator(read_count)]
Text = Annotated[str, BeforeValidator(read_text)]
Ticker = Annotated[
    str,
    BeforeValidator(read_ticker),
    WithJsonSchema({"type": "string", "pattern": f"^{TICKER.pattern.replace('A-Z', 'A-Za-z')}$", "example": "VTI"}),
]
