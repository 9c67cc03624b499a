# SPDX-License-Identifier: Apache-2.0
"""Title, authors, address and date of an article, as its page states them."""

import re
from collections.abc import Iterable, Iterator
from urllib.parse import urlsplit

from lxml import etree
from lxml.html import HtmlElement

from onrecord.sources.html.dates import Stated, stated
from onrecord.sources.html.structured import Structured, has_type, is_object, plain, values

MAX_TITLE_LENGTH = 500  # code points
MAX_AUTHOR_LENGTH = 60  # code points
MAX_AUTHORS = 20
MAX_BYLINE_LENGTH = 120  # code points

# ---- title

_SITE_SEPARATOR = re.compile(r"\s+[|–—·•»:-]+\s+|\s*\|\s*")


def _letters(text: str) -> str:
    return re.sub(r"[\W_]+", "", text).casefold()


def _site_names(page: Structured) -> set[str]:
    """Return the names that the end of a title may add to it."""
    host = (urlsplit_or_none(page.url) or ("", ""))[1].removeprefix("www.")
    names = {page.first("og:site_name"), page.first("application-name"), host, host.split(".")[0]}
    for node in page.nodes:
        for publisher in values(node.get("publisher")):
            publisher = page.resolved(publisher)
            if is_object(publisher) and isinstance(name := publisher.get("name"), str):
                names.add(plain(name))
    letters = {_letters(name) for name in names}
    return (letters | {name.removeprefix("the") for name in letters}) - {""}


def without_site(title: str, page: Structured, headline: str = "") -> str:
    """Return a title without the name of the site at its end, if it is clear that it is one.

    Args:
        title: of a meta element or the title element.
        page: which states the name of the site.
        headline: on the page; a title that continues after it continues with the site.
    """
    sites = _site_names(page)
    for mark in list(_SITE_SEPARATOR.finditer(title))[::-1]:
        kept, added = title[: mark.start()], _letters(title[mark.end() :])
        if added in sites or added.removeprefix("the") in sites or (headline and _letters(kept) == _letters(headline)):
            return without_site(kept, page, headline) if len(kept) < len(title) else kept
    return title


def headlines(tree: HtmlElement) -> list[str]:
    """Return the texts of the h1 elements."""
    texts = (plain(element.text_content()) for element in tree.iter("h1"))
    return [text for text in texts if 0 < len(text) <= MAX_TITLE_LENGTH]


def title(tree: HtmlElement, page: Structured) -> str | None:
    """Return an article's headline."""
    shown = headlines(tree)
    headline = shown[0] if len(shown) == 1 else ""
    social = without_site(page.first("og:title", "twitter:title", "parsely-title", "sailthru.title"), page, headline)
    own = without_site(page.text("headline"), page, headline)
    if own.endswith(("…", "...")) and social.startswith(own.rstrip(".… ")):
        own = social  # which has no limit of length
    element = tree.find(".//title")
    window = without_site(plain(element.text_content()), page, headline) if element is not None else ""
    return next((text for text in (own, social, headline, window, *shown) if 0 < len(text) <= MAX_TITLE_LENGTH), None)


# ---- authors

_AUTHOR_NAMES = (
    "author", "article:author", "parsely-author", "sailthru.author", "dc.creator", "dcterms.creator", "byl",
    "citation_author",
)  # fmt: skip
_AUTHOR_PLACES = etree.XPath(
    "//*[(@itemprop='author' or @rel='author' or contains(concat(' ', @rel, ' '), ' author ')"
    " or contains(concat(' ', @class, ' '), ' p-author ')) and not(self::meta or self::link)]"
)
_BYLINES = etree.XPath(
    "//*[(self::a or self::span or self::p or self::div or self::li or self::address) and"
    " (contains(translate(@class, 'BAW', 'baw'), 'byline') or contains(translate(@class, 'AUTHOR', 'author'), 'author'))]"
)
_BEFORE_NAME = re.compile(r"^(?:(?:story|words|text|reported|written|posted|published)\s)?by:?\s", re.IGNORECASE)
_BETWEEN_NAMES = re.compile(r"\s*(?:;|\||/|&|,?\sand\s(?:by\s)?|(?<=\w{3})\.\s)\s*", re.IGNORECASE)
_COMMA = re.compile(r",\s+(?!(?:jr|sr|ii|iii|iv|m\.?d|ph\.?d|esq)\b)", re.IGNORECASE)
_ADDRESS = re.compile(r"https?:|www\.|@|\.(?:com|org|net|co|uk|info|tv|news)\b|[\d*()\[\]{}<>=?!]", re.IGNORECASE)
# Words of desks, agencies and roles: a byline with one of them is not a person's name.
_NOT_A_PERSON = re.compile(
    r"\b(?:staff|news|newsroom|newsdesk|desk|team|wires?|services?|agenc(?:y|ies)|press|reports?|reporters?|correspondents?|writers?|"
    r"contributors?|editors?|editorial|board|bureau|admin|administrator|webmaster|author|associated|reuters|afp|bloomberg|online|"
    r"media|magazine|newspapers?|network|published|updated|posted|group|inc|llc|ltd|company|university|institute|"
    r"department|office|sponsored|advertorial|guest|anonymous|unknown|none|null|undefined|http|the|by|times|post|journal|"
    r"tribune|herald|gazette|chronicle|broadcasting|television|radio|today)\b",
    re.IGNORECASE,
)
_LATIN = re.compile(r"[A-Za-z]")
_INITIAL = re.compile(r"\b\w\b\.?")
_ORGANIZATION = re.compile(r"(?:.*/)?\w*(?:Organization|Corporation|Project)", re.ASCII)


