# SPDX-License-Identifier: Apache-2.0
"""Messages that are within all size limits and take seconds of CPU time."""

from onrecord.sources.html import MAX_PAGE_LENGTH, MAX_TAG_LENGTH

TEXT = "The council of Brinmouth said on Monday that the pier would close. " * 4_000

# The parser's time grows with the square of a tag's attributes.
ATTRIBUTES = " ".join(f"a{number}" for number in range(MAX_TAG_LENGTH // 6))
PAGE = "<body><p>The pier closes.</p>" + f"<p {ATTRIBUTES}>Slow.</p>" * (MAX_PAGE_LENGTH // MAX_TAG_LENGTH)
