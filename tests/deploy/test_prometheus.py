# SPDX-License-Identifier: Apache-2.0
"""The alert rules and the dashboard: valid, and about metrics that a stream or Flink exports."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import promql_parser
import pytest
import yaml
from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from onrecord.telemetry import metrics
from onrecord.telemetry.endpoint import COUNTERS, StatusCollector
from onrecord.telemetry.figures import Figures
from onrecord.telemetry.status import Status

FOLDER = Path(__file__).parents[2] / "deploy" / "prometheus"
RULES = FOLDER / "rules.yaml"
DASHBOARD: dict[str, Any] = json.loads((FOLDER / "grafana.json").read_text("utf-8"))
VARIABLES = {"$__rate_interval": "5m", "$instance": ".*"}
# Of Flink's own metrics, those that are used; of the Pub/Sub source, its gauge.
FLINK = {
    *(f"flink_jobmanager_job_{name}" for name in ("numberOfCompletedCheckpoints", "numberOfFailedCheckpoints")),
    *(f"flink_jobmanager_job_{name}" for name in ("lastCheckpointDuration", "numRestarts")),
    f"flink_taskmanager_job_task_operator_{metrics.SOURCE_NAMESPACE}_{metrics.ACKNOWLEDGED_UNTIL}",
}


def exposition() -> bytes:
    """Return what a stream exports when each of its metrics has a value."""
    counts = {f"{name}any" if name.endswith(".") else name: 1 for name in COUNTERS}
    registry = CollectorRegistry()
    registry.register(StatusCollector(Status(lambda: Figures(counts, 1.0, 1))))
    ProcessCollector(registry=registry)
    return generate_latest(registry)


EXPORTED = {
    sample.name
    for family in text_string_to_metric_families(exposition().decode())
    for sample in family.samples
    if not sample.name.endswith("_created")
}


def rules() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for group in yaml.safe_load(RULES.read_text("utf-8"))["groups"]:
        assert set(group) == {"name", "rules"}
        found += group["rules"]
    return found


QUERIES = [
    *(rule["expr"] for rule in rules()),
    *(target["expr"] for panel in DASHBOARD["panels"] for target in panel["targets"]),
]


def used(query: str) -> set[str]:
    return set(re.findall(r"\b(?:onrecord|process|flink)_\w+", query))


@pytest.mark.parametrize("query", QUERIES)
def test_every_query_is_valid_and_about_metrics_that_there_are(query):
    assert used(query) <= EXPORTED | FLINK
    assert used(query) or "up{" in query
    for variable, value in VARIABLES.items():
        query = query.replace(variable, value)
    promql_parser.parse(query)


def test_every_metric_of_a_stream_is_on_the_dashboard():
    shown = set().union(*(used(query) for query in QUERIES))
    assert {name for name in EXPORTED if name.startswith("onrecord_")} <= shown


def test_rules_have_all_that_prometheus_and_people_need():
    assert len({rule["alert"] for rule in rules()}) == len(rules())
    for rule in rules():
        assert set(rule) - {"for"} == {"alert", "expr", "labels", "annotations"}
        assert re.fullmatch(r"\d+m", rule.get("for", "5m"))
        assert rule["labels"]["severity"] in {"warning", "error", "critical"}
        assert set(rule["annotations"]) == {"summary", "description"}


def test_the_dashboard_can_be_imported_anywhere():
    names = {variable["name"] for variable in DASHBOARD["templating"]["list"]}
    assert names == {"datasource", "instance"}
    assert {panel["datasource"]["uid"] for panel in DASHBOARD["panels"]} == {"${datasource}"}
    ids = [panel["id"] for panel in DASHBOARD["panels"]]
    assert len(set(ids)) == len(ids)
    places = {(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in DASHBOARD["panels"]}
    assert len(places) == len(ids)


@pytest.mark.parametrize(
    ("arguments", "given"), [(("check", "rules", str(RULES)), b""), (("check", "metrics"), exposition())], ids=["rules", "metrics"]
)  # fmt: skip
def test_promtool_accepts_rules_and_metrics(arguments, given):
    program = shutil.which("promtool")
    if program is None:
        pytest.skip("promtool is not installed (Debian: apt-get install prometheus)")
    checked = subprocess.run([program, *arguments], input=given, capture_output=True, timeout=60)
    assert checked.returncode == 0, checked.stdout.decode() + checked.stderr.decode()
