# SPDX-License-Identifier: Apache-2.0
"""Article messages from XML files of news: RSS and Atom feeds, NITF, and NewsML-G2, as agencies send them.

Specifications: https://www.rssboard.org/rss-specification, RFC 4287 (Atom), https://iptc.org/standards/nitf/, and
https://iptc.org/standards/newsml-g2/
"""

import html
import re
from collections.abc import Callable, Iterable, Iterator
from typing import TypeAlias
from urllib.parse import urljoin

import msgspec
from lxml import etree

from onrecord.data.message import InvalidMessage, Message
from onrecord.sources.compression import decompressed
from onrecord.sources.content import PieceReader
from onrecord.sources.formats.xml_references import NumericReferences
from onrecord.sources.html.parse import parsed
from onrecord.sources.stored_file import StoredFile

Fields: TypeAlias = dict[str, object]

NO_TEXT = "news items without text"  # pictures, graphics, videos
PARAGRAPHS = frozenset((
    "address", "article", "aside", "blockquote", "body", "br", "dd", "div", "dl", "dt", "figcaption", "figure", "footer",
    "h1", "h2", "h3", "h4", "h5", "h6", "header", "hl1", "hl2", "hr", "li", "ol", "p", "pre", "section", "table", "td", "tr", "ul",
))  # fmt: skip
NOT_TEXT = frozenset(("script", "style", "head", "media", "template"))
OF_ENCLOSURES = frozenset(("http://search.yahoo.com/mrss/", "http://search.yahoo.com/mrss"))
XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
HARMLESS = re.compile("UNDECLARED_ENTITY|^NS_|^WAR_")  # the parser's names of errors that lose nothing


def read_messages(file: StoredFile) -> Iterator[Message]:
    """Yield a message for each item of a feed, each NITF document, and each NewsML-G2 news item.

    News items without text are skipped. Where the XML is not well formed, what can be read is read, and a message with a ``problem``
    reports it.
    """
    reader = PieceReader(decompressed(file.stored, file.path))
    number = 0
    items = etree.iterparse(
        NumericReferences(reader),
        events=("end",),
        recover=True,
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
    )
    error: str | None = None
    try:
        for _, element in items:
            fields_of = READERS.get(_name(element))
            if fields_of is None or any(_name(parent) in READERS for parent in element.iterancestors()):
                continue
            file.count()
            number += 1
            try:
                yield _message(file, fields_of(element), number)
            except InvalidMessage as refusal:
                yield file.message(etree.tostring(element), number, problem=str(refusal))
            element.clear()
            while element.getprevious() is not None:
                del element.getparent()[0]
    except etree.XMLSyntaxError as raised:
        error = str(raised)
    severe = [entry for entry in items.error_log if not HARMLESS.search(entry.type_name)]
    if reader.damage is not None:
        yield file.damaged(reader.damage, number + 1)
    elif severe or error:
        said = f"line {severe[0].line}: {severe[0].message}" if severe else error
        problem = f"file: it is not well-formed XML ({said}), so items may be missing; repair the file and rerun"
        yield file.message(b"", number + 1, problem=problem)


def _message(file: StoredFile, fields: Fields, number: int) -> Message:
    if fields["text"] is None:
        return file.skipped(NO_TEXT, number)
    return file.message(msgspec.json.encode({name: value for name, value in fields.items() if value}), number)


def _name(element: etree._Element) -> str:
    """Return an element's name without its namespace."""
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def _find(element: etree._Element, *names: str) -> Iterator[etree._Element]:
    """Yield the descendants with some names, in the order of the names."""
    for name in names:
        yield from element.iter("{*}" + name)


def _text(element: etree._Element, *names: str) -> str | None:
    """Return the text of the first descendant that has one, of those with some names."""
    return next((text for found in _find(element, *names) if (text := " ".join(paragraphs(found)))), None)


def _own(element: etree._Element, *names: str) -> Iterator[etree._Element]:
    """Yield the children with some names, in the order of the names, those in the element's namespace first.

    What describes a picture or a video, or the feed that an entry was taken from, has children with these names as well.
    """
    namespace = etree.QName(element).namespace
    for name in names:
        found = [
            child for child in element.iterchildren("{*}" + name) if etree.QName(child).namespace not in OF_ENCLOSURES
        ]
        yield from sorted(found, key=lambda child: etree.QName(child).namespace != namespace)


def _own_text(element: etree._Element, *names: str) -> str | None:
    """Return the text of the first child that has one, of those with some names."""
    return next((text for found in _own(element, *names) if (text := " ".join(paragraphs(found)))), None)


def _texts(element: etree._Element, *names: str) -> list[str]:
    return [text for found in _find(element, *names) if (text := " ".join(paragraphs(found)))]


