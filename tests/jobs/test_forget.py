# SPDX-License-Identifier: Apache-2.0
"""Forgetting: what was asked for is in no file afterwards, and everything else is as it was."""

import json
import os
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

import onrecord
from onrecord.commands import main
from onrecord.data.forgotten import ForgottenList
from onrecord.data.records import ArticleRecord
from onrecord.sinks import AVRO, PARQUET
from onrecord.sinks.files import write_file
from tests import forgetting
from tests.forgetting import ALL, COPY, DOCK, LOCK, PIER, article, contents, letter, read_all, records_of
from tests.profiles import share_of_examples


@pytest.fixture
def output(tmp_path):
    return forgetting.write_folder(tmp_path / "out")


def forget(output, *arguments, code=0):
    """Run the command."""
    assert main(["forget", str(output), *arguments]) == code


def left(output) -> set[str]:
    """Return the ids of the articles, and of the dead letters, that are left."""
    return {record.record_id for record in read_all(output) if record.kind in ("articles", "dead_letters")}


EVERYTHING = {record.record_id for record in ALL if record.kind in ("articles", "dead_letters")}
OF_PIER = {"pier", "pier-copy", "letter-pier", "letter-text"}


@pytest.mark.parametrize(
    ("selection", "forgotten"),
    [
        (("--article", "pier"), OF_PIER),
        (("--article", "pier-copy"), OF_PIER),
        (("--url", "http://www.news.example/pier/?utm_source=x#top"), OF_PIER),
        (("--person", "  ÍNES\tcalder"), OF_PIER),
        (("--person", "harbour fox"), {"mole"}),
        (("--person", "Ada Finch"), {"dock", "letter-dock"}),
        (("--article", "lock-2"), {"letter-broken"}),
        (("--article", "mole", "--article", "lock"), {"mole", "lock"}),
        (("--person", "Ines Cald"), set()),
        (("--article", "PIER"), set()),
    ],
)
def test_an_article_goes_with_its_records_its_dead_letters_and_its_copies(selection, forgotten, output):
    forget(output, *selection, "--yes")
    assert left(output) == EVERYTHING - forgotten
    articles = {record.article_id for record in read_all(output) if hasattr(record, "article_id")}
    assert articles == left(output) & {record.article_id for record in ALL if isinstance(record, ArticleRecord)}


def test_a_dry_run_lists_everything_and_changes_nothing(output, capsys):
    before = contents(output)
    forget(output, "--article", "pier")
    printed = capsys.readouterr().out
    assert contents(output) == before
    assert not (output / "forgotten.json").exists()
    assert "article pier  Title of pier  https://news.example/pier\n" in printed
    assert (
        "article pier-copy  Title of pier-copy  https://other.example/1  (a copy: same text, or marked as one)"
        in printed
    )
    assert "records: 2 of articles, 2 of dead_letters, 1 of entities, 1 of quotes, 1 of stances" in printed
    assert "nothing was changed; with --yes" in printed
    assert "checkpoints" in printed


def test_with_yes_nothing_of_an_article_is_printed(output, capsys):
    forget(output, "--article", "pier", "--yes")
    printed = "".join(capsys.readouterr())
    assert "Title of" not in printed
    assert "news.example" not in printed


@pytest.mark.parametrize("sink", [AVRO, PARQUET], ids=lambda sink: sink.name)
def test_nothing_of_a_forgotten_article_is_in_any_file(sink, tmp_path):
    output = forgetting.write_folder(tmp_path / "out", sink=sink)
    forget(output, "--article", "pier", "--yes")
    stored = forgetting.readable_bytes(output)
    words = PIER.text.split()
    pieces = [" ".join(words[at : at + 3]) for at in range(len(words) - 2)]
    secrets = ["news.example/pier", "other.example/1", "pier-copy", "Title of pier", PIER.text_sha256, *pieces]
    assert [secret for secret in secrets if secret.encode() in stored] == []
    assert b"dry dock takes" in stored
    assert left(output) == EVERYTHING - OF_PIER
    assert {path.suffix for kind in ("articles", "quotes") for path in (output / kind).iterdir()} == {sink.extension}


