# SPDX-License-Identifier: Apache-2.0
"""OpenTelemetry: the metrics of ``/metrics`` are sent to the collector that its variables name, and only then."""

import gzip
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest

from deploy.processes import free_port
from onrecord.telemetry import otel
from onrecord.telemetry.endpoint import COUNTERS, GAUGES
from onrecord.telemetry.figures import Figures
from onrecord.telemetry.otel import exported, exporters
from onrecord.telemetry.status import Status

COUNTS = {"messages": 5, "articles": 4, "records.quotes": 7, "records.stances": 2}


class Collector(BaseHTTPRequestHandler):
    """Keeps the requests that it receives."""

    received: list[ExportMetricsServiceRequest]

    def do_POST(self) -> None:
        content = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers.get("Content-Encoding") == "gzip":
            content = gzip.decompress(content)
        if self.path == "/v1/metrics":
            self.received.append(ExportMetricsServiceRequest.FromString(content))
        self.send_response(200)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None: ...  # noqa: A002


@pytest.fixture(autouse=True)
def no_variables(monkeypatch):
    for name in (otel.EXPORTERS, *otel.ENDPOINTS, *otel.PROTOCOLS, "OTEL_SDK_DISABLED", "OTEL_SERVICE_NAME"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def received(monkeypatch) -> Iterator[list[ExportMetricsServiceRequest]]:
    """Run a collector that the environment names, and yield what it gets."""
    handler = type("_Collector", (Collector,), {"received": []})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{server.server_address[1]}")
    yield handler.received
    server.shutdown()
    server.server_close()


@pytest.fixture
def status() -> Status:
    return Status(lambda: Figures(COUNTS, 2.5, 3), phase="ready")


def values(request: ExportMetricsServiceRequest) -> dict[tuple[str, str], float]:
    [resource] = request.resource_metrics
    [scope] = resource.scope_metrics
    found = {}
    for metric in scope.metrics:
        for point in metric.sum.data_points or metric.gauge.data_points:
            labels = ",".join(one.value.string_value for one in point.attributes)
            found[metric.name, labels] = point.as_double if point.HasField("as_double") else float(point.as_int)
    return found


def test_a_collector_gets_the_figures_as_often_as_it_should_and_at_the_end(received, status, monkeypatch):
    monkeypatch.setenv("OTEL_METRIC_EXPORT_INTERVAL", "100")
    with exported(status, pytest.fail):
        while not received:
            threading.Event().wait(0.05)
        status.phase = "draining"
    first, last = values(received[0]), values(received[-1])
    assert (first["onrecord_ready", ""], last["onrecord_ready", ""]) == (1, 0)
    assert last["onrecord_messages", ""] == 5
    assert last["onrecord_records", "quotes"] == 7
    assert last["onrecord_lag_seconds", ""] == 2.5
    assert last["onrecord_waiting_messages", ""] == 3


def test_all_metrics_are_sent_and_counters_are_sums_that_only_grow(received, monkeypatch):
    counts = {f"{name}any" if name.endswith(".") else name: 1 for name in COUNTERS}
    with exported(Status(lambda: Figures(counts, 1.0, 1)), pytest.fail):
        pass
    [request] = received
    metrics = request.resource_metrics[0].scope_metrics[0].metrics
    assert len({metric.name for metric in metrics}) == len(COUNTERS) + len(GAUGES) + 1
    assert sum(metric.sum.is_monotonic for metric in metrics) == len(COUNTERS)
    assert all(metric.description for metric in metrics)


def test_the_lag_has_no_value_while_nobody_knows_it(received):
    with exported(Status(lambda: Figures(COUNTS)), pytest.fail):
        pass
    assert ("onrecord_lag_seconds", "") not in values(received[-1])
    assert values(received[-1])["onrecord_lag_known", ""] == 0


@pytest.mark.parametrize(("name", "expected"), [(None, "onrecord"), ("desk", "desk")])
def test_the_service_is_onrecord_unless_the_environment_names_it(received, status, monkeypatch, name, expected):
    if name:
        monkeypatch.setenv("OTEL_SERVICE_NAME", name)
    with exported(status, pytest.fail):
        pass
    attributes = {one.key: one.value.string_value for one in received[-1].resource_metrics[0].resource.attributes}
    assert attributes["service.name"] == expected
    assert attributes["service.version"]


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({}, []),
        ({"OTEL_SERVICE_NAME": "desk"}, []),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c"}, ["otlp_proto_http"]),
        ({"OTEL_EXPORTER_OTLP_METRICS_ENDPOINT": "http://c"}, ["otlp_proto_http"]),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}, ["otlp_proto_grpc"]),
        ({"OTEL_METRICS_EXPORTER": "otlp, console"}, ["otlp_proto_http", "console"]),
        ({"OTEL_METRICS_EXPORTER": "None", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://c"}, []),
        ({"OTEL_SDK_DISABLED": "true", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://c"}, []),
    ],
)
def test_the_environment_says_whether_and_how_metrics_are_sent(monkeypatch, variables, expected):
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert exporters() == expected


def test_an_exporter_that_is_not_installed_is_reported_and_the_stream_goes_on(status, monkeypatch):
    monkeypatch.setenv(otel.EXPORTERS, "carrier_pigeon")
    said: list[str] = []
    with exported(status, lambda event, text: said.append(f"{event}: {text}")):
        pass
    [line] = said
    assert line.startswith("warning: ")
    assert "carrier_pigeon" in line
    assert "onrecord[otel]" in line


def test_a_collector_that_is_away_is_reported_once_and_does_not_keep_the_stream(status, monkeypatch):
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{free_port()}")
    monkeypatch.setenv("OTEL_METRIC_EXPORT_INTERVAL", "100")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "1")
    said: list[str] = []
    is_said = threading.Event()
    with exported(status, lambda event, text: (said.append(f"{event}: {text}"), is_said.set())):
        assert is_said.wait(60)
        began = time.monotonic()
    assert time.monotonic() - began < 3 * otel.MAX_SHUTDOWN_MILLIS / 1000
    [line] = said
    assert line.startswith("warning: OpenTelemetry: ")
