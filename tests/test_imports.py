# SPDX-License-Identifier: Apache-2.0
"""No module of the package takes part in an import cycle, imports for type checking included.

import-linter checks the layers, but neither imports under ``TYPE_CHECKING`` nor cycles within a layer.
"""

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

import onrecord

PACKAGE = Path(onrecord.__file__).parent
Graph = Mapping[str, frozenset[str]]


def module_name(file: Path, root: Path) -> str:
    parts = file.relative_to(root.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported(file: Path, module: str, modules: frozenset[str]) -> Iterator[str]:
    """Yield the modules of the package that a file imports by name, wherever the import is."""
    package = module if file.name == "__init__.py" else module.rpartition(".")[0]
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                base = ".".join(
                    [*package.split(".")[: len(package.split(".")) + 1 - node.level], *filter(None, [base])]
                )
            # ``from package import module`` imports the module; ``from module import name`` the module that has the name.
            names = [full if (full := f"{base}.{alias.name}") in modules else base for alias in node.names]
        else:
            continue
        yield from (name for name in names if name in modules)


def import_graph(root: Path) -> Graph:
    files = {module_name(file, root): file for file in root.rglob("*.py")}
    modules = frozenset(files)
    return {module: frozenset(imported(file, module, modules)) for module, file in files.items()}


def cycles(graph: Graph) -> list[list[str]]:
    """Return the strongly connected components of more than one module, and modules that import themselves (Tarjan 1972)."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    found: list[list[str]] = []

    def visit(module: str) -> None:
        index[module] = low[module] = len(index)
        stack.append(module)
        for other in graph[module]:
            if other not in index:
                visit(other)
                low[module] = min(low[module], low[other])
            elif other in stack:
                low[module] = min(low[module], index[other])
        if low[module] == index[module]:
            component = stack[stack.index(module) :]
            del stack[stack.index(module) :]
            if len(component) > 1 or module in graph[module]:
                found.append(sorted(component))

    for module in graph:
        if module not in index:
            visit(module)
    return found


def test_no_module_of_the_package_is_in_an_import_cycle() -> None:
    graph = import_graph(PACKAGE)
    assert "onrecord.nlp.quotes.scoring" in graph["onrecord.nlp.quotes.extractor"]
    assert cycles(graph) == []


@pytest.mark.parametrize(
    "first",
    [
        "from sample.second import name",
        "from sample import second",
        "import sample.second",
        "from . import second",
        "from .second import name",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from sample.second import name",
        "def late():\n    import sample.second",
    ],
)
def test_a_cycle_is_found_however_it_is_imported(tmp_path: Path, first: str) -> None:
    root = tmp_path / "sample"
    root.mkdir()
    (root / "__init__.py").write_text("")
    (root / "first.py").write_text(first)
    (root / "second.py").write_text("import sample.third")
    (root / "third.py").write_text("from sample.first import late")
    (root / "apart.py").write_text("import sample.first\nimport json")
    assert cycles(import_graph(root)) == [["sample.first", "sample.second", "sample.third"]]
