# SPDX-License-Identifier: Apache-2.0
"""Terraform: well-formed, valid against the Google provider's schema, and consistent with the existing metrics and parameters.

The provider itself is published on Terraform's own registry alone. Where that can't be reached, ``validate`` and ``test`` are given a
stand-in with the provider's schema (tests/deploy/schema_provider.py): Terraform's own checks run; those in the provider's code and
those of Google's API don't.
"""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import hcl2
import pytest
from apache_beam.options.pipeline_options import PipelineOptions

from deploy.dataflow import metadata
from onrecord.sinks.contents import TEMPORARY
from onrecord.telemetry import metrics
from tests.deploy.tools import installed

TERRAFORM = Path(metadata.__file__).parents[1] / "terraform"
PROVIDER = Path(__file__).with_name("schema_provider.py")
ROLES = Path(TERRAFORM / "iam.tf").read_text("utf-8") + Path(TERRAFORM / "pubsub.tf").read_text("utf-8")
HINT = "https://developer.hashicorp.com/terraform/install"


@pytest.fixture(scope="module")
def configuration(tmp_path_factory) -> Path:
    """Terraform's own configuration, in which the stand-in is the provider."""
    folder = tmp_path_factory.mktemp("provider")
    overrides = []
    for name in ("google", "google-beta"):
        program = folder / name / f"terraform-provider-{name}"
        program.parent.mkdir()
        program.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{PROVIDER}" {name}\n', "utf-8")
        program.chmod(0o755)
        overrides.append(f'"hashicorp/{name}" = "{program.parent}"\n')
    path = folder / "terraform.rc"
    path.write_text(f"provider_installation {{\n  dev_overrides {{\n{''.join(overrides)}  }}\n}}\n", "utf-8")
    return path


