#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Starts, replaces, drains and snapshots jobs on Dataflow; needs only Python and gcloud."""

import argparse
import re
import shlex
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
WRONG_USAGE = 2
THREADS = 2  # per worker process; docs/how-to/dataflow.md says why
FOLDER = re.compile(r"gs://[a-z0-9][a-z0-9._-]+[a-z0-9](/.*)?")
DIGEST = re.compile(r".+@sha256:[0-9a-f]{64}")
PARAMETER = re.compile(r"[a-z_]+=.*")
SEPARATOR = "~"  # between the parameters for gcloud, because their values may contain commas
EXAMPLES = """\
examples:
  launch.py template --command stream --image REPOSITORY/stream-template@sha256:... --staging gs://my-staging
  launch.py backfill --template gs://my-staging/templates/backfill.json --worker-image REPOSITORY/worker@sha256:... \\
      --staging gs://my-staging --region europe-west1 --service-account onrecord-worker@my-project.iam.gserviceaccount.com \\
      input='gs://articles/2026-*.jsonl.gz' output=gs://my-records/2026
  launch.py stream ... subscription=projects/my-project/subscriptions/articles output=gs://my-records/records
  launch.py stream ... --update ...           replace the running stream with a newer one; it keeps its state
  launch.py drain JOB_ID --region europe-west1      stop reading, finish, and write the records
  launch.py snapshot JOB_ID --region europe-west1   save the state of a stream, with its pending messages

--print shows the command without running it. docs/how-to/dataflow.md says when to update and when to drain.
"""


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="launch.py", description=__doc__, epilog=EXAMPLES, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="action", metavar="COMMAND", required=True)

    template = commands.add_parser(
        "template", help="create the file of a Flex Template from an image", allow_abbrev=False
    )
    template.add_argument("--command", choices=("backfill", "stream"), required=True)
    template.add_argument("--image", required=True, help="the template's image, as deploy/image/build printed it")
    template.add_argument("--staging", required=True, metavar="GS", help="bucket or folder, gs://…")
    template.add_argument("--print", action="store_true", dest="is_shown", help="show the command without running it")

    for name in ("backfill", "stream"):
        job = commands.add_parser(name, help=f"start a {name}", allow_abbrev=False)
        add = job.add_argument
        add(
            "parameters",
            nargs="+",
            metavar="NAME=VALUE",
            help=f"parameters of the template; {name}.metadata.json lists them",
        )
        add("--template", required=True, metavar="GS", help="the template's file, as launch template printed it")
        add(
            "--worker-image",
            required=True,
            metavar="IMAGE",
            help="REPOSITORY/worker@sha256:…, as deploy/image/build printed it",
        )
        add("--staging", required=True, metavar="GS", help="bucket or folder for the job's temporary files")
        add("--service-account", required=True, metavar="ACCOUNT", help="service account of the workers")
        add("--job-name", default=f"onrecord-{name}", metavar="NAME", help="(default: %(default)s)")
        add("--subnetwork", metavar="NAME", help="regions/REGION/subnetworks/NAME, with Private Google Access")
        add(
            "--machine-type",
            default="n2-standard-2",
            metavar="TYPE",
            help="machine type of the workers (default: %(default)s)",
        )
        add("--max-workers", default="4", metavar="N", help="maximum number of machines (default: %(default)s)")
        _common(job)
        if name == "stream":
            add("--update", action="store_true", help="replace the running job of this name")
        else:
            add("--when-cheap", action="store_true", help="start within six hours, on cheaper machines (FlexRS)")

    for name, text in (
        ("drain", "stop reading, finish, and write the records"),
        ("snapshot", "save the state of a stream"),
    ):
        of_job = commands.add_parser(name, help=text, allow_abbrev=False)
        of_job.add_argument("job", metavar="JOB_ID", help="id of the job, from 'gcloud dataflow jobs list'")
        _common(of_job)
    return parser


def _common(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--region", required=True, help="region of the job, such as europe-west1")
    parser.add_argument("--project", help="Google Cloud project (default: gcloud's)")
    parser.add_argument("--print", action="store_true", dest="is_shown", help="show the command without running it")


def problems_of(arguments: argparse.Namespace) -> list[str]:
    """Return what is wrong with the arguments."""
    problems = []
    for name in ("staging", "template"):
        value = getattr(arguments, name, None)
        if value is not None and not FOLDER.fullmatch(value):
            problems.append(f"--{name} {value}: give a Cloud Storage location, gs://…")
    for name in ("image", "worker_image"):
        value = getattr(arguments, name, None)
        if value is not None and not DIGEST.fullmatch(value):
            problems.append(f"--{name.replace('_', '-')} {value}: pin it by its digest, NAME@sha256:…")
    for parameter in getattr(arguments, "parameters", ()):
        if not PARAMETER.fullmatch(parameter):
            problems.append(f"{parameter!r}: give parameters as name=value")
        if SEPARATOR in parameter:
            problems.append(f"{parameter!r}: a parameter can't contain {SEPARATOR!r}")
    return problems


def command_of(arguments: argparse.Namespace) -> list[str]:
    """Return the gcloud command for the arguments."""
    dataflow = ["gcloud", "dataflow"]
    if arguments.action == "template":
        return [
            *dataflow, "flex-template", "build", f"{arguments.staging.rstrip('/')}/templates/{arguments.command}.json",
            f"--image={arguments.image}", "--sdk-language=PYTHON",
            f"--metadata-file={HERE / f'{arguments.command}.metadata.json'}",
        ]  # fmt: skip
    where = [f"--region={arguments.region}", *([f"--project={arguments.project}"] if arguments.project else [])]
    if arguments.action == "drain":
        return [*dataflow, "jobs", "drain", arguments.job, *where]
    if arguments.action == "snapshot":
        return [*dataflow, "snapshots", "create", f"--job-id={arguments.job}", "--snapshot-sources=true", *where]
    staging = arguments.staging.rstrip("/")
    options = [f"sdk_container_image={arguments.worker_image}", f"number_of_worker_harness_threads={THREADS}"]
    command = [
        *dataflow, "flex-template", "run", arguments.job_name,
        f"--template-file-gcs-location={arguments.template}",
        f"--parameters=^{SEPARATOR}^{SEPARATOR.join(arguments.parameters)}",
        f"--additional-pipeline-options={','.join(options)}",
        f"--service-account-email={arguments.service_account}",
        f"--staging-location={staging}/staging",
        f"--temp-location={staging}/temp",
        f"--worker-machine-type={arguments.machine_type}",
        f"--max-workers={arguments.max_workers}",
        "--disable-public-ips",
        *where,
    ]  # fmt: skip
    if arguments.subnetwork:
        command.append(f"--subnetwork={arguments.subnetwork}")
    if arguments.action == "stream":
        command.append("--enable-streaming-engine")
        command += ["--update"] if arguments.update else []
    elif arguments.when_cheap:
        command.append("--flexrs-goal=COST_OPTIMIZED")
    return command


def main() -> int:
    """Run gcloud and return its exit code."""
    arguments = _parser().parse_args()
    problems = problems_of(arguments)
    for problem in problems:
        print(f"launch.py: {problem}", file=sys.stderr)
    if problems:
        return WRONG_USAGE
    command = command_of(arguments)
    print(shlex.join(command), file=sys.stderr, flush=True)
    if arguments.is_shown:
        return 0
    try:
        return subprocess.run(command, check=False).returncode
    except FileNotFoundError:
        print("launch.py: gcloud is not installed; see https://cloud.google.com/sdk/docs/install", file=sys.stderr)
        return WRONG_USAGE


if __name__ == "__main__":
    sys.exit(main())
