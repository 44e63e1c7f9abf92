"""Options of an import, the known formats, and the result for each row."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, GetPydanticSchema
from pydantic_core import core_schema

from auth_service.http.error_schema import ErrorOut
from auth_service.ledger.imports.formats import FORMATS
from auth_service.strict_schemas import Input, Output

FormatName = Annotated[
    str, GetPydanticSchema(lambda _type, _handler: core_schema.literal_schema([known.NAME for known in FORMATS]))
]


def read_flag(value: object) -> object:
    """True or false from a query string."""
    return {"true": True, "false": False}.get(value, value) if isinstance(value, str) else value


Flag = Annotated[bool, BeforeValidator(read_flag)]


class ImportOptions(Input):
    """`format` is detected from the file if omitted."""

    dry_run: Flag = Field(default=False, description="Check everything but add nothing.")
    confirm: Flag = Field(default=False, description="Accept prices far outside their day's range.")
    create_accounts: Flag = Field(
        default=False,
        description="Open an account for each name in the file that there is none of, keeping cash where deposits or "
        "withdrawals are in it; otherwise such rows are refused.",
    )
    format: FormatName | None = Field(default=None, description="What the file is, when it is not to be recognised.")


class FormatOut(Output):
    """A format that can be detected."""

    name: str = Field(description="Value for the import's `format`.")
    label: str = Field(description="Display name.", examples=["Trading 212"])
    hint: str = Field(description="Where its source makes such a file.")


class FormatList(Output):
    """Every detected format, by label."""

    items: list[FormatOut]


class ImportedRow(Output):
    """`line` is the line in a CSV, or the activity's position in JSON.

    `reason` says why the row was skipped or refused, or what was changed.
    """

    line: int
    outcome: Literal["added", "already_there", "skipped", "refused"]
    reason: str | None


class ImportOutcome(Output):
    """The result for the file, or, for a dry run, what it would be. A file with refused rows is answered with 422."""

    format: str
    added: int
    already_there: int
    skipped: int
    dry_run: bool
    notices: list[str] = Field(description="Remarks about the whole file, such as ignored columns.")
    rows: list[ImportedRow]


class ImportRefusal(ErrorOut):
    """Nothing was imported. If rows were refused, `rows` says what each row would be without them."""

    rows: list[ImportedRow] | None = None
    notices: list[str] | None = None
