"""Which tables, paths and functions each function of a room of the house reaches, read from its source."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent


@dataclass(frozen=True)
class Definition:
    """A function, method or constant: the texts in it, those of the .sql files it names, and the names that it uses."""

    texts: tuple[str, ...]
    uses: frozenset[str]


class CodeGraph:
    """Names as `module.name`, `module.Class.method`; a method is found by its bare name, whatever it is called on."""

    def __init__(self, room: str) -> None:
        self._definitions: dict[str, Definition] = {}
        self._sql = {path.name: path.read_text() for path in (ROOT / room).rglob("*.sql")}
        for path in sorted((ROOT / room).rglob("*.py")):
            module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
            self._add(module, ast.parse(path.read_text()))
        self._methods: dict[str, set[str]] = {}
        for name in self._definitions:
            if name.split(".")[-2][0].isupper():
                self._methods.setdefault(name.rpartition(".")[2], set()).add(name)

    def of_module(self, module: str) -> list[str]:
        """Everything that the module defines itself."""
        return [name for name in self._definitions if name.startswith(f"{module}.")]

    def found(self, *names: str, pattern: str) -> set[str]:
        """What `pattern` (with one group) matches in the texts that `names` reach, by whatever way."""
        waiting, seen, found = list(names), set[str](), set[str]()
        while waiting:
            name = waiting.pop()
            if name in seen or name not in self._definitions:
                continue
            seen.add(name)
            definition = self._definitions[name]
            found |= {match for text in definition.texts for match in re.findall(pattern, text)}
            waiting += definition.uses
            waiting += [method for used in definition.uses for method in self._methods.get(used.rpartition(".")[2], ())]
        return found

    def _add(self, module: str, tree: ast.Module) -> None:
        known = dict(_imports(tree))
        for name, _ in _definitions(tree):
            known.setdefault(name.partition(".")[0], f"{module}.{name}")
        for name, node in _definitions(tree):
            self._definitions[f"{module}.{name}"] = Definition(
                texts=tuple(
                    self._sql.get(part.value, part.value)
                    for part in ast.walk(node)
                    if isinstance(part, ast.Constant) and isinstance(part.value, str)
                ),
                uses=frozenset(_uses(node, known)),
            )


def _imports(tree: ast.Module) -> Iterator[tuple[str, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            for alias in node.names:
                yield alias.asname or alias.name, f"{node.module}.{alias.name}"


def _definitions(tree: ast.Module | ast.ClassDef, prefix: str = "") -> Iterator[tuple[str, ast.AST]]:
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield prefix + node.name, node
        elif isinstance(node, ast.ClassDef):
            yield from _definitions(node, f"{prefix}{node.name}.")
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            yield from ((prefix + target.id, node) for target in targets if isinstance(target, ast.Name))


def _uses(node: ast.AST, known: dict[str, str]) -> Iterator[str]:
    for part in ast.walk(node):
        if isinstance(part, ast.Name) and part.id in known:
            yield known[part.id]
        elif isinstance(part, ast.Attribute):
            owner = known.get(part.value.id) if isinstance(part.value, ast.Name) else None
            yield f"{owner or ''}.{part.attr}"
