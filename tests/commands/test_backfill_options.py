# SPDX-License-Identifier: Apache-2.0
"""The options of a backfill are checked once and all mistakes listed together; Beam's own are passed on."""

import argparse
from pathlib import Path

import pytest
from apache_beam.options.pipeline_options import GoogleCloudOptions, StandardOptions

from onrecord.commands import parser
from onrecord.commands.arguments import UsageError
from onrecord.commands.backfill import check
from onrecord.data.gazetteer import ListedName
from onrecord.jobs.backfill import pipeline_options
from onrecord.jobs.backfill_options import BackfillOptions, DeadLetterLimit
from onrecord.sources.splits import MAX_BYTES

MEBIBYTE = 1 << 20
ELSEWHERE = "--job_endpoint=localhost:8099"


@pytest.fixture
def articles(tmp_path: Path) -> Path:
    """Return a small file of articles."""
    path = tmp_path / "articles.jsonl"
    path.write_text('{"text": "The old ferry pier closes."}\n', "utf-8")
    return path


@pytest.fixture
def command_line(articles: Path, tmp_path: Path) -> argparse.Namespace:
    """Return the shortest command line that can be run."""
    arguments, _ = parser().parse_known_args(["backfill", "--input", str(articles), "--output", str(tmp_path / "out")])
    return arguments


def checked(command_line: argparse.Namespace, *beam_flags: str, **changes: object) -> BackfillOptions:
    """Check a command line with some options changed."""
    return check(argparse.Namespace(**(vars(command_line) | changes)), list(beam_flags))


def problems(command_line: argparse.Namespace, *beam_flags: str, **changes: object) -> list[str]:
    """Return the mistakes of a command line with some options changed."""
    with pytest.raises(UsageError) as refusal:
        checked(command_line, *beam_flags, **changes)
    return refusal.value.problems


def test_a_small_input_is_read_by_one_worker_into_one_shard(command_line):
    options = checked(command_line)
    assert (options.workers, options.output.shards) == (1, 1)
    assert options.extraction.extract == {"entities", "quotes", "stances"}
    assert (options.extraction.batch_size, options.extraction.max_text_length, options.overwrite) == (
        16,
        300_000,
        False,
    )


@pytest.mark.parametrize(("name", "shards"), [("large.jsonl", 7), ("large.jsonl.gz", 19), ("large.jsonl.zst", 19)])
def test_the_shards_follow_the_size_that_the_input_unpacks_to(name, shards, command_line, tmp_path):
    large = tmp_path / name
    with large.open("wb") as file:
        file.truncate(100 * MEBIBYTE)
    options = checked(command_line, ELSEWHERE, input=[str(large)], runner="PortableRunner")
    assert options.output.shards == shards


def test_on_this_machine_the_splits_follow_the_size_and_the_workers(command_line, tmp_path):
    large = tmp_path / "large.jsonl"

    def bytes_of_splits(size: int, workers: str) -> int:
        with large.open("wb") as file:
            file.truncate(size)
        options = checked(command_line, input=[str(large)], workers=workers)
        assert options.output.shards == 1
        return options.limits.bytes

    assert bytes_of_splits(100 * MEBIBYTE, "2") == MAX_BYTES
    assert bytes_of_splits(100 * MEBIBYTE, "1") == MAX_BYTES
    assert bytes_of_splits(4 * MEBIBYTE, "1") == MAX_BYTES
    assert MEBIBYTE < bytes_of_splits(4 * MEBIBYTE, "2") < 1.1 * MEBIBYTE
    assert checked(command_line, split_size="7").limits.messages == 7


def test_what_can_not_be_resumed_is_refused(command_line, tmp_path):
    assert checked(command_line, resume=True).resume
    [problem] = problems(command_line, resume=True, overwrite=True)
    assert problem.startswith("--resume: give either this or --overwrite")
    [problem] = problems(command_line, ELSEWHERE, resume=True, runner="PortableRunner")
    assert problem.startswith("--resume: this option is for DirectRunner only")
    [problem] = problems(command_line, resume=True, input=["-"])
    assert problem == "--resume: standard input can't be read again; give a file"
    [problem] = problems(command_line, ELSEWHERE, split_size="7", runner="PortableRunner")
    assert problem.startswith("--split-size: this option is for DirectRunner only")


