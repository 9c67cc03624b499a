"""The reading of pages with a time limit. Nothing here imports Beam: the child process that reads is spared it."""

import functools
from collections.abc import Iterator
from contextlib import suppress

from onrecord.data.article import Contract, InvalidMessage
from onrecord.sandbox.process import LimitedProcess, Work
from onrecord.sources.html import read_page

FIRST_PAGE = (
    "<html><head><title>Title</title></head><body><article><p>A paragraph of some words.</p></article></body></html>"
)


def _load() -> tuple[None, Work]:
    def read(contract: Contract) -> Iterator[Contract]:
        yield read_page(contract)

    # The first page waits for much that the library loads late; nobody's is to pay for that.
    with suppress(InvalidMessage):
        read_page(Contract(html=FIRST_PAGE))
    return None, read


@functools.cache  # and not with Beam's Shared: that keeps one object alive between bundles, and the model needs it
def limited_pages(seconds: float) -> "LimitedPages":
    """Return this process's reader of pages with a time limit."""
    return LimitedPages(seconds)


class LimitedPages:
    """Reads pages as ``read_page`` does, in a child process that is started for the first."""

    def __init__(self, seconds: float) -> None:
        """Give each page so many seconds."""
        self._process = LimitedProcess(_load, seconds, "the reading of the page")

    def __call__(self, contract: Contract) -> Contract:
        """Return a message's fields with those that its ``html`` tells.

        Raises:
            InvalidMessage: there is no main text on the page, or it is over a size limit.
            ProcessLost: it took too long, or the child died of it.
        """
        answers, lost = self._process.ask(contract)
        if lost is not None:
            raise lost
        (read,) = answers
        assert isinstance(read, Contract)
        return read
