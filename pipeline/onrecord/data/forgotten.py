# SPDX-License-Identifier: Apache-2.0
"""The list of forgotten articles, which later runs refuse: keyed digests of ids, addresses, texts and names, nothing readable.

The list is matched by digests alone, so that a program that reads it can recognize an article without knowing what was forgotten.
"""

import hmac
import html
import json
import re
import secrets
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Literal, TypeAlias

import msgspec

from onrecord.data.article import Article, sha256
from onrecord.data.message import Message
from onrecord.data.names import PLAIN_LETTERS
from onrecord.data.records import ArticleRecord
from onrecord.data.web_address import normalised_url

FILE_NAME = "forgotten.json"
VERSION = 1
SALT_BYTES = 32
WORD = re.compile(r"[^\W_]+")
TAG = re.compile(r"<[^<>]*>")
# A field of a message that is not valid JSON, or not valid as a message.
FIELD = re.compile(r'"(id|url|text)"\s*:\s*(?:"((?:[^"\\]|\\.)*)"|(-?\d{1,30})\b)', re.DOTALL)
ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|(.))", re.DOTALL)
ESCAPED = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f"}

Reason: TypeAlias = Literal["id", "url", "text", "name"]
REASONS: dict[Reason, str] = {
    "id": "its id is",
    "url": "its URL is",
    "text": "its text is",
    "name": "the name of a person in it is",
}


class ForgottenListError(ValueError):
    """A file is not a list of forgotten articles; the text says why."""


class Forgotten(ValueError):
    """A message that may not be processed because its article is to be forgotten."""


@dataclass(frozen=True, slots=True)
class Traces:
    """What an article is recognized by.

    Attributes:
        ids: its ids.
        urls: its addresses.
        texts: the SHA-256 of its texts, in hexadecimal.
        prose: everything in it that may contain the name of a person.
    """

    ids: tuple[str, ...] = ()
    urls: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()
    prose: tuple[str, ...] = ()

    def __add__(self, other: "Traces") -> "Traces":
        """Return the traces of both."""
        return Traces(self.ids + other.ids, self.urls + other.urls, self.texts + other.texts, self.prose + other.prose)


def traces_of(article: Article | ArticleRecord) -> Traces:
    """Return the traces of an article."""
    prose = (article.text, article.title, article.url, *article.authors, *article.attributes.values())
    return Traces(
        (article.article_id,), (article.url,) if article.url else (), (article.text_sha256,), tuple(filter(None, prose))
    )


def traces_of_payload(payload: bytes, attributes: dict[str, str]) -> Traces:
    """Return the traces of a message that can't be decoded: those of its fields that can be found, and all of it as prose."""
    text = payload.decode("utf-8", "replace")
    fields: dict[str, list[str]] = {"id": [], "url": [], "text": []}
    for name, value in _fields(payload, text):
        fields[name].append(value)
    plain = _unescaped(text)
    without_tags = html.unescape(TAG.sub(" ", plain))
    return Traces(
        tuple(fields["id"]),
        tuple(fields["url"]),
        tuple(sha256(one) for one in fields["text"] if _is_valid(one)),
        (plain, without_tags, *attributes.values()),
    )


def _fields(payload: bytes, text: str) -> Iterator[tuple[str, str]]:
    """Yield the fields of a message by name: its own if it is JSON, and otherwise everything that looks like one."""
    try:
        values = msgspec.json.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        for name, quoted, number in FIELD.findall(text):
            if name == "id" or not number:  # a number may be an id, but it is not a text
                yield name, number or _unescaped(quoted)
        return
    for name in ("id", "url", "text") if isinstance(values, dict) else ():
        value = values.get(name)
        if isinstance(value, str) or (name == "id" and isinstance(value, int)):
            yield name, str(value)


def _unescaped(text: str) -> str:
    """Return a text with the escapes of JSON replaced."""
    return ESCAPE.sub(lambda found: chr(int(found[1], 16)) if found[1] else ESCAPED.get(found[2], found[2]), text)


def _is_valid(text: str) -> bool:
    """Whether a text has no half of a surrogate pair, and so can be the text of an article."""
    return not any("\ud800" <= character <= "\udfff" for character in text)


def words_of(text: str) -> list[str]:
    """Return the words of a text, without case, accents, punctuation and invisible characters."""
    if text.isascii():
        return WORD.findall(text.lower())
    plain = unicodedata.normalize("NFKD", text).casefold().translate(PLAIN_LETTERS)
    return WORD.findall("".join(c for c in plain if not unicodedata.combining(c) and unicodedata.category(c) != "Cf"))


