# SPDX-License-Identifier: Apache-2.0
"""Messages that are within all size limits and take seconds of CPU time."""

TEXT = "Ann Berg of Ely said it is so. " * 9_000

# The extraction's time grows with the square of the paragraphs.
PAGE = "<body><article>" + "<p>The pier closes today.</p>" * 40_000
