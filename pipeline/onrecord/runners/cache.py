# SPDX-License-Identifier: Apache-2.0
"""The cache folder: the Prism binary, and the jar with Beam's runner for Flink."""

import os
from pathlib import Path


def cache_folder() -> Path:
    """Return ``ONRECORD_CACHE``, by default ``~/.cache/onrecord``; it need not exist."""
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(os.environ.get("ONRECORD_CACHE") or Path(home) / "onrecord")
