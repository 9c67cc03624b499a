# SPDX-License-Identifier: Apache-2.0
"""Starting jobs on Dataflow: the gcloud commands are correct, and gcloud knows all their options."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.dataflow import metadata
from tests.deploy.tools import installed

LAUNCH = Path(metadata.__file__).with_name("launch.py")
DIGEST = "sha256:" + "0" * 64
COMMON = [
    "--template=gs://example-staging/templates/job.json",
    f"--worker-image=registry.example/worker@{DIGEST}",
    "--staging=gs://example-staging/",
    "--region=europe-west1",
    "--project=example-project",
    "--service-account=worker@example-project.iam.gserviceaccount.com",
]
BACKFILL = [
    "backfill",
    *COMMON,
    "--when-cheap",
    "input=gs://articles/a.jsonl,gs://articles/b.jsonl",
    "output=gs://records/out",
]
STREAM = [
    "stream", *COMMON, "--update", "subscription=projects/example-project/subscriptions/articles", "output=gs://records/out",
    "extract=quotes,stances",
]  # fmt: skip
LINES = {
    "template": [
        "template",
        "--command=stream",
        f"--image=registry.example/stream-template@{DIGEST}",
        "--staging=gs://example-staging",
    ],
    "backfill": BACKFILL,
    "stream": STREAM,
    "drain": ["drain", "2026-01-31_job", "--region=europe-west1"],
    "snapshot": ["snapshot", "2026-01-31_job", "--region=europe-west1"],
}


def launch(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([sys.executable, str(LAUNCH), *arguments], capture_output=True, text=True, check=False)


def shown(name: str) -> str:
    ended = launch(*LINES[name], "--print")
    assert ended.returncode == 0, ended.stderr
    return ended.stderr


def test_a_job_is_started_with_its_image_its_account_and_no_public_address():
    for name in ("backfill", "stream"):
        command = shown(name)
        assert f"sdk_container_image=registry.example/worker@{DIGEST},number_of_worker_harness_threads=2" in command
        assert "--service-account-email=worker@example-project.iam.gserviceaccount.com" in command
        assert "--disable-public-ips" in command
        assert "--temp-location=gs://example-staging/temp" in command
    assert "--flexrs-goal=COST_OPTIMIZED" in shown("backfill")
    assert {"--enable-streaming-engine", "--update"} <= set(shown("stream").split())


@pytest.mark.parametrize("command", ["backfill", "stream"])
def test_parameters_are_those_of_the_template_and_may_hold_commas(command):
    (given,) = re.findall(r"--parameters=\^~\^([^ ']+)", shown(command))
    names = dict(parameter.split("=", 1) for parameter in given.split("~"))
    told = json.loads(LAUNCH.with_name(f"{command}.metadata.json").read_text("utf-8"))["parameters"]
    assert set(names) <= {parameter["name"] for parameter in told}
    assert {parameter["name"] for parameter in told if not parameter["isOptional"]} <= set(names)
    for parameter in told:
        if parameter["name"] in names:
            assert re.fullmatch(parameter["regexes"][0], names[parameter["name"]])


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ([*BACKFILL, "quotes"], "'quotes': give parameters as name=value"),
        ([*BACKFILL, "output=a~b"], "a parameter can't contain '~'"),
        ([*BACKFILL, "--staging=/tmp"], "--staging /tmp: give a Cloud Storage location"),
        ([*BACKFILL, "--worker-image=worker:latest"], "--worker-image worker:latest: pin it by its digest"),
    ],
)
def test_a_mistake_is_reported_before_anything_runs(line, told):
    ended = launch(*line)
    assert ended.returncode == 2
    assert told in ended.stderr


def test_the_help_explains_every_command():
    told = launch("--help").stdout
    assert all(name in told for name in LINES)


@pytest.mark.parametrize("name", LINES)
def test_gcloud_knows_every_option(name, tmp_path):
    installed("gcloud", "https://cloud.google.com/sdk/docs/install")
    # No account: a valid command fails only where gcloud would have to log in.
    environment = {
        **os.environ,
        "CLOUDSDK_CONFIG": str(tmp_path),
        "CLOUDSDK_CORE_DISABLE_PROMPTS": "1",
        "NO_GCE_CHECK": "true",
    }
    arguments = [sys.executable, str(LAUNCH), *LINES[name]]
    ended = subprocess.run(arguments, env=environment, capture_output=True, text=True, check=False, timeout=120)
    assert re.search("credentials|active account|gcloud auth login|gcloud config set", ended.stderr), ended.stderr
    assert "unrecognized arguments" not in ended.stderr