def _person(text: str, sites: set[str]) -> str | None:
    """Return a name without what bylines add to it, or None if it is not a person's."""
    name = _BEFORE_NAME.sub("", text.strip(" ,;:|-–—")).strip(" ,;:|-–—")
    if not 2 <= len(name) <= MAX_AUTHOR_LENGTH or _ADDRESS.search(name) or not name[0].isalpha() or name.islower():
        return None
    if any(_letters(name).startswith(site) for site in sites if len(site) > 2):
        return None
    if _NOT_A_PERSON.search(name) or (_LATIN.search(name) and " " not in name) or len(name.split()) > 6:
        return None
    return name


def _same_person(one: str, other: str) -> bool:
    """Whether two names differ by initials only."""
    short = [_INITIAL.sub("", name).casefold().split() for name in (one, other)]
    return short[0] == short[1] and len(short[0]) > 0


def _people(texts: Iterator[str], sites: set[str]) -> list[str]:
    found: list[str] = []
    for text in texts:
        parts = (part for piece in _BETWEEN_NAMES.split(text) for part in _COMMA.split(piece))
        for name in (person for part in parts if (person := _person(part, sites))):
            twin = next((number for number, known in enumerate(found) if _same_person(known, name)), None)
            if twin is None:
                found.append(name)
            elif len(name) > len(found[twin]):
                found[twin] = name
    return found[:MAX_AUTHORS]


def _stated_authors(page: Structured) -> Iterator[str]:
    for value in values(page.article.get("author")) or values(page.article.get("creator")):
        value = page.resolved(value)
        if is_object(value) and not has_type(value, _ORGANIZATION):
            names = values(value.get("name")) or [
                " ".join(str(value.get(part) or "") for part in ("givenName", "familyName"))
            ]
            yield from (plain(name) for name in names if isinstance(name, str))
        elif isinstance(value, str):
            yield plain(value)


def _marked_authors(tree: HtmlElement) -> Iterator[str]:
    yield from (plain(element.text_content()) for element in _AUTHOR_PLACES(tree)[:MAX_AUTHORS])


def _byline(tree: HtmlElement, sites: set[str]) -> list[str]:
    """Return the names of the first byline that has any; the later ones belong to links."""
    for element in _BYLINES(tree)[:MAX_AUTHORS]:
        text = plain(element.text_content())
        if len(text) <= MAX_BYLINE_LENGTH and (found := _people(iter([text]), sites)):
            return found
    return []


def authors(tree: HtmlElement, page: Structured) -> list[str]:
    """Return the names of an article's authors: people only, each once, from the most reliable place that has any."""
    sites = _site_names(page)
    metas = (plain(value) for name in _AUTHOR_NAMES for value in page.meta.get(name, ()))
    return (
        _people(_stated_authors(page), sites)
        or _people(metas, sites)
        or _people(_marked_authors(tree), sites)
        or _byline(tree, sites)
    )


# ---- address


def urlsplit_or_none(url: str) -> tuple[str, str] | None:
    """Return scheme and host of a web address, or None if it is not one."""
    try:
        parts = urlsplit(url.strip())
        host = parts.hostname
    except ValueError:
        return None
    return (parts.scheme, host) if parts.scheme in ("http", "https") and host else None


def address(page: Structured) -> str | None:
    """Return the address that a page states for itself."""
    url = plain(page.url)
    return url if urlsplit_or_none(url) else None


# ---- date

