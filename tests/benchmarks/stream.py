# SPDX-License-Identifier: Apache-2.0
"""Memory use of a stream over time: ``python -m tests.benchmarks.stream 20000``.

Prints the resident memory of the stream and its children in each quarter of the messages, the messages per second, and the growth
from the second quarter to the last.
"""

import statistics
import sys
import tempfile
import time
from pathlib import Path

import psutil

from tests.integration.streams import Stream, make_messages, utc_now, write_lines

MEGABYTE = 1 << 20


def memory(process: psutil.Process) -> float:
    """Return the resident memory of a process and its children, in megabytes."""
    return sum(one.memory_info().rss for one in (process, *process.children(recursive=True))) / MEGABYTE


def main(number: int) -> None:
    """Stream this many messages and print what that took."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_lines(folder / "a.jsonl", make_messages(number, utc_now()))
        stream = Stream("--watch", folder / "*.jsonl", "--output", folder / "out", "--window", 60)
        process = psutil.Process(stream.process.pid)
        quarters: list[list[float]] = [[], [], [], []]
        started = time.monotonic()
        done = 0
        while done < number:
            # A report comes every second; any of them will do.
            done = max(done, stream.read_until(messages=done)["messages"])
            quarters[min(3, 4 * done // number)].append(memory(process))
        seconds = time.monotonic() - started
        means = [statistics.fmean(quarter) if quarter else float("nan") for quarter in quarters]
        print(f"{number:,} messages in {seconds:,.0f} s ({number / seconds:,.1f} a second)")
        print("MB in each quarter: " + ", ".join(f"{mean:,.0f}" for mean in means))
        print(f"last against second quarter: {100 * (means[3] / means[1] - 1):+.1f} %", flush=True)
        print(f"at the end: {stream.drain()['message']}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20_000)
