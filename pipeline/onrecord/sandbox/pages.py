# SPDX-License-Identifier: Apache-2.0
"""Reads pages in a child process with a time limit. Nothing here imports Beam, which the child does not need."""

import functools
from collections.abc import Iterator
from contextlib import suppress

from onrecord.data.message import Contract, InvalidMessage
from onrecord.sandbox.process import LimitedProcess, Work
from onrecord.sources.html import read_page

WARM_UP_PAGE = (
    "<html><head><title>Title</title></head><body><article><p>A paragraph of some words.</p></article></body></html>"
)


def _load() -> tuple[None, Work]:
    def read(contract: Contract) -> Iterator[Contract]:
        yield read_page(contract)

    # The library loads parts of itself with the first page; that time must not count against a user's page.
    with suppress(InvalidMessage):
        read_page(Contract(html=WARM_UP_PAGE))
    return None, read


class SandboxedPageReader:
    """Reads pages as ``read_page`` does, in a child process that is started for the first page."""

    def __init__(self, seconds: float) -> None:
        """Set the time limit for each page."""
        self._process = LimitedProcess(_load, seconds, "reading the page")

    def __call__(self, contract: Contract) -> Contract:
        """Return a message's fields, completed from its ``html``.

        Raises:
            InvalidMessage: the page has no main text, or exceeds a size limit.
            ProcessLost: reading the page took too long, or killed the child process.
        """
        answers, lost = self._process.ask(contract)
        if lost is not None:
            raise lost
        (read,) = answers
        assert isinstance(read, Contract)
        return read


@functools.cache  # rather than Beam's Shared, which keeps only one object alive between bundles: the model
def page_reader(seconds: float) -> SandboxedPageReader:
    """Return the page reader of this process with a time limit."""
    return SandboxedPageReader(seconds)
