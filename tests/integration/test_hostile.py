# SPDX-License-Identifier: Apache-2.0
"""Hostile input: every line becomes an article or a dead letter with the line unchanged, and nothing stops the job."""

import itertools
import json
import random
import string
from collections.abc import Iterator
from pathlib import Path
from typing import TypeAlias

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onrecord.data.settings import ExtractionSettings, OutputSettings
from onrecord.jobs import backfill as backfills
from onrecord.jobs.backfill import BackfillOptions
from onrecord.runners import DIRECT
from tests.integration.backfills import backfill, records, summary
from tests.profiles import share_of_examples

Line: TypeAlias = tuple[str, bytes]  # the expected outcome of a line, and the line
ARTICLE, LETTER = "article", "dead letter"
MEGABYTE = 1 << 20
TEXT = "The mayor said the bridge was safe."


def message(**fields: object) -> bytes:
    return json.dumps(fields, ensure_ascii=False).encode("utf-8", "surrogatepass")


def good(number: int, **fields: object) -> Line:
    """Return a line that must become an article, though its fields may be odd."""
    return ARTICLE, message(**{"id": f"good-{number}", "text": f"{number}: {TEXT}", "language": "en", **fields})


def bad(line: bytes) -> Line:
    """Return a line that must become a dead letter."""
    return LETTER, line


def random_lines() -> Iterator[Line]:
    """Yield lines with random damage, and an article after each of them."""
    chance = random.Random(7)
    for number in range(250):
        whole = message(id=f"cut-{number}", text=TEXT)
        yield bad(whole[: chance.randrange(1, len(whole) - 1)])  # broken JSON
        yield bad(bytes(chance.choice(range(0x80, 0x100)) for _ in range(chance.randrange(1, 40))))  # bad UTF-8
        yield bad("".join(chance.choices(string.punctuation, k=chance.randrange(1, 60))).encode() + b"!")
        yield good(number, title=f"../../etc/passwd\u202e{number}", url="javascript:alert(1)")


def wrong_fields() -> Iterator[Line]:
    """Yield messages with a value of the wrong type, or one that the field can't have; only the text is needed."""
    numbers = itertools.count(4_000)
    for wrong in (1, 1.5, True, [], {}, ["a"], {"a": 1}):
        yield bad(message(text=wrong))
        for field in ("html", "url", "title", "source", "language", "authors"):
            yield good(next(numbers), **{field: wrong})
    for value in (
        1.5,
        True,
        [],
        {},
        "yesterday",
        "2026-02-30T00:00:00Z",
        "99999-01-01T00:00:00Z",
        10**30,
        -(10**30),
        " ",
    ):
        yield good(next(numbers), published_at=value)
    for empty in ("", " ", "\n\t ", "\u2003"):
        yield bad(message(text=empty))


def broken_messages() -> Iterator[Line]:
    """Yield lines that are not messages, or too large or too deeply nested to be read."""
    for line in (
        b"null",
        b"[]",
        b'"text"',
        b"1",
        b"{}",
        b"{} {}",
        b"\x00",
        b"\x00" * 100,
        b"NaN",
        b'{"text": NaN}',
        b"{'text': 1}",
    ):
        yield bad(line)
    yield bad(message(text="a" * 5 * MEGABYTE))
    yield bad(message(text="x " * 200_000))
    yield bad(message(text="lone \ud800 surrogate"))
    yield bad(message(html="<p " + " ".join(f"a{number}=1" for number in range(50_000)) + ">Text.</p>"))
    yield bad(message(text="“" * 250_000, language="en"))
    yield bad(b'{"text": "x", "more": ' + b"[" * 100_000 + b"]" * 100_000 + b"}")
    yield bad(b'{"text": "x", "more": ' + b'{"a":' * 50_000 + b"1" + b"}" * 50_000 + b"}")
    yield bad(b"[" * 1_000_000)
    yield bad(b" " * 11 * MEGABYTE + b"{}")
    yield bad(message(html="<html><head><title>Home</title></head><body></body></html>"))
    yield bad(message(html="<div>" * 100_000))


def odd_articles() -> Iterator[Line]:
    """Yield articles that are valid, however odd."""
    for number, odd in enumerate(
        (
            "\x00NUL\x00 and the mayor said no.",
            "\u202eright to left\u202c, she said.",
            "\x1b[31mred\x1b[0m, he said.",
            "e\u0301" * 2_000,
            "\U0001f600 " * 2_000,
            "\ufeff\u200b\u200d",
            '"' * 10_000,
            "“" * 10_000,
            "“ ” " * 3_000,
            "'" * 5_000 + "\n" * 5_000,
            "a" * 30_000,
            "(" * 6_000 + ")" * 6_000,
            ". " * 6_000,
            "\r\n\u2028\u2029\x0b\x0c said",
            "said " * 2_000,
            "He said that " * 700,
            "https://example.org/" + "a/" * 3_000,
        ),
        1_000,
    ):
        yield good(number, text=odd)
    for number, name in enumerate(
        ("../../../etc/passwd", "a/b", "..", "CON", "a\x00b", "%2e%2e", "\u202eid", "$(id)", "a" * 5_000), 2_000
    ):
        yield good(number, id=name)
    yield good(3_100, language="<script>")
    yield good(3_101, title="\x00" * 50_000)
    yield ARTICLE, b'{"id": "good-3102", "text": "Half of a pair: \\ud800.", "language": "en"}'
    yield good(3_000, more={"a": [1, 2]}, other=None, third="text")


