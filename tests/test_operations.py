# SPDX-License-Identifier: Apache-2.0
"""The measure of growth that other tests rely on tells a linear function from a quadratic one."""

import pytest

from tests.operations import check_linear, count_operations


def loop(size: int) -> int:
    total = 0
    for number in range(size):
        total += number
    return total


def nested_loops(size: int) -> int:
    total = 0
    for number in range(size):
        for other in range(number):
            total += other
    return total


def nested_comprehension(size: int) -> list[int]:
    return [number + other for number in range(size) for other in range(number)]


def generator_in_a_loop(size: int) -> bool:
    return all(any(number == other for other in range(size)) for number in range(size))


def recursive_loops(size: int) -> int:
    return 0 if size == 0 else sum(1 for _ in range(size)) + recursive_loops(size - 1)


def test_a_linear_function_passes():
    check_linear(loop, lambda size: size, 100)
    check_linear(sorted, lambda size: list(range(size)), 100)


@pytest.mark.parametrize("quadratic", [nested_loops, nested_comprehension, generator_in_a_loop, recursive_loops])
def test_a_quadratic_function_fails(quadratic):
    with pytest.raises(AssertionError, match=r"3\.\d\d times|4\.\d\d times"):
        check_linear(quadratic, lambda size: size, 50)


def test_the_same_call_has_the_same_count():
    assert count_operations(lambda: nested_loops(30)) == count_operations(lambda: nested_loops(30)) > 400
