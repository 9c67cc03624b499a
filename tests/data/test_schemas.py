# SPDX-License-Identifier: Apache-2.0
"""The Avro schemas: they match the records, and the files of every release stay readable."""

import copy
import io
import json
from collections.abc import Callable
from datetime import timezone
from pathlib import Path
from typing import Any

import fastavro
import pytest
from hypothesis import given
from hypothesis import strategies as st

from onrecord.commands import main
from onrecord.data import schemas
from onrecord.data.kinds import kinds, schema_folder
from onrecord.data.records import from_avro, to_avro
from tests.conftest import RECORDS_OF_KIND

RELEASED = Path(__file__).parents[2] / "schemas" / "released"
RELEASED_FILES = [path.relative_to(RELEASED) for path in sorted(RELEASED.glob("*/*.avsc"))]
KIND_OF_FILE = {kind.schema.name: kind.name for kind in kinds().values()}
TYPE_OF_KIND = {kind.name: kind.record_type for kind in kinds().values()}


def written_and_read(value: object, written_with: Any, read_with: Any = None) -> Any:
    """Write a value as Avro bytes and read it again."""
    file = io.BytesIO()
    fastavro.schemaless_writer(file, written_with, value, strict=True)
    file.seek(0)
    return fastavro.schemaless_reader(file, written_with, read_with)


@pytest.mark.parametrize("kind", kinds())
@given(data=st.data())
def test_every_record_fits_its_schema(kind, data):
    record = data.draw(RECORDS_OF_KIND[kind])
    assert from_avro(type(record), written_and_read(to_avro(record), schemas.schema(kind))) == record


@pytest.mark.parametrize("kind", kinds())
def test_every_field_says_what_it_means(kind):
    def undocumented(schema: Any, place: str) -> list[str]:
        if isinstance(schema, list):
            return [found for branch in schema for found in undocumented(branch, place)]
        if not isinstance(schema, dict):
            return []
        found = [place] if schema["type"] in ("record", "enum") and not schema.get("doc") else []
        for field in schema.get("fields", ()):
            below = f"{place}.{field['name']}"
            found += [] if field.get("doc") else [below]
            found += undocumented(field["type"], below)
        return found + undocumented(schema.get("items"), place)

    assert undocumented(json.loads(schemas.text_of(kind)), kind) == []


def whatever_fits(schema: Any) -> st.SearchStrategy[Any]:
    """Return the values that can be written with a schema."""
    named: dict[str, Any] = {}
    text = st.text(max_size=8)
    simple = {
        "null": st.none(),
        "boolean": st.booleans(),
        "int": st.integers(0, 2**31 - 1),
        "long": st.integers(0, 2**63 - 1),
        "double": st.floats(allow_nan=False),
        "string": text,
        "bytes": st.binary(max_size=8),
    }

    def strategy(schema: Any) -> st.SearchStrategy[Any]:
        if isinstance(schema, list):
            return st.one_of(*map(strategy, schema))
        if isinstance(schema, str):
            return strategy(named[schema]) if schema in named else simple[schema]
        named[schema.get("name", "")] = schema
        if schema.get("logicalType") == "timestamp-micros":
            return st.datetimes(timezones=st.just(timezone.utc))
        match schema["type"]:
            case "record":
                return st.fixed_dictionaries({field["name"]: strategy(field["type"]) for field in schema["fields"]})
            case "enum":
                return st.sampled_from(schema["symbols"])
            case "array":
                return st.lists(strategy(schema["items"]), max_size=2)
            case "map":
                return st.dictionaries(text, strategy(schema["values"]), max_size=2)
            case name:
                return simple[name]

    return strategy(schema)


def test_the_first_release_is_kept():
    kept = {path.name for path in (RELEASED / "1").iterdir()}
    assert kept == {"article.avsc", "entity.avsc", "quote.avsc", "stance.avsc", "dead_letter.avsc"}


def kept(read: object, written: object) -> object:
    """Return the values that were read, without fields that the writer did not have."""
    if isinstance(read, dict) and isinstance(written, dict):
        return {name: kept(read[name], value) for name, value in written.items()}
    if isinstance(read, list) and isinstance(written, list) and len(read) == len(written):
        return [kept(*pair) for pair in zip(read, written, strict=True)]
    return read


@pytest.mark.parametrize("released", RELEASED_FILES, ids=str)
@given(data=st.data())
def test_today_reads_what_every_release_wrote(released, data):
    kind = KIND_OF_FILE[released.name]
    writer = fastavro.schema.load_schema(RELEASED / released)
    written = data.draw(whatever_fits(writer))
    read = written_and_read(written, writer, schemas.schema(kind))
    assert kept(read, written) == written
    assert from_avro(TYPE_OF_KIND[kind], read).kind == kind


@pytest.mark.parametrize("released", RELEASED_FILES, ids=str)
def test_today_is_compatible_with_every_release(released):
    assert schemas.incompatibilities(RELEASED / released, schema_folder() / released.name) == []


