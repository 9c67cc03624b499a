# SPDX-License-Identifier: Apache-2.0
"""A worker exits when its parent process has ended, even while it is busy."""

import subprocess
import sys
from collections.abc import Iterator

import pytest

from onrecord.runners.workers.follow import FAILED

pytestmark = pytest.mark.process

MAX_SECONDS = 60
FOLLOWER = """
import sys
import psutil
from onrecord.runners.workers.follow import end_without

end_without(lambda: psutil.pid_exists(int(sys.argv[1])))
print("following", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def followed() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(["cat"], stdin=subprocess.PIPE) as process:
        yield process
        process.kill()


@pytest.fixture
def follower(followed) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-c", FOLLOWER, str(followed.pid)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"following\n"
        yield process
        process.kill()


def test_a_worker_ends_with_an_error_when_its_process_is_killed(followed, follower):
    assert follower.poll() is None
    followed.kill()
    followed.wait(MAX_SECONDS)
    assert follower.wait(MAX_SECONDS) == FAILED


def test_a_worker_keeps_running_while_its_parent_process_runs(followed, follower):
    with pytest.raises(subprocess.TimeoutExpired):
        follower.wait(3)
    follower.stdin.close()
    assert follower.wait(MAX_SECONDS) == 0
