# SPDX-License-Identifier: Apache-2.0
"""A real browser, headless, that opens a page from disk or from this machine."""

import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import WebDriverWait

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
DRIVER = shutil.which("chromedriver")
# Not a limit of the page: the tests of other processes may take all cores.
PATIENCE = 120


class Browser:
    """Chromium with a page in it."""

    def __init__(self, driver: webdriver.Chrome) -> None:
        self.driver = driver

    def run(self, script: str, *arguments: object) -> Any:
        """Run a script in the page, and return what it returns."""
        return self.driver.execute_script(script, *arguments)

    def open(self, page: Path | str, route: str = "") -> None:
        """Open a page, and wait for its first view."""
        self.driver.get("about:blank")
        self.driver.get(f"{page.as_uri() if isinstance(page, Path) else page}#{route}")
        self.until(lambda: self.run("return document.documentElement.dataset.shown"))

    def go(self, route: str) -> None:
        """Go to a view of the page, and wait for it."""
        shown = self.run("return document.documentElement.dataset.shown")
        if self.run(
            "const before = location.hash; location.hash = arguments[0]; return before !== location.hash", route
        ):
            self.until(lambda: self.run("return document.documentElement.dataset.shown") != shown)

    def until(self, is_so: Callable[[], object]) -> Any:
        """Wait until something is so, and return it."""
        return WebDriverWait(self.driver, PATIENCE, 0.05).until(lambda _: is_so())

    def find(self, selector: str) -> WebElement:
        """Return the first element of a selector."""
        return self.driver.find_element("css selector", selector)

    def all(self, selector: str) -> list[str]:
        """Return the texts of all elements of a selector, as they are in the document."""
        return list(
            self.run("return [...document.querySelectorAll(arguments[0])].map((one) => one.textContent)", selector)
        )

    def button(self, text: str) -> WebElement:
        """Return the button whose label contains a text."""
        return self.driver.find_element("xpath", f'//button[contains(., "{text}") or contains(@aria-label, "{text}")]')

    def screen(self, width: int, scheme: str = "light") -> None:
        """Set the width of the page in pixels, and light or dark."""
        size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        feature = {"name": "prefers-color-scheme", "value": scheme}
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [feature]})

    def complaints(self) -> list[str]:
        """Return what the console says, such as errors and violations of the policy."""
        return [one["message"] for one in self.driver.get_log("browser")]  # type: ignore[no-untyped-call]

    def downloaded(self, folder: Path, name: str) -> str:
        """Return the text of a downloaded file, when it is complete."""
        self.until((folder / name).exists)
        time.sleep(0.1)
        return (folder / name).read_text("utf-8-sig")


@contextmanager
def chromium(downloads: Path) -> Iterator[Browser]:
    """Yield a browser that saves downloads in a folder."""
    if not (CHROMIUM and DRIVER):
        pytest.skip("no browser: apt-get install chromium chromium-driver")
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for argument in (
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--window-size=1280,900",
        "--hide-scrollbars",
    ):
        options.add_argument(argument)
    options.add_experimental_option("prefs", {"download.default_directory": str(downloads)})
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options, Service(DRIVER))
    try:
        driver.set_script_timeout(PATIENCE)
        yield Browser(driver)
    finally:
        driver.quit()
