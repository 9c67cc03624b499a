# SPDX-License-Identifier: Apache-2.0
"""Downloads Apache Flink and Beam's runner for it, with pinned versions and checksums: ``python -m deploy.flink.fetch``.

``jars.lock`` lists the files. They are assembled to a folder in the cache, ``~/.cache/onrecord`` or ``ONRECORD_CACHE``:

    flink-…/lib/        Flink's class path
    flink-…/beam.jar    Beam's runner and its dependencies other than Flink, as one jar: Beam's "job server jar"

They come from the package indexes that this machine is configured for: ``PIP_INDEX_URL`` (or pip's configuration), and for Maven a
mirror of ``central`` in ``~/.m2/settings.xml`` or ``ONRECORD_MAVEN_URL``. An interrupted download is resumed.
"""

import hashlib
import json
import os
import re
import shutil
import struct
import subprocess
import sys
import tarfile
import time
import urllib.error
import urllib.parse
import urllib.request
import xml.etree.ElementTree
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from onrecord.runners.cache import cache_folder

LOCK = Path(__file__).with_name("jars.lock")
PYPI = "https://pypi.org/simple"
MAVEN_CENTRAL = "https://repo1.maven.org/maven2"
TRIES = 4
CHUNK = 1 << 20
TIMEOUT_SECONDS = 60.0
# The jars of Flink's distribution that are used; it also has SQL and more.
FLINK_JARS = re.compile(r".*/deps/lib/((?:flink-dist|log4j-).*\.jar)")
SIGNATURES = re.compile(r"META-INF/([^/]+\.(SF|DSA|RSA)|MANIFEST\.MF|INDEX\.LIST|versions/.*/module-info\.class)")
SERVICES = "META-INF/services/"
# Of each jar, and not only of the first with a file of that name.
LICENCES = re.compile(r"META-INF/((?:LICENSE|NOTICE)[^/]*)")
# The class that recycles ids that are never reused in Beam's runner; see RecycledIds.java.
IDS = Path(__file__).with_name("RecycledIds.java")
OUR_IDS = "onrecord/flink/RecycledIds"


@dataclass(frozen=True)
class Patch:
    """A name in one class of Beam's runner that is replaced by another one, once."""

    owner: str
    before: str
    after: str


PATCHES = (
    Patch(
        "org/apache/beam/runners/fnexecution/control/BundleCheckpointHandlers$StateAndTimerBundleCheckpointHandler",
        "org/apache/beam/sdk/fn/IdGenerators",
        OUR_IDS,
    ),
    # A task manager and the workers that it starts as processes talk over Unix sockets in its temporary folder. Beam's default is ports on
    # all interfaces, without authentication. It is Linux's epoll that makes them, so on other systems the ports stay.
    *(
        [
            Patch(
                "org/apache/beam/runners/fnexecution/environment/EnvironmentFactory$Provider",
                "createDefault",
                "createEpollDomainSocket",
            )
        ]
        if sys.platform == "linux"
        else []
    ),
)


class FetchError(Exception):
    """A file can't be downloaded or built; the message says which, why, and what to do."""


@dataclass(frozen=True)
class Pinned:
    """A file of the lock: its SHA-256, its index (``pypi`` or ``maven``), and its path there."""

    sha256: str
    kind: str
    path: str

    @property
    def name(self) -> str:
        """The file name."""
        return self.path.rpartition("/")[2]


def pinned(lock: Path = LOCK) -> list[Pinned]:
    """Return the files of a lock."""
    lines = [line.split() for line in lock.read_text().splitlines() if line and not line.startswith("#")]
    return [Pinned(sha256, *place.split(":", 1)) for sha256, place in lines]


def home() -> Path:
    """Return the folder that the files of the lock are assembled to; it need not exist."""
    made_from = LOCK.read_bytes() + IDS.read_bytes() + repr(PATCHES).encode()
    return cache_folder() / f"flink-{hashlib.sha256(made_from).hexdigest()[:12]}"


def is_fetched() -> bool:
    """Whether Flink has been downloaded and assembled."""
    return home().is_dir()


