# SPDX-License-Identifier: Apache-2.0
"""Files of records, Avro and Parquet: complete or absent, equal bytes for equal records, and read back unchanged."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import apache_beam as beam
import duckdb
import fastavro
import pandas
import polars
import pytest
from apache_beam.testing.test_pipeline import TestPipeline
from apache_beam.testing.util import assert_that, equal_to
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import parquet

from onrecord import __version__
from onrecord.data import schemas
from onrecord.data.kinds import kinds
from onrecord.data.records import Provenance, QuoteRecord, Record, Span, to_avro
from onrecord.data.settings import OutputSettings
from onrecord.sinks import AVRO, PARQUET, FileSink, contents
from onrecord.sinks import output_folder as folder
from onrecord.sinks.files import WriteFiles, file_name, shard_of, write_file
from tests.conftest import RECORDS_OF_KIND, records
from tests.export.runs import RECORDS

pytestmark = pytest.mark.usefixtures("value_coders")
FORMATS = pytest.mark.parametrize("sink", [AVRO, PARQUET], ids=lambda sink: sink.name)

QUOTE = QuoteRecord(
    article_id="pier",
    published_at=None,
    provenance=Provenance("1", "en_core_web_sm", "3"),
    quote_id="pier#quote-1",
    type="DIRECT",
    content=(Span(0, 12, "“It is gone”"),),
    cue=(),
    speaker=None,
    parent_quote_id=None,
    confidence=0.5,
)


@pytest.fixture(scope="module")
def output(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return an output folder that is ready to be written to."""
    path = str(tmp_path_factory.mktemp("out"))
    folder.prepare(path)
    return path


def written(output: str, kind: str, records: Sequence[Record], sink: FileSink) -> Path:
    """Write records into one file and return its path."""
    name = file_name(kind, 0, 1, sink.extension)
    write_file(output, name, kind, records, sink)
    return Path(output, name)


def read(path: Path, record_type: type[Record]) -> list[Record]:
    """Return the records of a file."""
    (sink,) = (one for one in (AVRO, PARQUET) if path.suffix == one.extension)
    with path.open("rb") as file:
        assert sink.count_records is not None
        count = sink.count_records(file)
        file.seek(0)
        found = list(sink.read_records(file, kinds()[record_type.kind]))
    assert len(found) == count
    return found


lists_of_one_kind = st.sampled_from(sorted(kinds())).flatmap(
    lambda kind: st.tuples(st.just(kind), st.lists(RECORDS_OF_KIND[kind], min_size=1, max_size=5))
)


@FORMATS
@given(lists_of_one_kind)
def test_what_is_read_is_what_was_written_in_the_order_of_the_ids(sink, output, case):
    kind, some_records = case
    found = read(written(output, kind, some_records, sink), type(some_records[0]))
    assert sorted(map(to_avro, found), key=repr) == sorted(map(to_avro, some_records), key=repr)
    assert [record.record_id for record in found] == sorted(record.record_id for record in some_records)


@FORMATS
@given(lists_of_one_kind, st.data())
def test_equal_records_give_equal_bytes_in_any_order(sink, output, case, data):
    kind, some_records = case
    first = written(output, kind, some_records, sink).read_bytes()
    assert written(output, kind, data.draw(st.permutations(some_records)), sink).read_bytes() == first


@FORMATS
@pytest.mark.parametrize("kind", ["articles", "dead_letters"])
@given(data=st.data())
def test_the_order_of_attributes_is_none(sink, kind, output, data):
    record = data.draw(RECORDS_OF_KIND[kind].filter(lambda record: len(record.attributes) > 1))
    turned = replace(record, attributes=dict(reversed(record.attributes.items())))
    assert written(output, kind, [record], sink).read_bytes() == written(output, kind, [turned], sink).read_bytes()


def test_a_file_says_what_wrote_it_and_with_which_schema(output):
    with written(output, "quotes", [QUOTE], AVRO).open("rb") as file:
        reader = fastavro.reader(file)
        assert reader.metadata["onrecord.version"] == __version__
        assert fastavro.parse_schema(reader.writer_schema) == schemas.schema("quotes")
        assert reader.codec in {"deflate", "zstandard"}


def test_a_parquet_file_has_the_fields_of_the_schema_with_what_they_mean(output):
    schema = parquet.read_schema(written(output, "quotes", [QUOTE], PARQUET))
    fields = json.loads(schemas.text_of("quotes"))["fields"]
    assert schema.names == [field["name"] for field in fields]
    assert [schema.field(field["name"]).metadata[b"description"].decode() for field in fields] == [
        field["doc"] for field in fields
    ]
    assert schema.metadata[b"onrecord.version"].decode() == __version__
    assert not schema.field("article_id").nullable
    assert schema.field("speaker").nullable


