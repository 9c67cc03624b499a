# SPDX-License-Identifier: Apache-2.0
"""Pages that have no article although they have a text: consent pages, the free part of paid articles, error pages, home pages.

An article that is taken for one of these is lost, while one of these that is taken for an article is only noise: each rule asks for
evidence from the page's structure or its title, and for a text that is too short for an article.
"""

import re
from collections.abc import Callable

from lxml import etree
from lxml.html import HtmlElement

from onrecord.sources.html.metadata import headlines
from onrecord.sources.html.structured import Structured, has_type, plain, values

ERROR = "the page is an error message or a check of the browser, not an article"
CONSENT = "the page asks for consent to cookies and has no article"

MIN_WORDS = 3  # of an article
# Words of the extracted text; a text of this length is an article whatever else is on the page.
MAX_ERROR_WORDS = 120
MAX_FREE_WORDS = 150
MAX_CUT_WORDS = 300  # if the text ends in an ellipsis
MAX_UNASKED_WORDS = 60  # if only the page's data says that it is paid, as it also says on pages that are sent whole
MIN_STATED_SHARE = 0.5  # of the number of words that the page states
MIN_CONSENT_SHARE = 0.6  # of the text's words in lines about consent
MIN_HEADLINE_LINKS = 10
MIN_HEADLINE_WORDS = 4
MIN_PARAGRAPH_WORDS = 40  # a page with a paragraph of this length is not just a list of teasers
MAX_WALL_LENGTH = 1_000  # code points of a box