@pytest.mark.parametrize("released", RELEASED_FILES, ids=str)
def test_readers_of_every_release_read_the_files_of_today(released):
    assert schemas.incompatibilities(schema_folder() / released.name, RELEASED / released) == []


Change = Callable[[dict[str, Any]], object]


def field(schema: dict[str, Any], name: str) -> dict[str, Any]:
    """Return a field of a schema by its name."""
    return next(found for found in schema["fields"] if found["name"] == name)


def span(schema: dict[str, Any]) -> dict[str, Any]:
    """Return the quote schema's spans."""
    return field(schema, "content")["type"]["items"]


def checked(tmp_path: Path, change: Change) -> int:
    """Change the schema of quotes; return the exit code of ``schema check`` with the old and the new one."""
    old = json.loads(schemas.text_of("quotes"))
    new = copy.deepcopy(old)
    change(new)
    for name, schema in (("old.avsc", old), ("new.avsc", new)):
        (tmp_path / name).write_text(json.dumps(schema), "utf-8")
    return main(["schema", "check", str(tmp_path / "old.avsc"), str(tmp_path / "new.avsc")])


COMPATIBLE: dict[str, Change] = {
    "nothing": lambda quote: None,
    "another doc": lambda quote: field(quote, "cue").update(doc="Said, according to, and so on."),
    "a new field with a default": lambda quote: quote["fields"].append(
        {"name": "tone", "type": ["null", "string"], "default": None}
    ),
    "a new name with the old one as alias": lambda quote: field(quote, "confidence").update(
        name="certainty", aliases=["confidence"]
    ),
    "a wider number": lambda quote: field(span(quote), "start").update(type="long"),
    "null allowed": lambda quote: field(quote, "confidence").update(type=["null", "double"]),
    "a further symbol": lambda quote: field(quote, "type")["type"]["symbols"].append("REPORTED"),
}


@pytest.mark.parametrize("change", COMPATIBLE.values(), ids=COMPATIBLE)
def test_a_compatible_change_passes_the_check(change, tmp_path, capsys):
    assert checked(tmp_path, change) == 0
    assert "new.avsc can read what" in capsys.readouterr().out


INCOMPATIBLE: dict[str, tuple[str, Change]] = {
    "renamed": ("confidence", lambda quote: field(quote, "confidence").update(name="certainty")),
    "retyped": ("confidence", lambda quote: field(quote, "confidence").update(type="string")),
    "retyped inside": ("start", lambda quote: field(span(quote), "start").update(type="string")),
    "null refused": (
        "parent_quote_id",
        lambda quote: field(quote, "parent_quote_id").update(type="string", default=""),
    ),
    "new without a default": ("tone", lambda quote: quote["fields"].append({"name": "tone", "type": "string"})),
    "a symbol removed": ("MIXED", lambda quote: field(quote, "type")["type"]["symbols"].remove("MIXED")),
}


UNREAD: dict[str, tuple[str, Change]] = {
    "removed": ("confidence", lambda quote: quote["fields"].remove(field(quote, "confidence"))),
    "removed, optional": ("parent_quote_id", lambda quote: quote["fields"].remove(field(quote, "parent_quote_id"))),
    "renamed, optional": ("parent_quote_id", lambda quote: field(quote, "parent_quote_id").update(name="outer_id")),
}


@pytest.mark.parametrize(("name", "change"), UNREAD.values(), ids=UNREAD)
def test_a_field_that_is_no_longer_read_is_reported(name, change, tmp_path, capsys):
    assert checked(tmp_path, change) == 0
    verdict, note = capsys.readouterr().out.splitlines()
    assert "new.avsc can read what" in verdict
    assert note.startswith(f"note: {name} ")


@pytest.mark.parametrize(("name", "change"), INCOMPATIBLE.values(), ids=INCOMPATIBLE)
def test_an_incompatible_change_is_refused_by_the_name_of_what_changed(name, change, tmp_path, capsys):
    assert checked(tmp_path, change) == 1
    headline, *reasons = capsys.readouterr().out.splitlines()
    assert "new.avsc can't read what" in headline
    assert any(name in reason for reason in reasons)


def test_every_incompatible_change_has_a_reason_of_its_own(tmp_path, capsys):
    def change(quote: dict[str, Any]) -> None:
        field(quote, "confidence").update(type="string")
        field(quote, "quote_id").update(type="int")
        field(span(quote), "start").update(type="string")

    assert checked(tmp_path, change) == 1
    reasons = capsys.readouterr().out.splitlines()[1:]
    assert len(reasons) == 3
    for name in ("confidence", "quote_id", "start"):
        assert sum(name in reason for reason in reasons) == 1


@pytest.mark.parametrize(
    "content",
    [b"", b"no schema", b"5", b"null", b'{"type": "record"}', b'{"type": "map", "values": "span"}', b"\xff\xfe"],
)
def test_a_file_without_a_schema_is_wrong_usage(content, tmp_path, capsys):
    path = tmp_path / "quote.avsc"
    path.write_bytes(content)
    assert main(["schema", "check", str(path), str(path)]) == 2
    assert f"check: {path}: " in capsys.readouterr().err
