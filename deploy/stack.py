# SPDX-License-Identifier: Apache-2.0
"""A small local copy of the production set-up: ``make stack-up``, ``make stack-status``, ``make stack-down``.

The Pub/Sub emulator, a Flink cluster and a streaming job, as processes of one supervisor, which restarts those that die. All files are
in one folder, ``out/stack`` or ``ONRECORD_STACK``, which only its user can read. Flink takes jobs from that user alone; the emulator,
which has no authentication, takes messages from all users of the machine. Stopping loses nothing: the next start resumes the same job
from its last checkpoint.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psutil
from google.api_core.exceptions import AlreadyExists
from google.cloud import pubsub

from deploy import emulator
from deploy.flink import cluster, fetch
from deploy.processes import free_port
from onrecord.telemetry.metrics import ACKNOWLEDGED_UNTIL

ROOT = Path(__file__).parents[1]
FOLDER = Path(os.environ.get("ONRECORD_STACK") or ROOT / "out" / "stack").resolve()
FACTS = FOLDER / "stack.json"  # the ports, which stay the same, and the supervisor if it is running
LOG = FOLDER / "stack.log"
PROJECT = "projects/onrecord-local"
TOPIC, SUBSCRIPTION = f"{PROJECT}/topics/articles", f"{PROJECT}/subscriptions/articles"
DEAD_TOPIC, DEAD_SUBSCRIPTION = f"{PROJECT}/topics/dead-letters", f"{PROJECT}/subscriptions/dead-letters"
WINDOW_SECONDS = 30  # short, so that files appear soon
START_SECONDS = 300.0
END_SECONDS = 60.0
UNFINISHED = (
    "CREATED",
    "INITIALIZING",
    "RUNNING",
    "RESTARTING",
    "RECONCILING",
)  # states of a job that does not have to be submitted again


def _facts() -> dict[str, Any]:
    facts: dict[str, Any] = json.loads(FACTS.read_text()) if FACTS.exists() else {}
    return facts


def _write_facts(**facts: object) -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    FOLDER.chmod(0o700)  # records, checkpoints and logs have articles in them
    FACTS.write_text(json.dumps({**_facts(), **facts}, indent=2))


def _supervisor() -> psutil.Process | None:
    """Return the process that keeps the stack up, or None; a process that has reused its id is not it."""
    facts = _facts()
    with suppress(psutil.NoSuchProcess, KeyError):
        process = psutil.Process(facts["pid"])
        if process.create_time() == facts["started"] and process.status() != psutil.STATUS_ZOMBIE:
            return process
    return None


def _make_topics(host: str) -> None:
    """Create topics and subscriptions; the emulator loses them when it stops."""
    os.environ["PUBSUB_EMULATOR_HOST"] = host
    with pubsub.PublisherClient() as publisher, pubsub.SubscriberClient() as subscriber:
        for topic, subscription in ((TOPIC, SUBSCRIPTION), (DEAD_TOPIC, DEAD_SUBSCRIPTION)):
            with suppress(AlreadyExists):
                publisher.create_topic(name=topic)
            with suppress(AlreadyExists):
                subscriber.create_subscription(name=subscription, topic=topic)


def _jobs(flink: cluster.Cluster) -> dict[str, str]:
    """Return the states of the unfinished jobs by their ids."""
    jobs = {job["jid"]: job["state"] for job in flink.get("/jobs/overview")["jobs"]}
    return {job: state for job, state in jobs.items() if state in UNFINISHED}


def _submit(flink: cluster.Cluster, host: str) -> None:
    """Start the streaming job, unless the cluster has resumed one."""
    if _jobs(flink):
        return
    command = [
        sys.executable, "-m", "onrecord", "stream", "--subscription", SUBSCRIPTION, "--dead-letter-topic", DEAD_TOPIC,
        "--output", str(FOLDER / "records"), "--window", str(WINDOW_SECONDS), "--early-every", str(WINDOW_SECONDS), "--detach",
        *flink.beam_flags(workers={"PUBSUB_EMULATOR_HOST": host}),
    ]  # fmt: skip
    with LOG.open("ab") as log:
        subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=log, stderr=log, check=True)


def serve() -> int:
    """Run the supervisor: keep the stack up until a SIGTERM."""
    ending = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ending.set())
    ports = {"pubsub": free_port(), "flink": free_port(), **_facts().get("ports", {})}
    own = psutil.Process()
    _write_facts(pid=own.pid, started=own.create_time(), ports=ports, is_ready=False)
    host = f"127.0.0.1:{ports['pubsub']}"
    server = emulator.start(FOLDER, ports["pubsub"])
    try:
        _make_topics(host)
        with cluster.Cluster(FOLDER / "flink", port=ports["flink"]) as flink:
            _submit(flink, host)
            while set(_jobs(flink).values()) != {"RUNNING"} and not ending.wait(1):
                pass
            _write_facts(is_ready=True)
            while not ending.wait(1):
                if server.poll() is not None:
                    server = emulator.start(FOLDER, ports["pubsub"])
                    _make_topics(host)
    finally:
        emulator.stop(server)
    return 0


def up() -> int:
    """Start the stack, and return when its job is running."""
    if _supervisor() is not None:
        print("the stack is already up")
        return status()
    if emulator.program() is None:
        print(emulator.HOW_TO_GET_IT, file=sys.stderr)
        return 1
    if fetch.main():
        return 1
    if not cluster.is_here():
        print(cluster.HOW_TO_GET_IT, file=sys.stderr)
        return 1
    _write_facts(is_ready=False)
    print(f"starting Pub/Sub's emulator, Flink and the streaming job; their log is {LOG}")
    with LOG.open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "deploy.stack", "serve"],
            cwd=ROOT, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
        )  # fmt: skip
    deadline = time.monotonic() + START_SECONDS
    while not _facts().get("is_ready"):
        if process.poll() is not None or time.monotonic() > deadline:
            print(f"the stack did not start; the end of {LOG}:", file=sys.stderr)
            print("\n".join(LOG.read_text().splitlines()[-10:]), file=sys.stderr)
            down()
            return 1
        time.sleep(0.5)
    return status()


def down() -> int:
    """Stop the stack; its state is kept for the next start."""
    supervisor = _supervisor()
    if supervisor is None:
        print("the stack is not up")
        return 0
    supervisor.terminate()
    try:
        supervisor.wait(END_SECONDS)
    except psutil.TimeoutExpired:
        print(f"the supervisor, process {supervisor.pid}, does not stop; see {LOG}", file=sys.stderr)
        return 1
    print(f"the stack is down; 'make stack-up' resumes it, 'rm -r {FOLDER}' deletes its state")
    return 0


def _checkpoints(flink: cluster.Cluster, job: str) -> str:
    found = flink.get(f"/jobs/{job}/checkpoints")
    counts = found["counts"]
    latest = (found.get("latest") or {}).get("completed") or {}
    age = time.time() - latest.get("latest_ack_timestamp", 0) / 1000
    kept = f", the last {age:,.0f} s ago with {latest['state_size'] / 1000:,.0f} kB" if latest else ""
    return f"{counts['completed']} completed, {counts['failed']} failed{kept}"


def _starting(flink: cluster.Cluster, job: str) -> str:
    """Return how many tasks of a job run, if not all do: Flink calls a job running as soon as it has begun to start them."""
    vertices = flink.get(f"/jobs/{job}")["vertices"]
    tasks, run = sum(one["parallelism"] for one in vertices), sum(one["tasks"]["RUNNING"] for one in vertices)
    return "" if run == tasks else f"; {run} of {tasks} tasks run, and checkpoints fail until all do"


def _lag(flink: cluster.Cluster, job: str) -> str:
    """Return the age of the oldest message that is in no checkpoint, by the gauge of the workers' sources."""
    until = []
    for vertex in flink.get(f"/jobs/{job}")["vertices"]:
        path = f"/jobs/{job}/vertices/{vertex['id']}/subtasks/metrics"
        names = [one["id"] for one in flink.get(path) if one["id"].endswith(ACKNOWLEDGED_UNTIL)]
        for name in names:
            until += [one["min"] for one in flink.get(f"{path}?get={quote(name)}&agg=min")]
    return f"{max(0.0, time.time() - min(until)):,.0f} s" if until and min(until) else "unknown"


