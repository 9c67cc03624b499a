# SPDX-License-Identifier: Apache-2.0
"""Of any mixture of files each record is read, refused or skipped: by count, nothing is lost and nothing is invented."""

import bz2
import csv
import errno
import gzip
import io
import json
import lzma
import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape

import fastavro
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from onrecord.data.input_file import InputFile
from onrecord.data.message import InvalidMessage, Message
from onrecord.sources import patterns
from onrecord.sources.files import read_file
from onrecord.sources.floods import collapsed
from onrecord.transforms.decode import decode_article
from tests.flaky_disk import DISK, PREFIX
from tests.profiles import share_of_examples
from tests.sources.formats.test_warc import PAGE, record
from tests.sources.test_watched_files import Watch

PACK: dict[str, Callable[[bytes], bytes]] = {
    "": bytes,
    ".gz": gzip.compress,
    ".zst": zstandard.compress,
    ".bz2": bz2.compress,
    ".xz": lzma.compress,
}
# Each record of a file is one of these.
GOOD, REFUSED, BROKEN, SKIPPED = "good", "without text", "broken", "not an article"
TEXT = "The pier at Brinmouth closes, the council said."


def fields(kind: str, number: int) -> dict[str, str]:
    """Return the fields of a record: an article, or something without text."""
    return {"id": str(number), "text": TEXT} if kind == GOOD else {"id": str(number), "headline": "Pier"}


def json_lines(kinds: list[str]) -> bytes:
    lines = [
        '{"id": "open' if kind == BROKEN else json.dumps(fields(kind, number)) for number, kind in enumerate(kinds)
    ]
    return "".join(line + "\n" for line in lines).encode()


def json_array(kinds: list[str]) -> bytes:
    values = [
        '{"id": "open}' if kind == BROKEN else json.dumps(fields(kind, number)) for number, kind in enumerate(kinds)
    ]
    return ("[\n  " + ",\n  ".join(values) + "\n]\n").encode()


def table(kinds: list[str]) -> bytes:
    written = io.StringIO()
    writer = csv.DictWriter(written, ["id", "text", "headline"], lineterminator="\n")
    writer.writeheader()
    for number, kind in enumerate(kinds):
        if kind == BROKEN:
            written.write(f'{number},"open\n')
        else:
            writer.writerow(fields(kind, number))
    return written.getvalue().encode()


def columns(kinds: list[str]) -> list[dict[str, bytes | None]]:
    """Return rows of bytes; a broken one is not UTF-8."""
    rows = [fields(kind, number) for number, kind in enumerate(kinds)]
    return [
        {
            "id": row["id"].encode(),
            "text": b"\xff" if kind == BROKEN else row["text"].encode() if kind == GOOD else None,
        }
        for row, kind in zip(rows, kinds, strict=True)
    ]


def avro(kinds: list[str]) -> bytes:
    types = [{"name": name, "type": ["null", "bytes"]} for name in ("id", "text")]
    stored = io.BytesIO()
    fastavro.writer(
        stored, {"type": "record", "name": "Row", "fields": types}, columns(kinds), codec="bzip2", sync_interval=200
    )
    return stored.getvalue()


def parquet(kinds: list[str]) -> bytes:
    stored = io.BytesIO()
    schema = pa.schema([("id", pa.binary()), ("text", pa.binary())])
    pq.write_table(pa.Table.from_pylist(columns(kinds), schema), stored, row_group_size=3)
    return stored.getvalue()


def warc(kinds: list[str]) -> bytes:
    records = {
        GOOD: record(),
        REFUSED: record(b"<html><body></body></html>"),
        BROKEN: record().replace(b"Content-Length", b"Content-Lenth", 1),
        SKIPPED: record(b"\x89PNG", content_type="image/png"),
    }
    return b"".join(records[kind] for kind in kinds)


def feed(kinds: list[str]) -> bytes:
    items = [
        "<item>" + "".join(f"<{'description' if name == 'text' else 'guid'}>{escape(value)}</{'description' if name == 'text' else 'guid'}>"
                           for name, value in fields(kind, number).items() if name != "headline") + "</item>"
        for number, kind in enumerate(kinds)
    ]  # fmt: skip
    return f"<rss><channel>{''.join(items)}</channel></rss>".encode()


