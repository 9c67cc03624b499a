# SPDX-License-Identifier: Apache-2.0
"""The server of a run: only this machine, only its pages, only reading; new records appear."""

import base64
import http.client
import json
import re
import threading
import time
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from onrecord.data.kinds import kinds
from onrecord.data.records import Record
from onrecord.report.server import LivePages, server
from onrecord.sinks import AVRO
from tests.report.example_run import harbour, write_run

Answer = tuple[int, dict[str, str], bytes]


class Serving:
    """A server, and requests to it."""

    def __init__(self, folder: Path, live: LivePages, port: int) -> None:
        self.folder, self.live, self.port = folder, live, port

    def add(self, found: list[Record], name: str = "later") -> None:
        """Write further files of the run."""
        for kind in kinds():
            temporary = self.folder / "later"
            with temporary.open("wb") as file:
                AVRO.write_records(file, kinds()[kind], [one for one in found if one.kind == kind], "x")
            temporary.rename(self.folder / kind / f"{kind}-{name}.avro")

    def ask(self, path: str, method: str = "GET", host: str | None = None) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.putrequest(method, path, skip_host=True)
        connection.putheader("Host", host if host is not None else f"127.0.0.1:{self.port}")
        connection.endheaders()
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, content


@pytest.fixture
def serving(tmp_path: Path) -> Iterator[Serving]:
    (tmp_path / "secret.html").write_text("secret")
    live = LivePages(str(write_run(tmp_path / "out", harbour(1))))
    live.refresh()
    running = server(live, 0)
    thread = threading.Thread(target=running.serve_forever, daemon=True)
    thread.start()
    yield Serving(tmp_path / "out", live, running.server_address[1])
    running.shutdown()
    running.server_close()


def test_the_page_comes_with_a_policy_that_allows_only_its_own_script(serving):
    status, headers, content = serving.ask("/")
    assert (status, headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert content.startswith(b"<!doctype html>")
    rules = dict(rule.split(" ", 1) for rule in headers["content-security-policy"].split("; "))
    assert rules["default-src"] == rules["frame-ancestors"] == "'none'"
    assert rules["script-src"].startswith("'sha256-")
    assert "unsafe" not in headers["content-security-policy"]
    assert serving.ask("/parts/part-0000.js")[0] == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:80", "", "127.0.0.1", "localhost:1", "127.0.0.1.evil.example:{port}"]
)
def test_another_host_name_is_refused(serving, host):
    status, _, content = serving.ask("/", host=host.format(port=serving.port))
    assert status == 403
    assert b"<html" not in content


@pytest.mark.parametrize(
    "path", ["/../secret.html", "/%2e%2e/secret.html", "//secret.html", "/parts/../../secret.html",
     "/articles/articles-00000-of-00001.avro", "/..%2f"]
)  # fmt: skip
def test_nothing_but_the_pages_is_served(serving, path):
    status, _, content = serving.ask(path)
    assert status == 404
    assert b"secret" not in content


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "TRACE", "CONNECT"])
def test_only_reading_is_allowed(serving, method):
    assert serving.ask("/", method)[0] == 501


def test_a_head_request_gets_no_page(serving):
    status, headers, content = serving.ask("/", "HEAD")
    assert (status, content) == (200, b"")
    assert int(headers["content-length"]) > 1000


def test_new_files_change_the_pages_and_their_version(serving):
    assert serving.ask("/version")[2] == b"1"
    before = serving.ask("/parts/part-0000.js")[2]
    assert not serving.live.refresh()
    serving.add(harbour(2))
    assert serving.live.refresh()
    assert serving.ask("/version")[2] == b"2"
    assert serving.ask("/parts/part-0000.js")[2] != before


@pytest.mark.process
def test_new_records_appear_in_the_browser(serving, browser):
    threading.Thread(target=serving.live.watch, daemon=True).start()
    browser.screen(1280)
    browser.complaints()
    browser.open(f"http://127.0.0.1:{serving.port}/", "articles")
    assert len(browser.all("td.wide")) == 1
    serving.add(harbour(2))
    browser.until(lambda: len(browser.all("td.wide")) == 2)
    assert browser.complaints() == []
    serving.live.stop()


def test_fifty_requests_at_once_are_answered(serving):
    with ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(lambda _: serving.ask("/"), range(50)))
    assert {status for status, _, _ in answers} == {200}


def test_a_broken_file_leaves_the_pages_as_they_were(serving):
    (serving.folder / "quotes" / "quotes-broken.avro").write_bytes(b"not Avro")
    with pytest.raises((OSError, EOFError, ValueError)):
        serving.live.refresh()
    assert serving.ask("/")[0] == 200


def test_a_run_that_has_written_nothing_yet_is_served(tmp_path):
    live = LivePages(str(tmp_path))
    assert live.refresh()
    assert live.page("/") is not None


def counts(live: LivePages) -> dict[str, int]:
    """Return the numbers of records that the pages show."""
    (packed,) = re.findall(rb'<template id="data-0">([^<]+)', live.page("/") or b"")
    shown: dict[str, int] = json.loads(zlib.decompress(base64.b64decode(packed), -zlib.MAX_WBITS))["counts"]
    return shown


@pytest.mark.process
@pytest.mark.long
def test_every_file_of_a_stream_of_two_thousand_messages_is_shown(serving):
    threading.Thread(target=serving.live.watch, daemon=True).start()
    before = counts(serving.live)["quotes"]
    for file in range(20):
        serving.add([one for number in range(100) for one in harbour(2 + file * 100 + number)], f"later-{file:02d}")
        wanted = before + (file + 1) * 100 * 4
        deadline = time.monotonic() + 300
        while counts(serving.live)["quotes"] < wanted:
            assert time.monotonic() < deadline
            time.sleep(0.2)
        if file == 10:
            with ThreadPoolExecutor(50) as pool:
                assert {status for status, _, _ in pool.map(lambda _: serving.ask("/"), range(50))} == {200}
    serving.live.stop()
