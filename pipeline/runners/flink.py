"""What a pipeline tells Flink through Beam's runner for it, which takes more options than Beam's Python package knows."""

import argparse

from apache_beam.options.pipeline_options import PipelineOptions

# Articles that are handed to a worker together, and the time after which fewer are. A checkpoint waits until they are through: at 30
# articles a second, a second or two; Beam's 1,000 would be half a minute.
MAX_BUNDLE_SIZE = 50
MAX_BUNDLE_MILLIS = 500
# What is acknowledged to Pub/Sub is what the last checkpoint but one holds, and a file is written with the checkpoint behind it.
CHECKPOINT_MILLIS = 10_000


class FlinkJobOptions(PipelineOptions):  # type: ignore[misc]
    """Options of Beam's Flink runner, as that one spells them. Only what is given is passed on."""

    @classmethod
    def _add_argparse_args(cls, parser: argparse.ArgumentParser) -> None:
        add = parser.add_argument
        add("--checkpointing_interval", type=int, help="milliseconds between two checkpoints, on Flink")
        add("--max_bundle_size", type=int, help="elements of a bundle at most, on Flink")
        add("--max_bundle_time_mills", type=int, help="milliseconds until a bundle is finished, on Flink")
        add("--savepoint_path", help="savepoint or checkpoint of Flink's that the job goes on from")
        add("--allow_non_restored_state", action="store_true", default=None, help="go on without state of steps that are gone")
        add("--number_of_execution_retries", type=int, help="restarts of a failing job on Flink")


def needed_flags(flags: list[str]) -> list[str]:
    """Return the flags that a job on Flink needs besides those that are given."""
    ours = {
        "--checkpointing_interval": CHECKPOINT_MILLIS,
        "--max_bundle_size": MAX_BUNDLE_SIZE,
        "--max_bundle_time_mills": MAX_BUNDLE_MILLIS,
    }
    given = {flag.partition("=")[0] for flag in flags}
    return [f"{name}={value}" for name, value in ours.items() if name not in given]