_ABOUT_CONSENT = re.compile(
    r"\bcookies?\b|\bconsent\b|\bprivacy (?:policy|notice|settings|choices|preferences|center)\b"
    r"|\blegitimate interests?\b"
    r"|\bpersonal (?:data|information)\b|\b(?:our|advertising|third[- ]party) (?:partners|vendors)\b"
    r"|\btracking technolog(?:y|ies)\b"
    r"|\b(?:accept|reject|manage) (?:all|and|preferences|settings|options)\b|\bdo not sell\b"
    r"|\bpersonali[sz]ed (?:ads|advertising|content)\b",
    re.IGNORECASE,
)
_TO_THE_READER = re.compile(r"\b(?:we|our|us|you|your)\b", re.IGNORECASE)
_ERROR_TITLE = re.compile(
    r"\W*(?:(?:error\W{1,3})?(?:40[0134]|410|429|45[01]|50[0234])\b.{0,60}"
    r"|(?:(?:sorry|oops)\W{1,3})?(?:the |this |that )?page (?:(?:was |is |could "
    r"|can ?)?(?:not (?:be )?found|unavailable|not available)"
    r"|(?:isn.t|is no longer|no longer) available|does(?:n.t| not) exist)|not found"
    r"|access (?:to this page has been |to this site has been )?(?:is )?(?:denied|blocked|restricted)"
    r"|forbidden|just a moment|one moment,? please"
    r"|attention required|are you a (?:robot|human)|pardon our interruption|please (?:wait|verify).{0,40}"
    r"|checking your browser.{0,30}"
    r"|verif(?:y|ying) (?:that )?you are (?:a )?human|(?:security|robot|bot|human) (?:check|verification)"
    r"|captcha|unusual traffic.{0,40}"
    r"|(?:sorry\W{1,3})?you have been blocked|request (?:blocked|rejected)"
    r"|service (?:temporarily )?unavailable|bad gateway"
    r"|(?:please )?(?:enable|turn on) (?:javascript|cookies).{0,40}|javascript (?:is )?(?:required"
    r"|disabled)|unsupported browser"
    r"|(?:your )?browser (?:is )?not supported|unavailable (?:in|due to).{0,60}|ad ?block(?:er)? detected"
    r"|bloomberg - are you a robot\??)\W*(?:[|–—-].{0,60})?",
    re.IGNORECASE,
)
_ERROR_TEXT = re.compile(
    r"\b(?:enable|turn on|requires?|allow) (?:javascript|js and cookies|cookies and javascript)\b"
    r"|\bjavascript (?:is|has been|seems to be) (?:disabled|"
    r"required|turned off)|\b(?:disable|turn off|pause) your ad[ -]?block"
    r"|\bverify(?:ing)? (?:that )?you(?:.re| are) (?:a |not a )?(?:human|robot|bot)"
    r"|\byou(?:.re| are) not a (?:robot|bot)\b|\bunusual (?:traffic|activity) from your\b"
    r"|\baccess to this page has been denied\b"
    r"|\byou don.t have permission to access\b|\byour browser (?:is not supported|is out of date|does not support)\b"
    r"|\bnot available in your (?:country|region|location)\b|\bunavailable (?:in"
    r"|to users in) (?:your country|most european|the european)"
    r"|\bpage you (?:requested|are looking for|were looking for|have requested)\b.{0,40}\b(?:not|n.t"
    r"|no longer|moved|removed)\b",
    re.IGNORECASE,
)
_JOIN = (
    r"(?:subscri\w+|sign(?:ing)?[ -]?(?:in|up)|log(?:ging)?[ -]?in|register\w*|(?:create|open) (?:a |an "
    r"|your )?(?:free )?account|trial|memb\w+|membership)"
)
_ON = (
    r"(?:(?:continue|keep|finish|carry on|go on) reading|continue|read on|read (?:the |this )?(?:full"
    r"|whole|rest|entire|more|article|story)|unlock|full access|get access|full article|full story)"
)
_PAYWALL = re.compile(
    rf"\b{_JOIN}\b[^.\n]{{0,80}}\b{_ON}\b|\b{_ON}\b[^.\n]{{0,80}}\b{_JOIN}\b"
    r"|\b(?:this|the) (?:article|story|content|page|report|analysis) is (?:only |exclusively "
    r"|reserved )?(?:available )?(?:for|to)?\s?(?:our )?"
    r"(?:paid |paying |premium |registered )?(?:subscribers?|members?)(?: only)?\b|\b(?:subscriber"
    r"|member)s?[- ](?:only|exclusive)\b"
    r"|\b(?:reached|used|read) (?:your|all of your|the) (?:\w+ )?(?:limit|number|free articles)"
    r"|\bfree articles? (?:remaining|left|this month)\b"
    r"|\balready (?:a|have a) (?:subscriber|subscription|member)\b|\bto read (?:the|this) (?:full|rest"
    r"|whole|entire)\b",
    re.IGNORECASE,
)
_LINES = ("p", "h2", "h3", "h4", "strong")
_ASKS_PLAINLY = re.compile(
    rf"(?:please )?(?:{_JOIN})\b[^.\n]{{0,40}}\bto (?:continue|keep|finish) reading\b|(?:continue|keep"
    rf"|finish) reading (?:with|by|for)\b[^.\n]{{0,40}}\b{_JOIN}\b"
    r"|(?:this|the) (?:article|story|content) is (?:only |exclusively |reserved )?(?:available )?(?:for"
    r"|to) (?:our )?(?:\w+ )?(?:subscribers?|members?)\b"
    r"|you(?:.ve| have) (?:reached|used) (?:your|all)[^.\n]{0,40}\bfree articles?\b",
    re.IGNORECASE,
)
_WALL_ELEMENT = re.compile(
    r"(?:^|[\s_-])(?:pay-?wall|reg-?wall|(?:subscri\w+|sign-?in|login|register|registration|premium"
    r"|members?)-?(?:wall|gate|barrier|only|prompt)"
    r"|piano-(?:offer|inline|container)|tp-(?:modal|container-inner)|gateway-content|barrier-?page)(?:[\s_-]|$)",
    re.IGNORECASE,
)
_HOME = re.compile(r"https?://[^/?#]+/?")
_WEB_PAGE = re.compile(r"(?:.*/)?\w*WebPage", re.ASCII)
_LIST_PAGE = re.compile(r"(?:.*/)?(?:CollectionPage|SearchResultsPage|ItemList)", re.ASCII)


def words(text: str) -> int:
    """Return the number of words of a text."""
    return sum(1 for _ in re.finditer(r"\w+", text))


def _says_it_is_paid(page: Structured) -> bool:
    """Whether the page states that its article is not free to read."""
    nodes = [node for node in page.nodes if node is page.article or has_type(node, _WEB_PAGE)]
    free = {
        str(value).lower().rpartition("/")[2] for node in nodes for value in values(node.get("isAccessibleForFree"))
    }
    return "false" in free or page.first("article:content_tier").lower() in ("locked", "metered")


