# SPDX-License-Identifier: Apache-2.0
"""README is correct: its commands exist, its links resolve, its records are those of the demo."""

import argparse
import json
import re
import runpy
from pathlib import Path
from typing import Any

import pytest

import onrecord
from onrecord.commands import parser
from onrecord.data.kinds import kinds
from onrecord.data.records import to_avro
from tests.docs.tutorials import ROOT, blocks

README = (ROOT / "README.md").read_text("utf-8")
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
MAX_README_LINES = 150
MAX_PICTURE_BYTES = 100_000
TOLERANCE = 0.1  # of a confidence or a score, which change slightly when weights are learned again
KIND_OF = {
    "article_id": "articles",
    "entity_id": "entities",
    "quote_id": "quotes",
    "stance_id": "stances",
    "stage": "dead_letters",
}


def records_of_readme() -> list[Any]:
    """Return the records that README shows."""
    return [json.loads(block.text) for block in blocks(README) if block.language == "json"]


def shows(shown: Any, real: Any) -> bool:
    """Whether what is shown is a shortened form of a real record: fields and items may be left out, ``…`` stands for an article's id."""
    if isinstance(shown, dict):
        return isinstance(real, dict) and all(
            name in real and shows(value, real[name]) for name, value in shown.items()
        )
    if isinstance(shown, list):
        return isinstance(real, (list, tuple)) and all(any(shows(one, other) for other in real) for one in shown)
    if isinstance(shown, float):
        return isinstance(real, (int, float)) and abs(shown - real) <= TOLERANCE
    if isinstance(shown, str) and shown.startswith("…"):
        return isinstance(real, str) and real.endswith(shown[1:])
    return bool(shown == real)


def test_it_is_short():
    assert len(README.splitlines()) <= MAX_README_LINES


def test_it_shows_a_record_of_each_kind():
    assert len(records_of_readme()) == len(kinds())


@pytest.mark.process
@pytest.mark.parametrize("shown", records_of_readme(), ids=lambda shown: next(iter(shown)))
def test_its_records_are_those_of_the_demo(shown: dict[str, Any], demo: Path):
    kind = KIND_OF[next(iter(shown))]  # README shows what names a record first
    real = [to_avro(record) for record in onrecord.records(str(demo), kind)]
    assert any(shows(shown, record) for record in real), f"no record of kind {kind} is as README shows it: {shown}"


@pytest.mark.process
def test_its_picture_is_of_the_demo(demo: Path):
    script = runpy.run_path(str(ROOT / "docs" / "picture.py"))
    drawn, now = (
        re.sub(r"<[^>]+>", "", svg) for svg in (script["PICTURE"].read_text("utf-8"), script["picture"](demo))
    )
    assert drawn == now, "the records have changed; run 'make demo && .venv/bin/python docs/picture.py out/demo'"


def test_its_picture_is_small_and_loads_nothing():
    picture = (ROOT / "docs" / "images" / "demo.svg").read_text("utf-8")
    assert len(picture.encode("utf-8")) < MAX_PICTURE_BYTES
    assert set(re.findall(r"https?://[^\s\"')]+", picture)) == {"http://www.w3.org/2000/svg"}


@pytest.mark.parametrize(
    ("shown", "real", "is_shown"),
    [
        ({"a": 1}, {"a": 1, "b": 2}, True),
        ({"a": 1}, {"a": 2}, False),
        ({"a": 1}, {"b": 1}, False),
        ({"a": "…#quote-1"}, {"a": "x#quote-1"}, True),
        ({"a": "…#quote-1"}, {"a": "x#quote-2"}, False),
        ({"a": [{"b": 2}]}, {"a": [{"b": 1}, {"b": 2}]}, True),
        ({"a": 0.45}, {"a": 0.5}, True),
        ({"a": 0.45}, {"a": 0.6}, False),
    ],
)
def test_a_shown_record_is_compared_with_a_real_one(shown: object, real: object, is_shown: bool):
    assert shows(shown, real) is is_shown


def anchors(page: str) -> set[str]:
    """Return the anchors of a page's headings, as GitHub and MkDocs make them."""
    return {
        re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")
        for heading in re.findall(r"^#+ (.+)$", page, re.MULTILINE)
    }


@pytest.mark.parametrize(
    "name", ["README.md", "CONTRIBUTING.md", "deploy/README.md", "deploy/flink/kubernetes/README.md"]
)
def test_links_lead_somewhere(name: str):
    page = ROOT / name
    links = [link for link in re.findall(r"\]\(([^)]+)\)", page.read_text("utf-8")) if "://" not in link]
    assert links
    for link in links:
        target, _, anchor = link.partition("#")
        path = page.parent / target if target else page
        assert path.exists(), link
        assert not anchor or anchor in anchors(path.read_text("utf-8")), link


@pytest.mark.parametrize("page", [README, CONTRIBUTING], ids=["README", "CONTRIBUTING"])
def test_its_make_targets_exist(page: str):
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    named = set(re.findall(r"(?:`|^)make ([a-z-]+)", page, re.MULTILINE))
    assert named - targets == set()


def test_its_commands_and_options_exist():
    [commands] = [action for action in parser()._actions if isinstance(action, argparse._SubParsersAction)]
    lines = re.findall(r"^onrecord (.+)$", "".join(block.text for block in blocks(README)), re.MULTILINE)
    assert lines
    for line in lines:
        name, *rest = line.partition("#")[0].split()
        known = {option for action in commands.choices[name]._actions for option in action.option_strings}
        assert {word for word in rest if word.startswith("--")} <= known, line


def test_its_extras_exist():
    project = (
        (ROOT / "pyproject.toml").read_text("utf-8").partition("[project.optional-dependencies]")[2].partition("\n[")[0]
    )
    extras = set(re.findall(r"^([a-z]+) = \[", project, re.MULTILINE))
    assert set(re.findall(r"`onrecord\[([a-z]+)\]`", README)) == extras


def test_its_program_runs_as_written(capsys: pytest.CaptureFixture[str]):
    [program] = [block.text for block in blocks(README) if block.language == "python"]
    exec(program, {})
    assert capsys.readouterr().out == "Anna Berg SUPPORT the plan\nTom Okafor OPPOSE the plan\n"


def test_its_figure_of_stances_is_that_of_the_accuracy_gate():
    golden = (ROOT / "tests" / "accuracy" / "golden.txt").read_text("utf-8")
    (row,) = (line.split() for line in golden.splitlines() if line.startswith("stances  "))
    assert f"| stances, on 26 hard articles written for the tests | F1 {row[-1]} % |" in README
