# SPDX-License-Identifier: Apache-2.0
"""The page as its readers use it, in a real browser: each view, by mouse and by keys, on small screens, with hostile articles."""

import csv
import io
from pathlib import Path
from urllib.parse import quote

import pytest
from selenium.webdriver.common.keys import Keys

from onrecord.report import page
from onrecord.report.collect import collect
from tests.report.browser import Browser
from tests.report.example_run import BIDI, SCRIPT

pytestmark = pytest.mark.process
# Installed by: make axe
AXE = Path(".venv/axe/node_modules/axe-core/axe.min.js")
ROUTES = [
    "", "search?q=quay", "positions", "pair?holder=rosa%20whitby&target=port%20fund", "speakers", "speaker-rosa%20whitby", "articles",
    "article-harbour-1", "run", "articles?outlet=quayside.example",
]  # fmt: skip


@pytest.fixture
def opened(browser: Browser, report_page: Path) -> Browser:
    """The browser with the page, at its first view, on a screen of 1280 pixels."""
    browser.screen(1280)
    browser.open(report_page)
    browser.complaints()
    return browser


def search(browser: Browser, words: str) -> list[str]:
    browser.go(f"search?q={words}")
    browser.until(lambda: "result" in browser.find(".status").text or "Nothing" in browser.find(".status").text)
    return browser.all(".record blockquote")


def test_the_first_view_says_what_the_run_holds_in_four_numbers(opened):
    assert opened.all(".numbers b") == ["4", "13", "4", "7"]
    assert "Rosa Whitby (6)" in opened.find(".summary").text
    assert "Rosa Whitby ▲ for port fund" in opened.find(".columns").text
    assert opened.complaints() == []


def test_a_search_is_narrowed_by_filters_and_its_results_are_downloaded(opened, downloads):
    assert sorted(search(opened, "quay")) == ["the quay was late"] * 3 + ["“The quay is a bargain,”"] * 3
    opened.find("#f-person").send_keys("whitby")
    opened.until(lambda: opened.all(".record blockquote") == ["“The quay is a bargain,”"] * 3)
    opened.find("#f-from").send_keys("01072026")
    opened.until(lambda: len(opened.all(".record")) == 2)
    opened.find("#f-q").send_keys(Keys.CONTROL, "a", Keys.NULL, Keys.DELETE)
    opened.until(lambda: len(opened.all(".record")) == 4)
    opened.run(
        "const box = arguments[0]; box.value = 80; box.dispatchEvent(new Event('input', {bubbles: true}))",
        opened.find("#f-sure"),
    )
    opened.until(lambda: len(opened.all(".record")) == 2)
    opened.button("Quotes as CSV").click()
    rows = list(csv.DictReader(io.StringIO(opened.downloaded(downloads, "quotes.csv"))))
    assert [(row["quote"], row["speaker"], row["date"]) for row in rows] == [
        ("“The quay is a bargain,”", "Rosa Whitby", "2026-01-08"), ("“The quay is a bargain,”", "Rosa Whitby", "2026-01-07")
    ]  # fmt: skip


def test_a_word_that_is_only_begun_does_not_empty_the_list(opened):
    assert len(search(opened, "bargain zz")) == 3
    assert search(opened, "bargain zzz") == []


def test_what_was_not_said_is_marked(opened):
    search(opened, "sink")
    assert opened.all(".record .realis") == ["denied or not said"] * 3


def test_a_cell_of_the_matrix_opens_its_sentences_and_their_course(opened):
    opened.go("positions")
    opened.find("td.cell.for a").click()
    opened.until(lambda: opened.all(".record"))
    assert [text.strip() for text in opened.all(".record blockquote")] == ["Whitby praised the port fund."] * 3
    assert opened.all("mark.expression") == ["praised"] * 3
    assert len(opened.all(".chart a")) == 3
    opened.go("positions")
    assert "attacked" not in opened.find("#main").text, "a claim of somebody else is not added up"


def test_the_address_of_a_quote_leads_to_it_in_its_text(opened, report_page):
    opened.open(report_page, f"quote-{quote('harbour-2#quote-3', safe='')}")
    opened.until(lambda: opened.all(".text .lit"))
    assert "".join(opened.all(".text .lit")) == "“The quay is a bargain,”Rosa Whitbysaid"
    assert "“The quay is a bargain,”" in opened.find(".card").text
    assert "90 % sure" in opened.find(".card").text


def test_the_layers_of_an_article_are_switched_and_offsets_fit_behind_an_emoji(opened):
    opened.go("article-harbour-1")
    assert opened.all(".text .cue") == ["said", "added", "did not say"]
    line = "return getComputedStyle(arguments[0]).getPropertyValue('--q').trim()"
    cue = opened.find(".text .cue")
    assert opened.run(line, cue) != "none"
    opened.find("input[value=quotes]").click()
    assert opened.run(line, cue) == "none"
    opened.find("input[value=quotes]").click()
    assert opened.all(".text .segment") == ["By Ada Finch"]


def test_a_source_without_a_name_is_listed_with_the_reason(opened):
    opened.go("speakers")
    opened.button("Show the reasons").click()
    opened.until(lambda: opened.all(".records .note"))
    assert opened.all(".records .note") == ["Why no name: who feared for his job"] * 3


def test_refused_messages_are_shown_with_their_reason_and_the_way_to_repair_them(opened):
    opened.go("run")
    assert any(SCRIPT in text for text in opened.all("td"))
    assert "onrecord dead-letters out/demo --payload broken.jsonl" in opened.find("pre").text


