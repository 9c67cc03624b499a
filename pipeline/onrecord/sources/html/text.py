# SPDX-License-Identifier: Apache-2.0
"""The main text of a page, one paragraph a line, without headline, links to other articles and other furniture.

The extraction itself is trafilatura's. What is done before and after it corrects what it does on news pages: it keeps the headline,
labelled links and cards that open over a name; it drops links and spans within sentences, and embedded posts.
"""

import re
from collections import Counter

from lxml import etree
from lxml.html import HtmlElement

from onrecord.sources.html.metadata import headlines
from onrecord.sources.html.structured import Structured, plain, values

MIN_RUNNING_TEXT = 20  # code points next to an inline element that make it a part of a sentence
MAX_FURNITURE_SHARE = 0.15  # of the text in paragraphs; an element with more isn't furniture, whatever its class
MIN_LINK_SHARE = 0.6  # of the text of a link to another article, label included
MAX_INLINE_IN_BLOCK = 1_000  # elements, with the square of whose number the time of the extraction grows
MAX_INLINE_ON_PAGE = 5_000
MIN_BODY_WORDS = 50  # of the article's text in JSON-LD
# Code points of a text, and its share of the text in paragraphs. With more there is nothing that another algorithm could find.
MIN_SURE_LENGTH, MIN_SURE_SHARE = 250, 0.5
_NAMESPACES = {"re": "http://exslt.org/regular-expressions"}


def _xpath(expression: str) -> etree.XPath:
    return etree.XPath(expression, namespaces=_NAMESPACES)


_NO_TEXT = (
    "script", "style", "noscript", "template", "svg", "iframe", "object", "select", "video", "audio", "nav", "menu",
    "footer",
)  # fmt: skip
_INLINE = (
    "a", "abbr", "b", "big", "cite", "code", "del", "em", "font", "i", "img", "ins", "kbd", "label", "mark", "q", "s",
    "samp", "small", "span", "strike", "strong", "sub", "sup", "time", "tt", "u", "var",
)  # fmt: skip
_QUOTE_MARKS = (("“", "”"), ("‘", "’"))
_ANY_MARK = re.compile("[\"'“”„«»‘’]")
# An element that is asked for its ancestors takes time by its depth; all descendants of all paragraphs, by the square of their number.
_INLINE_IN_PARAGRAPHS = _xpath(
    "//*[self::span or self::b or self::i or self::em or self::small or self::strong][@*][ancestor::p]"
)
_HIDDEN_CLASS = re.compile(
    r"(?:^|\s)(?:sr-only|visually-?hidden|screen-reader(?:-text|-only)?|tooltip|popover)", re.IGNORECASE
)
_HIDDEN_STYLE = re.compile(r"display:\s?none", re.IGNORECASE)
_CARDS = _xpath("//span[img][a][ancestor::p]")
_SPANS = _xpath("//span[@*][ancestor::p or ancestor::li or ancestor::blockquote]")
_POSTS = _xpath("//blockquote[re:test(@class, '(?:twitter|instagram|tiktok|bluesky|mastodon|threads|text-post)-?')]")
_FURNITURE = re.compile(
    r"(?:^|[\s_-])(?:newsletter|sign-?up|subscri(?:be|ption)|cta|promo|recirc|donate|donation|recommend(?:ed|ations)?|trending"
    r"|most-?(?:read|popular|viewed)|related|read-?(?:more|next|also)|rail)",
    re.IGNORECASE,
)
# Consent managers, by the names of their containers, and what sites call their own.
_CONSENT = re.compile(
    r"(?:^|[\s_-])(?:onetrust|optanon|didomi|qc-cmp|sp_message|cybotcookie\w*|usercentrics|trustarc|truste|fc-consent|osano|iubenda|klaro"
    r"|tarteaucitron|borlabs|cky|cookieyes|cmplz|termly|evidon|cmp(?:box)?|gdpr|ccpa|(?:cookies?|consent|privacy)(?:[_-]?(?:banner|notice"
    r"|wall|bar|message|overlay|modal|dialog|popup|policy|law|box|container|manager|prompt))?)(?:[\s_-]|$)",
    re.IGNORECASE,
)
_NO_FURNITURE = _xpath("boolean(descendant-or-self::*[self::article or self::main or self::h1])")
_BOXES = _xpath(
    "//*[self::div or self::section or self::aside or self::ul or self::p or self::form or self::figure or self::dialog][@class or @id]"
)
_BLOCKS_WITH_LINKS = _xpath(
    "//*[self::p or self::li or self::h2 or self::h3 or self::h4 or self::h5 or self::h6 or self::strong][.//a]"
)
_LISTS_OF_LINKS = _xpath("//ul[count(li) > 1][not(li[not(.//a)])]")
_LABEL = re.compile(
    r"\W*(?:related|read (?:more|also|next|on)|see (?:more|also)|also (?:read|see)|more|don.t miss|watch(?: more)?|recommended|must read|"
    r"you (?:may|might) (?:also )?(?:like|be interested in)|in case you missed it|further reading)\b[^.:|]{0,40}[:|]",
    re.IGNORECASE,
)
# A whole line above or below the text.
_FURNITURE_LINE = re.compile(
    r"\W*(?:(?:©|\(c\)|copyright\b).{0,150}"
    r"|(?:related(?: (?:stories|articles|news|links|content))?|read (?:more|also|next)|see (?:more|also)|most (?:read|popular)[\w\s]{0,20}"
    r"|don.t miss|you (?:may|might) also like|recommended(?: for you)?|more (?:stories|news|from[\w\s]{0,30})|trending(?: now)?"
    r"|share(?: this(?: article| story)?)?|advertis(?:e)?ments?|comments?|sign up|subscribe)\W*)",
    re.IGNORECASE,
)


