# SPDX-License-Identifier: Apache-2.0
"""The local Flink cluster does nothing for other users of the machine: who has no key of it is refused, on every port."""

import os
import socket
import ssl
import stat
import struct
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from deploy.flink.cluster import Cluster, is_here
from deploy.flink.keys import Keys

REQUIRES_SASL = -124  # ZooKeeper's error code for a client that has not given its password


def modes(folder: Path) -> set[int]:
    return {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}


def test_only_their_user_can_read_the_keys_whatever_the_umask(tmp_path):
    before = os.umask(0)
    try:
        Keys(tmp_path / "keys").write()
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "keys").stat().st_mode) == 0o700
    assert modes(tmp_path / "keys") == {0o600}


def test_every_start_has_new_keys(tmp_path):
    keys = Keys(tmp_path / "keys")
    keys.write()
    first = [path.read_bytes() for path in sorted(keys.folder.iterdir())]
    keys.write()
    assert not set(first) & {path.read_bytes() for path in keys.folder.iterdir()}


def test_flink_asks_its_clients_and_its_own_processes_for_the_certificate(tmp_path):
    keys = Keys(tmp_path / "keys")
    keys.write()
    conf = keys.flink_conf()
    assert conf["security.ssl.rest.authentication-enabled"] == "true"
    assert conf["security.ssl.rest.enabled"] == conf["security.ssl.internal.enabled"] == "true"
    for name in ("keystore", "truststore"):
        assert Path(conf[f"security.ssl.rest.{name}"]).is_file()


@pytest.fixture(scope="module")
def cluster(tmp_path_factory) -> Iterator[Cluster]:
    if not is_here():
        pytest.skip("Flink is not installed: make flink")
    with Cluster(tmp_path_factory.mktemp("flink"), task_managers=1) as running:
        yield running


@pytest.mark.flink
def test_its_own_client_is_answered(cluster):
    assert cluster.get("/overview")["taskmanagers"] == 1


@pytest.mark.flink
def test_a_job_of_a_client_without_the_certificate_is_refused(cluster, tmp_path):
    without = ssl._create_unverified_context()
    with pytest.raises(urllib.error.URLError, match=r"(?i)bad.certificate|certificate.required"):
        urllib.request.urlopen(f"{cluster.url}/jars/upload", b"-", context=without, timeout=30)
    Keys(tmp_path / "other").write()
    of_another = ssl._create_unverified_context()
    of_another.load_cert_chain(tmp_path / "other" / "flink.pem")
    with pytest.raises((urllib.error.URLError, OSError), match=r"(?i)certificate|reset"):
        urllib.request.urlopen(f"{cluster.url}/overview", context=of_another, timeout=30)


@pytest.mark.flink
def test_zookeeper_which_leads_to_the_jobs_refuses_a_client_without_the_password(cluster):
    with socket.create_connection(("127.0.0.1", cluster._zookeeper_port), timeout=30) as client:
        connect = struct.pack(">iqiqi16s", 0, 0, 30_000, 0, 16, bytes(16))
        client.sendall(struct.pack(">i", len(connect)) + connect)
        answers = client.makefile("rb")
        answers.read(struct.unpack(">i", answers.read(4))[0])
        list_root = struct.pack(">iii1s?", 1, 8, 1, b"/", False)
        client.sendall(struct.pack(">i", len(list_root)) + list_root)
        _, _, error = struct.unpack(">iqi", answers.read(struct.unpack(">i", answers.read(4))[0])[:16])
    assert error == REQUIRES_SASL


def listening(cluster: Cluster, name: str) -> set[tuple[str, int]]:
    """Return the addresses on which a process of the cluster listens."""
    connections = psutil.Process(cluster.processes[name].pid).net_connections("inet")
    return {
        (connection.laddr.ip.removeprefix("::ffff:"), connection.laddr.port)
        for connection in connections
        if connection.status == psutil.CONN_LISTEN
    }


@pytest.mark.flink
def test_it_listens_on_the_loopback_interface_only(cluster):
    assert {address for name in cluster.processes for address, _ in listening(cluster, name)} == {"127.0.0.1"}


@pytest.mark.flink
@pytest.mark.parametrize("name", ["jobmanager", "taskmanager-1"])
def test_every_port_of_flinks_processes_refuses_who_has_no_certificate(cluster, name):
    without = ssl._create_unverified_context()
    ports = {port for _, port in listening(cluster, name)}
    assert len(ports) >= 3
    for port in ports:
        with socket.create_connection(("127.0.0.1", port), timeout=30) as plain:
            with pytest.raises((ssl.SSLError, ConnectionError)) as refused:
                without.wrap_socket(plain).recv(1)
            assert "WRONG_VERSION" not in str(refused.value), "it does not even speak TLS"


@pytest.mark.flink
def test_its_folder_is_closed_to_others(cluster):
    assert stat.S_IMODE(cluster.folder.stat().st_mode) == 0o700