_DATE_NAMES = (
    "article:published_time", "og:article:published_time", "og:published_time", "article:published", "datepublished",
    "rnews:datepublished", "parsely-pub-date", "sailthru.date", "cxenseparse:recs:publishtime",
    "cxenseparse:publishtime", "vr:published_time", "bt:pubdate", "dcterms.issued", "dc.date.issued", "dcterms.date",
    "dc.date", "dcterms.created", "dc.date.created", "citation_publication_date", "citation_date",
    "originalpublicationdate", "publication_date", "publication-date", "publish_date", "publish-date", "publishdate",
    "published-date", "published_date", "published", "pubdate", "pub_date", "displaydate", "ptime", "date",
)  # fmt: skip
_CHANGED = re.compile(r"modif|updat|edit|revis|change", re.IGNORECASE)
_DATE_PLACES = etree.XPath(
    "//*[@itemprop='datePublished' or @property='datePublished' or @pubdate or contains(concat(' ', @class, ' '), ' dt-published ')"
    " or (self::abbr and contains(concat(' ', @class, ' '), ' published '))][not(self::meta)]"
)
_TIMES = etree.XPath(
    "//time[not(ancestor::aside or ancestor::footer or ancestor::nav or ancestor::li[ancestor::*[contains(@class, 'related')]])]"
)
_SHOWN = etree.XPath(
    "//*[(self::span or self::p or self::div or self::li or self::small) and"
    " re:test(concat(@class, ' ', @id), '(?:^|[\\s_-])(?:pub(?:lish(?:ed)?)?-?)?(?:date|time|timestamp|date-?time|posted|published)"
    "(?:[\\s_-]|$)', 'i')]",
    namespaces={"re": "http://exslt.org/regular-expressions"},
)
_URL_DATE = re.compile(r"/((?:19|20)\d\d)/(0?[1-9]|1[0-2]|[a-z]{3})/(0?[1-9]|[12]\d|3[01])(?:/|$)", re.IGNORECASE)
MAX_DATE_PLACES = 5  # near the headline; those further down are of links


def _candidates(page: Structured) -> Iterator[object]:
    """Yield what the page states for machines, the most reliable first."""
    yield from values(page.article.get("datePublished"))
    for name in _DATE_NAMES:
        yield from page.meta.get(name, ())


def _date_elements(tree: HtmlElement) -> list[HtmlElement]:
    """Return the elements that are marked as a date and are not said to be that of a change."""
    times = (element for element in _TIMES(tree)[:MAX_DATE_PLACES] if not _says_changed(element))
    return [*_DATE_PLACES(tree)[:1], *times]


def _says_changed(element: HtmlElement) -> bool:
    parent = element.getparent()
    around = (
        element.get("class"),
        element.get("itemprop"),
        parent.get("class") if parent is not None else "",
        element.text,
    )
    before = parent.text if parent is not None else ""
    return bool(_CHANGED.search(" ".join(filter(None, (*around, before)))))


def _shown_dates(tree: HtmlElement) -> Iterator[str]:
    """Yield the dates that the page shows to readers; around some of them are the author or the date of a change."""
    for element in _SHOWN(tree)[:MAX_DATE_PLACES]:
        if _says_changed(element):
            continue
        text = plain(element.text_content())
        yield text
        if len(text) <= MAX_BYLINE_LENGTH:
            before = ""
            for part in filter(None, map(plain, element.itertext())):
                if not _CHANGED.search(before):
                    yield part
                before = part


def _in_address(url: str) -> str | None:
    match = _URL_DATE.search(url)
    if match is None:
        return None
    year, month, day = match.groups()
    return f"{day} {month} {year}" if month.isalpha() else f"{year}-{month:0>2}-{day:0>2}"


def _dates(texts: Iterable[object]) -> list[Stated]:
    return [date for text in texts if (date := stated(text))]


def _with_trusted_zone(best: Stated, for_machines: list[Stated], shown: list[Stated]) -> Stated:
    """Return a time with the zone that the page confirms, if the page states the same time of day in several zones.

    Some systems write local time as UTC in one place, or the other way round. A time that is shown to readers decides, or one that is
    stated as another time of day; if there is none, the zone is unknown. A time without a zone is not a contradiction, but may be UTC.
    """
    same_clock = [date for date in for_machines if best.has_same_clock(date)]
    claims = [best, *(date for date in map(Stated.as_utc, same_clock) if not date.is_same_moment(best))]
    for witness in (*shown, *(date for date in for_machines if not best.has_same_clock(date))):
        for claim in claims:
            if claim.is_same_moment(witness):
                return claim
    contradicted = any(date.exact and not date.is_same_moment(best) for date in same_clock)
    return Stated(best.time.replace(tzinfo=None), has_time=True) if contradicted else best


def published(tree: HtmlElement, page: Structured) -> str | None:
    """Return when an article was published, in the form of RFC 3339: as exactly as the page states it."""
    elements = _date_elements(tree)
    attributes = [element.get("content") or element.get("datetime") or element.get("title") for element in elements]
    texts = [plain(element.text_content()) for element in elements]
    for_machines = _dates(_candidates(page))
    marked = _dates(value for pair in zip(attributes, texts, strict=True) for value in pair)
    shown = _dates(_shown_dates(tree))
    best: Stated | None = None
    for found in (*for_machines, *marked, *shown, *_dates([_in_address(page.url)])):
        if best is None or best.is_less_exact_than(found):
            best = found
    if best is not None and best.exact:
        best = _with_trusted_zone(best, for_machines + _dates(attributes), _dates(texts) + shown)
    return best.text() if best else None
