# SPDX-License-Identifier: Apache-2.0
"""A stream's status over HTTP, for this machine only: ``/healthz``, ``/readyz`` and ``/metrics``, in the format of Prometheus."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_1_0_0
from prometheus_client.registry import Collector

from onrecord.telemetry import metrics
from onrecord.telemetry.figures import Figures
from onrecord.telemetry.status import Status
from onrecord.version import __version__

HOST = "127.0.0.1"
MAX_REQUEST_SECONDS = 30  # what a client may take for a request
PREFIX = "onrecord_"
# The counters with several parts, and what the part after the dot is.
LABELS = {
    metrics.SKIPPED: "reason",
    metrics.LEFT_OUT: "field",
    metrics.RECORDS: "kind",
    metrics.WRITTEN: "kind",
    metrics.RECORDS_PUBLISHED: "kind",
    metrics.DEAD_LETTERS: "error",
}
COUNTERS = {
    metrics.MESSAGES: "Messages from the source.",
    metrics.ARTICLES: "Article records, including those with the text of another article.",
    metrics.REFUSED: "Messages that gave no article; each is a dead letter.",
    metrics.DUPLICATES: "Repeated messages, with the same id and text.",
    metrics.DUPLICATE_TEXTS: "Articles with the text of another article.",
    metrics.NEAR_DUPLICATES: "Articles that add nothing to the text of another article.",
    metrics.NOT_ENGLISH: "Articles in other languages, which nothing was extracted from.",
    metrics.WORDS: "Tokens parsed.",
    metrics.PARSE_MILLISECONDS: "Time in the model and the extractors.",
    metrics.LATE: "Articles that arrived after the end of their window.",
    metrics.TOO_LATE: "Articles older than the allowed lateness.",
    metrics.RECORDS: "Records handed to the sink.",
    metrics.WRITTEN: "Records in files that have got their final names.",
    metrics.DEAD_LETTERS: "Dead letters, by class of the error.",
    metrics.RECORDS_PUBLISHED: "Records sent to topics.",
    metrics.PUBLISHED: "Dead letters sent to a topic.",
    metrics.NOT_PUBLISHED: "Dead letters that no Pub/Sub message can hold.",
    metrics.SKIPPED: "Parts of files that are not article messages.",
    metrics.LEFT_OUT: "Articles whose value of a side field can't be read.",
    metrics.MARKUP_IN_TEXT: "Articles whose text has HTML in it.",
    metrics.FLOODS: "Files with more messages than they may have.",
}
GAUGES = {
    "lag_seconds": "Age of the oldest message that is not in a file yet; absent while nobody knows.",
    "lag_known": "Whether the lag is known: 0 while Pub/Sub can't be asked.",
    "waiting_messages": "Messages that were read and are not in a file yet.",
    "seconds_per_article": "Time in the model and the extractors for an article.",
    "ready": "Whether the stream reads and writes: 0 while it starts, and while it stops.",
    "up_seconds": "Time since the stream was started.",
}


def _counter(name: str, counts: Figures) -> CounterMetricFamily:
    about = COUNTERS[name]
    label = LABELS.get(name)
    # Prometheus counts in seconds.
    exported, unit = (name.replace("milliseconds", "seconds"), 0.001) if name.endswith("milliseconds") else (name, 1)
    family = CounterMetricFamily(f"{PREFIX}{exported.rstrip('.')}", about, labels=[label] if label else None)
    if label is None:
        family.add_metric([], counts.count(name) * unit)
        return family
    for part, value in metrics.with_prefix(dict(counts.counts), name).items():
        family.add_metric([part], value)
    return family


class StatusCollector(Collector):
    """Makes Prometheus' metrics from a status."""

    def __init__(self, status: Status) -> None:
        """Use a status."""
        self._status = status

    def collect(self) -> Iterator[Metric]:
        """Yield all metrics; those that are not known have no value."""
        found = self._status.latest()
        yield from (_counter(name, found) for name in COUNTERS)
        values = {
            **found.values(),
            "lag_known": found.lag_seconds is not None,
            "ready": self._status.is_ready,
            "up_seconds": self._status.up_seconds,
        }
        for name, about in GAUGES.items():
            value = values.get(name)
            family = GaugeMetricFamily(f"{PREFIX}{name}", about)
            if value is not None:
                family.add_metric([], float(value))
            yield family
        version = GaugeMetricFamily(f"{PREFIX}build", "The version of onrecord.", labels=["version"])
        version.add_metric([__version__], 1)
        yield version


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, port: int, status: Status) -> None:
        self.status = status
        self.registry = CollectorRegistry()
        self.registry.register(StatusCollector(status))
        ProcessCollector(registry=self.registry)  # CPU and memory of this process
        super().__init__((HOST, port), _Handler)


class _Handler(BaseHTTPRequestHandler):
    server_version = "onrecord"
    sys_version = ""
    timeout = MAX_REQUEST_SECONDS
    server: _Server

    def do_GET(self) -> None:
        """Answer."""
        status = self.server.status
        match urlsplit(self.path).path:
            case "/metrics":
                self._send(HTTPStatus.OK, generate_latest(self.server.registry), CONTENT_TYPE_PLAIN_1_0_0)
            case "/healthz":
                text = "the runner has not given a sign of life for minutes" if status.is_stuck else "ok"
                self._say(status.is_stuck, text)
            case "/readyz":
                self._say(not status.is_ready, status.phase)
            case _:
                self._send(HTTPStatus.NOT_FOUND, b"there are /healthz, /readyz and /metrics\n")

    def _say(self, is_bad: bool, text: str) -> None:
        self._send(HTTPStatus.SERVICE_UNAVAILABLE if is_bad else HTTPStatus.OK, f"{text}\n".encode())

    def _send(self, status: HTTPStatus, content: bytes, content_type: str = "text/plain; charset=utf-8") -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("X-Content-Type-Options", "nosniff")
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name of the library
        """Log nothing: scrapes and probes come every few seconds."""


@contextmanager
def served(status: Status, port: int) -> Iterator[int]:
    """Serve a status on a port of this machine while the block runs, and yield the port; 0 is any free one.

    Raises:
        OSError: the port is taken, or can't be used.
    """
    server = _Server(port, status)
    threading.Thread(target=server.serve_forever, name="status", daemon=True).start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
