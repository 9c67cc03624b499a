# SPDX-License-Identifier: Apache-2.0
"""A Flink cluster of local processes: ZooKeeper, a job manager and task managers, all on the loopback interface.

It behaves like a cluster on Kubernetes: processes that die are restarted, and a job resumes from its last checkpoint, because the job
manager keeps its state in ZooKeeper and on disk.

The loopback interface is open to all users of a machine, and Flink runs any job that it receives. So its processes and its clients prove
with a certificate, ZooKeeper's with a password, that they may read the cluster's folder, which only its user can (see ``keys.py``).
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil

from deploy.flink import fetch
from deploy.flink.keys import Keys
from deploy.processes import ENDS_WITH_PARENT, free_port

CONF = Path(__file__).with_name("flink.conf")
HOW_TO_GET_IT = (
    "Flink is not installed: `make flink` downloads it from PyPI and Maven Central; it needs a JDK, 11 or 17"
)
START_SECONDS = 240.0
LOOK_SECONDS = 0.5  # between two checks that all processes are running
END_SECONDS = 20.0
# Flink on Java 17 uses reflection on classes of the platform.
OPENED = (
    "java.base/java.lang", "java.base/java.net", "java.base/java.io", "java.base/java.nio", "java.base/sun.nio.ch",
    "java.base/java.lang.reflect", "java.base/java.text", "java.base/java.time", "java.base/java.util",
    "java.base/java.util.concurrent", "java.base/java.util.concurrent.atomic", "java.base/java.util.concurrent.locks",
)  # fmt: skip
ZOOKEEPER_AUTHENTICATION = (
    "authProvider.1=org.apache.flink.shaded.zookeeper3.org.apache.zookeeper.server.auth.SASLAuthenticationProvider\n"
    "sessionRequireClientSASLAuth=true\n"
)
ZOOKEEPER = "org.apache.flink.runtime.zookeeper.FlinkZooKeeperQuorumPeer"
JOB_MANAGER = "org.apache.flink.runtime.entrypoint.StandaloneSessionClusterEntrypoint"
TASK_MANAGER = "org.apache.flink.runtime.taskexecutor.TaskManagerRunner"
LOGGING = """\
rootLogger.level = INFO
rootLogger.appenderRef.file.ref = File
appender.file.name = File
appender.file.type = RollingFile
appender.file.fileName = ${sys:log.file}
appender.file.filePattern = ${sys:log.file}.%i
appender.file.layout.type = PatternLayout
appender.file.layout.pattern = %d{HH:mm:ss,SSS} %-5p %-40.40c{1} - %m%n
appender.file.policies.type = Policies
appender.file.policies.size.type = SizeBasedTriggeringPolicy
appender.file.policies.size.size = 20MB
appender.file.strategy.type = DefaultRolloverStrategy
appender.file.strategy.max = 3
"""


def is_here() -> bool:
    """Whether Flink can run on this machine."""
    return fetch.is_fetched() and shutil.which("java") is not None


def _conf() -> dict[str, str]:
    lines = [line for line in CONF.read_text().splitlines() if line and not line.startswith("#")]
    return {key: value.strip() for key, value in (line.split(":", 1) for line in lines)}


class Cluster:
    """A cluster that runs between ``start`` and ``stop``; processes that die are restarted."""

    def __init__(self, folder: Path, task_managers: int = 2, slots: int = 1, port: int = 0, **conf: str) -> None:
        """Prepare a cluster.

        Args:
            folder: for logs, checkpoints, savepoints and the job manager's state; the jobs of a folder that was used before are resumed.
            task_managers: number of task managers.
            slots: slots per task manager; each runs one worker process.
            port: port of the REST interface; 0 for any free port.
            conf: settings that override ``flink.conf``, with ``__`` for a dot and ``_`` for a hyphen.
        """
        self.folder = folder.resolve()
        self.port = port or free_port()
        self.url = f"https://127.0.0.1:{self.port}"
        self._keys = Keys(self.folder / "keys")
        self._sockets = ""
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self._task_managers = task_managers
        self._slots = slots
        self._zookeeper_port = free_port()
        self._own = {key.replace("__", ".").replace("_", "-"): value for key, value in conf.items()}
        self._is_ending = threading.Event()
        self._lock = threading.Lock()
        self._keeper = threading.Thread(target=self._keep, name="keep-cluster", daemon=True)

    @property
    def certificate(self) -> Path:
        """Path of the certificate and key with which clients use the REST interface."""
        return self._keys.certificate

    @property
    def workers_command(self) -> str:
        """Path of the program that starts a Python worker."""
        return str(self.folder / "worker")

    def beam_flags(self, parallelism: int | None = None, workers: dict[str, str] | None = None) -> list[str]:
        """Return the options with which Beam runs a pipeline on this cluster.

        Args:
            parallelism: of the job; by default, the number of slots.
            workers: variables that are added to the environment of the workers.
        """
        environment = {"command": self.workers_command, "env": workers or {}}
        return [
            "--runner=FlinkRunner",
            f"--flink_master={self.url}",
            f"--flink_certificate={self.certificate}",
            "--flink_submit_uber_jar",
            f"--flink_job_server_jar={fetch.home() / 'beam.jar'}",
            "--environment_type=PROCESS",
            f"--environment_config={json.dumps(environment)}",
            f"--parallelism={parallelism or self._task_managers * self._slots}",
        ]

    def _write_files(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.folder.chmod(0o700)  # jobs, checkpoints and records have articles in them
        self._keys.write()
        # Not in the folder, because the path of a Unix socket may have 107 bytes.
        self._sockets = tempfile.mkdtemp(prefix="onrecord-flink-")
        for name in ("conf", "logs", "checkpoints", "savepoints", "jobs", "scratch", "zookeeper"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        own = {
            "jobmanager.rpc.address": "127.0.0.1",
            "jobmanager.bind-host": "127.0.0.1",
            "jobmanager.rpc.port": "0",
            "jobmanager.memory.process.size": "1g",
            "rest.address": "127.0.0.1",
            "rest.bind-address": "127.0.0.1",
            "rest.port": str(self.port),
            "rest.bind-port": str(self.port),
            "blob.server.port": "0",
            "taskmanager.host": "127.0.0.1",
            "taskmanager.bind-host": "127.0.0.1",
            "taskmanager.numberOfTaskSlots": str(self._slots),
            "taskmanager.cpu.cores": "1.0",
            "taskmanager.memory.task.heap.size": "512m",
            "taskmanager.memory.task.off-heap.size": "128m",
            "taskmanager.memory.framework.heap.size": "128m",
            "taskmanager.memory.framework.off-heap.size": "128m",
            "taskmanager.memory.network.min": "64m",
            "taskmanager.memory.network.max": "64m",
            "taskmanager.memory.managed.size": "128m",
            "taskmanager.memory.jvm-overhead.min": "192m",
            "taskmanager.memory.jvm-overhead.max": "192m",
            # How soon a killed process is noticed, in milliseconds.
            "heartbeat.interval": "2000",
            "heartbeat.timeout": "10000",
            "high-availability.type": "zookeeper",
            "high-availability.zookeeper.quorum": f"127.0.0.1:{self._zookeeper_port}",
            "high-availability.zookeeper.client.session-timeout": "10000",
            "high-availability.storageDir": f"file://{self.folder}/jobs",
            "state.checkpoints.dir": f"file://{self.folder}/checkpoints",
            "state.savepoints.dir": f"file://{self.folder}/savepoints",
            "io.tmp.dirs": f"{self.folder}/scratch",
            "web.upload.dir": f"{self.folder}/scratch",
        }
        common = {key: value for key, value in _conf().items() if not key.startswith("metrics.reporter.")}
        conf = {**common, **own, **self._keys.flink_conf(), **self._own}
        (self.folder / "conf" / "flink-conf.yaml").write_text("".join(f"{key}: {conf[key]}\n" for key in sorted(conf)))
        (self.folder / "conf" / "log4j.properties").write_text(LOGGING)
        (self.folder / "conf" / "zoo.cfg").write_text(
            f"tickTime=2000\ndataDir={self.folder}/zookeeper\nclientPort={self._zookeeper_port}\n"
            "clientPortAddress=127.0.0.1\nadmin.enableServer=false\nmaxClientCnxns=0\n"
            f"{ZOOKEEPER_AUTHENTICATION}"
        )
        # Workers import the package from where this process does, unless their job sets PYTHONPATH to another version.
        path = ":".join(str(Path(place).resolve()) for place in sys.path)
        worker = (
            f"#!/bin/sh\nexport OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1\n"
            f'export PYTHONPATH="${{PYTHONPATH-{path}}}"\n'
            f'exec "{sys.executable}" -c "from onrecord.runners.workers.portable import main; main()" "$@"\n'
        )
        Path(self.workers_command).write_text(worker)
        Path(self.workers_command).chmod(0o755)

    def _java(self, name: str, heap: str, main: str, *arguments: str) -> "subprocess.Popen[bytes]":
        opened = [f"--add-opens={package}=ALL-UNNAMED" for package in OPENED]
        with (self.folder / "logs" / f"{name}.out").open("ab") as out:
            return subprocess.Popen(
                [
                    *ENDS_WITH_PARENT, "java", f"-Xmx{heap}", "-XX:+UseSerialGC", "-XX:MaxMetaspaceSize=512m", *opened,
                    f"-Dlog.file={self.folder}/logs/{name}.log",
                    f"-Dlog4j.configurationFile=file:{self.folder}/conf/log4j.properties",
                    f"-Djava.io.tmpdir={self._sockets}",
                    f"-Djava.security.auth.login.config={self._keys.login}",
                    "-cp", f"{fetch.home()}/lib/*", main, *arguments,
                ],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                cwd=self.folder,
                env={**os.environ, "FLINK_CONF_DIR": str(self.folder / "conf")},
                start_new_session=True,
            )  # fmt: skip

    def _start(self, name: str) -> None:
        conf = ("--configDir", str(self.folder / "conf"))
        if name == "zookeeper":
            process = self._java(
                name, "128m", ZOOKEEPER, "--zkConfigFile", f"{self.folder}/conf/zoo.cfg", "--peerId", "1"
            )
        elif name == "jobmanager":
            process = self._java(name, "512m", JOB_MANAGER, *conf)
        else:
            process = self._java(name, "640m", TASK_MANAGER, *conf)
        self.processes[name] = process

    def start(self) -> "Cluster":
        """Start the processes, and return when all task managers are registered.

        Raises:
            RuntimeError: Flink has not been downloaded, or there is no Java.
            TimeoutError: the cluster is not complete in time.
        """
        if not is_here():
            raise RuntimeError(HOW_TO_GET_IT)
        self._write_files()
        managers = [f"taskmanager-{number}" for number in range(1, self._task_managers + 1)]
        for name in ("zookeeper", "jobmanager", *managers):
            self._start(name)
        self._keeper.start()
        self.wait_until_complete()
        return self

    def wait_until_complete(self) -> None:
        """Return when the job manager answers and all task managers are registered with it."""
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                if self.get("/overview")["taskmanagers"] == self._task_managers:
                    return
            except (OSError, KeyError):
                pass
            if time.monotonic() > deadline:
                raise TimeoutError(f"Flink is not complete after {START_SECONDS:.0f} s; see {self.folder / 'logs'}")
            time.sleep(LOOK_SECONDS)

    def _keep(self) -> None:
        while not self._is_ending.wait(LOOK_SECONDS):
            with self._lock:
                for name, process in self.processes.items():
                    if process.poll() is not None and not self._is_ending.is_set():
                        self._start(name)

    def kill(self, name: str) -> None:
        """Kill a process, as a failing machine would; its workers end with it."""
        self.processes[name].kill()

    def worker_pids(self) -> list[int]:
        """Return the process ids of the Python workers."""
        children: list[int] = []
        for process in self.processes.values():
            with suppress(psutil.NoSuchProcess):
                children.extend(child.pid for child in psutil.Process(process.pid).children())
        return children

    def stop(self) -> None:
        """Stop all processes; checkpoints and the job manager's state stay in the folder."""
        self._is_ending.set()
        self._keeper.join()
        with self._lock:
            # Each process deregisters from one that is stopped after it.
            for process in reversed(self.processes.values()):
                process.send_signal(signal.SIGTERM)
                try:
                    process.wait(timeout=END_SECONDS)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()
        shutil.rmtree(self._sockets, ignore_errors=True)

    def __enter__(self) -> "Cluster":
        """Start the cluster."""
        return self.start()

    def __exit__(self, *error: object) -> None:
        """Stop the cluster."""
        self.stop()

    def get(self, path: str) -> Any:
        """Return the REST interface's answer to a GET request."""
        return self.ask(path)

    def ask(self, path: str, body: object = None, method: str | None = None) -> Any:
        """Send a request to the REST interface and return its answer."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, {"Content-Type": "application/json"}, method=method)
        with urllib.request.urlopen(request, timeout=30, context=self._keys.client_context()) as answer:
            text = answer.read()
        return json.loads(text) if text else None