def terraform(configuration: Path, folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run terraform in a copy of the configuration, so that nothing is left in the repository."""
    environment = {
        "PATH": "/usr/bin:/bin",
        "TF_CLI_CONFIG_FILE": str(configuration),
        "TF_DISABLE_PLUGIN_TLS": "1",
        "CHECKPOINT_DISABLE": "1",
        "HOME": str(folder),
    }
    program = installed("terraform", HINT)
    return subprocess.run(
        [program, *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=300
    )


@pytest.fixture
def copy(tmp_path) -> Path:
    return Path(shutil.copytree(TERRAFORM, tmp_path / "terraform", ignore=shutil.ignore_patterns(".terraform*")))


def test_every_file_can_be_parsed():
    for path in TERRAFORM.glob("*.tf"):
        with path.open(encoding="utf-8") as file:
            assert hcl2.load(file), path.name


@pytest.mark.terraform
def test_files_are_formatted(configuration, copy):
    shown = terraform(configuration, copy, "fmt", "-check", "-diff")
    assert shown.returncode == 0, shown.stdout


@pytest.mark.terraform
def test_the_configuration_is_valid(configuration, copy):
    shown = terraform(configuration, copy, "validate", "-json")
    told = json.loads(shown.stdout)
    assert told["valid"], json.dumps(told["diagnostics"], indent=1)


@pytest.mark.parametrize(
    ("right", "wrong", "told"),
    [
        ("ack_deadline_seconds", "ack_deadline_second", "Unsupported argument"),
        ("google_pubsub_topic.undeliverable.id", "google_pubsub_topic.undeliverable.path", "Unsupported attribute"),
        ('  topic                      = google_pubsub_topic.articles.id\n', "", "Missing required argument"),
    ],
)  # fmt: skip
@pytest.mark.terraform
def test_the_stand_in_reports_every_mistake(configuration, copy, right, wrong, told):
    path = copy / "pubsub.tf"
    text = path.read_text("utf-8")
    assert right in text
    path.write_text(text.replace(right, wrong), "utf-8")
    diagnostics = json.loads(terraform(configuration, copy, "validate", "-json").stdout)["diagnostics"]
    assert told in {diagnostic["summary"] for diagnostic in diagnostics}


@pytest.mark.terraform
def test_the_plan_has_the_expected_resources(configuration, copy):
    shown = terraform(configuration, copy, "test", "-no-color")
    assert shown.returncode == 0, shown.stdout + shown.stderr
    assert re.search(r"Success! [1-9]\d* passed, 0 failed", shown.stdout)


def named(block: str) -> set[str]:
    """Return the values of a map of local values in monitoring.tf."""
    text = (TERRAFORM / "monitoring.tf").read_text("utf-8")
    body = re.search(rf"^  {block} = \{{\n(.*?)^  \}}", text, re.MULTILINE | re.DOTALL)
    assert body
    return {name.replace("[.].*", ".") for name in re.findall(r'= "([^"]+)"', body[1])}


DISTRIBUTIONS = {
    metrics.PARSE_MILLISECONDS_PER_BATCH,
    metrics.WORDS_PER_BATCH,
    metrics.EVENT_TIME_LAG_SECONDS,
    metrics.RECEIVED_AT_SECONDS,
}  # fmt: skip


def test_the_dashboard_and_the_alerts_know_every_metric_of_the_pipeline_and_no_other():
    # The gauge is that of the portable source, which Dataflow does not use.
    others = {metrics.NAMESPACE, metrics.SOURCE_NAMESPACE, metrics.ACKNOWLEDGED_UNTIL}
    every = {value for name, value in vars(metrics).items() if name.isupper() and isinstance(value, str)} - others
    assert named("counters") | named("distributions") == every
    assert named("distributions") == DISTRIBUTIONS


def test_every_metric_that_is_named_is_shown():
    text = (TERRAFORM / "dashboard.tf").read_text("utf-8") + (TERRAFORM / "monitoring.tf").read_text("utf-8")
    for block in ("counters", "distributions"):
        body = re.search(rf"^  {block} = \{{\n(.*?)^  \}}", text, re.MULTILINE | re.DOTALL)
        assert body
        for key in re.findall(r"^    (\w+) ", body[1], re.MULTILINE):
            assert re.search(rf"local\.(growth|by_name|largest|mean)\.{key}\b", text), f"{key} is in no chart"


def test_the_job_is_given_parameters_of_its_template_and_options_of_beams():
    text = (TERRAFORM / "job.tf").read_text("utf-8")
    body = re.search(r"parameters = merge\(\n    \{\n(.*?)\n    \}", text, re.DOTALL)
    assert body
    given = set(re.findall(r"^ +(\w+) +=", body[1], re.MULTILINE))
    required = {name for name, parameter in metadata.PARAMETERS["stream"].items() if parameter.is_required}
    assert required <= given <= set(metadata.PARAMETERS["stream"])
    (options,) = re.findall(r"additional_pipeline_options = \[([^\]]*)\]", text)
    known = PipelineOptions([]).get_all_options()
    assert all(option.partition("=")[0] in known for option in re.findall(r'"([^"]+)"', options))


def test_unfinished_files_are_cleared_away_where_the_sink_leaves_them():
    assert f'matches_prefix = ["records/{TEMPORARY}/"]' in (TERRAFORM / "storage.tf").read_text("utf-8")


def test_rights_are_given_for_one_thing_each_and_never_to_everybody():
    roles = set(re.findall(r'role += "([^"]+)"', ROLES))
    assert roles.isdisjoint({"roles/owner", "roles/editor", "roles/viewer"})
    assert not any(role.lower().endswith("admin") for role in roles)
    assert "allUsers" not in ROLES
    assert "allAuthenticatedUsers" not in ROLES
    # The workers have one role on the whole project; all others are on one topic, bucket or repository.
    assert re.findall(r'"google_project_iam_member" "(\w+)"', ROLES) == ["worker_works", "launcher_launches"]


def test_there_is_no_secret_and_no_project_of_anybody():
    for path in TERRAFORM.iterdir():
        text = path.read_text("utf-8") if path.is_file() else ""
        assert not re.search(r"private_key|AIza|ya29\.|BEGIN [A-Z ]*PRIVATE", text), path.name