def _drop(element: HtmlElement) -> None:
    if element.getparent() is not None:
        element.drop_tree()


def mark_quotations(tree: HtmlElement) -> None:
    """Add to q elements the quotation marks that a browser shows for them, and make them span elements."""
    quotations = list(tree.iter("q"))
    for element in quotations:
        text = element.text_content().strip()
        if not text or (_ANY_MARK.match(text[0]) and _ANY_MARK.match(text[-1])):
            continue
        opening, closing = _QUOTE_MARKS[sum(1 for _ in element.iterancestors("q")) % 2]
        element.text = opening + (element.text or "").lstrip()
        if len(element):
            element[-1].tail = (element[-1].tail or "").rstrip() + closing
        else:
            element.text = element.text.rstrip() + closing
    for element in quotations:
        element.tag = "span"
        element.attrib.clear()


def _length(element: HtmlElement) -> int:
    """Return the number of letters and digits of an element's text."""
    return sum(map(str.isalnum, element.text_content()))


def _own_text(element: HtmlElement) -> int:
    """Return the length of the text that is directly in an element."""
    return len((element.text or "").strip()) + sum(len((child.tail or "").strip()) for child in element)


def _is_hidden(element: HtmlElement) -> bool:
    return (
        element.get("hidden") is not None
        or element.get("aria-hidden") == "true"
        or bool(_HIDDEN_CLASS.search(element.get("class", "")) or _HIDDEN_STYLE.search(element.get("style", "")))
    )


def _keep_sentences_whole(tree: HtmlElement) -> None:
    """Remove what is not shown within a sentence, and the classes of spans in sentences, by which they would be dropped."""
    for element in _INLINE_IN_PARAGRAPHS(tree):
        if _is_hidden(element):
            _drop(element)
    for element in _CARDS(tree):
        _drop(element)
    for sentence in {span.getparent(): None for span in _SPANS(tree)}:
        if _own_text(sentence) >= MIN_RUNNING_TEXT:
            for span in sentence.iterchildren("span"):
                span.attrib.clear()


def _keep_posts(tree: HtmlElement) -> None:
    """Remove the classes of the containers of embedded posts, by which the posts would be dropped."""
    for post in _POSTS(tree):
        length = _length(post)
        for container in post.iterancestors("div", "figure", "section", "p"):
            if _length(container) > length:
                break
            container.tag = "div"
            container.attrib.clear()
        post.attrib.clear()


def _share_of_links(element: HtmlElement) -> float:
    length = _length(element)
    return sum(map(_length, element.iter("a"))) / length if length else 0


def _drop_links(tree: HtmlElement) -> None:
    """Remove labelled links to other articles, and lists of nothing but links."""
    for block in _BLOCKS_WITH_LINKS(tree):
        if (
            block.getparent() is not None
            and _LABEL.match(block.text_content().strip())
            and _share_of_links(block) > MIN_LINK_SHARE
        ):
            _drop(block)
    for links in _LISTS_OF_LINKS(tree):
        if links.getparent() is not None and all(_share_of_links(item) > MIN_LINK_SHARE for item in links.iter("li")):
            _drop(links)


