"""Links and quotes of the documentation: they lead somewhere, and stand in their files."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from scripts.launcher.home import ROOT
from tests.house import markdown

PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
MKDOCS = (str(Path(sys.executable).with_name("mkdocs")), "build", "--strict")  # with --quiet, warnings are not counted
ELSEWHERE = re.compile(
    r"""<(?:script|img|iframe|source)\b[^>]*\bsrc=["']?(?:https?:)?//|<link\b[^>]*\bhref=["']?(?:https?:)?//"""
    r"""|url\(["']?(?:https?:)?//|@import\s+["']?(?:https?:)?//"""
)


def dead_links(page: Path, text: str) -> set[str]:
    """Relative links that lead to no file, or to no heading of it."""
    dead = set()
    for link in markdown.links(text):
        name, _, anchor = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        inside = text if target == page else target.read_text() if target.suffix == ".md" and target.exists() else ""
        if not target.exists() or (anchor and anchor not in markdown.anchors(inside)):
            dead.add(link)
    return dead


def untrue_snippets(text: str) -> list[str]:
    """Files that do not have what a page quotes of them."""
    return [name for name, body in markdown.snippets(text) if body.rstrip() not in (ROOT / name).read_text()]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    assert dead_links(page, page.read_text()) == set()


def test_a_dead_link_is_found() -> None:
    page = ROOT / "docs" / "index.md"
    right = "# Here\n\n[a](#here) [b](metrics.md) [c](operations.md#containers)"
    text = f"{right} [d](#there) [e](nothing.md) [f](metrics.md#nothing)"
    assert dead_links(page, text) == {"#there", "nothing.md", "metrics.md#nothing"}


def test_what_is_quoted_stands_in_its_file() -> None:
    quoting = ROOT / "docs" / "add_a_metric.md"
    assert untrue_snippets(quoting.read_text()) == []
    assert len(markdown.snippets(quoting.read_text())) > 10
    assert untrue_snippets('```make title="Makefile"\nnothing: like this\n```\n') == ["Makefile"]


def test_the_site_is_built_without_a_complaint_and_asks_nobody(tmp_path: Path) -> None:
    done = subprocess.run([*MKDOCS, "--site-dir", tmp_path], cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    built = [path for path in tmp_path.rglob("*") if path.suffix in {".html", ".css"}]
    assert {path.stem for path in (ROOT / "docs").glob("*.md")} <= {path.stem for path in built}
    assert [path.name for path in built if ELSEWHERE.search(path.read_text())] == []
    assert ELSEWHERE.search('<script src="https://example.org/x.js"></script>')


@pytest.mark.parametrize("line", ["[a](nowhere.md)", "[b](metrics.md#nowhere)", "![c](nowhere.png)"])
def test_a_dead_link_stops_the_build_of_the_site(tmp_path: Path, line: str) -> None:
    shutil.copytree(ROOT / "docs", tmp_path / "docs")
    shutil.copy(ROOT / "mkdocs.yml", tmp_path)
    with (tmp_path / "docs" / "index.md").open("a") as page:
        page.write(f"\n{line}\n")

    done = subprocess.run(MKDOCS, cwd=tmp_path, capture_output=True, text=True, check=False)

    assert done.returncode == 1
    assert "nowhere" in done.stderr
