# SPDX-License-Identifier: Apache-2.0
"""Data about the article that a page holds for machines: schema.org as JSON-LD, and meta elements."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from html import unescape
from typing import TypeGuard

from lxml.html import HtmlElement

MAX_NODES = 20_000  # of JSON-LD
MAX_VALUE_LENGTH = 10_000  # code points of a name, a headline, a date
# schema.org's subtypes of Article, and the posts that blogs use instead.
ARTICLE = re.compile(r"(?:.*/)?(?:\w*Article|Report|\w*BlogPosting|SocialMediaPosting)", re.ASCII)
_AROUND_JSON = re.compile(r"^\s*(?:<!--|(?://)?\s*<!\[CDATA\[)?\s*|\s*(?:-->|(?://)?\s*\]\]>)?[\s;]*$")
_LAST_COMMA = re.compile(r",(\s*[}\]])")
_TAG = re.compile(r"</?[A-Za-z][^<>]{0,1000}>")
_UNPRINTABLE = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b\ufeff\ufffe\uffff\ud800-\udfff]")

Json = dict[str, object]


def plain(text: str) -> str:
    """Return a value of a field as plain text in one line: without markup, which some pages leave in it."""
    text = text[:MAX_VALUE_LENGTH]
    if "&" in text:
        text = unescape(text)
    if "<" in text:
        text = _TAG.sub("", text)
    return " ".join(_UNPRINTABLE.sub("", text).split())


def values(value: object) -> list[object]:
    """Return the values of a property, which may be a list or a single one."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def is_object(value: object) -> TypeGuard[Json]:
    """Whether a JSON value is an object."""
    return isinstance(value, dict)


def has_type(node: Json, names: re.Pattern[str]) -> bool:
    """Whether an object has a type whose whole name matches."""
    return any(isinstance(name, str) and names.fullmatch(name) for name in values(node.get("@type")))


def _parse(text: str) -> object:
    text = _AROUND_JSON.sub("", text)
    for source in (text, _LAST_COMMA.sub(r"\1", text)):
        try:
            return json.loads(source, strict=False)  # line breaks in strings are common
        except (ValueError, RecursionError):
            continue
    return None


def _nodes(roots: list[object]) -> Iterator[Json]:
    """Yield all objects in the order of the page, those that contain others first."""
    pending = roots[::-1]
    for _ in range(MAX_NODES):
        if not pending:
            return
        node = pending.pop()
        if is_object(node):
            yield node
            pending.extend(reversed(node.values()))
        elif isinstance(node, list):
            pending.extend(reversed(node))


@dataclass(frozen=True)
class Structured:
    """What a page states about its article.

    Attributes:
        meta: the contents of meta elements by name in lower case, in the order of the page.
        nodes: all objects of the JSON-LD.
        url: the address of the page, as the message or the page states it.
    """

    meta: dict[str, list[str]] = field(default_factory=dict)
    nodes: list[Json] = field(default_factory=list)
    url: str = ""

    def first(self, *names: str) -> str:
        """Return the first meta value that is not empty, by the order of the names."""
        return next((text for name in names for value in self.meta.get(name, ()) if (text := plain(value))), "")

    @cached_property
    def article(self) -> Json:
        """The object of the page's own article; empty if there is none.

        Others may be about articles that the page links to: they come later, or have another address.
        """
        articles = [
            node for node in self.nodes if has_type(node, ARTICLE) and ("headline" in node or "datePublished" in node)
        ]
        here = _path(self.url)
        return next((node for node in articles if here and here in _addresses(node)), articles[0] if articles else {})

    @cached_property
    def by_id(self) -> dict[str, Json]:
        """The objects of the JSON-LD by their id, to which others refer."""
        return {name: node for node in self.nodes if isinstance(name := node.get("@id"), str) and len(node) > 1}

    def resolved(self, value: object) -> object:
        """Return the object that a reference means."""
        if is_object(value) and set(value) == {"@id"} and isinstance(name := value["@id"], str):
            return self.by_id.get(name, value)
        return value

    def text(self, name: str) -> str:
        """Return a property of the article as plain text."""
        return next((plain(value) for value in values(self.article.get(name)) if isinstance(value, str)), "")


def _path(url: str) -> str:
    """Return an address without scheme, "www.", query and last slash."""
    return re.sub(r"^(?:https?:)?//(?:www\.)?", "", url.split("?")[0].split("#")[0]).rstrip("/").lower()


def _addresses(node: Json) -> set[str]:
    found = set()
    for value in (*values(node.get("url")), *values(node.get("mainEntityOfPage")), node.get("@id")):
        address = value.get("@id") or value.get("url") if is_object(value) else value
        if isinstance(address, str):
            found.add(_path(address))
    return found


def structured_data(tree: HtmlElement, url: str | None) -> Structured:
    """Return what a page states about its article."""
    meta: dict[str, list[str]] = {}
    for element in tree.iter("meta"):
        content = element.get("content")
        if content:
            for name in {element.get("property"), element.get("name"), element.get("itemprop")} - {None}:
                meta.setdefault(str(name).strip().lower(), []).append(content)
    roots = [
        _parse(script.text)
        for script in tree.iter("script")
        if script.text and "ld+json" in (script.get("type") or "").lower()
    ]
    canonical = next(
        (link.get("href") for link in tree.iter("link") if (link.get("rel") or "").lower() == "canonical"), None
    )
    address = url or canonical or next(iter(meta.get("og:url", ())), None)
    return Structured(meta, list(_nodes(roots)), address or "")
