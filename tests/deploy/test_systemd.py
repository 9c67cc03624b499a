# SPDX-License-Identifier: Apache-2.0
"""The units of systemd: their commands are valid, and systemd itself accepts them where it is installed."""

import shutil
import subprocess
from pathlib import Path

import pytest

from onrecord.commands import parser
from onrecord.jobs.exit_codes import WRONG_USAGE

FOLDER = Path(__file__).parents[2] / "deploy" / "systemd"
SERVICES = sorted(FOLDER.glob("*.service"))


def settings(path: Path) -> dict[str, str]:
    lines = path.read_text("utf-8").replace("\\\n", " ").splitlines()
    return dict(line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))


@pytest.mark.parametrize("path", SERVICES, ids=lambda path: path.stem)
def test_the_command_of_a_service_is_one_of_onrecord(path):
    program, *arguments = settings(path)["ExecStart"].split()
    assert program == "/opt/onrecord/bin/onrecord"
    _, others = parser().parse_known_args(arguments)
    assert others == []


def test_a_stream_is_started_again_unless_its_command_is_wrong():
    unit = settings(FOLDER / "onrecord-stream.service")
    assert unit["Restart"] == "on-failure"
    assert unit["RestartPreventExitStatus"] == str(WRONG_USAGE)


def test_the_services_have_the_same_user_and_folder():
    assert len({(settings(path)["User"], settings(path)["StateDirectory"]) for path in SERVICES}) == 1


def test_systemd_accepts_the_units(tmp_path):
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.skip("systemd is not installed")
    for path in FOLDER.iterdir():
        text = path.read_text("utf-8").replace("/opt/onrecord/bin/onrecord", "/bin/true")
        (tmp_path / path.name).write_text(text, "utf-8")
    checked = subprocess.run(
        [program, "verify", "--man=no", *map(str, sorted(tmp_path.iterdir()))],
        capture_output=True,
        text=True,
        timeout=60,
    )
    complaints = [line for line in checked.stderr.splitlines() if str(tmp_path) in line or "onrecord" in line]
    assert complaints == []