def test_other_files_are_not_touched_and_other_records_keep_their_order_and_bytes(output, tmp_path):
    before = {path: path.stat().st_mtime_ns for path in output.rglob("*.avro")}
    forget(output, "--article", "mole", "--yes")
    of_mole = [record for record in ALL if getattr(record, "article_id", None) == "mole"]
    undisturbed = forgetting.write_folder(tmp_path / "never", [record for record in ALL if record not in of_mole])
    assert {name: data for name, data in contents(output).items() if name.endswith(".avro")} == {
        name: data for name, data in contents(undisturbed).items() if name.endswith(".avro")
    }
    touched = {
        path.parent.name for path, changed in before.items() if not path.exists() or path.stat().st_mtime_ns != changed
    }
    assert touched == {"articles", "entities", "quotes", "stances"}


def test_a_file_without_records_is_deleted(tmp_path):
    output = forgetting.write_folder(tmp_path / "out", records_of(DOCK, "Ada Finch"))
    forget(output, "--article", "dock", "--yes")
    assert list(output.rglob("*.avro")) == []


def test_the_counts_of_the_summary_add_up_and_say_how_many_messages_were_forgotten(output):
    forget(output, "--article", "pier", "--yes")
    kept = [record for record in ALL if record.record_id.partition("#")[0] not in OF_PIER]
    summary = json.loads((output / "summary.json").read_text("utf-8"))
    assert summary == {**forgetting.summary_of(kept), "forgotten": 3}
    assert summary["messages"] == summary["articles"] + summary["duplicates"] + summary["refused"]
    forget(output, "--article", "dock", "--yes")
    assert json.loads((output / "summary.json").read_text("utf-8"))["forgotten"] == 4


def test_each_run_of_a_stream_has_its_own_summary(tmp_path):
    output = tmp_path / "out"
    of_runs = {"RUN-a": DOCK, "RUN-b": LOCK}
    for run, one in of_runs.items():
        folder = "articles/date=2026-03-03/hour=12"
        name = f"{folder}/articles-20260303T120000Z-20260303T120500Z-pane-00000-00000-of-00001-{run}.avro"
        write_file(str(output), name, "articles", [one])
        (output / f"summary-{run}.json").write_text(json.dumps(forgetting.summary_of([one])), "utf-8")
    before = contents(output)
    forget(output, "--article", "lock", "--yes")
    assert [one.article_id for one in onrecord.records(output, "articles")] == ["dock"]
    assert contents(output)["summary-RUN-a.json"] == before["summary-RUN-a.json"]
    assert json.loads((output / "summary-RUN-b.json").read_text("utf-8"))["articles"] == 0


def test_a_chain_of_copies_and_versions_is_followed_to_its_end(tmp_path):
    first, other = article("a", "The first text of the pier."), article("a", "The second text of the pier.")
    copies = [replace(other, article_id="z"), article("z", "A third text."), article("m", "A third text.")]
    output = forgetting.write_folder(tmp_path / "out", [first, other, *copies, DOCK])
    forget(output, "--article", "a", "--yes")
    assert left(output) == {"dock"}


def test_the_list_has_no_id_name_address_or_plain_hash(output):
    forget(output, "--article", "pier", "--person", "Ada Finch", "--url", "https://news.example/lock", "--yes")
    stored = (output / "forgotten.json").read_text("utf-8")
    for secret in ("pier", "Ada", "finch", "news", PIER.text_sha256, COPY.article_id):
        assert secret not in stored
    listed = ForgottenList.from_json(stored.encode())
    assert listed.to_json().decode() == stored
    assert listed.has_id("pier-copy")
    assert listed.has_name_in("He met ADA\nFinch’s lawyer.")


def test_the_same_command_again_finds_nothing_and_changes_nothing(output):
    forget(output, "--person", "harbour fox", "--yes")
    stored = (output / "forgotten.json").read_bytes()
    before = contents(output)
    forget(output, "--person", "harbour fox", "--yes")
    forget(output, "--yes")
    assert contents(output) == before
    assert (output / "forgotten.json").read_bytes() == stored


def test_permissions_are_kept(output):
    for path in output.rglob("*.avro"):
        path.chmod(0o640)
    forget(output, "--article", "pier", "--yes")
    assert {path.stat().st_mode & 0o777 for path in [*output.rglob("*.avro"), output / "forgotten.json"]} == {0o640}


def test_a_folder_that_a_run_is_writing_to_is_refused(output, capsys):
    (output / ".in-progress").mkdir()
    (output / ".in-progress" / "1f.avro").write_bytes(b"half")
    before = contents(output)
    forget(output, "--article", "pier", "--yes", code=1)
    assert "a run is writing to this folder, or was killed" in capsys.readouterr().err
    assert contents(output) == before
    forget(output, "--article", "pier")
    assert "warning: " in capsys.readouterr().err