def test_a_file_that_two_patterns_match_is_counted_once(command_line, tmp_path):
    large = tmp_path / "large.jsonl"
    with large.open("wb") as file:
        file.truncate(15 * MEBIBYTE)
    options = checked(command_line, ELSEWHERE, input=[str(large), str(tmp_path / "l*.jsonl")], runner="PortableRunner")
    assert options.output.shards == 1


def test_options_of_the_command_line_override_derived_ones(command_line):
    options = checked(command_line, workers="3", shards="7", batch_size="4", max_text_length="5000", overwrite=True)
    assert (options.workers, options.output.shards, options.extraction.batch_size) == (3, 7, 4)
    assert (options.extraction.max_text_length, options.overwrite) == (5_000, True)


@pytest.mark.parametrize(
    ("names", "extract"),
    [
        ("quotes", {"quotes"}),
        ("stances,entities", {"entities", "stances"}),
        (" quotes , entities,", {"entities", "quotes"}),
        ("quotes,quotes", {"quotes"}),
    ],
)
def test_any_of_the_kinds_can_be_asked_for(names, extract, command_line):
    assert checked(command_line, extract=names).extraction.extract == extract


@pytest.mark.parametrize(
    ("names", "shown"), [("quotes,moods", "'moods'"), ("", "''"), (",", "','"), ("Quotes", "'Quotes'")]
)
def test_a_kind_that_there_is_not_is_refused_with_those_that_there_are(names, shown, command_line):
    assert problems(command_line, extract=names) == [
        f"--extract {shown}: choose from entities, quotes, stances, separated by commas"
    ]


@pytest.mark.parametrize(
    ("option", "name", "least", "most"),
    [
        ("--workers", "workers", 1, 1_000),
        ("--shards", "shards", 1, 99_999),
        ("--batch-size", "batch_size", 1, 1_000),
        ("--max-text-length", "max_text_length", 1, 1_000_000),
    ],
)
def test_a_number_has_a_least_and_a_greatest_value(option, name, least, most, command_line):
    for number in (least, most):
        options = checked(command_line, **{name: str(number)})
        holder = next(one for one in (options, options.output, options.extraction) if hasattr(one, name))
        assert getattr(holder, name) == number
    for value in (str(least - 1), str(most + 1), "-1", "1.5", "two", " 1", "１", "9" * 5_000):
        reason = f"{option} {value!r}: give a whole number from {least:,} to {most:,}"
        assert problems(command_line, **{name: value}) == [reason]


@pytest.mark.parametrize(("value", "least"), [(None, None), ("0", 0.0), ("0.15", 0.15), (".5", 0.5), ("1", 1.0)])
def test_a_least_confidence_is_a_probability(value, least, command_line):
    assert checked(command_line, least_confidence=value).extraction.least_confidence == least


@pytest.mark.parametrize("value", ["", "-0.1", "1.5", "10%", "few", "nan", "1e-1", " 0.1", "٠.٥"])
def test_what_is_no_probability_is_refused(value, command_line):
    reason = f"--least-confidence {value!r}: give a number from 0 to 1, such as 0.1"
    assert problems(command_line, least_confidence=value) == [reason]


@pytest.mark.parametrize(
    ("value", "limit"),
    [
        (None, DeadLetterLimit()),
        ("0", DeadLetterLimit(number=0)),
        ("10", DeadLetterLimit(number=10)),
        ("1%", DeadLetterLimit(share=0.01)),
        ("2.5%", DeadLetterLimit(share=0.025)),
        ("100%", DeadLetterLimit(share=1.0)),
        ("0%", DeadLetterLimit(share=0.0)),
        ("0.01", DeadLetterLimit(share=0.01)),
        (".5", DeadLetterLimit(share=0.5)),
        ("0.0", DeadLetterLimit(share=0.0)),
        ("1.0", DeadLetterLimit(share=1.0)),
    ],
)
def test_dead_letters_are_limited_by_number_or_by_share(value, limit, command_line):
    assert checked(command_line, max_dead_letters=value).max_dead_letters == limit