def hostile_lines() -> list[Line]:
    """Return more than 1,000 lines, each with its expected outcome."""
    return [*random_lines(), *wrong_fields(), *broken_messages(), *odd_articles()]


@pytest.mark.long
def test_every_line_is_accounted_for_one_by_one(tmp_path):
    lines = hostile_lines()
    assert len(lines) >= 1_000
    source = tmp_path / "hostile.jsonl"
    source.write_bytes(b"\n".join(line for _, line in lines) + b"\n")
    result = backfill("--input", source, "--output", tmp_path / "out", "--workers", 1)
    articles = {record["article_id"] for record in records(tmp_path / "out", "articles")}
    letters = {record["origin"]: record["payload"] for record in records(tmp_path / "out", "dead_letters")}
    for number, (fate, line) in enumerate(lines, 1):
        origin = f"{source}:{number}"
        if fate == ARTICLE:
            assert json.loads(line)["id"] in articles
            assert origin not in letters
        else:
            assert origin in letters, line[:80]
            assert line.startswith(letters[origin]), line[:80]
            assert letters[origin] == line or len(line) > 10 * MEGABYTE
    found = summary(tmp_path / "out")
    assert found["messages"] == len(lines) == len(articles) + len(letters)
    assert "\x1b" not in result.stdout + result.stderr


def test_no_id_reaches_a_path(tmp_path):
    source = tmp_path / "a.jsonl"
    source.write_bytes(message(id="../../../escaped", text="The mayor said no.", url="https://example.org/../../x"))
    backfill("--input", source, "--output", tmp_path / "deep" / "down" / "out")
    assert {path.name for path in tmp_path.iterdir()} == {"a.jsonl", "deep"}
    assert {path.name for path in (tmp_path / "deep" / "down").iterdir()} == {"out"}


def test_ids_that_come_twice_are_one_record_when_the_text_is_one_too(tmp_path):
    text = "The mayor said the bridge was safe."
    source = tmp_path / "a.jsonl"
    source.write_bytes(
        b"\n".join(
            [
                message(id="a", text=text),
                message(id="a", text=text),
                message(id="b", text=text),
                message(id="a", text=text + " It was not."),
            ]
        )
    )
    backfill("--input", source, "--output", tmp_path / "out")
    found = sorted(
        (record["article_id"], record["text"], record["duplicate_of"])
        for record in records(tmp_path / "out", "articles")
    )
    assert found == [("a", text, None), ("a", text + " It was not.", None), ("b", text, "a")]
    assert summary(tmp_path / "out")["duplicates"] == 1
    quotes = records(tmp_path / "out", "quotes")
    assert quotes
    assert {record["article_id"] for record in quotes} == {"a"}
    assert len({record["quote_id"] for record in quotes}) == len(quotes)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
field_names = st.sampled_from(
    ["id", "text", "html", "url", "title", "source", "language", "authors", "published_at", "x"]
)
any_line = st.one_of(
    st.binary(max_size=60),
    st.text(max_size=60).map(lambda text: text.encode("utf-8", "surrogatepass")),
    st.dictionaries(field_names, json_values, max_size=5).map(lambda fields: json.dumps(fields).encode()),
    st.text(min_size=1, max_size=200).map(lambda text: json.dumps({"text": text}).encode()),
    st.lists(st.sampled_from([*"“”\"'«»‘’`.,:;—- \n", "he", "said", "Anna Berg", "that", "to"]), max_size=60).map(
        lambda words: json.dumps({"text": " ".join(words), "language": "en"}).encode()
    ),
).map(lambda line: line.replace(b"\n", b" "))


@pytest.mark.long
@share_of_examples(0.05)
@given(st.lists(any_line, min_size=1, max_size=60))
def test_any_lines_at_all_are_accounted_for(tmp_path, lines):
    source, output = tmp_path / "any.jsonl", tmp_path / "out"
    source.write_bytes(b"\n".join(lines))
    options = BackfillOptions(
        inputs=(str(source),),
        extraction=ExtractionSettings(max_text_length=10_000, time_limit=300),
        output=OutputSettings(str(output)),
        runner=DIRECT,
        overwrite=True,
        verbose=True,
    )
    code = backfills.run(options)
    messages = sum(
        bool(line.removeprefix(b"\xef\xbb\xbf" if not index else b"").strip()) for index, line in enumerate(lines)
    )
    found = summary(Path(output))
    assert code == (0 if found["articles"] else 1)
    assert found["messages"] == messages == found["articles"] + found["duplicates"] + found["refused"]
    assert len(records(output, "articles")) == found["articles"]
    assert len(records(output, "dead_letters")) == sum(found["dead_letters"].values())
