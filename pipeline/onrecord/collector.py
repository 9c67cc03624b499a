# SPDX-License-Identifier: Apache-2.0
"""Python's collector of reference cycles, in processes that are our own."""

import gc

# Net new objects before the youngest are searched for cycles, and searches before the older ones are. By default it is 700 (2,000 in
# Python 3.13) and 10: a tenth of the extractors' time, and a part of every import, for the cycles of the few Docs of a batch.
THRESHOLDS = (50_000, 20, 100)


def collect_less_often() -> None:
    """Let this process look for reference cycles less often."""
    gc.set_threshold(*THRESHOLDS)