@pytest.mark.parametrize("value", ["", "-1", "101%", "1.5", "few", "%", "1 %", "1e-2", "nan", "0.01%%"])
def test_a_limit_that_is_neither_number_nor_share_is_refused(value, command_line):
    [problem] = problems(command_line, max_dead_letters=value)
    assert problem.startswith(f"--max-dead-letters {value!r}: give a number such as 10")


@pytest.mark.parametrize(
    ("limit", "dead_letters", "messages", "exceeded"),
    [
        (DeadLetterLimit(), 100, 100, False),
        (DeadLetterLimit(number=0), 0, 100, False),
        (DeadLetterLimit(number=0), 1, 100, True),
        (DeadLetterLimit(number=10), 10, 10, False),
        (DeadLetterLimit(number=10), 11, 1_000_000, True),
        (DeadLetterLimit(share=0.01), 1, 100, False),
        (DeadLetterLimit(share=0.01), 2, 100, True),
        (DeadLetterLimit(share=0.0), 1, 100, True),
        (DeadLetterLimit(share=0.5), 0, 0, False),
    ],
)
def test_a_limit_is_exceeded_by_more_than_it(limit, dead_letters, messages, exceeded):
    assert limit.is_exceeded(dead_letters, messages) is exceeded


def test_an_input_must_be_given(command_line):
    assert problems(command_line, input=None) == [
        "--input: give at least one file, such as --input 'articles/*.jsonl.gz'"
    ]


def test_every_pattern_must_match_a_file(command_line, articles, tmp_path):
    nothing = str(tmp_path / "*.json")
    assert problems(command_line, input=[str(articles), nothing]) == [f"--input {nothing}: no file matches"]


def test_a_folder_means_the_files_in_it_and_what_is_left_out_is_said(command_line, tmp_path, capsys):
    folder = tmp_path / "archive"
    (folder / "2026").mkdir(parents=True)
    assert problems(command_line, input=[str(folder)]) == [f"--input {folder}: the folder is empty"]
    (folder / "README.md").write_text("# Archive", "utf-8")
    [problem] = problems(command_line, input=[str(folder)])
    assert problem.startswith(f"--input {folder}: the folder has no files with a known ending (.jsonl, ")
    (folder / "2026" / "january.jsonl").write_text("{}", "utf-8")
    assert checked(command_line, input=[str(folder)]).inputs == (str(folder),)
    assert f"note: 1 not read, since the ending of the name is unknown: {folder}/README.md" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("notes", "The pier closes.", "its format is unknown; give --format with one of json, csv, "),
        ("articles.jsonl", "PK\x03\x04", "it is a zip archive; unpack it"),
        ("articles.docx", "PK\x03\x04", "it is a zip archive; unpack it"),
    ],
)
def test_a_file_of_a_format_that_is_not_known_is_refused_before_anything_is_written(
    name, content, said, command_line, tmp_path
):
    (tmp_path / name).write_text(content, "utf-8")
    [problem] = problems(command_line, input=[str(tmp_path / name)])
    assert problem.startswith(f"--input {tmp_path / name}: {said}")


def test_a_format_can_be_named(command_line, tmp_path):
    (tmp_path / "notes").write_text("The pier closes.", "utf-8")
    assert checked(command_line, input=[str(tmp_path / "notes")], format="text").reading.format == "text"
    [problem] = problems(command_line, format="word")
    assert problem == "--format word: choose from json, csv, avro, parquet, warc, xml, html, text"


def test_links_to_nothing_are_named(command_line, tmp_path, articles, capsys):
    (tmp_path / "gone.jsonl").symlink_to(tmp_path / "nothing")
    checked(command_line, input=[f"{tmp_path}/*.jsonl"])
    assert f"note: 1 not read, since they are links to nothing: {tmp_path}/gone.jsonl" in capsys.readouterr().err
    [problem] = problems(command_line, input=[f"{tmp_path}/g*.jsonl"])
    assert "only links to nothing" in problem


