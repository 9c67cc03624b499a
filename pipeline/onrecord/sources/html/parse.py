# SPDX-License-Identifier: Apache-2.0
"""From the source of a page to its tree, in time that grows linearly with its length."""

import re

from lxml import etree
from lxml.html import HtmlComment, HtmlElement, HtmlEntity, HTMLParser, HtmlProcessingInstruction, document_fromstring

from onrecord.data.message import InvalidMessage

MAX_PAGE_LENGTH = 2_000_000  # code points; the longest news pages have half as many
MAX_TAGS = 50_000
# The parser's time grows with the square of one tag's attributes. More than this is text after a tag that is not closed, or an attack.
MAX_ATTRIBUTES = 200
MAX_DEPTH = 200  # of nested elements: the extraction looks at everything around each element

_ATTRIBUTES = r"[^>=]*(?:=\s*(?:\"[^\"]*\"|'[^']*'|[^\s>]*)[^>=]*)*"
# Comments, elements whose content is not markup, and tags. Each alternative also matches up to the end of the page, so that none fails
# after it has read a part of the page, which would then be read again.
_MARKUP = re.compile(
    r"<!--(?:-?>|[^-]*(?:-(?!-!?>)[^-]*)*)"
    rf"|<((?i:script|style|textarea|title|xmp|iframe|noembed|noframes))(?=[\s/>]){_ATTRIBUTES}[^<]*(?:<(?!/(?i:\1))[^<]*)*"
    rf"|<(?P<tag>[A-Za-z][^\s/>]*)(?P<attributes>{_ATTRIBUTES})(?:>|\Z)"
)
_ATTRIBUTE = re.compile(r"[^\s/>=][^\s/>=]*(?:\s*=\s*(?:\"[^\"]*\"|'[^']*'|[^\s>]*))?")


def _tags(*names: str) -> re.Pattern[str]:
    return re.compile(rf"</?(?:{'|'.join(names)})(?=[\s/>]){_ATTRIBUTES}(?:>|\Z)", re.IGNORECASE)


_INLINE = _tags(
    *("a", "abbr", "acronym", "b", "big", "center", "em", "font", "i", "ins", "label", "mark", "nobr", "s", "small"),
    *("span", "strike", "strong", "sub", "sup", "tt", "u"),
)
_BLOCKS = _tags("article", "aside", "blockquote", "div", "figure", "footer", "header", "main", "p", "section")
# lxml.html looks up the class of each element in Python, for the sake of forms.
_CLASSES = etree.ElementDefaultClassLookup(HtmlElement, HtmlComment, HtmlProcessingInstruction, HtmlEntity)
_TOO_DEEP = etree.XPath("boolean(/" + "*/" * MAX_DEPTH + "*)")


def _bounded(html: str) -> str:
    """Return a page whose tags have no more attributes than the parser can take.

    Raises:
        InvalidMessage: it has too many tags.
    """
    tags = 0
    parts: list[str] = []
    done = 0
    for match in _MARKUP.finditer(html):
        name, attributes = match.group("tag", "attributes")
        if name is None:
            continue
        tags += 1
        if len(attributes) > 2 * MAX_ATTRIBUTES and len(_ATTRIBUTE.findall(attributes)) > MAX_ATTRIBUTES:
            parts += html[done : match.start()], f"<{name}>"
            done = match.end()
    if tags > MAX_TAGS:
        raise InvalidMessage(f"html: {tags:,} tags are over the limit of {MAX_TAGS:,}")
    return "".join((*parts, html[done:])) if parts else html


def _tree(html: str) -> HtmlElement | None:
    """Return a page's tree, or None if its elements are nested too deeply."""
    # The parser itself allows 256 levels, or 2,048 in a huge tree, and drops everything below without an error.
    parser = HTMLParser(
        encoding="utf-8",
        huge_tree=True,
        collect_ids=False,
        default_doctype=False,
        remove_comments=True,
        remove_pis=True,
    )
    parser.set_element_class_lookup(_CLASSES)
    try:
        tree = document_fromstring(html.encode("utf-8", "replace"), parser=parser)
    except etree.ParserError:  # no element at all
        tree = document_fromstring(b"<html><body></body></html>", parser=parser)
    return None if _TOO_DEEP(tree) else tree


def parsed(html: str) -> HtmlElement:
    """Return the tree of a page.

    Raises:
        InvalidMessage: the page is over a size limit.
    """
    if len(html) > MAX_PAGE_LENGTH:
        raise InvalidMessage(f"html: {len(html):,} characters are over the limit of {MAX_PAGE_LENGTH:,}")
    html = _bounded(html)
    tree = _tree(html)
    if tree is None:  # usually from formatting that is never closed
        html = _INLINE.sub("", html)
        tree = _tree(html)
    if tree is None:
        tree = _tree(_BLOCKS.sub("<p>", html))
    if tree is None:
        raise InvalidMessage(f"html: elements are nested over {MAX_DEPTH} deep")
    return tree
