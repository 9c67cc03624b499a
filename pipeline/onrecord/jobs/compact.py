# SPDX-License-Identifier: Apache-2.0
"""``onrecord compact``: merges the small files of a stream."""

import sys
from dataclasses import dataclass

from apache_beam.io.filesystem import BeamIOError

from onrecord.jobs.exit_codes import DONE, FAILED
from onrecord.sinks import compact
from onrecord.sinks.rewrite import RewriteError
from onrecord.telemetry.progress import each_shown
from onrecord.terminal.text import print_line

MEGABYTE = 1_000_000


@dataclass(frozen=True, slots=True)
class CompactOptions:
    """The options of the command.

    Attributes:
        folder: the output folder of a stream.
        max_bytes: size of the files that become one, together.
        is_dry_run: whether nothing is changed.
    """

    folder: str
    max_bytes: int
    is_dry_run: bool = False


def _counted(merges: list[compact.Merge]) -> str:
    files, size = sum(len(one.sources) for one in merges), sum(one.size for one in merges)
    return f"{files:,} files of {size / MEGABYTE:,.1f} MB into {len(merges):,}"


def _compact(options: CompactOptions) -> None:
    if options.is_dry_run:
        found = compact.merges(options.folder, options.max_bytes)
        print_line(f"would merge {_counted(found)}; nothing was changed" if found else "there is nothing to merge")
        return
    with compact.alone(options.folder, "compact"):
        compact.tidy(options.folder)
        found = compact.merges(options.folder, options.max_bytes)
        size = sum(compact.merge(options.folder, one) for one in each_shown(found, "merging"))
    print_line(f"merged {_counted(found)} of {size / MEGABYTE:,.1f} MB" if found else "there is nothing to merge")


def run(options: CompactOptions) -> int:
    """Merge files, or say which would be merged, and return the exit code: 0 done, 1 failed."""
    try:
        _compact(options)
    except (RewriteError, BeamIOError, OSError) as error:
        print_line(f"failed: {error}", sys.stderr)
        return FAILED
    return DONE
