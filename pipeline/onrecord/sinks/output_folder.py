"""The output folder: made ready before a run, tidied after it."""

from apache_beam.io.filesystem import BeamIOError
from apache_beam.io.filesystems import FileSystems

from onrecord.data.records import KINDS
from onrecord.sinks.avro import TEMPORARY

SUMMARY = "summary.json"
FILES = "{kind}-?????-of-?????.avro"  # what avro_files.file_name gives


def _paths(pattern: str) -> list[str]:
    return [file.path for matched in FileSystems.match([pattern]) for file in matched.metadata_list]


def is_empty(output: str) -> bool:
    """Whether nothing of a run, or of anything else, lies in a folder; one that is not there is empty."""
    return not _paths(FileSystems.join(output, "**")) and not _paths(FileSystems.join(output, TEMPORARY, "*"))


def clear(output: str) -> None:
    """Take away what a run wrote: the Avro files under the names that it gives, unfinished files and the summary."""
    for kind in KINDS:
        FileSystems.delete(_paths(FileSystems.join(output, kind, FILES.format(kind=kind))))
    FileSystems.delete(_paths(FileSystems.join(output, SUMMARY)))
    discard_unfinished(output)


def discard_unfinished(output: str) -> None:
    """Take away the files that a run left under temporary names."""
    folder = FileSystems.join(output, TEMPORARY)
    try:
        FileSystems.delete([folder])
    except BeamIOError:
        if FileSystems.exists(folder):
            raise


def prepare(output: str) -> None:
    """Make the folders that files are written to; object stores have none to make."""
    for name in (*KINDS, TEMPORARY):
        folder = FileSystems.join(output, name)
        if not FileSystems.exists(folder):
            FileSystems.mkdirs(folder)
