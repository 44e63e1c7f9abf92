"""The OpenAPI document is true: the running service answers as it says, takes only what it says, and says enough.

Besides, every client of this folder is a DescribedClient, which fails on an answer that the document does not know.
"""

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from apiflask import APIFlask
from openapi_schema_validator import OAS30Validator

from auth_service.app import VERSION, create_app
from auth_service.errors import ConflictError
from auth_service.http import databases
from auth_service.http.openapi import errors_by_kind, operations
from tests.auth_service.http.described import DescribedClient
from tests.conftest import ROOT
from tests.support.databases import Databases
from tests.support.running_api import running_api

SETTINGS = Path(__file__).parent / "described_api.toml"
SCHEMATHESIS = [sys.executable, "-m", "schemathesis.cli", "--config-file", str(SETTINGS), "run"]

Part = dict[str, Any]


def document_of(app: APIFlask) -> Part:
    document = app.spec
    assert isinstance(document, dict)
    return document


def operations_of(document: Part) -> list[Part]:
    return [operation for methods in document["paths"].values() for operation in methods.values()]


def test_the_running_service_answers_as_described_and_takes_nothing_else(
    databases: Databases, environment: dict[str, str], tmp_path: Path
) -> None:
    untouched = databases.new("described")  # what is asked here leaves failed fetches behind
    with running_api(environment | untouched.environment) as api:
        command = [*SCHEMATHESIS, f"{api.url}/openapi.json"]
        paths = os.environ | {"PYTHONPATH": str(ROOT)}
        done = subprocess.run(command, cwd=tmp_path, env=paths, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout


def test_the_api_has_the_version_of_the_project() -> None:
    assert tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"] == VERSION


def test_every_operation_says_what_it_is_for(app: APIFlask) -> None:
    document = document_of(app)
    tags = {tag["name"]: tag.get("description") for tag in document["tags"]}
    for operation in operations_of(document):
        name = operation["operationId"]
        assert re.fullmatch("[a-z]+(_[a-z]+)*", name)
        assert re.fullmatch(r"[A-Z].{6,90}\.", operation["summary"]), name
        assert len(operation.get("description", "")) > 20, name
        assert all(parameter.get("description") for parameter in operation["parameters"]), name
        assert all(tags[tag] for tag in operation["tags"]), name


def test_every_body_has_an_example_that_its_schema_takes(app: APIFlask) -> None:
    document = document_of(app)
    for operation in operations_of(document):
        for media_type in operation.get("requestBody", {}).get("content", {}).values():
            schema = media_type["schema"] | {"components": document["components"]}
            assert list(OAS30Validator(schema).iter_errors(media_type["example"])) == [], operation["operationId"]


def test_every_operation_has_the_errors_of_its_kind_in_the_one_shape(app: APIFlask) -> None:
    document = document_of(app)
    for operation, rule in operations(document, app):
        errors = errors_by_kind(operation, app.view_functions[rule.endpoint])
        assert {str(status.value) for status in errors} <= operation["responses"].keys()
        for status, response in operation["responses"].items():
            told = document["components"]["responses"].get(response.get("$ref", "").rpartition("/")[2], response)
            assert told["headers"]["X-Request-Id"], operation["operationId"]
            if status >= "400":
                shape = told["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
                required = document["components"]["schemas"][shape]["required"]
                assert required == ["error", "message", "fields"], operation["operationId"]


@pytest.mark.usefixtures("app")  # and its environment
def test_an_answer_that_a_route_does_not_describe_is_noticed() -> None:
    application = create_app()
    application.test_client_class = DescribedClient

    @application.get("/careless")
    def careless() -> None:
        raise ConflictError("Somebody was here before.")

    try:
        with pytest.raises(AssertionError, match="GET /careless does not describe 409 CONFLICT"):
            application.test_client().get("/careless")
    finally:
        databases.close(application)