def test_the_numbers_of_the_run_lead_to_their_articles(opened):
    def after(link: str) -> list[str]:
        opened.go("run")
        shown = opened.run("return document.documentElement.dataset.shown")
        opened.driver.find_element("xpath", link).click()
        opened.until(lambda: opened.run("return document.documentElement.dataset.shown") != shown)
        return opened.all("td.wide a")

    assert after('//*[@class="chart"]//*[contains(@aria-label, "2026-01-07: 1 article")]') == [
        "The harbour vote, day 2"
    ]
    assert len(after('//a[text()="quayside.example"]/../..//td[@class="amount"]/a')) == 3
    assert len(after('//a[text()="1 article"]')) == 1
    assert "Articles: no date" in opened.find("h1").text
    opened.go("speakers")
    opened.driver.find_element("xpath", '//a[text()="Rosa Whitby"]/../..//td[5]/a').click()
    opened.until(lambda: "quoting Rosa Whitby" in opened.find("h1").text)
    assert len(opened.all("td.wide a")) == 3


def test_a_typing_error_in_a_long_word_is_forgiven(opened):
    assert len(search(opened, "bargein")) == 3
    assert search(opened, "borgein") == []


def test_the_page_is_used_with_the_keyboard_alone(opened):
    keys = opened.driver.switch_to.active_element.send_keys
    keys("/")
    assert opened.run("return document.activeElement.id") == "first-search"
    opened.driver.switch_to.active_element.send_keys("bargain", Keys.ENTER)
    opened.until(lambda: len(opened.all(".record")) == 3)
    opened.go("article-harbour-1")
    assert opened.run("return document.activeElement.tagName") == "H1", "a new view is where the reader is"
    first = opened.find("aside li button")
    opened.run("arguments[0].focus()", first)
    assert "The quay is a bargain" in opened.find(".card").text, "focus tells what hovering tells"
    opened.driver.switch_to.active_element.send_keys(Keys.TAB)
    outline = opened.run("return getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid", "the focus is visible"


@pytest.mark.parametrize(("width", "scheme"), [(390, "light"), (640, "dark")], ids=["phone", "zoom of 200 %"])
def test_no_view_is_wider_than_the_screen(opened, width, scheme):
    opened.screen(width, scheme)
    for route in ROUTES:
        opened.go(route)
        assert opened.run("return document.documentElement.scrollWidth") <= width, route


def test_attacks_are_shown_as_text(opened):
    opened.go(f"article-{quote(f'attack-{SCRIPT}', safe='')}")
    assert f"{SCRIPT}⟦U+202E⟧dlrow⟦U+202C⟧" == opened.find("h1").get_property("textContent")
    text = opened.find(".text").get_property("textContent")
    assert text.startswith(f"{SCRIPT} ⟦U+202E⟧dlrow⟦U+202C⟧ ⟦U+0000⟧⟦U+001B⟧[31m said </template></style>")
    assert len(text) > 1_000_000
    assert opened.all("a[href^=javascript]") == []
    assert "javascript:window.hit=3" in opened.find(".byline").text
    assert opened.run("return document.documentElement.scrollWidth") <= 1280
    for route in (*ROUTES, "search?kind=all"):
        opened.go(route)
    assert opened.run(
        "return [window.hit ?? null, document.querySelectorAll('img, script[src]').length, document.title.includes('<')]"
    ) == [None, 0, False]
    assert opened.complaints() == [], "neither an error nor a violation of the policy"


def test_a_cell_of_a_download_is_no_formula(opened, downloads):
    opened.go("speakers")
    opened.button("of speakers").click()
    rows = list(csv.DictReader(io.StringIO(opened.downloaded(downloads, "speakers.csv"))))
    assert "'=cmd()" in [row["speaker"] for row in rows]
    assert not any(BIDI[0] in value for row in rows for value in row.values())


def test_a_folder_with_parts_works_from_disk(browser, run_folder, tmp_path, monkeypatch):
    monkeypatch.setattr(page, "MAX_ARTICLES_IN_ONE_FILE", 2)
    monkeypatch.setattr(page, "PART_SIZE", 2)
    index = page.write(collect(str(run_folder)), tmp_path / "report.html")
    assert index == tmp_path / "report" / "index.html"
    assert len(list((tmp_path / "report" / "parts").iterdir())) == 2
    browser.complaints()
    browser.open(index, "article-harbour-1")
    assert "The harbour vote" in browser.find(".text").text
    assert len(search(browser, "quay")) == 6
    assert browser.complaints() == []


def test_an_old_browser_reads_the_data_without_decompression_streams(browser, report_page):
    script = {"source": "delete window.DecompressionStream; delete Uint8Array.fromBase64"}
    added = browser.driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", script)
    try:
        browser.open(report_page)
        assert browser.all(".numbers b") == ["4", "13", "4", "7"]
    finally:
        browser.driver.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", added)


@pytest.mark.skipif(not AXE.exists(), reason="axe is not installed: make axe")
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_any_view(opened, scheme):
    opened.screen(1280, scheme)
    opened.driver.execute_cdp_cmd("Runtime.evaluate", {"expression": AXE.read_text("utf-8")})
    for route in ROUTES:
        opened.go(route)
        found = opened.driver.execute_async_script(
            "const done = arguments[0];"
            " axe.run(document, {resultTypes: ['violations']}).then((all) => done(all.violations.map("
            "(one) => `${one.impact} ${one.id}: ${one.nodes.slice(0, 3).map((node) => node.html + node.failureSummary)}`)),"
            " (error) => done([String(error)]))"
        )
        assert found == [], route
