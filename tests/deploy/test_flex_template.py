# SPDX-License-Identifier: Apache-2.0
"""The Flex Templates offer the options of the command line, under the same names, with the same help, defaults and limits."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from google.cloud import dataflow
from google.protobuf import json_format

from deploy.dataflow import flex_template, metadata
from onrecord.commands import parser
from onrecord.commands.checks import Checks
from onrecord.jobs.exit_codes import WRONG_USAGE
from onrecord.sources import subscription_problem, topic_problem

FOLDER = Path(metadata.__file__).parent
SAMPLES = Path(__file__).parents[2] / "samples"


def told(command: str) -> dict[str, dict[str, object]]:
    return {
        parameter["name"]: parameter
        for parameter in json.loads((FOLDER / f"{command}.metadata.json").read_text("utf-8"))["parameters"]
    }


@pytest.mark.parametrize("command", metadata.COMMANDS)
def test_the_file_is_what_the_options_say(command):
    text = (FOLDER / f"{command}.metadata.json").read_text("utf-8")
    assert text == metadata.text_of(command), "python -m deploy.dataflow.metadata writes it again"


@pytest.mark.parametrize("command", metadata.COMMANDS)
def test_dataflow_knows_every_field_and_type_of_parameter(command):
    text = (FOLDER / f"{command}.metadata.json").read_text("utf-8")
    described = dataflow.TemplateMetadata.from_json(text)  # of Dataflow's own client; rejects unknown fields
    known = {kind.name for kind in dataflow.ParameterType}
    assert {parameter["paramType"] for parameter in json.loads(text)["parameters"]} <= known
    assert described.streaming == (command == "stream")
    with pytest.raises(json_format.ParseError):
        dataflow.TemplateMetadata.from_json(text.replace('"label"', '"labell"'))


@pytest.mark.parametrize("command", metadata.COMMANDS)
def test_every_option_is_a_parameter_or_stays_behind_on_purpose(command):
    assert set(metadata.PARAMETERS[command]) | metadata.LOCAL[command] == set(flex_template.options_of(command))
    assert not set(metadata.PARAMETERS[command]) & metadata.LOCAL[command]


@pytest.mark.parametrize("command", metadata.COMMANDS)
def test_a_default_passes_its_own_pattern(command):
    for parameter in told(command).values():
        if "defaultValue" in parameter:
            assert re.fullmatch(parameter["regexes"][0], parameter["defaultValue"]), parameter["name"]


@pytest.mark.parametrize(
    ("command", "name", "good", "bad"),
    [
        ("backfill", "input", ["gs://articles/2026-*.jsonl.gz", "gs://a-1/x.jsonl,gs://b-2/y.jsonl"], ["articles.jsonl", "gs://", ""]),
        ("backfill", "output", ["gs://records", "gs://records/2026/"], ["/out", "gs://records/*"]),
        ("backfill", "overwrite", ["true", "false"], ["yes", "True"]),
        ("backfill", "gazetteer", ["gs://names/ours.csv"], ["gs://names/ours.json", "ours.csv"]),
        ("stream", "extract", ["quotes", "entities,stances"], ["quote", "quotes,", "all"]),
        ("stream", "record_topic", ["projects/p-1/topics/{kind}", "quotes=projects/p/topics/q,projects/p/topics/a"], ["q", "quotes="]),
        ("stream", "batch_size", ["1", "16"], ["0", "-1", "1.5", "many"]),
        ("stream", "allowed_lateness", ["0", "604800"], ["-1", "1d"]),
    ],
)  # fmt: skip
def test_a_form_refuses_what_the_command_line_would_refuse(command, name, good, bad):
    (pattern,) = told(command)[name]["regexes"]
    assert all(re.fullmatch(pattern, value) for value in good)
    assert not any(re.fullmatch(pattern, value) for value in bad)


@pytest.mark.parametrize(
    ("name", "problem", "good", "bad"),
    [
        ("subscription", subscription_problem, "projects/example-project/subscriptions/articles", "articles"),
        (
            "dead_letter_topic",
            topic_problem,
            "projects/example.org:news/topics/dead",
            "projects/example-project/subscriptions/dead",
        ),
    ],
)
def test_names_of_topics_have_the_form_that_the_command_line_wants(name, problem, good, bad):
    (pattern,) = told("stream")[name]["regexes"]
    for value, is_good in ((good, True), (bad, False)):
        assert bool(re.fullmatch(pattern, value)) == (problem(value) is None) == is_good


def test_numbers_and_lists_are_held_to_the_same_bounds():
    (pattern,) = told("stream")["batch_size"]["regexes"]
    for value in ("16", "0", "x"):
        checks = Checks()
        checks.whole_number("--batch-size", value, 1, 1_000)
        assert bool(re.fullmatch(pattern, value)) == (not checks.problems)
    (pattern,) = told("stream")["extract"]["regexes"]
    for value in ("quotes", "quotes,stances", "opinions"):
        checks = Checks()
        checks.extract(value)
        assert bool(re.fullmatch(pattern, value)) == (not checks.problems)


def test_parameters_become_the_command_line():
    given = "--input=gs://a/1.jsonl,gs://a/2.jsonl --output=gs://b --overwrite=true --batch_size=8 --gazetteer= --runner=DataflowRunner"
    line = flex_template.command_line("backfill", given.split(" "))
    wanted = "backfill --input=gs://a/1.jsonl --input=gs://a/2.jsonl --output=gs://b --overwrite --batch-size=8 --runner=DataflowRunner"
    assert line == wanted.split(" ")
    arguments, beam_flags = parser().parse_known_args(line)
    assert arguments.input == ["gs://a/1.jsonl", "gs://a/2.jsonl"]
    assert arguments.overwrite
    checks = Checks()
    checks.beam(beam_flags, ())
    assert not checks.problems


def test_a_flag_that_is_neither_true_nor_false_is_refused_with_the_way_out(monkeypatch, capsys):
    monkeypatch.setenv(flex_template.COMMAND, "backfill")
    monkeypatch.setattr("sys.argv", ["flex_template.py", "--overwrite=maybe"])
    assert flex_template.main() == WRONG_USAGE
    assert "overwrite 'maybe': give true or false" in capsys.readouterr().err


def launched(command: str, *parameters: str) -> "subprocess.CompletedProcess[str]":
    """Run the launcher's command line; Dataflow's runner stops at the first access to the network."""
    beam = "--runner=DataflowRunner --dry_run=true --project=example-project --region=europe-west1 --job_name=onrecord"
    buckets = "--temp_location=gs://example-bucket/temp --staging_location=gs://example-bucket/staging"
    return subprocess.run(
        [sys.executable, flex_template.__file__, *parameters, *beam.split(), *buckets.split()],
        env={**os.environ, flex_template.COMMAND: command, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


@pytest.mark.parametrize(
    ("command", "source"),
    [
        ("backfill", f"--input={SAMPLES / 'articles.jsonl'},{SAMPLES / 'broken.jsonl'}"),
        ("stream", "--subscription=projects/example-project/subscriptions/articles"),
    ],
)
def test_the_launcher_submits_a_job_and_does_not_wait_for_it(command, source, tmp_path):
    ended = launched(command, source, f"--output={tmp_path}", "--batch_size=8")
    assert ended.returncode == 0, ended.stderr


@pytest.mark.parametrize(
    ("command", "missing"), [("backfill", ("input", "output")), ("stream", ("subscription", "output"))]
)
def test_every_mistake_in_the_parameters_is_reported(command, missing, monkeypatch, capsys):
    monkeypatch.setenv(flex_template.COMMAND, command)
    monkeypatch.setattr("sys.argv", ["flex_template.py", "--batch_size=many", "--runner=DataflowRunner"])
    assert flex_template.main() == WRONG_USAGE
    said = capsys.readouterr().err
    assert all(f"--{name}" in said for name in ("batch-size", *missing)), said
