# SPDX-License-Identifier: Apache-2.0
"""CI runs only actions that are pinned by commit, with a token that can read the repository and nothing else."""

import re
from pathlib import Path

import pytest
import yaml

WORKFLOWS = sorted((Path(__file__).parents[2] / ".github" / "workflows").glob("*.yml"))
BY_COMMIT = re.compile(r"[\w-]+/[\w-]+@[0-9a-f]{40}")


@pytest.fixture(params=WORKFLOWS, ids=lambda path: path.stem)
def workflow(request):
    return yaml.safe_load(request.param.read_text("utf-8"))


def steps(workflow):
    return [step for job in workflow["jobs"].values() for step in job["steps"]]


def test_there_are_workflows():
    assert WORKFLOWS


def test_actions_are_pinned_by_commit(workflow):
    assert [step["uses"] for step in steps(workflow) if "uses" in step and not BY_COMMIT.fullmatch(step["uses"])] == []


def test_the_token_can_only_read_and_is_not_left_in_the_checkout(workflow):
    assert workflow["permissions"] == {"contents": "read"}
    assert not [job for job in workflow["jobs"].values() if "permissions" in job]
    for step in steps(workflow):
        if step.get("uses", "").startswith("actions/checkout@"):
            assert step["with"]["persist-credentials"] is False


def test_nothing_of_a_pull_request_is_run_with_secrets_or_as_part_of_a_command(workflow):
    # YAML reads the key "on" as true.
    assert "pull_request_target" not in workflow[True]
    assert not [step for step in steps(workflow) if "${{" in step.get("run", "")]
    assert "secrets." not in str(workflow)