def _pypi_url(path: str) -> str:
    """Return the URL of a file on the package index that pip uses."""
    index = os.environ.get("PIP_INDEX_URL")
    if not index:
        asked = subprocess.run(
            [sys.executable, "-m", "pip", "config", "get", "global.index-url"], capture_output=True, text=True
        )
        index = asked.stdout.strip() or PYPI
    project, name = path.split("/")
    page = f"{index.rstrip('/')}/{project}/"
    request = urllib.request.Request(page, headers={"Accept": "application/vnd.pypi.simple.v1+json, text/html;q=0.5"})
    with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as answer:
        text = answer.read().decode("utf-8")
        is_json = "json" in answer.headers.get("Content-Type", "")
    links: list[str] = (
        [file["url"] for file in json.loads(text)["files"]] if is_json else re.findall(r'href="([^"#]+)', text)
    )
    for link in links:
        if link.rpartition("/")[2] == name:
            return urllib.parse.urljoin(page, link)
    raise FetchError(f"{page} has no {name}")


def _maven_url(path: str) -> str:
    """Return the URL of a file on Maven Central, or on the mirror that is configured for it."""
    base = os.environ.get("ONRECORD_MAVEN_URL")
    settings = Path.home() / ".m2" / "settings.xml"
    if not base and settings.is_file():
        tree = xml.etree.ElementTree.fromstring(settings.read_bytes())  # noqa: S314 - the user's own file
        for mirror in tree.iterfind("{*}mirrors/{*}mirror"):
            if mirror.findtext("{*}mirrorOf", "") in ("*", "central", "external:*"):
                base = mirror.findtext("{*}url")
    return f"{(base or MAVEN_CENTRAL).rstrip('/')}/{path}"


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        digest = hashlib.sha256()
        while chunk := file.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def _download(url: str, partial: Path) -> None:
    """Download a URL to a file; if the file has the beginning of it, download the rest."""
    have = partial.stat().st_size if partial.exists() else 0
    request = urllib.request.Request(url, headers={"Range": f"bytes={have}-"} if have else {})
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as answer:
            is_rest = answer.status == 206
            with partial.open("ab" if is_rest else "wb") as file:
                shutil.copyfileobj(answer, file, CHUNK)
    except urllib.error.HTTPError as error:
        if error.code != 416:  # the file is complete
            raise


def fetch(file: Pinned, folder: Path) -> Path:
    """Return a file of the lock, from the cache or from its index.

    Raises:
        FetchError: it can't be downloaded, or has another checksum.
    """
    target = folder / file.name
    if target.exists() and _sha256(target) == file.sha256:
        return target
    partial = folder / f"{file.name}.partial"
    problem: Exception | None = None
    for attempt in range(TRIES):
        time.sleep(attempt)
        try:
            url = _pypi_url(file.path) if file.kind == "pypi" else _maven_url(file.path)
            _download(url, partial)
        except urllib.error.HTTPError as error:
            raise FetchError(f"{error.url}: {error.code} {error.reason}") from error
        except OSError as error:  # the connection broke; what has been downloaded is kept
            problem = error
            continue
        if _sha256(partial) == file.sha256:
            return partial.rename(target)
        partial.unlink()
        problem = FetchError(f"{url}: the checksum differs from that in jars.lock; the file was deleted")
    raise FetchError(f"{file.name} can't be downloaded: {problem}")


def _entries(jars: Iterable[Path]) -> Iterator[tuple[str, bytes]]:
    """Yield the entries of several jars for one: the first of classes with the same name, all licences, all lines of lists of services."""
    seen: set[str] = set()
    services: dict[str, list[bytes]] = {}
    for jar in jars:
        with zipfile.ZipFile(jar) as opened:
            for name in opened.namelist():
                if name.startswith(SERVICES) and not name.endswith("/"):
                    services.setdefault(name, []).append(opened.read(name))
                elif name not in seen and not name.endswith("/") and not SIGNATURES.fullmatch(name):
                    seen.add(name)
                    yield name, opened.read(name)
                if match := LICENCES.fullmatch(name):
                    yield f"META-INF/licenses/{jar.stem}/{match[1]}", opened.read(name)
    for name, parts in services.items():
        yield name, b"\n".join(parts) + b"\n"


