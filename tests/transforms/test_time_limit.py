"""The time limit: what one text costs beyond it is its own dead letter, and the texts beside it are annotated as ever."""

import os
import signal
from collections.abc import Iterator
from dataclasses import replace
from functools import partial

import psutil
import pytest

from pipeline.article import sha256
from pipeline.nlp import DEFAULT_MODEL
from pipeline.nlp.annotator import Annotator, Text
from pipeline.nlp.extract import Header
from pipeline.records import EXTRACTORS, Provenance
from pipeline.transforms.time_limit import LimitedAnnotator, load_annotator

SECONDS = 1.5
LOAD = partial(load_annotator, DEFAULT_MODEL, frozenset(EXTRACTORS))
PIER = "“We will not sell the pier,” said Ada Marlowe."
STORM = "“The storm was the worst of all,” said Jonas Felt."
# Far more than can be parsed in the time, and short enough to be an article.
ENDLESS = "The council of Brinmouth said on Monday that the pier would close. " * 4_000


def text(words: str) -> Text:
    return Text(words, Header("a", None, Provenance("1", "m", "1"), sha256(words)), "en")


def children() -> list[psutil.Process]:
    """Return the processes that annotate for this one."""
    return [child for child in psutil.Process().children() if "spawn_main" in " ".join(child.cmdline())]


@pytest.fixture(scope="module")
def plain() -> Annotator:
    return LOAD()


@pytest.fixture(scope="module")
def limited() -> Iterator[LimitedAnnotator]:
    annotator = LimitedAnnotator(LOAD, SECONDS)
    yield annotator
    del annotator


def test_what_is_in_time_is_annotated_as_without_a_limit(limited, plain):
    texts = [text(PIER), text(STORM), replace(text("Le quai est fermé."), language="fr")]
    assert limited.annotate(texts) == plain.annotate(texts)
    assert limited.provenance("1.2") == plain.provenance("1.2")


def test_a_text_over_the_limit_fails_alone(limited, plain):
    before, poison, after = limited.annotate([text(PIER), text(ENDLESS), text(STORM)])
    assert [before, after] == plain.annotate([text(PIER), text(STORM)])
    [failure] = poison.failures
    assert (failure.stage, failure.error_type) == ("Annotate", "TimeLimitExceeded")
    assert "--time-limit" in failure.error_message
    assert poison.records == ()


def test_the_next_batch_is_annotated(limited, plain):
    assert limited.annotate([text(ENDLESS)])[0].failures
    assert limited.annotate([text(PIER)]) == plain.annotate([text(PIER)])


def test_a_child_that_died_is_replaced(limited, plain):
    limited.annotate([text(PIER)])
    [child] = children()
    child.kill()
    child.wait()
    assert limited.annotate([text(PIER), text(STORM)]) == plain.annotate([text(PIER), text(STORM)])


def test_a_ctrl_c_in_the_terminal_does_not_end_the_child(limited, plain):
    limited.annotate([text(PIER)])
    [child] = children()
    os.kill(child.pid, signal.SIGINT)
    os.kill(child.pid, signal.SIGTERM)
    assert limited.annotate([text(PIER)]) == plain.annotate([text(PIER)])
    assert children() == [child]


def test_no_child_is_left_behind():
    annotator = LimitedAnnotator(LOAD, SECONDS)
    *_, child = sorted(children(), key=lambda process: process.create_time())
    del annotator
    psutil.wait_procs([child], timeout=30)
    assert not child.is_running() or child.status() == psutil.STATUS_ZOMBIE
