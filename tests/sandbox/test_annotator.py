# SPDX-License-Identifier: Apache-2.0
"""Time limit for texts: only the text that exceeds it fails, and the others of its batch are annotated."""

import os
import signal
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

import psutil
import pytest

from onrecord.data.article import sha256
from onrecord.data.kinds import extracted
from onrecord.data.records import Provenance
from onrecord.data.settings import DEFAULT_MODEL
from onrecord.nlp.annotator import Annotator
from onrecord.nlp.texts import Annotation, Header, Text
from onrecord.sandbox.annotator import AnnotatorPool, SandboxedAnnotator, load_annotator
from tests import poison

SECONDS = 3.0
END_SECONDS = 30
OTHERS: set[int] = set()
LOAD = partial(load_annotator, DEFAULT_MODEL, frozenset(extracted()))
PIER = "“We will not sell the pier,” said Ada Marlowe."
STORM = "“The storm was the worst of all,” said Jonas Felt."


def text(words: str) -> Text:
    return Text(words, Header("a", None, Provenance("1", "m", "1"), sha256(words)), "en")


@pytest.fixture(scope="module", autouse=True)
def others() -> set[int]:
    """Return the ids of child processes that tests of other modules left, such as one that reads pages."""
    OTHERS.update(child.pid for child in psutil.Process().children())
    return OTHERS


def children() -> list[psutil.Process]:
    """Return the processes that annotate for this one."""
    found = [child for child in psutil.Process().children() if child.pid not in OTHERS]
    alive = [child for child in found if child.status() != psutil.STATUS_ZOMBIE]
    return [child for child in alive if "spawn_main" in " ".join(child.cmdline())]


def only_child() -> psutil.Process:
    """Return the process that annotates for this one, once those of other annotators have ended."""
    deadline = time.monotonic() + END_SECONDS
    while len(alive := children()) != 1:
        assert time.monotonic() < deadline, alive
        time.sleep(0.05)
    return alive[0]


@pytest.fixture(scope="module")
def plain() -> Annotator:
    return LOAD()


@pytest.fixture(scope="module")
def limited() -> Iterator[SandboxedAnnotator]:
    annotator = SandboxedAnnotator(LOAD, SECONDS)
    yield annotator
    del annotator


def test_quick_texts_are_annotated_as_without_a_limit(limited, plain):
    texts = [text(PIER), text(STORM), replace(text("Le quai est fermé."), language="fr")]
    assert limited.annotate(texts) == plain.annotate(texts)
    assert limited.provenance("1.2") == plain.provenance("1.2")


def test_a_text_over_the_limit_fails_alone_and_the_next_batch_is_annotated(limited, plain):
    before, slow, after = limited.annotate([text(PIER), text(poison.TEXT), text(STORM)])
    assert [before, after] == plain.annotate([text(PIER), text(STORM)])
    [failure] = slow.failures
    assert (failure.stage, failure.error_type) == ("Annotate", "TimeLimitExceeded")
    assert "--time-limit" in failure.error_message
    assert slow.records == ()
    assert limited.annotate([text(PIER)]) == plain.annotate([text(PIER)])  # and so is the next batch


def test_a_child_that_died_while_idle_is_replaced_and_no_article_is_lost(limited, plain):
    limited.annotate([text(PIER)])
    child = only_child()
    child.kill()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    assert limited.annotate([text(PIER)]) == plain.annotate([text(PIER)])


class StopsAtStorms(Annotator):
    """An annotator with an extraction that never ends or that ends the process."""

    @contextmanager
    def parsed(self, texts: Sequence[Text]) -> Iterator[Iterator[Annotation]]:
        with super().parsed(texts) as annotations:
            yield map(self.extracted, texts, annotations)

    @staticmethod
    def extracted(one: Text, annotation: Annotation) -> Annotation:
        if one.text == STORM:
            with Path(os.environ["STORMS"]).open("a") as storms:
                storms.write("storm\n")
            if one.title == "deadly":
                os.kill(os.getpid(), signal.SIGKILL)
            signal.pause()
        return annotation


def stops_at_storms() -> Annotator:
    return StopsAtStorms(LOAD().model)


@pytest.mark.parametrize(("title", "error"), [("endless", "TimeLimitExceeded"), ("deadly", "ProcessDied")])
def test_an_extraction_that_does_not_end_is_tried_once(monkeypatch, tmp_path, plain, title, error):
    monkeypatch.setenv("STORMS", str(tmp_path / "storms"))
    batch = [text(PIER), replace(text(STORM), title=title), text("It is calm, said Ada Marlowe.")]
    before, slow, after = SandboxedAnnotator(stops_at_storms, SECONDS).annotate(batch)
    assert [before, after] == plain.annotate([batch[0], batch[2]])
    assert [failure.error_type for failure in slow.failures] == [error]
    assert (tmp_path / "storms").read_text() == "storm\n"


def test_a_ctrl_c_in_the_terminal_does_not_end_the_child(limited, plain):
    limited.annotate([text(PIER)])
    child = only_child()
    os.kill(child.pid, signal.SIGINT)
    os.kill(child.pid, signal.SIGTERM)
    assert limited.annotate([text(PIER)]) == plain.annotate([text(PIER)])
    assert only_child() == child


def test_batches_are_annotated_side_by_side_in_children_that_start_when_they_are_needed(plain):
    before = {child.pid for child in children()}
    pool = AnnotatorPool(LOAD, SECONDS, 2)
    assert pool.provenance("1.2") == plain.provenance("1.2")
    for _ in range(3):  # one after the other
        assert pool.threads.submit(pool.annotate, [text(PIER)]).result() == plain.annotate([text(PIER)])
    assert len({child.pid for child in children()} - before) == 1
    slow = pool.threads.submit(pool.annotate, [text(poison.TEXT)])
    assert pool.threads.submit(pool.annotate, [text(STORM)]).result() == plain.annotate([text(STORM)])
    [annotation] = slow.result()
    assert [failure.error_type for failure in annotation.failures] == ["TimeLimitExceeded"]
    assert pool.threads.submit(pool.annotate, [text(PIER)]).result() == plain.annotate([text(PIER)])
    pool.threads.shutdown()


def test_no_child_is_left_behind():
    annotator = SandboxedAnnotator(LOAD, SECONDS)
    *_, child = sorted(children(), key=lambda process: process.create_time())
    del annotator
    psutil.wait_procs([child], timeout=30)
    assert not child.is_running() or child.status() == psutil.STATUS_ZOMBIE
