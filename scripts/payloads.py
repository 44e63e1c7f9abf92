"""The API's requests and answers as types for the dashboard: `make payloads` writes them from the OpenAPI document."""

import logging
import secrets
import subprocess
import sys
from pathlib import Path
from typing import Any

from datamodel_code_generator import GenerateConfig, InputFileType, LiteralType, PythonVersion, generate
from datamodel_code_generator.enums import DataModelType, OpenAPIScope
from datamodel_code_generator.format import Formatter
from pydantic import SecretStr

from auth_service.app import create_app
from auth_service.config import ApiSettings

PAYLOADS = Path(__file__).parents[1] / "dashboard" / "api" / "payloads.py"
HEADER = '"""Requests and answers of the API: `make payloads` writes this file from the schemas in auth_service."""'
AS_WRITTEN = ["date=string", "date-time=string", "uuid=string"]  # JSON has no dates: the dashboard reads them itself
CONFIG = GenerateConfig(
    input_file_type=InputFileType.OpenAPI,
    openapi_scopes=[OpenAPIScope.Schemas],
    output_model_type=DataModelType.TypingTypedDict,
    target_python_version=PythonVersion.PY_311,
    type_mappings=AS_WRITTEN,
    enum_field_as_literal=LiteralType.All,
    strict_nullable=True,
    use_object_type=True,
    use_standard_collections=True,
    use_union_operator=True,
    use_closed_typed_dict=False,  # mypy does not know PEP 728
    use_schema_description=True,
    use_single_line_docstring=True,
    use_double_quotes=True,
    disable_future_imports=True,
    disable_timestamp=True,
    custom_file_header=HEADER,
    formatters=[Formatter.BUILTIN],
)


def main() -> None:
    logging.getLogger("psycopg.pool").disabled = True  # it would complain about the missing database
    PAYLOADS.write_text(payloads(described()), encoding="utf-8")


def payloads(document: dict[str, Any]) -> str:
    """The module of types for an OpenAPI document."""
    module = generate(document, config=CONFIG)
    if not isinstance(module, str):
        raise TypeError("The API's schemas make more than one module: their names must not contain a point.")
    ruff = [sys.executable, "-m", "ruff", "format", "--stdin-filename", str(PAYLOADS), "-"]
    return subprocess.run(ruff, input=f"{module}\n", capture_output=True, check=True, text=True).stdout


def described() -> dict[str, Any]:
    """The API's own description, made without a database or a real secret."""
    one, two, three, key = (SecretStr(secrets.token_urlsafe(48)) for _ in range(4))
    settings = ApiSettings(api_db_password=one, reader_db_password=two, ingestion_db_password=three, jwt_secret_key=key)
    document = create_app(settings).spec
    if not isinstance(document, dict):
        raise TypeError("The API describes itself in YAML: SPEC_FORMAT is meant to be json.")
    return document


if __name__ == "__main__":
    main()
