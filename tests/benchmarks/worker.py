# SPDX-License-Identifier: Apache-2.0
"""CPU time and memory of one worker process, for sizing Dataflow and Flink workers.

usage: python -m tests.benchmarks.worker ARTICLES.jsonl [--graph stream] [--number 600]

The worker is the one that runs in the image: Beam's harness as a process of its own, which gets its work over the network from a
runner (here Beam's local one). Its time and memory are read from /proc every tenth of a second: the time of all its processes, and
of each the proportional set size (PSS), in which what processes share counts once.
"""

import argparse
import itertools
import shlex
import sys
import tempfile
import threading
import time
from pathlib import Path

import apache_beam as beam
import psutil
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.runners.portability.fn_api_runner import FnApiRunner
from apache_beam.transforms.environments import SubprocessSDKEnvironment

from onrecord.data.settings import ExtractionSettings, OutputSettings, StreamingSettings
from onrecord.graph import GraphSettings, build
from onrecord.sinks import output_folder as folder
from onrecord.sources.files import ReadFiles
from onrecord.telemetry import metrics

MEGABYTE = 1_000_000


class Watch(threading.Thread):
    """Records the CPU time and the peak memory of each child process."""

    def __init__(self) -> None:
        """Start watching."""
        super().__init__(daemon=True)
        self.cpu_seconds: dict[int, float] = {}
        self.peak_bytes: dict[int, int] = {}
        self.together_bytes = 0
        self.done = threading.Event()

    def run(self) -> None:
        """Look every tenth of a second."""
        while not self.done.wait(0.1):
            together = 0
            for process in psutil.Process().children(recursive=True):
                try:
                    times, memory = process.cpu_times(), process.memory_full_info().pss
                except psutil.Error:  # it ended meanwhile
                    continue
                self.cpu_seconds[process.pid] = times.user + times.system
                self.peak_bytes[process.pid] = max(memory, self.peak_bytes.get(process.pid, 0))
                together += memory
            self.together_bytes = max(self.together_bytes, together)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("articles", type=Path, help="article messages, one a line")
    parser.add_argument("--graph", choices=("backfill", "stream"), default="backfill", help="(default: %(default)s)")
    parser.add_argument("--number", type=int, default=600, help="articles to take (default: %(default)s)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        source, output = Path(scratch, "articles.jsonl"), str(Path(scratch, "out"))
        with options.articles.open(encoding="utf-8") as lines:
            source.write_text("".join(itertools.islice(lines, options.number)), "utf-8")
        command = shlex.join([sys.executable, "-m", "apache_beam.runners.worker.sdk_worker_main"])
        runner = FnApiRunner(default_environment=SubprocessSDKEnvironment.from_command_string(command))
        settings = GraphSettings(
            extraction=ExtractionSettings(time_limit=300),
            output=OutputSettings(output),
            streaming=StreamingSettings() if options.graph == "stream" else None,
        )
        pipeline = beam.Pipeline(runner=runner, options=PipelineOptions([]))
        build(pipeline | "Read" >> ReadFiles((str(source),)), settings)
        folder.prepare(output)
        watch = Watch()
        watch.start()
        started = time.monotonic()
        result = pipeline.run()
        result.wait_until_finish()
        seconds = time.monotonic() - started
        watch.done.set()
        watch.join()
    counts = metrics.counts(result)
    articles, words = counts[metrics.ARTICLES], counts[metrics.WORDS]
    cpu = sum(watch.cpu_seconds.values())
    print(
        f"{options.graph}: {articles:,} articles, {words:,} words in {cpu:.1f} s CPU of the worker ({seconds:.0f} s passed)"
    )
    print(
        f"  {articles / cpu:.1f} articles, {words / cpu:,.0f} words a CPU second, start and loading of the model included"
    )
    each = ", ".join(f"{size / MEGABYTE:,.0f}" for size in sorted(watch.peak_bytes.values(), reverse=True))
    print(f"  peak memory {watch.together_bytes / MEGABYTE:,.0f} MB together; each process {each} MB")


if __name__ == "__main__":
    main()
