# SPDX-License-Identifier: Apache-2.0
"""Progress of a job: the workers' counts, and their display in a terminal or a log."""

import io
import threading

import pytest
from rich.console import Console

from onrecord.telemetry import progress
from onrecord.telemetry.progress import Tally, shown, totals

PATIENCE_SECONDS = 30


class Screen(io.StringIO):
    """Keeps what was printed, and lets a test wait for words to appear."""

    def __init__(self) -> None:
        super().__init__()
        self._printed = threading.Condition()

    def write(self, text: str) -> int:
        with self._printed:
            self._printed.notify_all()
            return super().write(text)

    def shows(self, words: str) -> bool:
        """Wait for words; return whether they came."""
        with self._printed:
            return self._printed.wait_for(lambda: words in self.getvalue(), PATIENCE_SECONDS)


def test_the_tallies_of_all_workers_are_added_up(tmp_path):
    one, other = Tally(str(tmp_path)), Tally(str(tmp_path))
    one.add(messages=2, articles=1)
    other.add(messages=3, dead_letters=1)
    one.add(messages=1)
    one.flush()
    other.flush()
    assert totals(tmp_path) == {"messages": 6, "articles": 1, "dead_letters": 1}


def test_a_tally_that_is_written_again_is_not_counted_twice(tmp_path):
    tally = Tally(str(tmp_path))
    tally.add(messages=2)
    for _ in range(3):
        tally.flush()
    assert totals(tmp_path) == {"messages": 2}


def test_a_tally_that_is_being_written_is_not_read(tmp_path):
    (tmp_path / "1-a.new").write_text('{"messages": ', "utf-8")
    assert totals(tmp_path) == {}


def test_a_worker_without_a_folder_keeps_its_counts_to_itself(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv(progress.FOLDER, raising=False)
    tally = Tally()
    tally.add(messages=1)
    tally.flush()
    assert list(tmp_path.iterdir()) == []


def test_a_worker_that_outlives_its_job_writes_nothing(tmp_path):
    folder = tmp_path / "gone"
    tally = Tally(str(folder))
    tally.add(messages=1)
    tally.flush()
    assert not folder.exists()


@pytest.mark.parametrize("is_terminal", [True, False])
def test_the_tallies_are_shown_while_a_job_runs(is_terminal, tmp_path, monkeypatch):
    monkeypatch.setattr(progress, "BAR_SECONDS", 0.01)
    monkeypatch.setattr(progress, "LINE_SECONDS", 0.01)
    screen = Screen()
    console = Console(file=screen, force_terminal=is_terminal, width=200, color_system=None)
    with shown(tmp_path, console):
        tally = Tally()
        tally.add(messages=1_400, articles=1_234, words=500_000, dead_letters=7)
        tally.flush()
        assert screen.shows("1,234 articles")
        assert screen.shows("7 dead letters")
        assert screen.shows("1,400 messages")


def test_a_job_that_is_over_soon_leaves_no_line_in_a_log(tmp_path):
    screen = Screen()
    with shown(tmp_path, Console(file=screen, force_terminal=False)):
        pass
    assert screen.getvalue() == ""


@pytest.mark.parametrize("is_terminal", [True, False])
def test_a_failing_jobs_error_comes_through(is_terminal, tmp_path):
    with pytest.raises(OSError, match="disk full"), shown(tmp_path, Console(file=Screen(), force_terminal=is_terminal)):
        raise OSError("disk full")
