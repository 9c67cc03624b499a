# SPDX-License-Identifier: Apache-2.0
"""CPU time of a whole backfill, compared with plain ``nlp.pipe`` with the stock pipeline on the same texts in the same run.

usage: python -m tests.benchmarks.backfill ARTICLES.jsonl [--articles 200] [--rounds 3]

Both are whole processes on one core, in turns: start-up, imports and the loading of the model count for both, and so does, for the
backfill, everything from reading the file to closing the Avro files.
"""

import argparse
import itertools
import os
import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

STOCK = """
import json, sys, spacy
from onrecord.nlp.installed_model import resolve
from onrecord.data.settings import BATCH_SIZE, DEFAULT_MODEL
nlp = spacy.load(resolve(DEFAULT_MODEL))
texts = [json.loads(line)["text"] for line in open(sys.argv[1], encoding="utf-8")]
for doc in nlp.pipe(texts, batch_size=BATCH_SIZE):
    pass
"""


def cpu_seconds(command: list[str]) -> float:
    """Return the CPU seconds that a process and its children took, on one core."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    one_core = min(os.sched_getaffinity(0))
    subprocess.run(
        command,
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        preexec_fn=lambda: os.sched_setaffinity(0, {one_core}),
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("articles", type=Path, help="article messages, one a line")
    parser.add_argument("--number", type=int, default=200, help="articles to take (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=3, help="times that each is run (default: %(default)s)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "articles.jsonl")
        with options.articles.open(encoding="utf-8") as lines:
            source.write_text("".join(itertools.islice(lines, options.number)), "utf-8")
        backfill = [
            sys.executable,
            "-m",
            "onrecord",
            "backfill",
            "--input",
            str(source),
            "--workers",
            "1",
            "--overwrite",
        ]
        ratios = []
        for round_number in range(1, options.rounds + 1):
            stock = cpu_seconds([sys.executable, "-c", STOCK, str(source)])
            ours = cpu_seconds([*backfill, "--output", str(Path(folder, "out"))])
            ratios.append(ours / stock)
            print(
                f"round {round_number}: backfill {ours:.1f} s, nlp.pipe {stock:.1f} s CPU, ratio {ours / stock:.2f}",
                flush=True,
            )
        print(f"median ratio {statistics.median(ratios):.2f}")


if __name__ == "__main__":
    main()
