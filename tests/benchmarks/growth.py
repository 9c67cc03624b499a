# SPDX-License-Identifier: Apache-2.0
"""How the operations of all rules grow with the length of texts that repeat phrases made from the lexicons.

usage: python -m tests.benchmarks.growth [--kinds 300] [--lengths 25000,50000,100000,200000] [--seed 0] [--processes N]

Prints, for the kinds whose operations grow most, the growth from each length to the next, divided by the growth of the length: 1 is
linear; the CPU seconds at the greatest length; and how the characters of the records' spans grow. The exit status is 1 if the
operations of any kind grow more than --most times as fast as its length. Half a CPU minute a kind at the default lengths, most of it
for the parse; a process takes up to two gigabytes.
"""

import argparse
import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import pairwise

from onrecord.nlp.model import load_model
from tests.growth import Rules
from tests.operations import count_operations
from tests.repeated_text import Kind, kinds


@dataclass(frozen=True, slots=True)
class Measured:
    """One kind of text: at each length its characters, operations, CPU seconds, and the characters of the records' spans."""

    kind: Kind
    points: tuple[tuple[int, int, float, int], ...]

    def growth(self, column: int) -> list[float]:
        """Return the growth of a column from each length to the next, divided by that of the length."""
        return [
            (after[column] / max(before[column], 1)) / (after[0] / before[0]) for before, after in pairwise(self.points)
        ]


_rules: Rules | None = None


def measure(kind: Kind, lengths: tuple[int, ...]) -> Measured:
    """Count the operations on a kind of text at each length."""
    global _rules
    if _rules is None:  # once a process
        _rules = Rules(load_model())
        _rules(_rules.parsed(kind.text(lengths[0])))  # fills the caches that outlive a call
    points = []
    for length in lengths:
        doc = _rules.parsed(kind.text(length))
        before = time.process_time()
        characters = _rules(doc)
        seconds = time.process_time() - before
        operations = count_operations(lambda doc=doc: _rules(doc))
        points.append((len(doc.text), operations, seconds, characters))
    return Measured(kind, tuple(points))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--kinds", type=int, default=300, help="different kinds of text (default: %(default)s)")
    parser.add_argument("--lengths", default="25000,50000,100000,200000", help="characters (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="another one gives other kinds (default: %(default)s)")
    parser.add_argument("--processes", type=int, default=os.cpu_count(), help="(default: one per core)")
    parser.add_argument("--rows", type=int, default=20, help="of the table (default: %(default)s)")
    parser.add_argument("--most", type=float, default=1.15, help="growth that is accepted (default: %(default)s)")
    options = parser.parse_args()
    lengths = tuple(int(length) for length in options.lengths.split(","))
    with ProcessPoolExecutor(options.processes) as pool:
        found = list(pool.map(measure, kinds(options.kinds, options.seed), [lengths] * options.kinds))
    found.sort(key=lambda one: -max(one.growth(1)))
    print(f"{'operations':<24} {'spans':<24} {'CPU s':>6}  kind")
    for one in found[: options.rows]:
        operations, spans = (" ".join(f"{growth:.2f}" for growth in one.growth(column)) for column in (1, 3))
        print(f"{operations:<24} {spans:<24} {one.points[-1][2]:6.1f}  {one.kind.name!r}")
    worst = max(found[0].growth(1))
    print(f"{len(found)} kinds; operations grow at most {worst:.2f} times as fast as the text")
    sys.exit(worst > options.most)


if __name__ == "__main__":
    main()
