"""The exposures say exactly what the API and the dashboard read: held against their source, routes and pages."""

import re
import secrets
from inspect import unwrap
from typing import Any

import dash
import pytest

from auth_service.app import create_app
from dashboard.app import create_server
from dashboard.config import Settings
from scripts.launcher.home import free_port
from tests.dbt.code_graph import ROOT, CodeGraph
from tests.dbt.command import parsed_project
from tests.support.platform import Platform

RELATION = r'"default"\.(\w+)\b(?!\()'
FUNCTION_OF_DAYS = r'"default"\.(\w+)\('
MAKER = "gold_performance_windows"  # the model whose hook makes the functions of days
FUNCTION = r"\bpublic\.(\w+)\("
PREFIX = "/api/v1"


def models_read(by: CodeGraph, *names: str, warehouse: Platform) -> set[str]:
    """Models that the named code queries, itself or by the database's functions."""
    with warehouse.connect("postgres") as connection:
        found = connection.execute(
            "select prosrc from pg_proc where pronamespace = 'public'::regnamespace and proname = any(%s)",
            [list(by.found(*names, pattern=FUNCTION))],
        )
        bodies = [body for (body,) in found]
    made = {MAKER} if by.found(*names, pattern=FUNCTION_OF_DAYS) else set()
    return by.found(*names, pattern=RELATION).union(made, *(re.findall(RELATION, body) for body in bodies))


@pytest.fixture(scope="module")
def exposures(warehouse: Platform) -> dict[str, set[str]]:
    """Models of each exposure, by the path that it is served under."""
    declared = parsed_project(warehouse.database).exposures.values()
    return {exposure.url: {node.rpartition(".")[2] for node in exposure.depends_on.nodes} for exposure in declared}


@pytest.fixture(scope="module")
def routes(warehouse: Platform) -> dict[str, set[str]]:
    """Models that each route of the API queries, by its path; routes that query none are left out."""
    with pytest.MonkeyPatch.context() as environment:
        for name, value in (warehouse.environment | {"JWT_SECRET_KEY": secrets.token_urlsafe(48)}).items():
            environment.setenv(name, value)
        app = create_app()
    graph = CodeGraph("auth_service")
    found = {}
    for rule in app.url_map.iter_rules():
        view = unwrap(app.view_functions[rule.endpoint])
        found[rule.rule] = models_read(graph, f"{view.__module__}.{view.__name__}", warehouse=warehouse)
    return {path: models for path, models in found.items() if models}


@pytest.fixture(scope="module")
def pages(routes: dict[str, set[str]]) -> dict[str, set[str]]:
    """Models behind each page of the dashboard: those of the routes that it asks, and of the status above it."""
    secret = secrets.token_urlsafe(32)
    create_server(Settings(dashboard_secret_key=secret, api_url=f"http://127.0.0.1:{free_port()}"))
    graph = CodeGraph("dashboard")
    found = {}
    for page in dash.page_registry.values():
        own = graph.of_module(page["module"])
        assert own, page["module"]
        asked = graph.found(*own, *graph.of_module("dashboard.ui.shell"), pattern=r"^(/[a-z/]+)$")
        found[page["path"]] = set().union(*(routes.get(PREFIX + path, set()) for path in asked))
    return found


def test_each_endpoint_that_reads_models_is_exposed_with_exactly_those(
    exposures: dict[str, set[str]], routes: dict[str, set[str]]
) -> None:
    assert len(routes) > 5
    assert {url: models for url, models in exposures.items() if url.startswith(PREFIX)} == routes


def test_each_page_is_exposed_with_exactly_what_it_shows(
    exposures: dict[str, set[str]], pages: dict[str, set[str]]
) -> None:
    assert len(pages) > 1
    assert {url: models for url, models in exposures.items() if not url.startswith(PREFIX)} == pages


def test_no_relation_named_in_the_api_escapes_the_exposures(
    exposures: dict[str, set[str]], warehouse: Platform
) -> None:
    graph = CodeGraph("auth_service")
    modules = [".".join(path.relative_to(ROOT).with_suffix("").parts) for path in (ROOT / "auth_service").rglob("*.py")]
    names = [name for module in modules for name in graph.of_module(module)]
    named = models_read(graph, *names, warehouse=warehouse)

    assert named == set().union(*(models for url, models in exposures.items() if url.startswith(PREFIX)))


def test_an_exposure_says_who_answers_for_it_and_what_it_is(warehouse: Platform) -> None:
    declared: list[Any] = list(parsed_project(warehouse.database).exposures.values())

    for exposure in declared:
        assert exposure.description
        assert exposure.maturity
        assert exposure.owner.name == "Macrofolio"
        assert exposure.type == ("application" if exposure.url.startswith(PREFIX) else "dashboard")
