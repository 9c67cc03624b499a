# SPDX-License-Identifier: Apache-2.0
"""Writes the page: one file, or a folder with an index and parts.

No text of an article gets into the page's HTML, styles or scripts. The data are compressed, in Base64, in ``template`` elements, or in a
folder as the argument of one call per part; the script writes them into the page as text. The policy in the page allows only this script
and these styles, by their hashes, and no connection.
"""

import base64
import functools
import hashlib
import os
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec

from onrecord.report.collect import Report
from onrecord.version import __version__

SOURCES = Path(__file__).with_name("page")
# One module: the files are parts of it, in this order.
SCRIPTS = (
    *("vendor/inflate.js", "dom.js", "data.js", "csv.js", "sentences.js", "charts.js", "index.js"),
    *("overview.js", "search.js", "positions.js", "speakers.js", "article.js", "run.js", "main.js"),
)
# A part is what the browser reads at once; an article with its records has 5 to 20 kB.
PART_SIZE = 200  # articles
MAX_ARTICLES_IN_ONE_FILE = 5_000
MARKER = b'<!doctype html><html lang="en"><meta name="generator" content="onrecord'


class NotOurs(OSError):
    """A file that onrecord did not write is in the place of the page."""


@dataclass(frozen=True, slots=True)
class Pages:
    """The files of a page: its index, and its parts by their paths relative to the index; none if all is in the index."""

    index: bytes
    parts: dict[str, bytes]


@functools.cache
def _script() -> str:
    return "\n".join((SOURCES / name).read_text("utf-8") for name in SCRIPTS)


@functools.cache
def _style() -> str:
    return (SOURCES / "page.css").read_text("utf-8")


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode('utf-8')).digest()).decode('ascii')}'"


def policy(*, in_parts: bool, is_served: bool = False) -> str:
    """Return the content security policy of a page.

    Args:
        in_parts: whether the page loads parts.
        is_served: whether it asks the server that it comes from for news.
    """
    # The page's own script may add the scripts of the parts, whatever the address of the page is.
    scripts = f"{_hash(_script())} 'strict-dynamic'" if in_parts else _hash(_script())
    rules = [
        "default-src 'none'",
        f"script-src {scripts}",
        f"style-src {_hash(_style())}",
        "base-uri 'none'",
        "form-action 'none'",
        "require-trusted-types-for 'script'",
        f"trusted-types {'onrecord' if in_parts else chr(39) + 'none' + chr(39)}",
    ]
    return "; ".join([*rules, *(["connect-src 'self'"] if is_served else [])])


def _compressed(data: bytes) -> str:
    packed = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return base64.b64encode(packed.compress(data) + packed.flush()).decode("ascii")


def _parts(report: Report) -> Iterator[str]:
    for start in range(0, len(report.articles), PART_SIZE):
        yield _compressed(b"[" + b",".join(report.articles[start : start + PART_SIZE]) + b"]")


def pages(report: Report, *, in_parts: bool | None = None, is_served: bool = False) -> Pages:
    """Return the files of a page.

    Args:
        report: what it shows.
        in_parts: whether the articles are in files of their own; by default if there are many.
        is_served: whether it asks the server that it comes from for news.
    """
    if in_parts is None:
        in_parts = len(report.articles) > MAX_ARTICLES_IN_ONE_FILE
    core = {**report.core, "partSize": PART_SIZE, "inParts": in_parts, "isServed": is_served, "version": __version__}
    texts = [_compressed(msgspec.json.encode(core))]
    files: dict[str, bytes] = {}
    if in_parts:
        files = {
            f"parts/part-{number:04d}.js": f'onrecordPart({number},"{text}")\n'.encode("ascii")
            for number, text in enumerate(_parts(report))
        }
    else:
        texts.extend(_parts(report))
    templates = "".join(f'<template id="data-{number}">{text}</template>' for number, text in enumerate(texts))
    html = (
        f'<!doctype html><html lang="en"><meta name="generator" content="onrecord {__version__}"><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy(in_parts=in_parts, is_served=is_served)}">'
        '<meta name="viewport" content="width=device-width,initial-scale=1"><meta name="referrer" content="no-referrer">'
        '<meta name="color-scheme" content="light dark"><title>onrecord</title>'
        f"<style>{_style()}</style><body><noscript>This page needs JavaScript, which stays within the page.</noscript>"
        f'<div id="page"></div>{templates}<script type="module">{_script()}</script></body></html>\n'
    )
    return Pages(html.encode("utf-8"), files)


def place(path: Path, report: Report) -> Path:
    """Return where the index of a page is written: at the path, or for many articles in a folder of that name without the ending."""
    return path.with_suffix("") / "index.html" if len(report.articles) > MAX_ARTICLES_IN_ONE_FILE else path


def write(report: Report, path: Path) -> Path:
    """Write a page, in place of one that was written before, and return the path of its index.

    The files can be read only by this user, as the records. The index is the last to be written, and is complete or absent.

    Raises:
        NotOurs: the file, or one in the folder, is not of a page.
        OSError: a file can't be written.
    """
    made = pages(report)
    index = place(path, report)
    if index.exists():
        with index.open("rb") as file:
            if file.read(len(MARKER)) != MARKER:
                raise NotOurs(f"{index}: the file exists and is not a report of onrecord; give another one")
    for name, content in made.parts.items():
        (index.parent / name).parent.mkdir(parents=True, exist_ok=True)
        _write(index.parent / name, content)
    _write(index, made.index)
    return index


def _write(path: Path, content: bytes) -> None:
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with open(temporary, "xb", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
            file.write(content)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
