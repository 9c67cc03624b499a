# SPDX-License-Identifier: Apache-2.0
"""``onrecord speakers``: quotes are counted by their speakers, on records that the pipeline's own code wrote."""

import io
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from rich.console import Console

from onrecord.commands import main
from onrecord.data.records import QuoteRecord, Record, Span, Speaker, to_avro
from onrecord.positions import output
from onrecord.positions.records import Articles, Names
from onrecord.positions.speakers import WantedQuotes, count_speakers
from tests.export.runs import ARTICLE, HALE, MONDAY, QUOTE, write_run

LONG = "“The pier will be closed until the board has found the money for it,”"


def speaker(name: str | None, mention: str | None = None, **fields: object) -> Speaker:
    words = mention or name or ""
    return Speaker(Span(0, len(words), words), None, name, "NAME", **fields)


def quote(
    number: int, who: Speaker | None, article: str = "pier", text: str = "“It is gone,”", **fields: object
) -> QuoteRecord:
    like = replace(QUOTE, co_speakers=())
    return replace(
        like,
        article_id=article,
        quote_id=f"{article}#{number}",
        content=(Span(0, len(text), text),),
        speaker=who,
        text_sha256="",
        **fields,
    )


HALE_SPEAKS = speaker("Ruth Hale")
RECORDS: list[Record] = [
    ARTICLE,
    replace(ARTICLE, article_id="quay", source="quaynews.example", published_at=MONDAY + timedelta(days=1)),
    HALE,
    quote(1, QUOTE.speaker),
    quote(2, HALE_SPEAKS, type="INDIRECT", co_speakers=(speaker("Tom Okafor"),)),
    quote(3, replace(HALE_SPEAKS, name="RUTH HALE"), "quay", published_at=MONDAY + timedelta(days=1), confidence=0.4),
    quote(4, speaker("Tom Okafor"), realis="NEGATED"),
    quote(5, speaker(None, "officials", kind="UNNAMED_GROUP")),
    quote(6, speaker(None, "He")),
    quote(7, None),
]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_run(tmp_path_factory.mktemp("run") / "out", RECORDS)


def lines(capsys, *arguments: object, code: int = 0) -> list[list[str]]:
    assert main(["speakers", *map(str, arguments)]) == code
    return [line.split("\t") for line in capsys.readouterr().out.splitlines()]


def test_quotes_articles_and_publishers_are_counted(run: Path, capsys) -> None:
    assert lines(capsys, run) == [
        ["speaker", "quotes", "direct", "articles", "sources", "first", "last", "example", "in"],
        ["Ruth Hale", "3", "2", "2", "2", "2026-03-02", "2026-03-03", "“It is gone,”", "pier"],
        ["Tom Okafor", "1", "0", "1", "1", "2026-03-02", "2026-03-02", "“It is gone,”", "pier"],
    ]


@pytest.mark.parametrize(
    ("options", "speakers"),
    [
        (("--unnamed",), ["Ruth Hale", "officials", "Tom Okafor"]),
        (("--speaker", "okafor"), ["Tom Okafor"]),
        (("--speaker", "okafor", "--speaker", "hale"), ["Ruth Hale", "Tom Okafor"]),
        (("--since", "2026-03-03"), ["RUTH HALE"]),
        (("--source", "quaynews.example"), ["RUTH HALE"]),
        (("--min-quotes", "2"), ["Ruth Hale"]),
        (("--min-confidence", "0.95"), []),
        (("--sort", "speaker", "--rows", "1"), ["Ruth Hale"]),
        (("--until", "2026-03-01"), []),
    ],
)
def test_only_some_speakers(options, speakers, run: Path, capsys) -> None:
    assert [line[0] for line in lines(capsys, run, *options)[1:]] == speakers


def test_all_quotes_of_a_speaker_are_printed(run: Path, capsys) -> None:
    title, *found = lines(capsys, run, "--speaker", "Hale", "--quotes")
    assert title == ["speaker", "type", "confidence", "published", "in", "quote"]
    assert [(line[1], line[4]) for line in found] == [("DIRECT", "pier"), ("INDIRECT", "pier"), ("DIRECT", "quay")]
    (one,) = count_speakers([to_avro(quote(1, HALE_SPEAKS))], WantedQuotes(), Names(), Articles()).speakers
    shown = io.StringIO()
    output.print_quotes(
        [(one, [to_avro(quote(1, HALE_SPEAKS))])], Console(file=shown, force_terminal=True), io.StringIO()
    )
    assert "direct  pier" in shown.getvalue()


def test_the_reasons_for_no_speaker_are_counted(run: Path, capsys) -> None:
    assert main(["speakers", str(run), "--speaker", "Nobody"]) == 0
    assert capsys.readouterr().err.splitlines() == [
        "no matching quotes: of 7, 1 that were not said, or may be said, 3 of unnamed or unknown speakers (--unnamed), "
        "3 of other speakers (--speaker)"
    ]


def test_a_quote_that_a_publisher_repeats_counts_once() -> None:
    rows = [to_avro(quote(1, HALE_SPEAKS, article, LONG)) for article in ("a", "b", "c")]
    articles = Articles({"a": "x.example", "b": "x.example", "c": "y.example"})
    (one,) = count_speakers(rows, WantedQuotes(), Names(), articles).speakers
    (turned,) = count_speakers(rows[::-1], WantedQuotes(), Names(), articles).speakers
    assert (one.quotes, one.articles, one.sources) == (2, 2, 2)
    assert one == turned


def test_quotes_that_a_stream_wrote_twice_count_once(tmp_path: Path, capsys) -> None:
    folder = write_run(write_run(tmp_path / "out", RECORDS), RECORDS, "parquet", shard=1)
    assert [line[1] for line in lines(capsys, folder)[1:]] == ["3", "1"]


def test_wrong_options_are_reported_together(tmp_path: Path, capsys) -> None:
    given = ["--sort", "size", "--min-confidence", "2", "--rows", "-1", "--speaker", " ", "--until", "03/04/2026"]
    assert main(["speakers", str(tmp_path), *given]) == 2
    said = capsys.readouterr().err
    for part in ("--sort size: choose from quotes", "--min-confidence '2'", "--rows '-1'", "--speaker: give a name"):
        assert part in said
    assert "--until 03/04/2026: give a day such as 2026-03-02" in said
    assert "this is not the output of a run" in said
