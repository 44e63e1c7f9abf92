"""How a file is to be imported, which formats it may have, and what came of each of its rows."""

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
    """True or false out of a query string."""
    return {"true": True, "false": False}.get(value, value) if isinstance(value, str) else value


Flag = Annotated[bool, BeforeValidator(read_flag)]


class ImportOptions(Input):
    """`format` is recognised from the file when left out."""

    dry_run: Flag = Field(default=False, description="Check everything, add nothing.")
    confirm: Flag = Field(default=False, description="Accept prices far outside their day's range.")
    format: FormatName | None = Field(default=None, description="What the file is, when it is not to be recognised.")


class FormatOut(Output):
    """A format that is recognised."""

    name: str = Field(description="What forces it, as `format` of the import.")
    label: str = Field(description="What people call it.", examples=["Trading 212"])
    hint: str = Field(description="Where its source makes such a file.")


class FormatList(Output):
    """Every format that is recognised, by label."""

    items: list[FormatOut]


class ImportedRow(Output):
    """`line` is the line in a CSV, the activity's place in JSON.

    `reason` is why it was skipped or refused, or what was changed.
    """

    line: int
    outcome: Literal["added", "already_there", "skipped", "refused"]
    reason: str | None


class ImportOutcome(Output):
    """What came of the file; of a dry run, what would. A file with refused rows is told by 422."""

    format: str
    added: int
    already_there: int
    skipped: int
    dry_run: bool
    notices: list[str] = Field(description="What is to be known of the whole file, such as columns that were not read.")
    rows: list[ImportedRow]


class ImportRefusal(ErrorOut):
    """Nothing was imported. Where rows were refused, `rows` says what each row would be without those."""

    rows: list[ImportedRow] | None = None
    notices: list[str] | None = None
