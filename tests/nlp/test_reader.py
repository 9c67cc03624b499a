# SPDX-License-Identifier: Apache-2.0
"""One text to its records without Beam: the same records as a backfill writes."""

from datetime import datetime, timezone

import pytest

import onrecord
from onrecord.nlp.installed_model import ModelError
from tests.integration.backfills import backfill, write_messages

TEXT = "“We support the plan,” said Anna Berg. Her rival, Tom Okafor, called the plan a betrayal."
FRENCH = "Le maire a déclaré lundi que le quai resterait fermé pendant deux semaines, malgré les plaintes des pêcheurs."


def test_a_text_gives_records_of_every_kind():
    read = onrecord.read(TEXT, title="Plan divides rivals", article_id="plan", published_at="2026-03-01T08:00:00+01:00")
    assert read.article.title == "Plan divides rivals"
    assert read.article.published_at == datetime(2026, 3, 1, 7, tzinfo=timezone.utc)
    assert [entity.name for entity in read.entities] == ["Anna Berg", "Tom Okafor"]
    assert [quote.speaker.name for quote in read.quotes] == ["Anna Berg", "Tom Okafor"]
    assert [(stance.holder.name, stance.polarity) for stance in read.stances] == [
        ("Anna Berg", "SUPPORT"),
        ("Tom Okafor", "OPPOSE"),
    ]
    assert {record.article_id for record in (*read.entities, *read.quotes, *read.stances)} == {"plan"}
    assert read.other == ()


def test_a_datetime_is_the_same_as_its_text():
    when = datetime(2026, 3, 1, 7, tzinfo=timezone.utc)
    assert onrecord.read(TEXT, published_at=when).article.published_at == when


def test_nothing_is_extracted_from_another_language():
    read = onrecord.read(FRENCH)
    assert read.article.language == "fr"
    assert (read.entities, read.quotes, read.stances) == ((), (), ())


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ({"text": "  "}, "text: is empty"),
        ({"text": TEXT, "published_at": "yesterday"}, "published_at: "),
        ({"text": TEXT, "language": "a language"}, "language: "),
        ({"text": "x" * 300_001}, "text: 300,001 characters"),
    ],
)
def test_an_argument_of_the_wrong_form_is_a_value_error_that_names_it(arguments, problem):
    with pytest.raises(ValueError, match=problem):
        onrecord.read(**arguments)


def test_a_model_that_is_not_installed_is_named():
    with pytest.raises(ModelError, match="en_core_web_none"):
        onrecord.read(TEXT, model="en_core_web_none")


def test_the_pipeline_has_all_components_in_order_and_takes_names_from_a_file(tmp_path):
    names = tmp_path / "names.tsv"
    names.write_text("name\ttype\twikidata_id\nTidewater Nine\tORG\tQ4242\n", "utf-8")
    nlp = onrecord.load(gazetteer=names)
    own = [name for name in nlp.pipe_names if name.startswith("onrecord_")]
    assert own == [
        *("onrecord_segments", "onrecord_entities", "onrecord_coreference", "onrecord_quotes", "onrecord_stances"),
    ]
    doc = nlp("Tidewater Nine opposes the merger.")
    assert [(entity.name, entity.wikidata_id) for entity in doc._.onrecord_entities] == [("Tidewater Nine", "Q4242")]


@pytest.mark.process
def test_the_records_are_those_of_a_backfill(tmp_path):
    message = {"id": "plan", "text": TEXT, "title": "Plan divides rivals", "published_at": "2026-03-01T08:00:00Z"}
    backfill("--input", write_messages(tmp_path / "a.jsonl", [message]), "--output", tmp_path / "out")
    read = onrecord.read(TEXT, title=message["title"], article_id="plan", published_at=message["published_at"])
    for kind in ("entities", "quotes", "stances"):
        by_id = {record.record_id: record for record in getattr(read, kind)}
        assert {record.record_id: record for record in onrecord.records(tmp_path / "out", kind)} == by_id
        assert by_id
