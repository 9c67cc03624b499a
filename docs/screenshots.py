# SPDX-License-Identifier: Apache-2.0
"""Makes the pictures of the report in the documentation, ``docs/images/report-*.png``, from a run over ``samples/``.

make demo && .venv/bin/python -m docs.screenshots out/demo    (needs chromium and chromedriver)
"""

import argparse
import base64
import tempfile
from pathlib import Path

from onrecord.report.collect import collect
from onrecord.report.page import write
from tests.report.browser import Browser, chromium

IMAGES = Path(__file__).parent / "images"
ARTICLE = "article-wexcombe-88213"
# name of the picture: its view, the width and the scheme of the screen
VIEWS = {
    "overview": ("", 1280, "light"),
    "search": ("search?q=harbour", 1280, "light"),
    "positions": ("positions", 1280, "light"),
    "article": (ARTICLE, 1280, "light"),
    "article-dark-phone": (ARTICLE, 390, "dark"),
}


def take(browser: Browser, page: Path, route: str, width: int, scheme: str) -> bytes:
    """Return a view of a page, as PNG."""
    browser.screen(width, scheme)
    browser.open(page, route)
    if route.startswith("search"):
        browser.until(lambda: browser.all(".record"))
    if route == ARTICLE and width > 1000:
        browser.find("aside .quotes li:nth-child(2) button").click()
        browser.run("scrollTo(0, 0)")
    picture: str = browser.driver.execute_cdp_cmd("Page.captureScreenshot", {"format": "png"})["data"]
    return base64.b64decode(picture)


def main() -> None:
    """Take all pictures."""
    arguments = argparse.ArgumentParser(description="Make docs/images/report-*.png from a run over samples/.")
    arguments.add_argument("output", metavar="DIR", help="the output folder of make demo")
    folder = arguments.parse_args().output
    with tempfile.TemporaryDirectory() as place, chromium(Path(place)) as browser:
        page = write(collect(folder, title="out/demo"), Path(place) / "report.html")
        for name, (route, width, scheme) in VIEWS.items():
            (IMAGES / f"report-{name}.png").write_bytes(take(browser, page, route, width, scheme))


if __name__ == "__main__":
    main()
