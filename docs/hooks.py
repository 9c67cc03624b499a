# SPDX-License-Identifier: Apache-2.0
"""Reference pages made from the code when the site is built.

A page asks for a part with a comment on a line of its own, such as ``<!-- generated: records -->``; ``GENERATED`` lists them.
"""

import argparse
import inspect
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import onrecord
from onrecord.commands import parser
from onrecord.export.tables import TABLES, Table

ROOT = Path(__file__).parents[1]
MARKER = re.compile(r"^<!-- generated: ([a-z ]+) -->$", re.MULTILINE)
SCHEMAS = ("article", "entity", "quote", "stance", "dead_letter", "position")
FOLDERS = {
    "article": "articles",
    "entity": "entities",
    "quote": "quotes",
    "stance": "stances",
    "dead_letter": "dead_letters",
}


def on_page_markdown(markdown: str, **_: object) -> str:
    """Replace the markers of a page; MkDocs calls this for each page."""
    return MARKER.sub(lambda found: GENERATED[found[1]](), markdown)


def command_line() -> str:
    """Return a section for each command: its usage, description, options and examples."""
    [commands] = [action for action in parser()._actions if isinstance(action, argparse._SubParsersAction)]
    return "\n\n".join(_command(command) for command in commands.choices.values())


def _command(command: argparse.ArgumentParser) -> str:
    parts = [f"## {command.prog}"]
    if command.description:
        parts.append(_fenced(command.description))
    rows = [_option(action) for action in command._actions if action.help and action.dest != "help"]
    parts.append("\n".join(["| option | meaning |", "| --- | --- |", *rows]))
    if command.epilog:
        parts.append(_fenced(command.epilog))
    return "\n\n".join(parts)


def _option(action: argparse.Action) -> str:
    value = action.metavar or ("{" + ",".join(map(str, action.choices)) + "}" if action.choices else "")
    value = " ".join(value) if isinstance(value, tuple) else value
    names = [f"{name} {value}" if action.nargs != 0 else name for name in action.option_strings] or [
        value or action.dest
    ]
    values = {key: "none" if made is None else made for key, made in vars(action).items()}
    meaning = str(action.help) % values
    return f"| {', '.join(f'`{name}`' for name in names)} | {_cell(meaning)} |"


def records() -> str:
    """Return a table of fields for each kind of record, then one for each type that they share."""
    shared: dict[str, dict[str, Any]] = {}
    sections = [
        _record(json.loads((ROOT / "schemas" / f"{name}.avsc").read_text("utf-8")), name, shared) for name in SCHEMAS
    ]
    types = [_table(f"### {name}", schema, shared) for name, schema in list(shared.items())]
    return "\n\n".join([*sections, "## Types", *types])


def _record(schema: dict[str, Any], name: str, shared: dict[str, dict[str, Any]]) -> str:
    folder = (
        f"Folder: `{FOLDERS[name]}/`." if name in FOLDERS else "Written by `onrecord positions --output FILE.avro`."
    )
    return _table(f"## {schema['name']}", schema, shared, f"{folder} Schema: `schemas/{name}.avsc`.")


def _table(heading: str, schema: dict[str, Any], shared: dict[str, dict[str, Any]], note: str = "") -> str:
    rows = [
        f"| `{field['name']}` | {_type(field['type'], shared)} | {_cell(field.get('doc', ''))} |"
        for field in schema["fields"]
    ]
    about = [part for part in (schema.get("doc", ""), note) if part]
    return "\n\n".join([heading, *about, "\n".join(["| field | type | meaning |", "| --- | --- | --- |", *rows])])


def _type(schema: Any, shared: dict[str, dict[str, Any]]) -> str:
    if isinstance(schema, list):
        return " or ".join(
            [*(_type(one, shared) for one in schema if one != "null"), *(["null"] if "null" in schema else [])]
        )
    if isinstance(schema, str):
        name = schema.rpartition(".")[2]
        return f"[{name}](#{name.lower()})" if name in shared else name
    match schema["type"]:
        case "record":
            shared.setdefault(schema["name"], schema)
            for field in schema["fields"]:
                _type(field["type"], shared)  # so that the types inside are listed too
            return f"[{schema['name']}](#{schema['name'].lower()})"
        case "enum":
            return "enum: " + ", ".join(schema["symbols"])
        case "array":
            return f"list of {_type(schema['items'], shared)}"
        case "map":
            return f"map of {_type(schema['values'], shared)}"
        case plain:
            return f"{plain} ({schema['logicalType']})" if "logicalType" in schema else _type(plain, shared)


def tables() -> str:
    """Return a section for each table of an export, with its columns."""
    return "\n\n".join(map(_export_table, TABLES))


def _export_table(table: Table) -> str:
    rows = [f"| `{one.name}` | {one.type} | {_cell(one.meaning)} |" for one in table.columns]
    return "\n\n".join(
        [f"## {table.name}", table.meaning, "\n".join(["| column | type | meaning |", "| --- | --- | --- |", *rows])]
    )


def python_api() -> str:
    """Return what mkdocstrings needs to document every public name of ``onrecord``, by what the names are for."""
    groups: dict[str, list[str]] = {"Functions": [], "Beam transforms": [], "Types": []}
    for name in sorted(onrecord.__all__):
        documented = getattr(onrecord, name)
        if not (inspect.isclass(documented) or inspect.isfunction(documented)):
            continue  # a plain value such as __version__
        groups[_group(documented)].append(f"::: {documented.__module__}.{documented.__qualname__}")
    return "\n\n".join("\n\n".join([f"## {group}", *names]) for group, names in groups.items() if names)


def _group(documented: type | Callable[..., Any]) -> str:
    if inspect.isfunction(documented):
        return "Functions"
    bases = {base.__name__ for base in inspect.getmro(documented)} if inspect.isclass(documented) else set()
    return "Beam transforms" if "PTransform" in bases else "Types"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _fenced(text: str) -> str:
    return f"```text\n{text.strip()}\n```"


def accuracy_gate() -> str:
    """Return the table of the accuracy gate: what is between the first two blank lines of its golden file."""
    return _fenced((ROOT / "tests" / "accuracy" / "golden.txt").read_text("utf-8").split("\n\n")[1])


GENERATED: dict[str, Callable[[], str]] = {
    "command line": command_line,
    "records": records,
    "tables": tables,
    "python api": python_api,
    "accuracy gate": accuracy_gate,
}
