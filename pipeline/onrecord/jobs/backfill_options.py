# SPDX-License-Identifier: Apache-2.0
"""The options of a backfill. Nothing in this module needs Beam, so that a command line can be checked quickly."""

from dataclasses import dataclass, field

from onrecord.data.settings import ExtractionSettings, InputSettings, OutputSettings
from onrecord.runners import Runner
from onrecord.sources.splits import Limits


@dataclass(frozen=True, slots=True)
class DeadLetterLimit:
    """The maximum number of dead letters of a run, absolute or as a share of the messages."""

    number: int | None = None
    share: float | None = None

    def is_exceeded(self, dead_letters: int, messages: int) -> bool:
        """Whether a run has more dead letters than the limit."""
        if self.share is not None:
            return dead_letters > self.share * messages
        return self.number is not None and dead_letters > self.number


@dataclass(frozen=True, slots=True)
class BackfillOptions:
    """The options of a backfill.

    Attributes:
        inputs: files, folders and patterns.
        reading: how they are read.
        extraction: which records are extracted, and how.
        output: the destination of records.
        runner: the runner of the job.
        limits: the maximum size of a split on this machine.
        workers: number of processes on this machine.
        max_dead_letters: a run with more of them fails; on this machine it stops reading when there are more than a number.
        overwrite: whether the records in the output folder are deleted first.
        resume: whether a run that was killed or stopped is continued.
        verbose: whether Beam's log is shown.
        beam_flags: Beam's own options.
    """

    inputs: tuple[str, ...]
    extraction: ExtractionSettings
    output: OutputSettings
    runner: Runner
    reading: InputSettings = field(default_factory=InputSettings)
    limits: Limits = field(default_factory=Limits)
    workers: int = 1
    max_dead_letters: DeadLetterLimit = DeadLetterLimit()
    overwrite: bool = False
    resume: bool = False
    verbose: bool = False
    beam_flags: tuple[str, ...] = ()
