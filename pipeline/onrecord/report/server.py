# SPDX-License-Identifier: Apache-2.0
"""Serves the page of a run to this machine, and makes it again as the run writes files.

A request names a page in memory, so that no path of a request reaches the disk.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

from onrecord.data.kinds import kinds
from onrecord.report.collect import Report, collect
from onrecord.report.page import pages, policy
from onrecord.sinks.reader import paths

HOST = "127.0.0.1"
# Other names lead here through a DNS of somebody else ("DNS rebinding"); a page of theirs could then read the records.
NAMES = (HOST, "localhost")
SECONDS_BETWEEN_LOOKS = 1.0
SECONDS_TO_SEND = 30  # what a client may take for a request
TYPES = {".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8", "": "text/plain; charset=utf-8"}
HEADERS = {
    "Content-Security-Policy": f"{policy(in_parts=True, is_served=True)}; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}


def _state(folder: str) -> tuple[tuple[str, int, int], ...]:
    """Return the files of the records, with size and time of change."""
    found = []
    for kind in kinds():
        for path in paths(folder, kind):
            try:
                status = Path(path).stat()
            except FileNotFoundError:
                continue  # deleted in the meantime, as by `forget`
            found.append((path, status.st_size, status.st_mtime_ns))
    return tuple(found)


def _report(folder: str) -> Report:
    try:
        return collect(folder)
    except FileNotFoundError:
        return Report.empty(folder)  # the stream has not written anything yet


@dataclass
class LivePages:
    """The pages of a folder in memory, by the path of their request.

    Attributes:
        folder: the output folder of a run.
        on_error: gets a message when the records can't be read; the pages before stay.
    """

    folder: str
    on_error: Callable[[str], None] = print
    _files: dict[str, bytes] = field(default_factory=dict, init=False)
    _state: tuple[tuple[str, int, int], ...] | None = field(default=None, init=False)
    _stopped: threading.Event = field(default_factory=threading.Event, init=False)

    def refresh(self) -> bool:
        """Make the pages again if files have changed; return whether they were."""
        state = _state(self.folder)
        if state == self._state:
            return False
        made = pages(_report(self.folder), in_parts=True, is_served=True)
        number = int(self._files.get("/version", b"0")) + 1
        # Replaced as a whole: a request gets pages of one state.
        self._files = {
            "/": made.index,
            "/index.html": made.index,
            "/version": str(number).encode("ascii"),
            **{f"/{name}": content for name, content in made.parts.items()},
        }
        self._state = state
        return True

    def page(self, path: str) -> bytes | None:
        """Return the page of a path, or None."""
        return self._files.get(path)

    def watch(self) -> None:
        """Refresh the pages until ``stop``."""
        while not self._stopped.wait(SECONDS_BETWEEN_LOOKS):
            try:
                self.refresh()
            except (OSError, EOFError, ValueError) as error:
                self.on_error(f"{self.folder}: {str(error) or type(error).__name__}; the pages stay as they were")

    def stop(self) -> None:
        """End ``watch``."""
        self._stopped.set()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, port: int, live: LivePages) -> None:
        self.live = live
        super().__init__((HOST, port), _Handler)


class _Handler(BaseHTTPRequestHandler):
    server_version = "onrecord"
    sys_version = ""
    timeout = SECONDS_TO_SEND
    server: _Server

    def do_GET(self) -> None:
        """Answer with a page."""
        self._answer(with_body=True)

    def do_HEAD(self) -> None:
        """Answer without the page itself."""
        self._answer(with_body=False)

    def _answer(self, *, with_body: bool) -> None:
        port = self.server.server_address[1]
        if self.headers.get("Host") not in {f"{name}:{port}" for name in NAMES}:
            self._send(HTTPStatus.FORBIDDEN, "", b"this server answers only to the name of this machine\n", with_body)
            return
        path = urlsplit(self.path).path
        content = self.server.live.page(path)
        if content is None:
            self._send(HTTPStatus.NOT_FOUND, "", b"there is no such page\n", with_body)
            return
        ending = ".html" if path == "/" else Path(path).suffix
        self._send(HTTPStatus.OK, ending, content, with_body)

    def _send(self, status: HTTPStatus, ending: str, content: bytes, with_body: bool) -> None:
        self.send_response(status)
        self.send_header("Content-Type", TYPES[ending])
        self.send_header("Content-Length", str(len(content)))
        for name, value in HEADERS.items():
            self.send_header(name, value)
        self.end_headers()
        if with_body:
            self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name of the library
        """Log nothing: addresses contain names of people."""


def server(live: LivePages, port: int) -> ThreadingHTTPServer:
    """Return a server of pages on a port of this machine, which ``serve_forever`` starts; port 0 is any free one.

    Raises:
        OSError: the port is taken, or can't be used.
    """
    return _Server(port, live)
