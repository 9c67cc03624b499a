# SPDX-License-Identifier: Apache-2.0
"""Memory and CPU time of a backfill as its input grows.

usage: python -m tests.benchmarks.scale [--numbers 5000,50000] [--words 8] [--language en] [BACKFILL OPTIONS]

The articles are made: words of a list in any order, each text another one. By default they are very short, so that a large number of
them takes minutes: memory and time then depend on the number of articles, and not on their texts. Prints the peak of resident memory
of each kind of process, and the CPU seconds per article without those of the start, which a run of a single article shows.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from contextlib import suppress
from pathlib import Path

import psutil

WORDS = (
    "the",
    "a",
    "council",
    "mayor",
    "bridge",
    "said",
    "vote",
    "road",
    "Anna",
    "Brill",
    "Kern",
    "Ostwick",
    "on",
    "will",
    "not",
)
SAMPLE_SECONDS = 0.5
MIB = 1 << 20


def make(path: Path, number: int, words: int, language: str) -> None:
    """Write a number of articles, each with its own id and text."""
    chance = random.Random(number)
    with path.open("w", encoding="utf-8") as file:
        for article in range(number):
            text = f"{' '.join(chance.choices(WORDS, k=words))} {article}."
            fields = {
                "id": f"made-{number}-{article}",
                "text": text,
                "language": language,
                "published_at": 10**12 + article,
            }
            file.write(json.dumps(fields) + "\n")


def measured(command: list[str]) -> tuple[float, dict[str, int]]:
    """Run a command; return its CPU seconds with its children's, and the largest resident memory of its processes by their place."""
    peaks: dict[str, int] = defaultdict(int)
    cpu: dict[int, float] = {}
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    main = psutil.Process(process.pid)
    while process.poll() is None:
        with suppress(psutil.NoSuchProcess):
            for depth, one in [(0, main), *((1, child) for child in main.children(recursive=True))]:
                place = "command" if not depth else "child" if one.ppid() == main.pid else "grandchild"
                peaks[place] = max(peaks[place], one.memory_info().rss)
                times = one.cpu_times()
                cpu[one.pid] = times.user + times.system
        time.sleep(SAMPLE_SECONDS)
    assert process.returncode == 0, process.returncode
    return sum(cpu.values()), dict(peaks)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--numbers", default="5000,50000", help="numbers of articles (default: %(default)s)")
    parser.add_argument("--words", type=int, default=8, help="words of an article (default: %(default)s)")
    parser.add_argument(
        "--language",
        default="en",
        help="from another than en nothing is extracted, which is faster (default: %(default)s)",
    )
    options, others = parser.parse_known_args()
    start = 0.0
    print("articles  CPU s  ms an article  peak MiB by process  load")
    for number in (1, *map(int, options.numbers.split(","))):
        with tempfile.TemporaryDirectory() as folder:
            source = Path(folder, "articles.jsonl")
            make(source, number, options.words, options.language)
            command = [sys.executable, "-m", "onrecord", "backfill", str(source), str(Path(folder, "out")), *others]
            seconds, peaks = measured(command)
        start = start or seconds
        shown = ", ".join(f"{place} {peak / MIB:.0f}" for place, peak in sorted(peaks.items()))
        each = 1000 * (seconds - start) / number
        print(f"{number:8,}  {seconds:5.1f}  {each:13.2f}  {shown}  {os.getloadavg()[0]:.1f}", flush=True)


if __name__ == "__main__":
    main()