def _merge(jars: Iterable[Path], target: Path) -> None:
    """Merge several jars into one."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as jar:
        jar.writestr("META-INF/MANIFEST.MF", "Manifest-Version: 1.0\nMulti-Release: true\n")
        for name, content in _entries(jars):
            # Without the date, so that the same jars are merged to the same bytes.
            jar.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED, compresslevel=1)


def _constant(text: str) -> bytes:
    """Return a text as a constant of a Java class file."""
    return b"\x01" + struct.pack(">H", len(text)) + text.encode("ascii")


def _patched(beam: Path, unfinished: Path) -> None:
    """Make ``patched.jar``: the classes of Beam's runner that are patched, and those that they use.

    Raises:
        FetchError: there is no Java compiler, or the runner is another version.
    """
    compiler = shutil.which("javac")
    if compiler is None:
        raise FetchError("javac was not found; install a JDK, 11 or newer, such as Debian's default-jdk-headless")
    classes = unfinished / "classes"
    options = ("--release", "11", "-cp", str(beam), "-d", str(classes))
    done = subprocess.run([compiler, *options, str(IDS)], capture_output=True, text=True)
    if done.returncode:
        raise FetchError(f"{IDS.name} can't be compiled: {done.stderr}")
    made = {f"{OUR_IDS}.class": (classes / f"{OUR_IDS}.class").read_bytes()}
    with zipfile.ZipFile(beam) as jar:
        for patch in PATCHES:
            name = f"{patch.owner}.class"
            content = jar.read(name)
            if content.count(_constant(patch.before)) != 1:
                raise FetchError(
                    f"this version of Beam's runner does not use {patch.before} as the pinned one does in {name}"
                )
            made[name] = content.replace(_constant(patch.before), _constant(patch.after))
    with zipfile.ZipFile(unfinished / "patched.jar", "w") as jar:
        for name, content in made.items():
            jar.writestr(zipfile.ZipInfo(name), content)


def _assemble(flink: Path, beam: list[Path], unfinished: Path) -> None:
    """Assemble the folder that a cluster is started from."""
    (unfinished / "lib").mkdir(parents=True)
    with tarfile.open(flink) as archive:
        for member in archive:
            match = FLINK_JARS.fullmatch(member.name)
            content = archive.extractfile(member) if match and member.isfile() else None
            if match and content is not None:
                with (unfinished / "lib" / match[1]).open("wb") as file:
                    shutil.copyfileobj(content, file, CHUNK)
    _merge(beam, unfinished / "all.jar")
    _patched(unfinished / "all.jar", unfinished)
    _merge([unfinished / "patched.jar", unfinished / "all.jar"], unfinished / "beam.jar")
    for name in ("all.jar", "patched.jar"):
        (unfinished / name).unlink()
    shutil.rmtree(unfinished / "classes")


def main() -> int:
    """Download and assemble what is missing; return the exit code."""
    if is_fetched():
        print(f"Flink is in {home()}")
        return 0
    downloads = cache_folder() / "downloads"
    downloads.mkdir(parents=True, exist_ok=True)
    unfinished = home().with_name(f"{home().name}.{os.getpid()}")
    try:
        files = pinned()
        print(f"downloading Flink and Beam's runner for it, {len(files)} files, about 290 MB, to {cache_folder()}")
        found = []
        for file in files:
            found.append(fetch(file, downloads))
            print(f"  {file.name}")
        _assemble(found[0], found[1:], unfinished)
        unfinished.rename(home())
    except (FetchError, OSError) as error:
        shutil.rmtree(unfinished, ignore_errors=True)
        print(f"Flink can't be downloaded: {error}", file=sys.stderr)
        print("Run the same command to resume. ONRECORD_MAVEN_URL and PIP_INDEX_URL set mirrors.", file=sys.stderr)
        return 1
    print(f"Flink is in {home()}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
