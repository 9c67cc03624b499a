# SPDX-License-Identifier: Apache-2.0
"""Local processes: how they end, and their ports."""

import shutil
import socket

# A process that is killed can't stop its children; on Linux, the kernel can send them a signal when their parent ends.
ENDS_WITH_PARENT = ("setpriv", "--pdeathsig", "TERM") if shutil.which("setpriv") else ()


def free_port() -> int:
    """Return an unused port of the loopback interface."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port