def _drop_furniture(tree: HtmlElement) -> None:
    """Remove boxes by their classes: consent banners, newsletters, lists of other articles."""
    limit = MAX_FURNITURE_SHARE * sum(len(paragraph.text_content()) for paragraph in tree.iter("p"))
    for element in _BOXES(tree):
        names = f"{element.get('class', '')} {element.get('id', '')}"
        is_consent = _CONSENT.search(names)
        if not (is_consent or _FURNITURE.search(names)) or element.getparent() is None or _NO_FURNITURE(element):
            continue
        if is_consent or len(element.text_content()) < limit:
            _drop(element)


def _drop_headline(tree: HtmlElement) -> None:
    """Empty the headline and the block around it, with deck, byline and date; the element stays, since the extraction looks for it."""
    heads = list(tree.iter("h1"))
    if len(heads) != 1:
        return
    (head,) = heads
    limit = MAX_FURNITURE_SHARE * sum(len(paragraph.text_content()) for paragraph in tree.iter("p"))
    own = len(head.text_content())
    block = head
    for outer in head.iterancestors("div", "header", "section", "hgroup"):
        if (
            outer.getparent() is None
            or len(outer.text_content()) - own > min(limit, 800)
            or outer is not block.getparent()
        ):
            break
        block = outer
    keep = {head, block, *head.iterancestors()}
    if own > 500:  # too long for a headline
        return
    for element in list(block.iter()):
        if element in keep:
            element.text = None
            if element is not block:
                element.tail = None
        elif element.getparent() in keep:
            element.getparent().remove(element)


def _block(element: HtmlElement) -> HtmlElement:
    return next((outer for outer in element.iterancestors() if outer.tag not in _INLINE), element)


def _unwrap_inline(tree: HtmlElement) -> None:
    """Replace inline elements by their text where there are too many."""
    blocks = Counter(map(_block, tree.iter(*_INLINE)))
    too_many = [block for block, number in blocks.items() if number > MAX_INLINE_IN_BLOCK]
    for block in [tree] if blocks.total() > MAX_INLINE_ON_PAGE else too_many:
        etree.strip_tags(block, *_INLINE)
        for element in block.iter():  # makes one node of the text nodes in a row that are left
            element.text, element.tail = element.text, element.tail


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.casefold())


def _without_ends(lines: list[str], heads: set[str]) -> list[str]:
    """Return the lines of a text without headline and furniture above and below it."""
    while lines and (" ".join(_words(lines[0])) in heads or _FURNITURE_LINE.fullmatch(lines[0])):
        lines = lines[1:]
    while lines and _FURNITURE_LINE.fullmatch(lines[-1]):
        lines = lines[:-1]
    return lines


def stated_text(page: Structured) -> str:
    """Return the article's text as the page's JSON-LD states it, one paragraph a line; empty if there is none of some length."""
    for value in values(page.article.get("articleBody")):
        if isinstance(value, str) and len(value.split()) >= MIN_BODY_WORDS:
            lines = re.split(r"\s*\n\s*|</(?:p|div|li|h[1-6]|blockquote)>|<br\s*/?>", value)
            return "\n".join(line for line in map(plain, lines) if line)
    return ""


def _extracted(tree: HtmlElement) -> str:
    """Return the main text of a prepared tree; where little is found, other algorithms are asked, too, which takes longer."""
    # It takes long to import, and few messages are pages.
    from trafilatura import bare_extraction
    from trafilatura.settings import Document

    in_paragraphs = sum(len(paragraph.text_content()) for paragraph in tree.iter("p"))
    text = ""
    for fast in (True, False):
        found = bare_extraction(tree, fast=fast, favor_precision=True, include_comments=False, with_metadata=False)
        text = found.text or "" if isinstance(found, Document) else ""
        if len(text) >= max(MIN_SURE_LENGTH, MIN_SURE_SHARE * in_paragraphs):
            break
    return text


def main_text(tree: HtmlElement, page: Structured, title: str | None) -> str:
    """Return the main text of a page, which is changed; empty if there is none."""
    heads = {
        " ".join(_words(head))
        for head in (title or "", *headlines(tree), page.first("og:title"), page.text("headline"))
    }
    etree.strip_elements(tree, *_NO_TEXT, with_tail=False)
    _keep_sentences_whole(tree)
    mark_quotations(tree)
    _keep_posts(tree)
    _drop_furniture(tree)
    _drop_headline(tree)
    _drop_links(tree)
    _unwrap_inline(tree)
    lines = _without_ends([line for line in _extracted(tree).splitlines() if line.strip()], heads - {""})
    stated = stated_text(page)
    if len(_words(" ".join(lines))) < len(_words(stated)) / 2:
        return stated  # the page is filled by scripts, or it is laid out in a way that the extraction does not know
    return "\n".join(lines)
