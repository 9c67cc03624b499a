# SPDX-License-Identifier: Apache-2.0
"""The site builds without a warning, loads nothing from elsewhere, and its reference has all of the code's names."""

import argparse
import html
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import onrecord
from onrecord.commands import parser
from tests.docs.tutorials import ROOT

# What a browser loads by itself: not <a href>, which a reader follows.
LOADED = re.compile(
    r"""<(?:script|img|link|iframe|source|audio|video)\b[^>]*?\b(?:src|href)=["']?((?:https?:)?//[^"'\s>]+)"""
)
LOADED_BY_STYLE = re.compile(r"""(?:url\(|@import)\s*["']?((?:https?:)?//[^"')]+)""")


def page(site: Path, name: str) -> str:
    """Return the text of a page of the site, without tags."""
    source = (site / name / "index.html").read_text("utf-8")
    return html.unescape(re.sub(r"<[^>]+>", "", source))


def fields(schema: Any) -> Iterator[str]:
    """Yield the names of a schema's fields, nested ones included."""
    if isinstance(schema, list):
        for one in schema:
            yield from fields(one)
    elif isinstance(schema, dict):
        for field in schema.get("fields", []):
            yield field["name"]
        for value in schema.values():
            yield from fields(value)


@pytest.mark.process
def test_no_page_loads_anything_from_elsewhere(site: Path):
    pages = list(site.rglob("*.html"))
    assert len(pages) > 30
    for path in pages:
        source = path.read_text("utf-8")
        assert not LOADED.findall(source) + LOADED_BY_STYLE.findall(source), path
    for path in [*site.rglob("*.css"), *site.rglob("*.svg")]:
        assert not LOADED_BY_STYLE.findall(path.read_text("utf-8")), path


@pytest.mark.parametrize(
    "source",
    [
        '<link rel="stylesheet" href="https://fonts.googleapis.com/css">',
        "<script src=//unpkg.com/mermaid></script>",
        '<style>@import "https://example.org/a.css";</style>',
        "<style>@font-face { src: url(https://example.org/a.woff2) }</style>",
    ],
)
def test_what_is_loaded_from_elsewhere_is_found(source: str):
    assert LOADED.findall(source) + LOADED_BY_STYLE.findall(source)


@pytest.mark.process
def test_the_reference_has_every_field_of_every_record(site: Path):
    text = page(site, "reference/records")
    for path in sorted((ROOT / "schemas").glob("*.avsc")):
        schema = json.loads(path.read_text("utf-8"))
        assert " ".join(schema["doc"].split()) in text, path.name
        missing = [name for name in fields(schema) if not re.search(rf"^\s*{name}\s*$", text, re.MULTILINE)]
        assert not missing, f"{path.name}: {missing}"


@pytest.mark.process
def test_the_reference_has_every_option_of_every_command(site: Path):
    text = page(site, "reference/cli")
    [commands] = [action for action in parser()._actions if isinstance(action, argparse._SubParsersAction)]
    for name, command in commands.choices.items():
        assert f"onrecord {name}" in text
        section = text.partition(f"onrecord {name}¶")[2].partition("¶")[0]
        missing = [option for action in command._actions for option in action.option_strings if option not in section]
        assert set(missing) <= {"-h", "--help"}, f"{name}: {missing}"


@pytest.mark.process
def test_the_reference_has_every_public_name(site: Path):
    source = (site / "reference" / "python" / "index.html").read_text("utf-8")
    headings = set(re.findall(r'<h3 id="onrecord\.[^"]*?([^".]+)"', source))
    assert set(onrecord.__all__) - {"__version__"} - headings == set()