@dataclass(frozen=True)
class Form:
    """A format: the ending of its files, what writes one, and the kinds of records that it can have."""

    ending: str
    write: Callable[[list[str]], bytes]
    kinds: tuple[str, ...] = (GOOD, REFUSED, BROKEN)


FORMS = (
    Form(".jsonl", json_lines),
    Form(".json", json_array),
    Form(".csv", table),
    Form(".avro", avro),
    Form(".parquet", parquet),
    Form(".warc", warc, (GOOD, REFUSED, BROKEN, SKIPPED)),
    Form(".rss", feed, (GOOD, REFUSED)),
    Form(".html", lambda kinds: PAGE.encode(), (GOOD,)),
    Form(".txt", lambda kinds: TEXT.encode(), (GOOD,)),
)
ONE_RECORD = (".html", ".txt")
chances = st.randoms(use_true_random=False)


def written(folder: Path, chance: random.Random) -> dict[str, int]:
    """Write a mixture of files, and return how many of their records are of each kind."""
    counts = dict.fromkeys((GOOD, REFUSED, BROKEN, SKIPPED), 0)
    for number in range(chance.randrange(1, 8)):
        form = chance.choice(FORMS)
        ending = chance.choice(
            [form.ending, form.ending.upper(), ""] if form.ending not in (".csv", ".txt") else [form.ending]
        )
        packed = chance.choice(sorted(PACK))
        kinds = [chance.choice(form.kinds) for _ in range(1 if form.ending in ONE_RECORD else chance.randrange(1, 9))]
        if not ending and kinds[0] == BROKEN:  # nothing then says what the file is
            kinds[0] = GOOD
        (folder / f"{number}{ending}{packed}").write_bytes(PACK[packed](form.write(kinds)))
        for kind in kinds:
            counts[kind] += 1
    return counts


def counted(messages: list[Message]) -> dict[str, int]:
    """Return how many messages are an article, are refused, or are skipped."""
    counts = {"articles": 0, "letters": 0, "skipped": 0}
    for message in messages:
        if message.skipped is not None:
            counts["skipped"] += message.repeats
            continue
        try:
            decode_article(message)
        except InvalidMessage:
            counts["letters"] += message.repeats
        else:
            counts["articles"] += message.repeats
    return counts


def expected(counts: dict[str, int]) -> dict[str, int]:
    return {"articles": counts[GOOD], "letters": counts[REFUSED] + counts[BROKEN], "skipped": counts[SKIPPED]}


@pytest.mark.property
@share_of_examples(0.5)
@given(chance=chances)
def test_every_record_of_files_is_an_article_or_refused_or_skipped(chance, tmp_path_factory):
    folder = tmp_path_factory.mktemp("mixture")
    counts = written(folder, chance)
    messages = [message for file in patterns.matched(f"{folder}/*").files for message in collapsed(read_file(file))]
    assert counted(messages) == expected(counts)


@pytest.mark.property
@share_of_examples(0.3)
@given(chance=chances, share=st.sampled_from((0.0, 0.02, 0.2)))
def test_every_record_of_a_watched_folder_is_read_or_its_file_is_a_dead_letter(chance, share, tmp_path_factory):
    folder = tmp_path_factory.mktemp("mixture")
    counts = written(folder, chance)

    def before_read(path: str, offset: int) -> None:
        if chance.random() < share:
            raise OSError(errno.EIO, "Input/output error")

    DISK.reset()
    DISK.before_read = before_read
    watch = Watch(f"{PREFIX}{folder}/*", interval=1_000)
    messages = watch.all() + watch.drained()
    DISK.reset()
    paths = [file.path for file in patterns.matched(f"{folder}/*").files]
    lost = {f"{PREFIX}{path}" for path in paths} & {
        message.origin for message in messages if "can't be read (" in (message.problem or "")
    }
    read = [
        message for message in messages if message.origin.rpartition(":")[0] not in lost and message.origin not in lost
    ]
    whole = [
        message for path in paths if f"{PREFIX}{path}" not in lost for message in collapsed(read_file(InputFile(path)))
    ]
    assert counted(read) == counted(whole)
    if not lost:
        assert counted(read) == expected(counts)
