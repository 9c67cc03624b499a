"""From a news page to the fields of an article message: main text, title, authors and date."""

import msgspec
from trafilatura import bare_extraction
from trafilatura.settings import Document

from pipeline.article import Contract, InvalidMessage

# lxml walks the tree in time linear in its nodes; this bounds them for a page of nothing but tags.
MAX_TAGS = 200_000


def read_page(contract: Contract) -> Contract:
    """Return a message's fields with those that its ``html`` tells; what the message itself states is believed.

    Raises:
        InvalidMessage: there is no main text on the page, or it has too many tags.
    """
    html = contract.html or ""
    if html.count("<") > MAX_TAGS:
        raise InvalidMessage(f"html: {html.count('<'):,} tags are over the limit of {MAX_TAGS:,}")
    try:
        page = bare_extraction(html, url=contract.url, favor_precision=True, include_comments=False, with_metadata=True)
    except Exception as error:
        # On a page that is broken enough the library fails in ways of all kinds, assertions among them.
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
