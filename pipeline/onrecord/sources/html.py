# SPDX-License-Identifier: Apache-2.0
"""Reads the fields of an article message from a news page: main text, title, authors and date."""

import re

import msgspec
from trafilatura import bare_extraction
from trafilatura.settings import Document

from onrecord.data.message import Contract, InvalidMessage

MAX_PAGE_LENGTH = 2_000_000  # code points; the longest news pages have half as many
MAX_TAGS = 50_000
# The parser's time grows with the square of one tag's attributes, so a tag must not be longer than this many code points.
MAX_TAG_LENGTH = 20_000
LONG_TAG = re.compile(rf"<[^<>]{{{MAX_TAG_LENGTH}}}")
# Only dates that the page states: a search through its text finds dates of other things, and "not after today" would make the
# record depend on the day of the run.
STATED_DATES = {"original_date": True, "extensive_search": False, "max_date": "9999-12-31"}


def read_page(contract: Contract) -> Contract:
    """Return a message's fields, completed from its ``html``; values that the message itself states take precedence.

    Raises:
        InvalidMessage: there is no main text on the page, or it is over a size limit.
    """
    html = contract.html or ""
    if len(html) > MAX_PAGE_LENGTH:
        raise InvalidMessage(f"html: {len(html):,} characters are over the limit of {MAX_PAGE_LENGTH:,}")
    if LONG_TAG.search(html):
        raise InvalidMessage(f"html: a tag is over the limit of {MAX_TAG_LENGTH:,} characters")
    if html.count("<") > MAX_TAGS:
        raise InvalidMessage(f"html: {html.count('<'):,} tags are over the limit of {MAX_TAGS:,}")
    try:
        page = bare_extraction(
            html,
            url=contract.url,
            favor_precision=True,
            include_comments=False,
            with_metadata=True,
            date_extraction_params=STATED_DATES,
        )
    except Exception as error:
        # On a badly broken page the library raises all kinds of errors, AssertionError among them.
        raise InvalidMessage(f"html: the page is too broken to be read ({type(error).__name__})") from error
    if not isinstance(page, Document) or not (page.text or "").strip():
        raise InvalidMessage("html: no main text was found on the page")
    authors = [name.strip() for name in (page.author or "").split(";") if name.strip()]
    return msgspec.structs.replace(
        contract,
        text=page.text,
        title=contract.title or page.title,
        authors=contract.authors or authors,
        url=contract.url or page.url,
        published_at=contract.published_at if contract.published_at is not None else page.date,
    )
