# SPDX-License-Identifier: Apache-2.0
"""Paths of files and folders, which are local or on one of Beam's remote filesystems."""


def is_remote(path: str) -> bool:
    """Whether a path, or a pattern of paths, is on a remote filesystem, such as ``gs://bucket/folder``."""
    return "://" in path