@pytest.mark.parametrize("problem", ["broken", "link", "later"])
def test_a_file_that_can_not_be_rewritten_is_named_before_anything_is_changed(problem, output, tmp_path, capsys):
    path = output / "quotes" / "quotes-00007-of-00008.avro"
    if problem == "broken":
        path.write_bytes(b"no Avro")
    elif problem == "link":
        (tmp_path / "elsewhere.avro").write_bytes(next((output / "quotes").glob("*")).read_bytes())
        os.symlink(tmp_path / "elsewhere.avro", path)
    else:
        later = replace(DOCK, provenance=replace(DOCK.provenance, pipeline_version="9.0"))
        write_file(str(output), "articles/later.avro", "articles", [later])
        path = output / "articles" / "later.avro"
        (output / ".in-progress").rmdir()
    before = contents(output)
    forget(output, "--article", "pier", "--yes", code=1)
    assert str(path) in capsys.readouterr().err
    assert contents(output) == before


def test_files_that_are_not_searched_are_named(output, capsys):
    (output / "topics").mkdir()
    (output / "topics" / "topics-00000-of-00001.avro").write_bytes(b"")
    (output / "quotes" / "quotes.orc").write_bytes(b"")
    forget(output, "--article", "pier")
    printed = capsys.readouterr().out
    assert str(output / "topics" / "topics-00000-of-00001.avro") in printed
    assert str(output / "quotes" / "quotes.orc") in printed


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ((), "give --article, --url or --person; there is no forgotten.json to finish"),
        (("--person", " – "), "--person: give a value with at least one letter or digit"),
        (("--id", "x"), "unknown option: --id"),
    ],
)
def test_wrong_usage_says_what_is_missing(arguments, problem, output, capsys):
    forget(output, *arguments, code=2)
    assert problem in capsys.readouterr().err


def test_hostile_titles_and_ids_do_not_reach_the_terminal(tmp_path, capsys):
    hostile = article("a\x1b]0;x\x07", "text", title="\x1b[2Jtitle\nforged: line\u202e")
    forget(
        forgetting.write_folder(tmp_path / "out", [hostile, letter("x\x9b", b"{}")]), "--article", hostile.article_id
    )
    printed = capsys.readouterr().out
    assert all(character.isprintable() or character == "\n" for character in printed)
    assert not any(line.startswith("forged") for line in printed.splitlines())


PAGE = (
    "<html><head><title>Pier</title></head><body><article><p>The old pier is closed for repairs until autumn.</p>"
    "<p>The council of Brinmouth decided it on Tuesday evening.</p></article></body></html>"
)


@pytest.mark.process
def test_a_dead_letter_with_a_page_goes_with_the_article_of_its_text(tmp_path):
    from onrecord.transforms.decode import decode_article
    from tests.conftest import message_of

    text = decode_article(message_of({"html": PAGE})).text
    page = letter("page", json.dumps({"id": "p-2", "html": PAGE}).encode(), "Annotate", "ProcessDied")
    output = forgetting.write_folder(tmp_path / "out", [article("p-1", text), page, DOCK])
    forget(output, "--article", "p-1", "--yes")
    assert left(output) == {"dock"}


@pytest.mark.property
@share_of_examples(0.3)
@given(texts=st.lists(st.integers(0, 5), min_size=1, max_size=12), chosen=st.sets(st.integers(0, 11), max_size=6))
def test_whatever_is_forgotten_the_rest_is_unchanged(texts, chosen, tmp_path_factory):
    """Articles with some equal texts, any of which are forgotten: these, those with their texts, and no others are gone."""
    made = [article(f"id-{number:02}", f"This is text number {text} of six.") for number, text in enumerate(texts)]
    output = forgetting.write_folder(
        tmp_path_factory.mktemp("any"), [r for one in made for r in records_of(one, "Jon Reed")]
    )
    picked = {number for number in chosen if number < len(made)}
    gone = {one.article_id for one in made if one.text in {made[number].text for number in picked}}
    before = read_all(output)
    if picked:
        forget(output, *(word for number in picked for word in ("--article", f"id-{number:02}")), "--yes")
    assert read_all(output) == [record for record in before if record.article_id not in gone]
