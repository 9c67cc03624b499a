# SPDX-License-Identifier: Apache-2.0
"""Reads the fields of an article message from a news page: main text, title, authors, date and time."""

import re

import msgspec
from lxml.html import HtmlElement

from onrecord.data.message import Contract, InvalidMessage, NoArticle
from onrecord.sources.html import metadata
from onrecord.sources.html.parse import MAX_PAGE_LENGTH, parsed
from onrecord.sources.html.structured import structured_data
from onrecord.sources.html.text import main_text
from onrecord.sources.html.walls import why_no_article

__all__ = ["MAX_PAGE_LENGTH", "read_page"]

A_TAG = re.compile("<[A-Za-z]")


def read_page(contract: Contract) -> Contract:
    """Return a message's fields, completed from its ``html``; values that the message itself states take precedence.

    Raises:
        NoArticle: there is no article on the page.
        InvalidMessage: the page is over a size limit, or is too broken to be read.
    """
    html = contract.html or ""
    if not A_TAG.search(html):
        raise NoArticle("html: no main text was found on the page")
    tree = parsed(html)
    try:
        return _read(contract, html, tree)
    except InvalidMessage:
        raise
    except Exception as error:
        # On a badly broken page the library raises all kinds of errors, AssertionError among them.
        raise InvalidMessage(f"html: the page is too broken to be read ({type(error).__name__})") from error


def _read(contract: Contract, html: str, tree: HtmlElement) -> Contract:
    page = structured_data(tree, contract.url)
    title = metadata.title(tree, page)
    fields = msgspec.structs.replace(
        contract,
        title=contract.title or title,
        authors=contract.authors or metadata.authors(tree, page),
        url=contract.url or metadata.address(page),
        published_at=metadata.published(tree, page) if contract.published_at in (None, "") else contract.published_at,
    )
    text = main_text(tree, page, title)
    reason = why_no_article(text, page, lambda: parsed(html))
    if reason:
        raise NoArticle(f"html: {reason}")
    return msgspec.structs.replace(fields, text=text)
