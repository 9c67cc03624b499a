# SPDX-License-Identifier: Apache-2.0
"""A stream that fails logs enough to fix the problem, and never a word of an article."""

import json
import unicodedata

import apache_beam as beam
import pytest
from google.api_core.exceptions import NotFound

from onrecord.telemetry.log import MAX_ERROR_LENGTH, Log
from tests.hostile_names import CONTROLS, assert_harmless, hostile_names

SECRET = "The old ferry pier closes"


def said(error: Exception, capsys: pytest.CaptureFixture[str]) -> dict[str, str]:
    Log("json").failed(error)
    line = json.loads(capsys.readouterr().err)
    assert isinstance(line, dict)
    return line


def raised(function: object, error: type[Exception]) -> Exception:
    """Return the exception of a step that a pipeline runs on an article."""
    with pytest.raises(error) as caught, beam.Pipeline(runner="BundleBasedDirectRunner") as pipeline:
        _ = pipeline | beam.Create([SECRET]) | "Annotate" >> beam.Map(function)
    return caught.value


def test_the_message_of_a_service_or_a_disk_is_logged(capsys):
    line = said(NotFound("Subscription does not exist (resource=articles)."), capsys)
    assert (line["event"], line["error"]) == ("failed", "NotFound")
    assert "Subscription does not exist (resource=articles)." in line["message"]
    assert "No space left on device: 'out'" in said(OSError(28, "No space left on device", "out"), capsys)["message"]


def test_for_a_bug_the_place_is_logged_without_the_text_it_quotes(capsys):
    line = said(raised(lambda text: int(text), ValueError), capsys)
    assert line["error"] == "ValueError"
    assert "ValueError at test_log.py:" in line["message"]
    assert "in the step Annotate" in line["message"]
    assert "ferry" not in line["message"]


def test_an_error_is_a_line_of_bounded_length(capsys):
    line = said(OSError("\n".join(["no"] * 1_000)), capsys)
    assert "\n" not in line["message"]
    assert len(line["message"]) <= MAX_ERROR_LENGTH + len("failed: ")


@pytest.mark.parametrize("log_format", ["text", "json"])
def test_each_name_is_a_line_of_its_own_without_controls(log_format, capsys):
    log = Log(log_format)
    for name in hostile_names():
        log.say("started", name)
        log.failed(OSError(2, "No such file", name))
    printed = capsys.readouterr().err
    lines = printed.splitlines()
    assert_harmless(printed)
    assert len(lines) == 2 * len(hostile_names())
    if log_format == "json":
        # What shows a decoded message may be a terminal too.
        assert not {unicodedata.category(c) for line in lines for c in json.loads(line)["message"]} & CONTROLS
