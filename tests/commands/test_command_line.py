# SPDX-License-Identifier: Apache-2.0
"""The command ``onrecord``: its output, its streams and its exit codes."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from onrecord import __version__
from onrecord.commands import COMMANDS, main
from onrecord.data.kinds import kinds
from onrecord.sinks import files
from onrecord.sinks.lock import one_run

OPTIONS = [
    "--input",
    "--output",
    "--overwrite",
    "--extract",
    "--model",
    "--workers",
    "--shards",
    "--parse",
    "--stances",
    "--batch-size",
    "--max-text-length",
    "--max-dead-letters",
    "--time-limit",
    "--verbose",
]


@pytest.fixture(autouse=True)
def threads(monkeypatch):
    """Restore the number of threads that a command sets."""
    monkeypatch.setenv("OMP_NUM_THREADS", "1")


def ended(*argv: str) -> int:
    """Return the exit code of a command line at which the parser exits."""
    with pytest.raises(SystemExit) as end:
        main(list(argv))
    return int(end.value.code or 0)


def test_python_m_onrecord_is_the_command():
    run = subprocess.run([sys.executable, "-m", "onrecord", "--version"], capture_output=True, text=True, check=True)
    assert run.stdout == f"onrecord {__version__}\n"
    assert run.stderr == ""


def test_help_names_the_commands(capsys):
    assert ended("--help") == 0
    assert {"backfill", "schema"} <= set(capsys.readouterr().out.split())


def test_help_explains_every_option_its_default_and_the_exit_codes(capsys):
    assert ended("backfill", "--help") == 0
    text = capsys.readouterr().out
    assert [option for option in OPTIONS if f"\n  {option}" not in text] == []
    assert "(default: en_core_web_sm)" in " ".join(text.split())
    codes = "exit codes: 0 done; 1 failed, nothing could be read, too many dead letters or messages in a file, or another run"
    assert codes in " ".join(text.split())
    assert "onrecord backfill --input" in text


@pytest.mark.parametrize(("columns", "longest"), [(80, 80), (300, 100)])
@pytest.mark.parametrize("command", [command.__name__.rpartition(".")[2].replace("_", "-") for command in COMMANDS])
def test_help_fits_the_terminal_and_has_no_long_lines(command, columns, longest, monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", str(columns))
    assert ended(command, "--help") == 0
    assert [line for line in capsys.readouterr().out.splitlines() if len(line) > longest] == []


@pytest.mark.parametrize(
    ("command", "needed"),
    [
        ("backfill", "FILE [FILE ...] DIR"),
        ("stream", "(--subscription NAME | --topic NAME | --watch GLOB) --output DIR"),
        ("publish", "FILE [FILE ...] --topic NAME"),
        ("replay", "(DIR | --subscription NAME) (--output DIR | --topic NAME)"),
    ],
)
def test_the_usage_of_a_command_is_what_it_needs(command, needed, capsys):
    assert ended(command, "--help") == 0
    assert " ".join(capsys.readouterr().out.split()).startswith(f"usage: onrecord {command} {needed} [options]")


def test_help_shows_how_schemas_are_checked(capsys):
    assert ended("schema", "--help") == 0
    assert "onrecord schema check old.avsc new.avsc" in capsys.readouterr().out


@pytest.mark.parametrize("argv", [("extract",), ("backfill", "--input"), ("--output", "out")])
def test_a_command_line_that_can_not_be_parsed_is_wrong_usage(argv, capsys):
    assert ended(*argv) == 2
    assert "usage: onrecord" in capsys.readouterr().err


@pytest.mark.parametrize(("argv", "nearest"), [(("bakfill",), "backfill"), (("help", "posishuns"), "positions")])
def test_a_slip_in_a_commands_name_is_answered_with_the_name_that_was_meant(argv, nearest, capsys):
    assert ended(*argv) == 2
    assert f"did you mean {nearest}?" in capsys.readouterr().err


def test_without_a_command_the_help_is_printed_and_it_is_wrong_usage(capsys):
    assert main([]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "extract records from files of articles" in printed.err


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_a_full_standard_output_is_a_failure_that_is_said():
    with Path("/dev/full").open("w") as full:
        argv = [sys.executable, "-m", "onrecord", "schema", "quotes"]
        run = subprocess.run(argv, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert run.returncode == 1
    assert run.stderr == "failed: standard output can't be written: No space left on device\n"


@pytest.mark.parametrize("width", [60, 80])
def test_help_fits_the_terminal_except_for_examples(width, monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", str(width))
    assert ended("replay", "--help") == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line for line in lines if len(line) > width and not line.startswith("  onrecord ")] == []


@pytest.mark.parametrize("argv", [("help", "backfill"), ("backfill", "--help")])
def test_help_about_a_command_can_be_asked_for_in_two_ways(argv, capsys):
    assert ended(*argv) == 0
    assert "usage: onrecord backfill" in capsys.readouterr().out


@pytest.mark.parametrize(
    "argv",
    [
        ("backfill", "nothing.jsonl", "nowhere"),
        ("backfill", "README.md", "nowhere"),
        (
            "backfill",
            "samples/articles.jsonl",
            "nowhere",
            "--format",
            "word",
            "--model",
            "en_none",
            "--field",
            "body=text",
        ),
        ("backfill", "samples/articles.jsonl", "samples"),
        ("backfill", "samples/articles.jsonl", "README.md/nowhere"),
        ("backfill", "https://example.com/articles.jsonl", "nowhere"),
        ("publish", "nothing.jsonl", "--topic", "projects/p/topics/t"),
        ("stream", "--watch", "-", "--output", "nowhere", "--every", "0"),
        ("stream", "--watch", "https://example.com/*.jsonl", "--output", "nowhere"),
        ("stream", "--subscription", "short", "--output", "samples", "--window", "long"),
        ("replay", "nothing", "--output", "nowhere"),
        ("replay", "samples", "--output", "nowhere"),
        ("replay", "--subscription", "short", "--topic", "short"),
        ("dead-letters", "samples"),
        ("stream", "--subscription", "articles", "--output", "nowhere"),
        ("replay", "nowhere", "--output", "nowhere-else"),
        ("dead-letters", "nowhere"),
    ],
)
def test_mistakes_are_found_without_the_seconds_that_beam_and_spacy_take_to_import(argv):
    blocked = (
        "import sys; sys.modules.update(apache_beam=None, spacy=None);"
        " from onrecord.commands import main; sys.exit(main(sys.argv[1:]))"
    )
    run = subprocess.run([sys.executable, "-c", blocked, *argv], capture_output=True, text=True, check=False)
    assert run.returncode == 2
    assert "pip install 'onrecord[" not in run.stderr
    assert f"(onrecord {argv[0]} --help explains the options)" in run.stderr


@pytest.mark.parametrize(
    ("argv", "problem"),
    [
        (("backfill", "samples/articles.jsonl", "README.md/new/out"), "README.md is not a folder"),
        (("stream", "--watch", "samples", "--output", "README.md/out"), "README.md is not a folder"),
        (("backfill", "samples/articles.jsonl", "https://example.com/out"), "files can be local, gs:// or s3://"),
        (("stream", "--watch", "hdfs-archive://a/b", "--output", "README.md"), "this is a file; give a folder"),
        (("stream", "--watch", "-", "--output", "nowhere"), "standard input can't be watched"),
        (("stream", "a.jsonl", "nowhere"), "unexpected argument: a.jsonl; files are given with --watch"),
        (("replay", "nothing", "--output", "nowhere"), "there is no such folder; give the --output of a backfill"),
        (("replay", "samples", "--output", "nowhere"), "there is no folder 'dead_letters' in it"),
        (("replay", "https://example.com/out", "--output", "nowhere"), "files can be local, gs:// or s3://"),
    ],
)
def test_a_place_that_can_not_be_used_is_told_before_the_run_starts(argv, problem, capsys):
    assert main(list(argv)) == 2
    assert problem in capsys.readouterr().err


def test_all_mistakes_in_the_options_are_reported_on_standard_error(tmp_path, capsys):
    output = tmp_path / "out"
    code = main(
        [
            "backfill",
            "--input",
            str(tmp_path / "*.jsonl"),
            "--output",
            str(output),
            "--model",
            "en_none",
            "--wrkers",
            "2",
        ]
    )
    printed = capsys.readouterr()
    assert code == 2
    assert printed.out == ""
    *problems, hint = printed.err.splitlines()
    assert [problem.split(":")[1].split()[0] for problem in problems] == ["--input", "--model", "unknown"]
    assert hint == "(onrecord backfill --help explains the options)"
    assert not output.exists()


@pytest.mark.parametrize("place", ["out/forgotten.json", "elsewhere.json"])
@pytest.mark.parametrize(
    "stored", ["{}", "[]", '{"version": 99, "salt": "", "articles": [], "urls": [], "texts": [], "names": {}}']
)
def test_a_list_of_forgotten_articles_that_can_not_be_read_stops_a_run_before_it_starts(place, stored, tmp_path, capfd):
    articles, output = tmp_path / "articles.jsonl", tmp_path / "out"
    articles.write_text("{}\n", "utf-8")
    output.mkdir()
    (tmp_path / place).write_text(stored, "utf-8")
    option = ["--forgotten", str(tmp_path / place)] if place == "elsewhere.json" else []
    code = main(["backfill", "--input", str(articles), "--output", str(output), *option])
    assert code == (2 if option else 1)
    assert str(tmp_path / place) in capfd.readouterr().err
    assert not (output / "articles").exists()


def test_an_option_is_not_guessed_from_its_beginning(tmp_path, capsys):
    assert main(["backfill", "--inp", "a.jsonl", "--output", str(tmp_path)]) == 2
    assert "unknown option: --inp (neither onrecord nor Beam has it); did you mean --input?" in capsys.readouterr().err


@pytest.mark.process
@pytest.mark.parametrize(("limit", "is_exceeded"), [("1", False), ("99.9%", True)])
def test_a_run_that_could_read_nothing_fails_and_says_why_and_its_letters_are_written(
    limit, is_exceeded, tmp_path, capfd
):
    articles, output = tmp_path / "articles.jsonl", tmp_path / "out"
    articles.write_text('{"title": "no text"}\n', "utf-8")
    argv = ["backfill", "--input", str(articles), "--output", str(output), "--max-dead-letters", limit]
    assert main(argv) == 1
    printed = capfd.readouterr()
    assert (
        f"  1 × text: is missing; one of text and html is required; fields there: title ({articles}:1)\n" in printed.err
    )
    assert "failed: none of the 1 messages could be read" in printed.err
    assert ("failed: 1 dead letters are more than --max-dead-letters allows" in printed.err) is is_exceeded
    assert str(output) in printed.out
    assert json.loads((output / "summary.json").read_text("utf-8"))["refused"] == 1
    assert [path.parent.name for path in output.glob("*/*.avro")] == ["dead_letters"]


@pytest.mark.process
def test_records_that_do_not_get_into_the_files_fail_a_run(tmp_path, capfd, monkeypatch):
    articles, output = tmp_path / "articles.jsonl", tmp_path / "out"
    articles.write_text('{"title": "no text"}\n', "utf-8")
    monkeypatch.setattr(files, "write_file", lambda *arguments: None)
    assert main(["backfill", "--input", str(articles), "--output", str(output)]) == 1
    assert "failed: 1 records of dead_letters were made and 0 found in the files" in capfd.readouterr().err
    assert not (output / "summary.json").exists()


@pytest.mark.process
def test_a_run_into_a_folder_that_another_one_writes_to_is_refused_and_named(tmp_path, capfd):
    articles, output = tmp_path / "articles.jsonl", tmp_path / "out"
    articles.write_text('{"title": "no text"}\n', "utf-8")
    written = output / "quotes" / "quotes-00000-of-00001.avro"
    written.parent.mkdir(parents=True)
    written.write_bytes(b"by the other one")
    by_name = ["--article", "harbour", "--yes"]
    with one_run(str(output), "stream"):
        for command in (
            ["backfill", "--input", str(articles), "--output", str(output)],
            ["backfill", "--input", str(articles), "--output", str(output), "--overwrite"],
            ["stream", "--watch", str(articles), "--output", str(output)],
            ["forget", str(output), *by_name],
        ):
            assert main(command) == 1
            error = capfd.readouterr().err
            assert f"failed: {output}: another run is writing to this folder (onrecord stream, process" in error
    assert [path for path in output.rglob("*") if path.is_file()] == [written]
    assert written.read_bytes() == b"by the other one"


@pytest.mark.parametrize("kind", kinds())
def test_the_schema_of_a_kind_is_printed_as_in_its_file(kind, capsys):
    assert main(["schema", kind]) == 0
    assert capsys.readouterr().out == kinds()[kind].schema.read_text("utf-8")


@pytest.mark.parametrize(
    ("argv", "problem"),
    [
        (["moods"], "unknown record kind 'moods'; choose one of articles, entities, quotes, stances, dead_letters"),
        (["check"], "check: give two files, OLD and NEW"),
        (["check", "old.avsc"], "check: give two files, OLD and NEW"),
        (["check", "a", "b", "c"], "check: give two files, OLD and NEW"),
        (["quotes", "--json"], "unknown option: --json"),
    ],
)
def test_a_wrong_question_about_schemas_is_wrong_usage(argv, problem, capsys):
    assert main(["schema", *argv]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.splitlines() == [
        f"onrecord schema: {problem}",
        "(onrecord schema --help explains the options)",
    ]


def test_a_schema_file_that_is_not_there_is_wrong_usage(tmp_path, capsys):
    missing = str(tmp_path / "old.avsc")
    assert main(["schema", "check", missing, missing]) == 2
    assert f"check: {missing}: " in capsys.readouterr().err


def test_a_schema_can_read_what_it_wrote_itself(capsys):
    path = str(kinds()["quotes"].schema)
    assert main(["schema", "check", path, path]) == 0
    assert capsys.readouterr().out == f"{path} can read what {path} wrote\n"


def test_one_kind_of_record_can_not_be_read_as_another(capsys):
    quotes, stances = (str(kinds()[kind].schema) for kind in ("quotes", "stances"))
    assert main(["schema", "check", quotes, stances]) == 1
    headline, *reasons = capsys.readouterr().out.splitlines()
    assert headline == f"{stances} can't read what {quotes} wrote:"
    assert reasons


def test_the_samples_are_written_for_a_first_run_and_never_over_other_files(tmp_path, capsys):
    folder = tmp_path / "articles"
    assert main(["samples", str(folder)]) == 0
    written = capsys.readouterr().out.splitlines()
    assert str(folder / "articles.jsonl") in written
    assert all(Path(path).read_bytes() for path in written)
    (folder / "articles.jsonl").write_text("my own", "utf-8")
    assert main(["samples", str(folder)]) == 2
    assert "articles.jsonl: the file exists" in capsys.readouterr().err
    assert (folder / "articles.jsonl").read_text("utf-8") == "my own"
    assert main(["samples", str(folder), "--overwrite"]) == 0
    assert (folder / "articles.jsonl").read_text("utf-8") != "my own"


def test_a_command_that_lacks_an_extra_says_which(tmp_path):
    """In an interpreter that can't import Beam, as after an installation without extras."""
    blocked = "import sys; sys.modules['apache_beam'] = None; from onrecord.commands import main; sys.exit(main(sys.argv[1:]))"
    (tmp_path / "articles.jsonl").write_text("{}", "utf-8")
    arguments = ["backfill", str(tmp_path / "articles.jsonl"), str(tmp_path / "out")]
    run = subprocess.run([sys.executable, "-c", blocked, *arguments], capture_output=True, text=True, check=False)
    assert run.returncode == 2
    assert "pip install 'onrecord[beam]'" in run.stderr