def test_other_names_of_fields_are_checked(command_line):
    fields = checked(command_line, field=["text=body", "published_at=meta.date"]).extraction.fields
    assert [(name.field, name.path) for name in fields] == [("text", "body"), ("published_at", "meta.date")]
    found = problems(command_line, field=["body=text", "text=a", "text=b", "text"])
    assert [problem.partition(":")[0] for problem in found] == ["--field body=text", "--field text=b", "--field text"]


@pytest.mark.parametrize(
    ("words", "given", "inputs", "output"),
    [
        (["a.jsonl", "b.jsonl", "out"], {}, ("a.jsonl", "b.jsonl"), "out"),
        (["a.jsonl", "b.jsonl"], {"output": "out"}, ("a.jsonl", "b.jsonl"), "out"),
        (["out"], {"input": ["a.jsonl"]}, ("a.jsonl",), "out"),
        (["a.jsonl", "out", "--project=harbour"], {}, ("a.jsonl",), "out"),
    ],
)
def test_files_and_folder_can_be_given_without_options(
    words, given, inputs, output, command_line, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    for name in ("a.jsonl", "b.jsonl"):
        (tmp_path / name).write_text("{}", "utf-8")
    options = checked(command_line, *words, **{"input": None, "output": None, **given})
    assert (options.inputs, options.output.folder) == (inputs, output)


def test_a_single_file_lacks_a_folder(command_line, articles):
    assert problems(command_line, str(articles), input=None, output=None) == [
        "--output: give the folder for the records"
    ]


def test_a_filesystem_that_there_is_not_is_refused(command_line):
    [problem] = problems(command_line, input=["nowhere://articles/*.jsonl"])
    assert problem.startswith("--input nowhere://articles/*.jsonl: ")
    [problem] = problems(command_line, output="nowhere://out")
    assert problem.startswith("--output nowhere://out: ")


def test_an_output_folder_must_be_given(command_line):
    assert problems(command_line, output=None) == ["--output: give the folder for the records"]


def test_an_output_that_is_a_file_is_refused(command_line, articles):
    assert problems(command_line, output=str(articles)) == [f"--output {articles}: this is a file; give a folder"]


def test_an_output_folder_with_anything_in_it_needs_overwrite(command_line, tmp_path):
    output = tmp_path / "out"
    output.mkdir()
    checked(command_line)
    (output / "notes.txt").write_text("ours", "utf-8")
    [problem] = problems(command_line)
    assert problem.startswith(f"--output {output}: the folder is not empty; give another one, or --overwrite")
    assert checked(command_line, overwrite=True).overwrite


@pytest.mark.parametrize("overwrite", [True, False])
@pytest.mark.parametrize("name", ["out*", "o?t", "out[1]"])
def test_an_output_that_is_a_pattern_is_refused_since_it_would_mean_other_folders(
    name, overwrite, command_line, tmp_path
):
    [problem] = problems(command_line, output=str(tmp_path / name), overwrite=overwrite)
    assert problem.startswith(f"--output {tmp_path / name}: ")


def test_what_is_wrong_with_the_model_is_passed_on(command_line):
    [problem] = problems(command_line, model="en_core_web_none")
    assert problem.startswith(
        "--model en_core_web_none: language model 'en_core_web_none' is neither an installed package"
    )


def test_all_mistakes_are_listed_together(command_line, articles):
    found = problems(
        command_line,
        "--runer=FlinkRunner",
        input=["nothing-here.jsonl"],
        output=str(articles),
        extract="moods",
        workers="none",
        shards="0",
        batch_size="",
        max_text_length="2e5",
        max_dead_letters="a few",
    )
    assert [problem.partition(" ")[0].rstrip(":") for problem in found] == [
        "--input",
        "--output",
        "--workers",
        "--extract",
        "--batch-size",
        "--max-text-length",
        "--shards",
        "--max-dead-letters",
        "unknown",
    ]


@pytest.mark.parametrize(
    ("flag", "suggestion"),
    [
        ("--runer=FlinkRunner", "--runner"),
        ("--worker=3", "--workers"),
        ("--batch_size=3", "--batch-size"),
        ("--max-dead-leters=3", "--max-dead-letters"),
        ("--direct-num-worker=3", "--direct_num_workers"),
    ],
)
def test_a_slip_in_an_options_name_is_met_with_the_name_that_was_meant(flag, suggestion, command_line):
    [problem] = problems(command_line, flag)
    name = flag.partition("=")[0]
    assert problem == f"unknown option: {name} (neither onrecord nor Beam has it); did you mean {suggestion}?"


def test_for_an_option_unlike_any_other_nothing_is_suggested(command_line):
    assert problems(command_line, "--zzqx") == ["unknown option: --zzqx (neither onrecord nor Beam has it)"]


def test_options_of_beam_are_handed_through(command_line):
    options = checked(
        command_line, "--project=harbour", "--job_name", "pier", "--streaming", "--temp-location=gs://harbour/temp"
    )
    beam_options = pipeline_options(options)
    cloud = beam_options.view_as(GoogleCloudOptions)
    assert (cloud.project, cloud.job_name) == ("harbour", "pier")
    assert beam_options.view_as(StandardOptions).streaming is True


def test_an_option_of_beam_has_the_last_word(command_line):
    beam_options = pipeline_options(checked(command_line, "--runner=DirectRunner"))
    assert beam_options.view_as(StandardOptions).runner == "DirectRunner"


def test_the_users_names_are_read_before_anything_starts(command_line, tmp_path):
    names = tmp_path / "names.csv"
    names.write_text("name,type,wikidata_id\nHarbour Board,ORG,Q42\n", "utf-8")
    assert checked(command_line, gazetteer=str(names)).extraction.gazetteer == (
        ListedName("Harbour Board", "ORG", "Q42"),
    )
    assert checked(command_line).extraction.gazetteer == ()


def test_every_mistake_in_the_users_names_is_reported_with_its_line(command_line, tmp_path):
    names = tmp_path / "names.tsv"
    names.write_text("name\ttype\nHarbour Board\tORGAN\n…\tORG\n", "utf-8")
    told = problems(command_line, gazetteer=str(names), batch_size="0")
    assert any(f"--gazetteer {names}: line 2: type 'ORGAN'" in problem for problem in told)
    assert any(f"--gazetteer {names}: line 3: name" in problem for problem in told)
    assert any("--batch-size" in problem for problem in told)


@pytest.mark.parametrize("name", ["none.csv", "names.txt", "folder.csv"])
def test_a_list_of_names_that_cannot_be_read_is_a_mistake(command_line, tmp_path, name):
    (tmp_path / "folder.csv").mkdir()
    (tmp_path / "names.txt").write_text("name,type\n", "utf-8")
    [problem] = problems(command_line, gazetteer=str(tmp_path / name))
    assert problem.startswith(f"--gazetteer {tmp_path / name}: ")


def test_of_very_many_mistakes_in_the_names_the_first_are_shown(command_line, tmp_path):
    names = tmp_path / "names.csv"
    names.write_text("name,type\n" + "Board,X\n" * 1000, "utf-8")
    told = problems(command_line, gazetteer=str(names))
    assert len(told) < 100
    assert "and 950 more mistakes" in told[-1]


def test_workers_are_those_of_the_local_runner(command_line):
    [problem] = problems(command_line, "--job_endpoint=localhost:8099", runner="PortableRunner", workers="2")
    assert problem.startswith("--workers: this option is for DirectRunner only")


def test_a_service_is_not_given_files_of_this_machine(command_line, articles, tmp_path):
    found = problems(command_line, runner="DataflowRunner")
    for place in (f"--input {articles}", f"--output {tmp_path / 'out'}"):
        assert f"{place}: DataflowRunner can't reach files of this machine; give gs://BUCKET/..." in found


@pytest.mark.parametrize("mode", ["777", "6", "0o600", "rw", "060", "-1", "６００"])
def test_permissions_that_are_not_those_of_a_file_are_refused(command_line, mode):
    [problem] = problems(command_line, mode=mode)
    assert problem.startswith(f"--mode {mode!r}: give permissions such as 600")
