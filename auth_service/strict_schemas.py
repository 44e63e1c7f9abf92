"""The base of all schemas: strict types, exact amounts, and JSON schemas that OpenAPI 3.0 understands."""

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, ClassVar, Literal, Self, TypeVar
from uuid import UUID

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    ModelWrapValidatorHandler,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WithJsonSchema,
    WrapValidator,
    model_validator,
)
from pydantic.json_schema import DEFAULT_REF_TEMPLATE, GenerateJsonSchema, JsonSchemaMode, JsonSchemaValue
from pydantic_core import core_schema

from auth_service.exact_json import NumberText
from auth_service.plain_words import in_plain_words
from ingestion.tickers import RULE, TICKER, is_ticker

DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
ID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
MOST_REPEATED = 100  # values of one parameter
COUNT = re.compile(r"[0-9]{1,6}")
DIALECT = {"ge": "minimum", "le": "maximum"}
CONTROL_CHARACTERS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


class OpenApi30Schema(GenerateJsonSchema):
    """JSON Schema in the dialect of OpenAPI 3.0, which the bundled Swagger UI reads."""

    def generate_inner(self, schema: Any) -> JsonSchemaValue:
        """One example instead of several, and bounds under JSON Schema's names; 3.0 can't describe a map's keys."""
        found = {DIALECT.get(name, name): value for name, value in super().generate_inner(schema).items()}
        found.pop("propertyNames", None)
        return found | {"example": found.pop("examples")[0]} if "examples" in found else found

    def nullable_schema(self, schema: core_schema.NullableSchema) -> JsonSchemaValue:
        """`nullable`, where JSON Schema has a null type."""
        inner = self.generate_inner(schema["schema"])
        if "enum" in inner:
            inner = inner | {"enum": [*inner["enum"], None]}
        return {"allOf": [inner], "nullable": True} if "$ref" in inner else inner | {"nullable": True}

    def chain_schema(self, schema: core_schema.ChainSchema) -> JsonSchemaValue:
        """All steps' constraints, when some follow a validator of ours; pydantic keeps only one step's."""
        return {name: value for step in schema["steps"] for name, value in self.generate_inner(step).items()}

    def field_title_should_be_set(self, schema: Any) -> bool:
        """Never: the name is enough."""
        return False


class ApiModel(BaseModel):
    """A model whose JSON schema OpenAPI 3.0 understands."""

    described_as: ClassVar[JsonSchemaMode] = "validation"

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
        """Describe a model as read or as written, depending on its kind; APIFlask always asks for `validation`."""
        mode = cls.described_as
        return super().model_json_schema(by_alias, ref_template, schema_generator, mode, union_format=union_format)


class Input(ApiModel):
    """A request: unknown fields are rejected and nothing is converted silently."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    @model_validator(mode="wrap")
    @classmethod
    def refused_in_plain_words(cls, sent: Any, read: ModelWrapValidatorHandler[Self]) -> Self:
        """Make pydantic's ValidationError speak like a person."""
        try:
            return read(sent)
        except ValidationError as refusal:
            raise in_plain_words(refusal) from None


class Output(ApiModel):
    """An answer, built from rows that may have more fields."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    described_as: ClassVar[JsonSchemaMode] = "serialization"


def write_amount(value: Decimal) -> str:
    """The amount's digits, never in exponent notation."""
    return format(value, "f")


@dataclass(frozen=True)
class Digits:
    """An exact number from a decimal string, or from a JSON number in plain notation; written as a string.

    As the ledger's own checks, it has at most 15 digits before the point, and no exponent or underscore; a minus sign
    only where it says so.
    """

    behind_point: int
    example: str
    above_zero: bool = False
    signed: bool = False

    @property
    def pattern(self) -> str:
        """What its text looks like, as a regular expression without anchors."""
        sign = "-?" if self.signed else ""
        return rf"{sign}(?:0|[1-9][0-9]{{0,14}})(?:\.[0-9]{{1,{self.behind_point}}})?"

    def are_in(self, text: str) -> bool:
        """Whether the text is such a number."""
        if re.fullmatch(self.pattern, text) is None:
            return False
        return Decimal(text) > 0 if self.above_zero else not text.startswith("-") or Decimal(text) < 0

    def read(self, value: object) -> Decimal:
        """The exact number; ValueError for anything that would need guessing or rounding."""
        if isinstance(value, Decimal):
            return value
        if not isinstance(value, str) or not self.are_in(value):
            above = " above 0" if self.above_zero else ""
            unwanted = "no exponent" if self.signed else "no sign or exponent"
            raise ValueError(
                f'must be a plain decimal{above} such as "{self.example}": digits, at most {self.behind_point} of them '
                f"behind the point, {unwanted}"
            )
        return Decimal(value)

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        written = core_schema.plain_serializer_function_ser_schema(write_amount, when_used="json")
        return core_schema.no_info_before_validator_function(self.read, handler(source), serialization=written)

    def __get_pydantic_json_schema__(
        self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        text = {"type": "string", "pattern": f"^{self.pattern}$"}
        if handler.mode == "serialization":
            return text | {"example": self.example}
        lowest = {} if self.signed else {"minimum": 0} | ({"exclusiveMinimum": True} if self.above_zero else {})
        number = {"type": "number", **lowest, "description": "Read digit by digit; no exponent."}
        return {"anyOf": [text, number], "example": self.example}


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


def read_id(value: object) -> object:
    """An id in its usual spelling."""
    if isinstance(value, str) and ID.fullmatch(value):
        return UUID(value)
    if isinstance(value, UUID):
        return value
    raise ValueError("must be an id such as 6a0f6bd6-0000-4000-8000-000000000000")


def read_repeated(value: object, read: ValidatorFunctionWrapHandler) -> Any:
    """The values of a parameter that may be repeated, of which one alone comes as itself; refused under its name."""
    try:
        return read(tuple(value) if isinstance(value, list) else (value,))
    except ValidationError as refusal:
        raise ValueError(in_plain_words(refusal).errors()[0]["msg"]) from None


AMOUNT = Digits(behind_point=8, example="12.5")
Amount = Annotated[Decimal, AMOUNT]
SignedAmount = Annotated[Decimal, Digits(behind_point=8, example="12.5", signed=True)]
QUANTITY = Digits(behind_point=18, example="12.5")  # a coin has so many
Quantity = Annotated[Decimal, QUANTITY]
Rate = Annotated[Decimal, Digits(behind_point=12, example="0.9125", above_zero=True)]
Day = Annotated[
    date,
    BeforeValidator(read_day),
    WithJsonSchema({"type": "string", "format": "date", "example": "2024-01-02"}),
]
Count = Annotated[int, BeforeValidator(read_count)]
Text = Annotated[str, BeforeValidator(read_text)]
Item = TypeVar("Item")
Repeated = Annotated[tuple[Item, ...], Field(max_length=MOST_REPEATED), WrapValidator(read_repeated)]
Ticker = Annotated[
    str,
    BeforeValidator(read_ticker),
    WithJsonSchema({"type": "string", "pattern": f"^{TICKER.pattern.replace('A-Z', 'A-Za-z')}$", "example": "VTI"}),
]
