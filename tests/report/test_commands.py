# SPDX-License-Identifier: Apache-2.0
"""``onrecord report``, ``show`` and ``read`` as they are called: what they print and write, and what they say to mistakes."""

import json
import stat
from pathlib import Path

import pytest

from onrecord.commands import main
from onrecord.data.selection import Selection
from onrecord.nlp.reader import read
from onrecord.report import page
from onrecord.report.collect import collect
from tests.report.example_run import PUBLISHED, SCRIPT, harbour, write_run

TEXT = "“The quay is a bargain,” Rosa Whitby said on Monday. Whitby praised the port fund.\n"


def test_a_report_is_one_file_that_only_this_user_can_read(run_folder, tmp_path, capsys):
    path = tmp_path / "week.html"
    assert main(["report", str(run_folder), "--html", str(path)]) == 0
    assert capsys.readouterr().out.splitlines() == [
        f"report of 4 articles: {path}",
        f"open it in a browser: {path.as_uri()}",
    ]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert main(["report", str(run_folder), "--html", str(path)]) == 0, "an earlier report is replaced"


def test_the_same_records_give_the_same_page(run_folder):
    assert page.pages(collect(str(run_folder), title="x")) == page.pages(collect(str(run_folder), title="x"))


def test_no_text_of_an_article_is_in_the_html(run_folder):
    html = page.pages(collect(str(run_folder), title=SCRIPT)).index.decode("utf-8")
    assert not any(text in html for text in ("window.hit", "Whitby", "Finch"))


def test_scripts_and_styles_are_small():
    assert len(page._script().encode()) + len(page._style().encode()) < 120_000


def test_a_file_that_is_no_report_is_not_replaced(run_folder, tmp_path, capsys):
    path = tmp_path / "mine.html"
    path.write_text("<!doctype html>mine")
    assert main(["report", str(run_folder), "--html", str(path)]) == 1
    assert "is not a report of onrecord" in capsys.readouterr().err
    assert path.read_text() == "<!doctype html>mine"


@pytest.mark.parametrize(
    ("selection", "ids"),
    [
        (Selection(since=PUBLISHED.replace(day=7, hour=0)), ["harbour-3", "harbour-2"]),
        (Selection(until=PUBLISHED.replace(day=7, hour=0)), ["harbour-1"]),
        (Selection(sources=frozenset({"quayside.example"})), ["harbour-3", "harbour-2", "harbour-1"]),
    ],
)
def test_a_report_shows_the_articles_of_some_days_or_publishers(run_folder, selection, ids):
    core = collect(str(run_folder), selection).core
    assert [article[0] for article in core["articles"]] == ids
    assert core["counts"]["quotes"] == 4 * len(ids)


def test_every_mistake_of_a_command_line_is_listed(tmp_path, capsys):
    assert main(["report", str(tmp_path), "--since", "Monday", "--html", "report.pdf"]) == 2
    assert [line.split(": ", 1)[1] for line in capsys.readouterr().err.splitlines()[:2]] == [
        "--since Monday: give a day such as 2026-03-02, or a time such as 2026-03-02T08:00:00Z",
        "--html report.pdf: the name must end in .html",
    ]
    assert main(["report", str(tmp_path)]) == 2
    assert "there is no folder 'articles' in it" in capsys.readouterr().err


def test_an_article_and_a_speaker_are_shown(run_folder, capsys):
    assert main(["show", str(run_folder), "harbour-2#quote-3"]) == 0
    out = capsys.readouterr().out
    assert "The harbour vote, day 2" in out
    assert "Rosa Whitby → port fund" in out
    assert "not said" in out
    assert main(["show", str(run_folder), "--speaker", "okafor"]) == 0
    assert capsys.readouterr().out.count("it would sink") == 3
    assert main(["show", str(run_folder), "nobody"]) == 1
    assert main(["show", str(run_folder), "x", "--speaker", "y"]) == 2


@pytest.mark.property
def test_an_article_is_read_to_the_terminal_to_json_and_to_a_page(tmp_path, capsys):
    file, html = tmp_path / "article.txt", tmp_path / "article.html"
    file.write_text(TEXT, "utf-8")
    assert main(["read", str(file), "--html", str(html)]) == 0
    out = capsys.readouterr().out
    assert TEXT.strip() in out
    assert "“The quay is a bargain,”" in out.split("\nQuotes (")[1]
    assert html.read_bytes().startswith(page.MARKER)
    assert main(["read", str(file), "--json"]) == 0
    quote = json.loads(capsys.readouterr().out)["quotes"][0]
    assert quote["speaker"]["name"] == "Rosa Whitby"


@pytest.mark.property
def test_a_saved_page_is_read(tmp_path, capsys):
    file = tmp_path / "saved"
    paragraphs = (
        f"<p>{TEXT}</p><p>The council meets again in March, when the harbour fund is due for its yearly review.</p>" * 4
    )
    head = "<head><title>Quay vote</title></head>"
    file.write_text(
        f"<!doctype html><html>{head}<body><article><h1>Quay vote</h1>{paragraphs}</article></body></html>", "utf-8"
    )
    assert main(["read", str(file)]) == 0
    assert capsys.readouterr().out.startswith("Quay vote")


def test_an_address_is_not_fetched(capsys):
    assert main(["read", "https://quayside.example/vote?day=1&x=$(id)"]) == 2
    told = capsys.readouterr().err
    assert "try: curl -sSL 'https://quayside.example/vote?day=1&x=$(id)' | onrecord read -" in told


@pytest.mark.parametrize(("content", "problem"), [(b"", "text"), (b"\xff\xfe\x00", "not UTF-8")])
def test_a_file_without_an_article_is_refused(tmp_path: Path, capsys, content, problem):
    file = tmp_path / "article.txt"
    file.write_bytes(content)
    assert main(["read", str(file)]) == 1
    assert problem in capsys.readouterr().err


@pytest.mark.property
def test_a_record_is_explained(tmp_path, capsys, model, monkeypatch):
    monkeypatch.setattr("onrecord.nlp.model.load_model", lambda *_, **__: model)  # one is loaded already
    found = read(TEXT, article_id="quay-1")
    folder = write_run(tmp_path / "out", [found.article, *found.quotes])
    quote_id = found.quotes[0].quote_id
    assert main(["explain", quote_id, str(folder), "--rows", "3"]) == 0
    shown = capsys.readouterr().out
    assert "Rosa Whitby: “The quay is a bargain,”" in shown
    assert "sum of the weights of" in shown
    assert "no quote" in shown
    assert "more; --rows 0 prints all" in shown
    # The folder first, as in "onrecord show".
    assert main(["explain", str(folder), quote_id, "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["notes"] == []
    assert printed["explanation"]["steps"][-1]["value"] == found.quotes[0].confidence


def test_what_can_not_be_explained_is_said(run_folder, tmp_path, capsys):
    assert main(["explain", "harbour-1", str(run_folder)]) == 2
    assert "give the id of an entity, a quote or a stance" in capsys.readouterr().err
    assert main(["explain", "harbour-1#quote-0a", str(run_folder)]) == 1
    assert "no record of quotes has the id 'harbour-1#quote-0a'" in capsys.readouterr().err
    made_elsewhere = "harbour-1#quote-3"
    without_text = write_run(tmp_path / "out", [one for one in harbour(1) if one.kind == "quotes"])
    assert main(["explain", made_elsewhere, str(without_text)]) == 1
    assert "the text of harbour-1#quote-3 is not in the folder" in capsys.readouterr().err
    assert main(["explain", made_elsewhere, str(run_folder)]) == 2
    assert "the record was made with en; --model gives another" in capsys.readouterr().err
