# SPDX-License-Identifier: Apache-2.0
"""A stream's status over HTTP: well-formed metrics, health, and nothing else."""

import re
import urllib.request
from collections.abc import Iterator
from urllib.error import HTTPError

import pytest
from prometheus_client.parser import text_string_to_metric_families

from onrecord.telemetry import endpoint, metrics
from onrecord.telemetry.figures import Figures
from onrecord.telemetry.status import MAX_STUCK_SECONDS, Status

COUNTS = {
    "messages": 5,
    "articles": 4,
    "parse_milliseconds": 800,
    "records.quotes": 7,
    "records.stances": 2,
    'dead_letters.Odd"\nError': 1,
}


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def status(clock) -> Status:
    return Status(lambda: Figures(COUNTS, 2.5, 3), clock=clock)


@pytest.fixture
def address(status) -> Iterator[str]:
    with endpoint.served(status, 0) as port:
        yield f"http://127.0.0.1:{port}"


def got(address: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(address, timeout=30) as answer:
            return answer.status, answer.read().decode()
    except HTTPError as error:
        return error.code, error.read().decode()


def samples(address: str) -> dict[tuple[str, str], float]:
    families = text_string_to_metric_families(got(f"{address}/metrics")[1])
    return {(one.name, ",".join(one.labels.values())): one.value for family in families for one in family.samples}


def test_the_metrics_are_the_figures(address):
    found = samples(address)
    assert found["onrecord_messages_total", ""] == 5
    assert found["onrecord_records_total", "quotes"] == 7
    assert found["onrecord_dead_letters_total", 'Odd"\nError'] == 1
    assert found["onrecord_lag_seconds", ""] == 2.5
    assert found["onrecord_lag_known", ""] == 1
    assert found["onrecord_waiting_messages", ""] == 3
    assert found["onrecord_seconds_per_article", ""] == 0.2
    assert ("process_cpu_seconds_total", "") in found


def test_what_is_not_known_has_no_value(address, status):
    status.figures = lambda: Figures(COUNTS)
    found = samples(address)
    assert ("onrecord_lag_seconds", "") not in found
    assert found["onrecord_lag_known", ""] == 0


def test_all_counters_are_exported():
    named = {value for name, value in vars(metrics).items() if name.isupper() and isinstance(value, str)}
    distributions = {value for value in named if re.search(r"_a_batch$|_seconds$", value)}
    assert set(endpoint.COUNTERS) == named - distributions - {metrics.NAMESPACE, metrics.SOURCE_NAMESPACE}


def test_health_and_readiness(address, status, clock):
    assert got(f"{address}/readyz") == (503, "starting\n")
    status.phase = "ready"
    assert got(f"{address}/readyz") == (200, "ready\n")
    assert got(f"{address}/healthz")[0] == 200
    status.alive_at = lambda: 1000.0
    clock.now += MAX_STUCK_SECONDS + 1
    assert got(f"{address}/healthz")[0] == 503
    status.alive_at = clock
    assert got(f"{address}/healthz")[0] == 200


def test_a_runner_elsewhere_is_stuck_when_it_has_no_figures(address, status, clock):
    got(f"{address}/metrics")

    def fail() -> Figures:
        raise OSError

    status.figures = fail
    clock.now += 10
    assert got(f"{address}/healthz")[0] == 200
    assert samples(address)["onrecord_messages_total", ""] == 5
    clock.now += MAX_STUCK_SECONDS
    assert got(f"{address}/healthz")[0] == 503


def test_other_paths_lead_nowhere(address):
    assert got(f"{address}/../etc/passwd")[0] == 404
    assert got(f"{address}/%0d%0aX:y")[0] == 404


def test_it_listens_on_this_machine_only(address):
    assert address.startswith("http://127.0.0.1:")
    assert endpoint.HOST == "127.0.0.1"
