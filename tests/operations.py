# SPDX-License-Identifier: Apache-2.0
"""Counts the operations of a function, so that a test can assert how its cost grows without looking at a clock."""

import sys
from collections.abc import Callable
from types import FrameType
from typing import TypeVar

Input = TypeVar("Input")

MAX_GROWTH = 2.2  # of the operations when the input doubles; n log n is below it, n² is near 4


def count_operations(function: Callable[[], object]) -> int:
    """Return the number of Python lines that a call executes in this thread, functions that it calls included.

    Every turn of a loop or a comprehension counts, also where it is written on one line. The same call gives the same number on every
    machine. Work inside a function that is written in C counts as one: a regular expression that backtracks is not seen.
    """
    count = 0

    def trace(_frame: FrameType, event: str, _argument: object) -> Callable[..., object]:
        nonlocal count
        if event == "line":
            count += 1
        return trace

    previous = sys.gettrace()
    sys.settrace(trace)
    try:
        function()
    finally:
        sys.settrace(previous)
    return count


def check_linear(
    function: Callable[[Input], object], make: Callable[[int], Input], size: int, growth: float = MAX_GROWTH
) -> None:
    """Assert that the operations of a function grow no faster than its input.

    Args:
        function: what is measured.
        make: returns an input of a given size; not measured.
        size: of the smaller input; the larger one is twice that.
        growth: of the operations, at most; more than the default for inputs so small that the function's own bounds are not reached.
    """
    function(make(2 * size))  # fills the caches that outlive a call, for both
    smaller, larger = make(size), make(2 * size)
    few = count_operations(lambda: function(smaller))
    many = count_operations(lambda: function(larger))
    assert many <= growth * few, f"{few} operations on {size}, {many} on {2 * size}: {many / few:.2f} times as many"
