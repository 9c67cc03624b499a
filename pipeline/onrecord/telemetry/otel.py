# SPDX-License-Identifier: Apache-2.0
"""A stream's metrics through OpenTelemetry, which is switched on and configured by its own environment variables.

They are those of ``/metrics``, under the same names, and are sent as often as ``OTEL_METRIC_EXPORT_INTERVAL`` says.
"""

import logging
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from importlib.metadata import EntryPoint, entry_points
from typing import TYPE_CHECKING

from prometheus_client.core import CounterMetricFamily

from onrecord.telemetry.endpoint import StatusCollector
from onrecord.telemetry.notices import Report
from onrecord.telemetry.status import Status
from onrecord.version import __version__

if TYPE_CHECKING:
    from opentelemetry.metrics import Observation

SERVICE = "onrecord"
EXPORTERS = "OTEL_METRICS_EXPORTER"
ENDPOINTS = ("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
PROTOCOLS = ("OTEL_EXPORTER_OTLP_METRICS_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")
MISSING = (
    "OpenTelemetry's variables ask for its exporter {!r}, which is not installed, so no metrics are sent: pip install 'onrecord[otel]' has"
    " the one for OTLP over HTTP"
)
GROUP = "opentelemetry_metrics_exporter"  # where packages register exporters
MIN_FAILURE_INTERVAL_SECONDS = 600.0  # between two reports of metrics that could not be sent
MAX_SHUTDOWN_MILLIS = 5_000  # a stream does not wait longer for a collector that is away


def _first(*names: str) -> str:
    return next((value for name in names if (value := os.environ.get(name, "").strip().lower())), "")


def exporters() -> list[str]:
    """Return the names of the exporters that the environment asks for, as OpenTelemetry's packages register them.

    Without ``OTEL_METRICS_EXPORTER`` it is OTLP if an endpoint is given: with the specification's default, OTLP to this machine, each
    stream would look for a collector.
    """
    asked = _first(EXPORTERS) or ("otlp" if _first(*ENDPOINTS) else "none")
    if _first("OTEL_SDK_DISABLED") == "true":
        return []
    otlp = "otlp_proto_grpc" if _first(*PROTOCOLS) == "grpc" else "otlp_proto_http"
    return [otlp if name == "otlp" else name for name in map(str.strip, asked.split(",")) if name not in ("", "none")]


def _installed(report: Report) -> Iterator[EntryPoint]:
    for name in exporters():
        found = list(entry_points(group=GROUP, name=name))
        yield from found[:1]
        if not found:
            report("warning", MISSING.format(name))


class _Failures(logging.Handler):
    """Reports what the exporters log as errors, which each retry repeats."""

    def __init__(self, report: Report) -> None:
        super().__init__(logging.ERROR)
        self._report = report
        self._reported_at = float("-inf")

    def emit(self, record: logging.LogRecord) -> None:
        if time.monotonic() - self._reported_at >= MIN_FAILURE_INTERVAL_SECONDS:
            self._reported_at = time.monotonic()
            self._report("warning", f"OpenTelemetry: {record.getMessage()}")


@contextmanager
def _reported(report: Report) -> Iterator[None]:
    logger, handler = logging.getLogger("opentelemetry"), _Failures(report)
    before, logger.propagate = (logger.level, logger.propagate), False
    logger.setLevel(logging.ERROR)
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(before[0])
        logger.propagate = before[1]


@contextmanager
def exported(status: Status, report: Report) -> Iterator[None]:
    """Send the metrics of a status while the block runs, and once more at its end, if the environment asks for it.

    Args:
        status: of the stream.
        report: called with the name and the description of an event, if an exporter is not installed or fails.
    """
    found = list(_installed(report))
    if not found:
        yield
        return
    from opentelemetry.sdk.metrics import MeterProvider
    from opentelemetry.sdk.metrics.export import MetricReader, PeriodicExportingMetricReader
    from opentelemetry.sdk.resources import OTELResourceDetector, Resource

    made = [exporter.load()() for exporter in found]
    readers = [one if isinstance(one, MetricReader) else PeriodicExportingMetricReader(one) for one in made]
    about = Resource({"service.name": SERVICE, "service.version": __version__}).merge(OTELResourceDetector().detect())
    provider = MeterProvider(readers, about, shutdown_on_exit=False)
    meter, collector = provider.get_meter(SERVICE, __version__), StatusCollector(status)
    for family in collector.collect():
        is_counter = isinstance(family, CounterMetricFamily)
        create = meter.create_observable_counter if is_counter else meter.create_observable_gauge
        create(family.name, [partial(_observed, collector, family.name)], description=family.documentation)
    with _reported(report):
        try:
            yield
        finally:
            provider.shutdown(MAX_SHUTDOWN_MILLIS)


def _observed(collector: StatusCollector, name: str, _: object) -> Iterator["Observation"]:
    """Yield the values of a metric, with their labels."""
    from opentelemetry.metrics import Observation

    for family in collector.collect():
        if family.name == name:
            yield from (Observation(sample.value, sample.labels) for sample in family.samples)