@pytest.mark.parametrize("kind", sorted(kinds()))
def test_duckdb_polars_and_pandas_read_parquet_files(kind, output):
    of_kind = [record for record in RECORDS if record.kind == kind]
    path = written(output, kind, of_kind, PARQUET)
    field = {"dead_letters": "dead_letter_id"}.get(kind, "article_id")
    expected = sorted(getattr(record, field) for record in of_kind)
    assert sorted(duckdb.sql(f"SELECT {field} FROM '{path}'").fetchnumpy()[field].tolist()) == expected
    assert sorted(polars.read_parquet(path)[field].to_list()) == expected
    assert sorted(pandas.read_parquet(path)[field].to_list()) == expected


@FORMATS
def test_a_file_without_records_can_be_read(sink, output):
    assert read(written(output, "quotes", [], sink), QuoteRecord) == []


ODD = replace(QUOTE, quote_id="pier#quote-2", confidence="high")  # type: ignore[arg-type]


@FORMATS
def test_nothing_has_the_final_name_when_writing_fails_half_way(sink, tmp_path):
    folder.prepare(str(tmp_path))
    with pytest.raises((TypeError, ValueError)):
        written(str(tmp_path), "quotes", [QUOTE, ODD], sink)
    assert [path for kind in kinds() for path in (tmp_path / kind).iterdir()] == []
    folder.discard_unfinished(str(tmp_path))
    assert contents.is_empty(str(tmp_path))


@FORMATS
def test_a_complete_file_stays_when_writing_it_again_fails(sink, tmp_path):
    folder.prepare(str(tmp_path))
    path = written(str(tmp_path), "quotes", [QUOTE], sink)
    complete = path.read_bytes()
    with pytest.raises((TypeError, ValueError)):
        written(str(tmp_path), "quotes", [QUOTE, ODD], sink)
    assert path.read_bytes() == complete


@FORMATS
def test_writing_again_replaces_the_file(sink, tmp_path):
    folder.prepare(str(tmp_path))
    written(str(tmp_path), "quotes", [QUOTE, replace(QUOTE, quote_id="pier#quote-2")], sink)
    again = written(str(tmp_path), "quotes", [QUOTE], sink)
    assert read(again, QuoteRecord) == [QUOTE]
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [again]


@given(records, st.integers(1, 99_999))
def test_every_record_has_a_shard(record, shards):
    assert 0 <= shard_of(record, shards) < shards
    assert shard_of(record, 1) == 0


@given(st.text(), st.data())
def test_all_records_of_an_article_have_one_shard(article_id, data):
    kinds = ("articles", "entities", "quotes", "stances")
    of_one_article = [replace(data.draw(RECORDS_OF_KIND[kind]), article_id=article_id) for kind in kinds]
    assert len({shard_of(record, 1_000) for record in of_one_article}) == 1


def test_articles_spread_over_the_shards():
    shards = [shard_of(replace(QUOTE, article_id=f"article {number}"), 4) for number in range(400)]
    assert all(70 < shards.count(shard) < 130 for shard in range(4))


@FORMATS
def test_a_pipeline_writes_a_file_for_each_shard_that_has_records(sink, tmp_path):
    folder.prepare(str(tmp_path))
    quotes = [replace(QUOTE, article_id=name, quote_id=f"{name}#1") for name in ("pier", "quay", "mole")]
    shards = {quote.article_id: shard_of(quote, 5) for quote in quotes}
    expected = {f"quotes/quotes-{shard:05d}-of-00005{sink.extension}" for shard in shards.values()}
    with TestPipeline(runner="FnApiRunner") as pipeline:
        names = (
            pipeline
            | beam.Create(quotes, reshuffle=False).with_output_types(QuoteRecord)
            | "WriteQuotes" >> WriteFiles("quotes", OutputSettings(str(tmp_path), sink.name, shards=5))
        )
        assert_that(names, equal_to(sorted(expected)))
    files = {path for path in tmp_path.rglob("*") if path.is_file()}
    assert {str(path.relative_to(tmp_path)) for path in files} == expected
    found = [(record.article_id, path.name) for path in files for record in read(path, QuoteRecord)]
    assert sorted(found) == sorted(
        (name, f"quotes-{shard:05d}-of-00005{sink.extension}") for name, shard in shards.items()
    )