def _wall(tree: HtmlElement) -> str:
    """Return the text of the boxes in which a page asks readers to pay or to register."""
    return "\n".join(
        box.text_content()[:MAX_WALL_LENGTH]
        for box in tree.iter("div", "section", "aside", "p", "form", "dialog", "h2", "h3", "h4", "strong")
        if _WALL_ELEMENT.search(f"{box.get('class', '')} {box.get('id', '')}")
        or (box.tag in _LINES and _ASKS_PLAINLY.match(box.text_content()[:MAX_WALL_LENGTH].strip()))
    )


def _is_cut_off(text: str, page: Structured, asks: bool) -> bool:
    """Whether a text is only the free part of an article, on a page that asks to pay or says that it is paid."""
    stated = next((str(value) for value in values(page.article.get("wordCount"))), "")
    if re.fullmatch(r"[1-9]\d{0,6}", stated, re.ASCII):
        return words(text) < MIN_STATED_SHARE * int(stated)
    if not asks:
        return words(text) < MAX_UNASKED_WORDS
    ends_early = text.rstrip().endswith(("…", "...", "[…]", "[...]"))
    return words(text) < (MAX_CUT_WORDS if ends_early else MAX_FREE_WORDS)


def _is_about_consent(text: str) -> bool:
    about = sum(
        words(line) for line in text.splitlines() if _ABOUT_CONSENT.search(line) and _TO_THE_READER.search(line)
    )
    return about > 0 and about >= MIN_CONSENT_SHARE * words(text)


def _is_error(text: str, tree: HtmlElement) -> bool:
    window = tree.find(".//title")
    titles = [plain(window.text_content()) if window is not None else "", *headlines(tree)]
    return any(_ERROR_TITLE.fullmatch(title) for title in titles) or bool(_ERROR_TEXT.search(text))


def _may_list_articles(text: str, page: Structured) -> bool:
    """Whether a page is a home page or a list of articles by its address or type, and its text has no longer paragraph."""
    if page.article or page.first("og:type").lower() == "article" or page.first("article:published_time"):
        return False
    if max(map(words, text.splitlines()), default=0) >= MIN_PARAGRAPH_WORDS:
        return False
    return bool(_HOME.fullmatch(page.url)) or any(has_type(node, _LIST_PAGE) for node in page.nodes)


def _links_to_articles(tree: HtmlElement) -> int:
    """Return the number of links whose text is as long as a headline."""
    return sum(words(link.text_content()) >= MIN_HEADLINE_WORDS for link in tree.iter("a"))


def visible_text(tree: HtmlElement) -> str:
    """Return all text of a page, a line for each element with text."""
    etree.strip_elements(tree, "script", "style", "template", "head", with_tail=False)
    return "\n".join(line for text in tree.itertext() if (line := text.strip()))


def why_no_article(text: str, page: Structured, parse: Callable[[], HtmlElement]) -> str | None:
    """Return the reason why a page has no article, or None if its text may be one.

    Args:
        text: the extracted text; empty if there is none.
        page: what the page states about itself.
        parse: returns the page's tree, which the extraction has changed. It is called only if a text is short.
    """
    if words(text) >= MAX_CUT_WORDS and not _may_list_articles(text, page):
        return CONSENT if _is_about_consent(text) else None
    tree = parse()
    if words(text) < MAX_ERROR_WORDS and _is_error(text, tree):
        return ERROR
    if _is_about_consent(text):
        return CONSENT
    asks = bool(_PAYWALL.search(text) or _PAYWALL.search(_wall(tree)))
    if (asks or _says_it_is_paid(page)) and _is_cut_off(text, page, asks):
        return f"behind a paywall: only {words(text):,} words are free"
    if _may_list_articles(text, page) and _links_to_articles(tree) >= MIN_HEADLINE_LINKS:
        return "the page lists articles and is not one itself"
    if words(text) >= MIN_WORDS:
        return None
    visible = visible_text(tree)
    if words(visible) < MAX_ERROR_WORDS and _ERROR_TEXT.search(visible):
        return ERROR
    return CONSENT if _is_about_consent(visible) else "no main text was found on the page"
