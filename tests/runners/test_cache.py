# SPDX-License-Identifier: Apache-2.0
"""The cache of runners: one folder for all of them."""

from pathlib import Path

import pytest
from apache_beam.options.pipeline_options import PipelineOptions

from onrecord.runners import flink, prism
from onrecord.runners.cache import cache_folder


@pytest.mark.parametrize(
    ("environment", "folder"),
    [
        ({"ONRECORD_CACHE": "/a", "XDG_CACHE_HOME": "/b"}, Path("/a")),
        ({"XDG_CACHE_HOME": "/b"}, Path("/b/onrecord")),
        ({"XDG_CACHE_HOME": "", "ONRECORD_CACHE": ""}, Path.home() / ".cache" / "onrecord"),
        ({}, Path.home() / ".cache" / "onrecord"),
    ],
)
def test_the_folder_is_in_the_users_cache_unless_it_is_given(monkeypatch, environment, folder):
    for name in ("ONRECORD_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert cache_folder() == folder


def test_prism_and_flink_are_looked_for_there(monkeypatch, tmp_path):
    monkeypatch.setenv("ONRECORD_CACHE", str(tmp_path))
    jar = tmp_path / "flink-1" / "beam.jar"
    jar.parent.mkdir()
    jar.touch()
    assert prism.cache() == tmp_path / "prism" / prism.BEAM_VERSION
    assert f"--flink_job_server_jar={jar}" in flink.needed_flags(["--flink_master=localhost:8081"], [])


def test_a_certificate_is_shown_to_the_job_manager_and_checked_against():
    shown = flink._tls(PipelineOptions(["--flink_certificate=flink.pem"]))
    assert shown == {"cert": "flink.pem", "verify": "flink.pem"}
    assert flink._tls(PipelineOptions([])) == {}