@dataclass(frozen=True)
class ForgottenList:
    """The digests of forgotten articles; more can be added.

    Attributes:
        salt: the key of the digests, random in each list.
        articles: digests of article ids.
        urls: digests of normalised web addresses.
        texts: digests of the SHA-256 of texts.
        names: digests of the names of persons, by their number of words.
    """

    salt: bytes = field(default_factory=lambda: secrets.token_bytes(SALT_BYTES))
    articles: set[bytes] = field(default_factory=set)
    urls: set[bytes] = field(default_factory=set)
    texts: set[bytes] = field(default_factory=set)
    names: dict[int, set[bytes]] = field(default_factory=dict)

    def __len__(self) -> int:
        """The number of digests."""
        return len(self.articles) + len(self.urls) + len(self.texts) + sum(map(len, self.names.values()))

    def _digest(self, kind: Reason, value: str) -> bytes:
        return hmac.digest(self.salt, f"{kind}\0{value}".encode("utf-8", "surrogatepass"), "sha256")

    def _url(self, url: str) -> bytes:
        return self._digest("url", normalised_url(url) or url.strip())

    def add_id(self, article_id: str) -> None:
        """Add the id of an article."""
        self.articles.add(self._digest("id", article_id))

    def add_text(self, text_sha256: str) -> None:
        """Add the SHA-256 of a text."""
        self.texts.add(self._digest("text", text_sha256))

    def add_url(self, url: str) -> None:
        """Add a web address."""
        self.urls.add(self._url(url))

    def add_name(self, name: str) -> None:
        """Add the name of a person; it must have at least one word."""
        words = words_of(name)
        self.names.setdefault(len(words), set()).add(self._digest("name", " ".join(words)))

    def has_id(self, article_id: str) -> bool:
        """Whether an article's id is listed."""
        return self._digest("id", article_id) in self.articles

    def has_text(self, text_sha256: str) -> bool:
        """Whether the SHA-256 of a text is listed."""
        return self._digest("text", text_sha256) in self.texts

    def has_name_in(self, text: str) -> bool:
        """Whether a text contains a listed name as whole words; the time is linear in the text."""
        if not self.names:
            return False
        words = words_of(text)
        return any(
            self._digest("name", " ".join(words[start : start + length])) in listed
            for length, listed in self.names.items()
            for start in range(len(words) - length + 1)
        )

    def reason(self, traces: Traces) -> Reason | None:
        """Return why an article is refused, or None if it is not."""
        if any(map(self.has_id, traces.ids)):
            return "id"
        if self.urls and any(self._url(url) in self.urls for url in traces.urls):
            return "url"
        if any(map(self.has_text, traces.texts)):
            return "text"
        return "name" if any(map(self.has_name_in, traces.prose)) else None

    def copy(self) -> "ForgottenList":
        """Return a list to which digests can be added without changing this one."""
        names = {length: set(listed) for length, listed in self.names.items()}
        return ForgottenList(self.salt, set(self.articles), set(self.urls), set(self.texts), names)

    def to_json(self) -> bytes:
        """Return the contents of its file; equal lists have equal bytes."""
        values = {
            "version": VERSION,
            "salt": self.salt.hex(),
            "articles": _hexadecimal(self.articles),
            "urls": _hexadecimal(self.urls),
            "texts": _hexadecimal(self.texts),
            "names": {str(length): _hexadecimal(self.names[length]) for length in sorted(self.names)},
        }
        return f"{json.dumps(values, indent=2)}\n".encode()

    @classmethod
    def from_json(cls, stored: bytes) -> "ForgottenList":
        """Return the list of a file.

        Raises:
            ForgottenListError: the file has no such list, or one of a later version.
        """
        try:
            values = msgspec.json.decode(stored, type=_File)
            if values.version > VERSION:
                raise ForgottenListError(f"written by a later version of onrecord (format {values.version}); upgrade")
            if len(values.salt) < 2 * SALT_BYTES:
                raise ForgottenListError(f"its salt has fewer than {SALT_BYTES} bytes")
            return cls(
                bytes.fromhex(values.salt),
                set(map(bytes.fromhex, values.articles)),
                set(map(bytes.fromhex, values.urls)),
                set(map(bytes.fromhex, values.texts)),
                {length: set(map(bytes.fromhex, listed)) for length, listed in values.names.items()},
            )
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise ForgottenListError(f"not a list of forgotten articles ({error})") from None
        except ValueError as error:
            if isinstance(error, ForgottenListError):
                raise
            raise ForgottenListError("not a list of forgotten articles (a digest is not hexadecimal)") from None


class _File(msgspec.Struct):
    version: int
    salt: str
    articles: list[str]
    urls: list[str]
    texts: list[str]
    names: dict[int, list[str]]


def _hexadecimal(digests: Iterable[bytes]) -> list[str]:
    return sorted(map(bytes.hex, digests))


def refuse(lists: Iterable[ForgottenList], traces: Traces) -> None:
    """Check that an article is on no list.

    Raises:
        Forgotten: it is on one.
    """
    for listed in lists:
        if reason := listed.reason(traces):
            raise Forgotten(f"message: {REASONS[reason]} on the list of forgotten articles; its content was discarded")


def without_content(message: Message) -> Message:
    """Return a message with its origin alone, for a dead letter that keeps nothing of the article."""
    return replace(message, payload=b"", attributes={}, problem=None)
