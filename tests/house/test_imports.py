"""Data flows one way, and so do imports: nothing reaches against the flow or around it."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
ALLOWED = {
    "dashboard": set(),
    "auth_service": {"ingestion"},
    "dags": {"ingestion"},
    "ingestion": set(),
    "migrations": set(),
    "backup": {"migrations"},
}
ROOMS = {*ALLOWED, "scripts", "tests"}


def imported_rooms(source: str) -> set[str]:
    """Rooms of the house that a module's source imports, at its top or inside a function."""
    names: list[str] = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names.append(node.module or "")
    return {name.partition(".")[0] for name in names} & ROOMS


def test_an_import_inside_a_function_is_seen() -> None:
    assert imported_rooms("def f():\n    from auth_service.app import create_app") == {"auth_service"}


@pytest.mark.parametrize("room", sorted(ALLOWED))
def test_a_room_imports_only_what_stands_before_it(room: str) -> None:
    offences = {
        str(path.relative_to(ROOT)): foreign
        for path in sorted((ROOT / room).rglob("*.py"))
        if (foreign := imported_rooms(path.read_text()) - ALLOWED[room] - {room})
    }
    assert offences == {}


def test_the_dbt_project_holds_no_python() -> None:
    assert [str(path.relative_to(ROOT)) for path in (ROOT / "dbt").rglob("*.py")] == []