def _bylines(element: etree._Element, name: str) -> list[str]:
    return [re.sub(r"^by\s", "", text, flags=re.IGNORECASE) for text in _texts(element, name)]


def _attribute(element: etree._Element, name: str, attribute: str) -> str | None:
    return next((value for found in _find(element, name) if (value := found.get(attribute))), None)


def paragraphs(element: etree._Element) -> list[str]:
    """Return the paragraphs of an XML or HTML element, with blanks as a reader sees them."""
    parts: list[str] = []
    for event, node in etree.iterwalk(element, events=("start", "end", "comment", "pi")):
        name = _name(node)
        ends = event != "start"
        if name in PARAGRAPHS:
            parts.append("\0")
        if not ends and name not in NOT_TEXT:
            parts.append(html.unescape(node.text or "") if node.tag is etree.Entity else node.text or "")
        if ends and node is not element:
            parts.append(node.tail or "")
    return [text for part in "".join(parts).split("\0") if (text := " ".join(part.split()))]


def _from_html(element: etree._Element) -> str:
    """Return the text of an element that contains HTML, escaped or not.

    Raises:
        InvalidMessage: the HTML is over a size limit.
    """
    if any(isinstance(child.tag, str) for child in element):
        return "\n\n".join(paragraphs(element))
    markup = "".join([element.text or "", *((child.text or "") + (child.tail or "") for child in element)])  # entities
    if "<" not in markup:
        return html.unescape(markup).strip()
    return "\n\n".join(paragraphs(parsed(markup)))


def _rss(item: etree._Element) -> Fields:
    contents = map(_from_html, _own(item, "encoded", "description"))
    return {
        "id": _own_text(item, "guid"),
        "url": _own_text(item, "link"),
        "title": _own_text(item, "title"),
        "text": next(filter(None, contents), ""),
        "authors": _texts(item, "creator") or _texts(item, "author"),
        "published_at": _own_text(item, "pubDate", "date"),
        "source": _attribute(item, "source", "url"),
        "categories": _texts(item, "category"),
    }


def _atom(entry: etree._Element) -> Fields:
    texts = map(_atom_text, _own(entry, "content", "summary"))
    links = [link for link in _own(entry, "link") if link.get("rel", "alternate") == "alternate"]
    return {
        "id": _own_text(entry, "id"),
        "url": next(map(_href, links), None),
        "title": next((" ".join(title.split()) for title in map(_atom_text, _own(entry, "title"))), None),
        "text": next(filter(None, texts), ""),
        "authors": [name for author in _own(entry, "author") for name in _texts(author, "name")],
        "published_at": _own_text(entry, "published"),
        "updated_at": _own_text(entry, "updated"),
        "language": entry.get(XML_LANG),
    }


def _atom_text(element: etree._Element) -> str:
    """Return the text of an Atom construct, which is plain text, escaped HTML or XHTML.

    Raises:
        InvalidMessage: the HTML is over a size limit.
    """
    is_html = element.get("type", "text") in ("html", "text/html")
    return _from_html(element) if is_html else "\n\n".join(paragraphs(element))


def _href(link: etree._Element) -> str | None:
    """Return the address of a link, which may be relative to xml:base."""
    href: str | None = link.get("href")
    try:
        return urljoin(link.base or "", href) if href else None
    except ValueError:
        return href


def _body(elements: Iterable[etree._Element]) -> str | None:
    return "\n\n".join(text for element in elements for text in paragraphs(element)) or None


def _nitf(document: etree._Element) -> Fields:
    return {
        "id": _attribute(document, "doc-id", "id-string"),
        "url": _attribute(document, "pubdata", "ex-ref"),
        "title": _text(document, "hl1", "hedline", "title"),
        "text": _body(_find(document, "body.content")) or "",
        "authors": _bylines(document, "byline"),
        "published_at": _attribute(document, "date.issue", "norm") or _attribute(document, "story.date", "norm"),
        "language": document.get(XML_LANG),
    }


def _newsml(item: etree._Element) -> Fields:
    text = (
        _body(_find(item, "body.content"))
        or _body(_find(item, "body"))
        or _body(_find(item, "inlineXML", "inlineData"))
    )
    content = next(_find(item, "contentMeta"), item)
    return {
        "id": item.get("guid"),
        "title": _text(content, "headline"),
        "text": text,
        "authors": _bylines(content, "by")
        or [name for creator in _find(content, "creator") for name in _texts(creator, "name")],
        "published_at": _text(item, "firstCreated", "contentCreated", "versionCreated"),
        "updated_at": _text(item, "versionCreated"),
        "language": _attribute(content, "language", "tag") or item.get(XML_LANG),
        "version": item.get("version"),
    }


READERS: dict[str, Callable[[etree._Element], Fields]] = {
    "item": _rss,
    "entry": _atom,
    "nitf": _nitf,
    "newsItem": _newsml,
}
