# SPDX-License-Identifier: Apache-2.0
"""Small files of a stream become few, and at any moment readers get every record once, in the same order."""

import os
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from hashlib import sha256
from pathlib import Path

import pytest
from apache_beam.io.filesystems import FileSystems
from apache_beam.transforms.window import IntervalWindow
from apache_beam.utils.timestamp import Timestamp

import onrecord
from onrecord.data.records import Provenance, QuoteRecord
from onrecord.data.settings import OutputSettings
from onrecord.jobs import compact as job
from onrecord.sinks import compact, listing, reader
from onrecord.sinks.files import pane_file_name, write_file
from onrecord.sinks.output_folder import files_of_run
from onrecord.sinks.rewrite import RewriteError
from onrecord.version import __version__
from tests.streams import quote

NOON = datetime(2026, 3, 3, 12, tzinfo=timezone.utc)
MEGABYTE = 1_000_000


def quoted(article: str) -> QuoteRecord:
    """Return a quote that this version has made."""
    return replace(quote(article), provenance=Provenance(__version__, "en_core_web_sm", "3"))


def written(
    folder: Path, minute: float, *articles: str, pane: int = 0, run: str = "run-1", kind: str = "quotes"
) -> Path:
    """Write quotes of articles to the file of a window's pane, and return its path."""
    start = Timestamp.from_utc_datetime(NOON + timedelta(minutes=minute))
    settings = OutputSettings(str(folder), job=run)
    name = pane_file_name(kind, IntervalWindow(start, start + 60), pane, 0, settings, ".avro")
    write_file(str(folder), name, kind, map(quoted, articles))
    return folder / name


@pytest.fixture
def folder(tmp_path) -> Path:
    """Twelve files of two hours and two runs."""
    for minute in range(9):
        written(tmp_path, minute, f"a{minute}", f"b{minute}")
    for minute in (61, 62):
        written(tmp_path, minute, f"c{minute}")
    written(tmp_path, 3, "d3", run="run-2")
    return tmp_path


def articles(folder: Path) -> list[str]:
    return [one.article_id for one in onrecord.records(folder, "quotes")]


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*.avro"))


def compacted(folder: Path, megabytes: int = 1) -> int:
    return job.run(job.CompactOptions(str(folder), megabytes * MEGABYTE))


def test_files_of_one_hour_and_run_become_one_with_the_same_records_in_the_same_order(folder, capsys):
    before = articles(folder)
    assert compacted(folder) == 0
    assert "merged 11 files" in capsys.readouterr().out
    assert sorted(articles(folder)) == sorted(before)
    hours = {path.parent.name: path.name for path in folder.rglob("*-compact-*.avro")}
    assert hours["hour=12"].startswith("quotes-20260303T120000Z-20260303T120900Z-compact-")
    assert hours["hour=12"].endswith("-run-1.avro")
    assert hours["hour=13"].startswith("quotes-20260303T130100Z-20260303T130300Z-compact-")
    assert len(files(folder)) == 3
    assert compacted(folder) == 0
    assert "nothing to merge" in capsys.readouterr().out


def test_a_dry_run_changes_nothing(folder, capsys):
    before = files(folder)
    assert job.run(job.CompactOptions(str(folder), MEGABYTE, is_dry_run=True)) == 0
    assert "would merge 11 files" in capsys.readouterr().out
    assert files(folder) == before
    assert not (folder / ".compacted").exists()


def _after(act: Callable[[], None], change: Callable[..., object]) -> Callable[..., object]:
    def acting(*arguments: object) -> object:
        act()
        return change(*arguments)

    return acting


def each_operation(monkeypatch, act: Callable[[], None]) -> None:
    """Call ``act`` before each change of the filesystem that Beam makes."""
    for name in ("create", "rename", "delete", "mkdirs"):
        monkeypatch.setattr(FileSystems, name, staticmethod(_after(act, getattr(FileSystems, name))))


def test_at_every_moment_a_reader_gets_every_record_once(folder, monkeypatch):
    before, moments = sorted(articles(folder)), []
    each_operation(monkeypatch, lambda: moments.append(sorted(articles(folder)) == before))
    assert compacted(folder) == 0
    assert len(moments) > 10
    assert all(moments)


def test_killed_at_any_moment_it_leaves_every_record_once_and_the_next_one_finishes(folder, monkeypatch):
    before = sorted(articles(folder))
    for moment in range(1, 100):
        left = moment

        def die() -> None:
            nonlocal left
            left -= 1
            if left <= 0:  # nothing after a kill happens, also no cleaning up
                raise KeyboardInterrupt

        with monkeypatch.context() as killing:
            each_operation(killing, die)
            try:
                compacted(folder)
            except KeyboardInterrupt:
                pass
            else:
                break
        assert sorted(articles(folder)) == before, moment
    else:
        pytest.fail("it never came to its end")
    assert compacted(folder) == 0
    assert sorted(articles(folder)) == before
    assert len(files(folder)) == 3


def test_a_reader_that_has_begun_gets_the_rest_from_the_merged_file_in_the_same_order(folder):
    before = articles(folder)
    for number in (0, 1, 9, 20):
        reading = onrecord.records(folder, "quotes")
        begun = [next(reading).article_id for _ in range(number)]
        assert compacted(folder) == 0
        assert [*begun, *(one.article_id for one in reading)] == before
        for path in [*folder.rglob("*.avro"), *folder.rglob("*.json")]:
            path.unlink()
        for minute in range(9):
            written(folder, minute, f"a{minute}", f"b{minute}")
        for minute in (61, 62):
            written(folder, minute, f"c{minute}")
        written(folder, 3, "d3", run="run-2")


