# SPDX-License-Identifier: Apache-2.0
"""Downloads for Flink match their checksums and are resumed after an interruption, from a real local server."""

import functools
import hashlib
import http.server
import sys
import threading
import zipfile

import pytest

from deploy.flink import fetch
from deploy.flink.fetch import FetchError, Pinned

CONTENT = bytes(range(256)) * 100


class Ranges(http.server.SimpleHTTPRequestHandler):
    """Serves a folder, with range requests."""

    asked: list[str] = []  # noqa: RUF012 - what came from where, for the test

    def do_GET(self):
        wanted = self.headers.get("Range", "")
        self.asked.append(wanted)
        if not wanted:
            return super().do_GET()
        start = int(wanted.removeprefix("bytes=").rstrip("-"))
        rest = (self.translate_path(self.path), start)
        with open(rest[0], "rb") as file:  # noqa: PTH123
            body = file.read()[start:]
        self.send_response(206)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        return None

    def log_message(self, *_):
        pass


@pytest.fixture
def served(tmp_path, monkeypatch):
    """Return the folder of a local package index."""
    folder = tmp_path / "served"
    folder.mkdir()
    Ranges.asked = []
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Ranges, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("ONRECORD_MAVEN_URL", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setenv("PIP_INDEX_URL", f"http://127.0.0.1:{server.server_port}/simple")
    yield folder
    server.shutdown()
    server.server_close()


def pinned(path: str = "group/one.jar", content: bytes = CONTENT, kind: str = "maven") -> Pinned:
    return Pinned(hashlib.sha256(content).hexdigest(), kind, path)


def serve(folder, path="group/one.jar", content=CONTENT):
    (folder / path).parent.mkdir(parents=True, exist_ok=True)
    (folder / path).write_bytes(content)


def test_every_line_of_the_lock_has_a_checksum_and_a_known_place():
    files = fetch.pinned()
    assert files[0].kind == "pypi"
    assert {file.kind for file in files[1:]} == {"maven"}
    assert all(len(bytes.fromhex(file.sha256)) == 32 for file in files)
    assert len({file.name for file in files}) == len(files)


def test_a_file_is_fetched_once(tmp_path, served):
    serve(served)
    assert fetch.fetch(pinned(), tmp_path).read_bytes() == CONTENT
    assert fetch.fetch(pinned(), tmp_path).read_bytes() == CONTENT
    assert len(Ranges.asked) == 1


def test_an_interrupted_download_is_resumed(tmp_path, served):
    serve(served)
    (tmp_path / "one.jar.partial").write_bytes(CONTENT[:1000])
    assert fetch.fetch(pinned(), tmp_path).read_bytes() == CONTENT
    assert Ranges.asked == ["bytes=1000-"]


def test_another_file_than_was_pinned_is_refused_and_not_kept(tmp_path, served, monkeypatch):
    monkeypatch.setattr(fetch, "TRIES", 1)
    serve(served, content=b"something else")
    with pytest.raises(FetchError, match=r"the checksum differs from that in jars\.lock"):
        fetch.fetch(pinned(), tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["served"]


def test_a_file_that_is_not_there_is_said_with_its_address(tmp_path, served):
    with pytest.raises(FetchError, match=r"group/one\.jar: 404"):
        fetch.fetch(pinned(), tmp_path)


def test_a_distribution_is_found_on_the_index_of_pip(tmp_path, served):
    serve(served, "simple/flink/index.html", b'<a href="../../files/flink-1.tar.gz#sha256=0">flink-1.tar.gz</a>')
    serve(served, "files/flink-1.tar.gz")
    file = pinned("flink/flink-1.tar.gz", kind="pypi")
    assert fetch.fetch(file, tmp_path).read_bytes() == CONTENT


def test_a_mirror_of_maven_central_is_that_of_the_settings(tmp_path, monkeypatch):
    (tmp_path / ".m2").mkdir()
    (tmp_path / ".m2" / "settings.xml").write_text(
        '<settings xmlns="http://maven.apache.org/SETTINGS/1.2.0"><mirrors><mirror><mirrorOf>central</mirrorOf>'
        "<url>https://mirror.example/maven/</url></mirror></mirrors></settings>"
    )
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("ONRECORD_MAVEN_URL", raising=False)
    assert fetch._maven_url("a/b.jar") == "https://mirror.example/maven/a/b.jar"


def test_jars_become_one_with_all_services_and_licences_and_no_signatures(tmp_path):
    for name, services in (("a", b"one.Service"), ("b", b"another.Service\n")):
        with zipfile.ZipFile(tmp_path / f"{name}.jar", "w") as jar:
            jar.writestr("META-INF/services/x.Y", services)
            jar.writestr("META-INF/SIGNED.SF", b"-")
            jar.writestr("META-INF/NOTICE", name.encode())
            jar.writestr("both.class", name.encode())
    fetch._merge([tmp_path / "a.jar", tmp_path / "b.jar"], tmp_path / "all.jar")
    with zipfile.ZipFile(tmp_path / "all.jar") as jar:
        assert sorted(jar.namelist()) == [
            "META-INF/MANIFEST.MF",
            "META-INF/NOTICE",
            "META-INF/licenses/a/NOTICE",
            "META-INF/licenses/b/NOTICE",
            "META-INF/services/x.Y",
            "both.class",
        ]
        assert jar.read("META-INF/services/x.Y").split() == [b"one.Service", b"another.Service"]
        assert jar.read("both.class") == b"a"


@pytest.mark.flink
def test_beams_runner_recycles_ids_and_talks_to_its_workers_over_unix_sockets():
    with zipfile.ZipFile(fetch.home() / "beam.jar") as jar:
        assert f"{fetch.OUR_IDS}.class" in jar.namelist()
        replaced = {patch.after for patch in fetch.PATCHES}
        assert replaced == {fetch.OUR_IDS, "createEpollDomainSocket"} if sys.platform == "linux" else {fetch.OUR_IDS}
        for patch in fetch.PATCHES:
            content = jar.read(f"{patch.owner}.class")
            assert fetch._constant(patch.after) in content
            assert fetch._constant(patch.before) not in content
