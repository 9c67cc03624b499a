# SPDX-License-Identifier: Apache-2.0
"""Ends workers when the process that they work for is gone; Beam's own workers would wait forever if it was killed."""

import os
import threading
import time
from collections.abc import Callable

POLL_SECONDS = 1.0
FAILED = 1


def end_without(is_running: Callable[[], bool]) -> None:
    """Exit from this process, about a second after ``is_running`` returns False for the process that it works for."""

    def follow() -> None:
        while is_running():
            time.sleep(POLL_SECONDS)
        os._exit(FAILED)

    threading.Thread(target=follow, name="follow", daemon=True).start()