def test_a_reader_goes_on_after_two_merges(folder):
    before = articles(folder)
    reading = onrecord.records(folder, "quotes")
    begun = [next(reading).article_id for _ in range(3)]
    compacted(folder)
    written(folder, 20, *(f"n{number}" for number in range(30)))
    compacted(folder)
    assert len(list(folder.glob("quotes/*/hour=12/*-compact-*run-1.avro"))) == 1
    assert [*begun, *(one.article_id for one in reading)] == before


def test_all_ways_of_reading_go_on(folder):
    letters = [path for path in reader.paths(str(folder), "quotes") if "run-1" in path]
    rows = reader.rows(folder, "quotes")
    first = next(rows)
    compacted(folder)
    assert len([first, *rows]) == 21
    assert sum(len(list(reader.records_of(path, "quotes"))) for path in letters) == 20
    assert len(files_of_run(OutputSettings(str(folder), job="run-1"), "quotes")) == 2


def test_a_file_that_a_stream_writes_again_after_a_failure_does_not_count_again(folder):
    before = sorted(articles(folder))
    compacted(folder)
    again = written(folder, 4, "a4", "b4")
    assert sorted(articles(folder)) == before
    compacted(folder)
    assert not again.exists()
    assert sorted(articles(folder)) == before


def test_files_that_a_stream_writes_meanwhile_are_read_too(folder, monkeypatch):
    before = sorted(articles(folder))
    new: list[str] = []
    busy = False

    def write() -> None:
        nonlocal busy
        if not busy:
            busy = True
            new.append(f"new{len(new)}")
            written(folder, 30 + len(new) % 20, new[-1], pane=len(new))
            assert sorted(articles(folder)) == sorted([*before, *new])
            busy = False

    each_operation(monkeypatch, write)
    compacted(folder)
    assert len(new) > 10
    assert sorted(articles(folder)) == sorted([*before, *new])


def test_a_late_article_does_not_have_its_whole_hour_written_again(folder):
    for minute in range(10, 20):
        written(folder, minute, *(sha256(f"{minute} {number}".encode()).hexdigest() for number in range(300)))
    compacted(folder)
    (hour,) = folder.glob("quotes/*/hour=12/*-compact-*run-1.avro")
    written(folder, 5, "late", pane=1)
    compacted(folder)
    assert hour.exists()
    written(folder, 6, "later", pane=1)
    compacted(folder)
    assert hour.exists()
    assert len(list(hour.parent.glob("*run-1.avro"))) == 2


def test_large_files_are_left_alone_and_merged_ones_have_a_limit(folder):
    small = compact.merges(str(folder), MEGABYTE)[0]
    assert len(small.sources) == 9
    half = max(os.path.getsize(source.path) for source in small.sources) * 4
    assert [len(one.sources) for one in compact.merges(str(folder), half)][:2] == [4, 4]
    assert compact.merges(str(folder), 100) == []


def test_files_of_others_are_left_alone(folder, tmp_path):
    other = folder / "quotes/date=2026-03-03/hour=12/mine.avro"
    other.write_bytes(next(folder.rglob("*.avro")).read_bytes())
    write_file(str(folder), "quotes/quotes-00000-of-00001.avro", "quotes", [quoted("backfill")])
    compacted(folder)
    assert other.exists()
    assert (folder / "quotes/quotes-00000-of-00001.avro").exists()


def test_a_broken_file_is_named_and_nothing_changes(folder, capsys):
    path = written(folder, 2, "a2", "b2")
    path.write_bytes(path.read_bytes()[:200])
    before = files(folder)
    assert compacted(folder) == 1
    assert str(path) in capsys.readouterr().err
    assert files(folder) == before


def test_records_of_a_later_version_are_not_rewritten(folder):
    later = replace(quote("later"), provenance=Provenance("99.0", "en_core_web_sm", "3"))
    one = compact.merges(str(folder), MEGABYTE)[0]
    write_file(str(folder), one.sources[0].name, "quotes", [later])
    with pytest.raises(RewriteError, match="upgrade"):
        compact.merge(str(folder), one)


def test_a_second_one_is_refused_and_a_stream_is_not(folder, capsys):
    with compact.alone(str(folder), "compact"):
        assert compacted(folder) == 1
    assert "another run" in capsys.readouterr().err


def test_a_note_that_is_none_is_named(folder):
    compacted(folder)
    note = next((folder / ".compacted").glob("*.json"))
    note.write_text("{", "utf-8")
    with pytest.raises(OSError, match="not a note"):
        articles(folder)


def test_notes_are_deleted_after_a_day(folder, monkeypatch):
    compacted(folder)
    assert listing.notes(str(folder), "quotes")
    monkeypatch.setattr(compact, "KEEP_SECONDS", -10)
    compacted(folder)
    assert listing.notes(str(folder), "quotes") == []
    assert len(articles(folder)) == 21


def test_permissions_are_those_of_the_files(folder):
    for path in folder.rglob("*.avro"):
        path.chmod(0o640)
    compacted(folder)
    assert {path.stat().st_mode & 0o777 for path in folder.rglob("*-compact-*")} == {0o640}
