# SPDX-License-Identifier: Apache-2.0
"""The contents of the wheel; it works where other projects have modules of the same names."""

import zipfile
from email import message_from_bytes
from email.message import Message
from pathlib import Path

import pytest

from onrecord import __version__
from tests.packaging.installation import ROOT, Installation

PACKAGE = ROOT / "pipeline" / "onrecord"
DATA = ("nlp/lexicons", "nlp/knowledge", "nlp/weights")


@pytest.fixture(scope="module")
def names(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


@pytest.fixture(scope="module")
def metadata(wheel: Path) -> Message:
    with zipfile.ZipFile(wheel) as archive:
        (name,) = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
        return message_from_bytes(archive.read(name))


def test_every_module_and_every_data_file_is_in_it(names):
    modules = {path.relative_to(PACKAGE).as_posix() for path in PACKAGE.rglob("*.py")}
    data = {f"{folder}/{path.name}" for folder in DATA for path in (PACKAGE / folder).iterdir() if path.is_file()}
    assert {f"onrecord/{name}" for name in modules | data | {"py.typed"}} <= names
    schemas = {f"onrecord/schema_files/{path.name}" for path in (ROOT / "schemas").glob("*.avsc")}
    samples = {f"onrecord/sample_files/{path.name}" for path in (ROOT / "samples").glob("*.jsonl")}
    assert schemas and samples
    assert schemas | samples <= names


def test_learned_weights_come_with_their_cards(names):
    weights = {name for name in names if name.startswith("onrecord/nlp/weights/") and name.endswith(".tsv")}
    assert weights
    assert {name.removesuffix(".tsv") + ".json" for name in weights} <= names


def test_the_report_comes_with_its_scripts_and_styles(names):
    assert {f"onrecord/report/page/{name}" for name in ("page.css", "main.js", "vendor/inflate.js")} <= names


def test_nothing_else_is_in_it(names):
    folders = {name.partition("/")[0] for name in names}
    assert folders == {"onrecord", f"onrecord-{__version__}.dist-info"}
    assert not [name for name in names if "/training/" in name or "/tests/" in name or name.endswith(".pyc")]


def test_the_licence_is_in_it(names, metadata):
    assert {name.rpartition("/")[2] for name in names if f"onrecord-{__version__}.dist-info/licenses/" in name} == {
        "LICENSE",
        "NOTICE",
        "THIRD_PARTY_NOTICES.txt",
    }
    assert metadata["License-Expression"] == "Apache-2.0"


def test_its_metadata_says_where_it_comes_from_and_what_it_is(metadata):
    assert (metadata["Name"], metadata["Version"]) == ("onrecord", __version__)
    urls = {url.partition(",")[0] for url in metadata.get_all("Project-URL", [])}
    assert {"Homepage", "Documentation", "Source", "Changelog", "Issues"} <= urls
    classifiers = metadata.get_all("Classifier", [])
    assert "Typing :: Typed" in classifiers
    for version in ("3.10", "3.11", "3.12", "3.13"):
        assert f"Programming Language :: Python :: {version}" in classifiers
    assert metadata["Requires-Python"] == "<3.14,>=3.10"
    assert "# onrecord" in str(metadata.get_payload())


def test_its_extras_are_the_documented_ones(metadata):
    extras = {"accurate", "all", "aws", "beam", "export", "gcp", "otel", "pubsub"}
    assert set(metadata.get_all("Provides-Extra", [])) == extras


def test_beam_is_in_an_extra_only(metadata):
    requirements = metadata.get_all("Requires-Dist", [])
    assert any(requirement.startswith("spacy") for requirement in requirements)
    assert all("extra ==" in requirement for requirement in requirements if requirement.startswith("apache-beam"))


@pytest.fixture(params=["module", "package"])
def workplace(request, tmp_path) -> Path:
    """A directory with a user's own ``pipeline``, which must never be imported in place of onrecord's code."""
    code = "raise SystemExit('this is not onrecord')\n"
    if request.param == "module":
        (tmp_path / "pipeline.py").write_text(code, "utf-8")
    else:
        (tmp_path / "pipeline").mkdir()
        (tmp_path / "pipeline" / "__init__.py").write_text(code, "utf-8")
    return tmp_path


SPACY_AND_ONRECORD = """
import spacy
spacy.blank("en").add_pipe("sentencizer")
spacy.blank("en").add_pipe("onrecord_segments")
import onrecord
print(onrecord.__file__)
"""


def test_it_works_next_to_a_users_own_pipeline_package(installation: Installation, workplace: Path) -> None:
    imported = installation.run("python", "-c", SPACY_AND_ONRECORD, cwd=workplace, python_path=workplace).stdout
    assert Path(imported.strip()).is_relative_to(installation.folder)
    for command in (("onrecord", "--version"), ("python", "-m", "onrecord", "--version")):
        for python_path in (None, workplace):
            shown = installation.run(*command, cwd=workplace, python_path=python_path).stdout
            assert __version__ in shown