def status() -> int:
    """Print which parts are running, and where; return 0 if all are."""
    supervisor = _supervisor()
    if supervisor is None:
        print("the stack is not up; 'make stack-up' starts it")
        return 1
    ports = _facts()["ports"]
    flink = cluster.Cluster(FOLDER / "flink", port=ports["flink"])
    print(f"supervisor      process {supervisor.pid}, log {LOG}")
    print(
        f"Pub/Sub         PUBSUB_EMULATOR_HOST=127.0.0.1:{ports['pubsub']}, topic {TOPIC}, open to all users of this machine"
    )
    print(f"records         {FOLDER / 'records'}, written every {WINDOW_SECONDS} seconds")
    try:
        print(
            f"Flink           {flink.url}, {flink.get('/overview')['taskmanagers']} task managers, for clients with {flink.certificate}"
        )
        jobs = _jobs(flink)
        for job, state in jobs.items():
            print(f"streaming job   {state.lower()}{_starting(flink, job)}")
            print(f"checkpoints     {_checkpoints(flink, job)}")
            print(f"lag             {_lag(flink, job)}, of the oldest message that no checkpoint holds")
    except OSError as error:  # a job manager that has just started does not answer some requests
        print(f"Flink           {flink.url} does not answer yet: {error}")
        return 1
    if not jobs:
        print("streaming job   none; 'make stack-down stack-up' starts it")
    return 0 if jobs else 1


def main() -> int:
    """Run the command line and return its exit code."""
    commands = {"up": up, "down": down, "status": status, "serve": serve}
    parser = argparse.ArgumentParser(prog="python -m deploy.stack", description=__doc__.partition("\n")[0])
    parser.add_argument("command", choices=commands)
    return commands[parser.parse_args().command]()


if __name__ == "__main__":
    sys.exit(main())
