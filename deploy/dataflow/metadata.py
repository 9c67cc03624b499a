# SPDX-License-Identifier: Apache-2.0
"""Makes the metadata of the Flex Templates from the options of the command line and the registries, so that they always agree.

usage: python -m deploy.dataflow.metadata

Names, help and defaults are those of ``onrecord backfill`` and ``onrecord stream``; what else a template needs (a label, a type, and a
pattern that a form checks before the job starts) is here.
"""

import argparse
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deploy.dataflow.flex_template import is_flag, options_of, takes_several
from onrecord.data.kinds import extracted
from onrecord.data.settings import PARSES
from onrecord.sinks import sinks
from onrecord.sources import formats, sources

HERE = Path(__file__).parent
COMMANDS = ("backfill", "stream")
WHOLE = r"^[0-9]{1,12}$"
POSITIVE = r"^[1-9][0-9]{0,11}$"
BUCKET = r"gs://[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]"
PROJECT = r"projects/[a-z0-9.:-]+"


@dataclass(frozen=True)
class Parameter:
    """What a template says of an option in addition to its help."""

    label: str
    regex: str
    kind: str = "TEXT"
    is_required: bool = False


_KINDS = f"({'|'.join(extracted())})"
_SINKS = "|".join(sinks())
_TOPIC = rf"([a-z_]+=)?{PROJECT}/topics/[^/,]+"
BOTH = {
    "output": Parameter("Output folder", rf"^{BUCKET}(/[^*?\[\]]*)?$", "GCS_WRITE_FOLDER", True),
    "sink": Parameter("Format of the records", rf"^({_SINKS})$"),
    "field": Parameter("Other names of fields", r"^[a-z_]+=[^,]+(,[a-z_]+=[^,]+)*$"),
    "extract": Parameter("Record kinds", rf"^{_KINDS}(,{_KINDS})*$"),
    "model": Parameter("spaCy model in the image", r"^[A-Za-z0-9_./-]+$"),
    "parse": Parameter("Code that parses", rf"^({'|'.join(PARSES)})$"),
    "least_confidence": Parameter("Least confidence of a stance", r"^(0(\.[0-9]+)?|1(\.0+)?)$"),
    "near_duplicates": Parameter("Whether near-duplicates are marked", "^(on|off)$"),
    "shards": Parameter("Files per record kind", POSITIVE),
    "batch_size": Parameter("Articles parsed together", POSITIVE),
    "max_text_length": Parameter("Characters of the longest article", POSITIVE),
    "time_limit": Parameter("Longest time for an article, in seconds", POSITIVE),
    "gazetteer": Parameter("List of names", rf"^{BUCKET}/.+\.(csv|tsv)$", "GCS_READ_FILE"),
    "forgotten": Parameter("List of articles to refuse", rf"^{BUCKET}/.+\.json$", "GCS_READ_FILE"),
}
PARAMETERS: dict[str, dict[str, Parameter]] = {
    "backfill": {
        "input": Parameter("Input files", rf"^{BUCKET}/[^,]+(,{BUCKET}/[^,]+)*$", "GCS_READ_FILE", True),
        "format": Parameter("Format of the input files", rf"^({'|'.join(formats.BY_NAME)})$"),
        **BOTH,
        "overwrite": Parameter("Replace the records in the output folder", "^(true|false)$", "BOOLEAN"),
    },
    "stream": {
        "subscription": Parameter(
            "Subscription to read", rf"^{PROJECT}/subscriptions/[^/]+$", "PUBSUB_SUBSCRIPTION", True
        ),
        **BOTH,
        "window": Parameter("Length of a window, in seconds", POSITIVE),
        "event_time": Parameter("Event time", r"^\S.*$"),
        "allowed_lateness": Parameter("Allowed lateness, in seconds", WHOLE),
        "early_every": Parameter("Time between early results of a window, in seconds", WHOLE),
        "late_every": Parameter("Time that late articles are collected, in seconds", POSITIVE),
        "dedupe_for": Parameter("Time that an article is remembered, in seconds", POSITIVE),
        "record_topic": Parameter("Topics for records", rf"^{_TOPIC}(,{_TOPIC})*$"),
        "record_encoding": Parameter("Encoding of records in messages", "^(avro|json)$"),
        "dead_letter_topic": Parameter("Topic for dead letters", rf"^{PROJECT}/topics/[^/]+$", "PUBSUB_TOPIC"),
    },
}
# Options of the machine that the job is started from, or of its terminal, which a template does not have.
_OTHER_SOURCES = {
    name.replace("-", "_")
    for source in sources().values()
    if source.name != "subscription"
    for name in (source.name, *(option.name for option in source.options))
}
LOCAL = {
    "backfill": frozenset(
        {
            "stances",  # the image has no onnxruntime
            "workers",
            "resume",
            "split_size",
            "max_dead_letters",
            "max_messages_per_file",
            "runner",
            "allow_open_ports",
            "mode",
            "verbose",
        }
    ),
    "stream": frozenset(
        {
            "stances",
            *_OTHER_SOURCES,
            "pull_ahead",
            "workers",
            "max_unacknowledged",
            "format",
            "report_every",
            "log_format",
            "status_port",
            "start_timeout",
            "runner",
            "allow_open_ports",
            "mode",
            "detach",
            "verbose",
        }
    ),
}
DESCRIPTIONS = {
    "backfill": "Extracts who is in news articles, who said what and who stands where from files of articles, and writes Avro files.",
    "stream": "Extracts who is in news articles, who said what and who stands where from a Pub/Sub subscription, and writes Avro"
    " files by window.",
}


def _entry(name: str, parameter: Parameter, action: argparse.Action) -> dict[str, Any]:
    text = (action.help or "") % {"default": action.default}
    if takes_several(action):
        text += "; several with commas between them"
    entry: dict[str, Any] = {
        "name": name,
        "label": parameter.label,
        "helpText": text,
        "paramType": parameter.kind,
        "isOptional": not parameter.is_required,
        "regexes": [parameter.regex],
    }
    if is_flag(action):
        entry["defaultValue"] = "false"
    elif action.default is not None:
        entry["defaultValue"] = action.default
    return entry


def metadata(command: str) -> dict[str, Any]:
    """Return the metadata of the template of a command."""
    options = options_of(command)
    return {
        "name": f"onrecord {command}",
        "description": DESCRIPTIONS[command],
        "streaming": command == "stream",
        "parameters": [_entry(name, parameter, options[name]) for name, parameter in PARAMETERS[command].items()],
    }


def text_of(command: str) -> str:
    """Return the text of the template's metadata file."""
    return json.dumps(metadata(command), indent=2, ensure_ascii=False) + "\n"


def main() -> int:
    """Write the files."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.parse_args()
    for command in COMMANDS:
        path = HERE / f"{command}.metadata.json"
        path.write_text(text_of(command), "utf-8")
        print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
