# SPDX-License-Identifier: Apache-2.0
"""Objects that other packages register under a group of entry points."""

from importlib.metadata import entry_points
from typing import TypeVar

T = TypeVar("T")


class PluginError(RuntimeError):
    """An installed package registers something that can't be used; the message names the entry point."""


def registered(group: str, expected: type[T]) -> list[T]:
    """Return what installed packages register in a group of entry points, in the order of the entry points' names.

    Args:
        group: name of the group, such as ``onrecord.kinds``.
        expected: class of the objects.

    Raises:
        PluginError: an entry point can't be loaded, or is something else.
    """
    found = []
    for point in sorted(entry_points(group=group), key=lambda point: point.name):
        try:
            value = point.load()
        except Exception as error:  # importing another package can raise anything
            raise PluginError(
                f"entry point {point.name} = {point.value} in group {group} can't be loaded"
                f" ({type(error).__name__}: {error}); repair or uninstall its package"
            ) from error
        if not isinstance(value, expected):
            raise PluginError(
                f"entry point {point.name} = {point.value} in group {group} is a {type(value).__name__},"
                f" not a {expected.__name__}"
            )
        found.append(value)
    return found
