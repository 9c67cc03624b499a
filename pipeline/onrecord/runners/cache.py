"""The folder of what is built or downloaded for runners: Prism, and Beam's runner for Flink."""

import os
from pathlib import Path


def cache_folder() -> Path:
    """Return ``ONRECORD_CACHE``, by default ``~/.cache/onrecord``; it need not exist."""
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(os.environ.get("ONRECORD_CACHE") or Path(home) / "onrecord")
