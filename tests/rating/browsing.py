"""A browser without a window, and what a rater does in it."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys

BROWSERS, DRIVERS = ("chromium", "chromium-browser", "google-chrome"), ("chromedriver",)

_WAIT = 20.0


def program(names: tuple[str, ...]) -> str | None:
    """Where a program of one of these names is."""
    return next((path for name in names if (path := shutil.which(name))), None)


@contextmanager
def chromium(downloads: Path) -> Iterator[webdriver.Chrome]:
    """Chromium, which puts what is downloaded into a folder, and has no network."""
    options = webdriver.ChromeOptions()
    options.binary_location = program(BROWSERS) or ""
    for argument in ("headless=new", "no-sandbox", "disable-gpu", "disable-dev-shm-usage"):
        options.add_argument(f"--{argument}")
    options.add_argument("--host-resolver-rules=MAP * ~NOTFOUND")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    browser = webdriver.Chrome(options, Service(program(DRIVERS)))
    try:
        browser.execute_cdp_cmd(
            "Browser.setDownloadBehavior", {"behavior": "allow", "downloadPath": str(downloads), "eventsEnabled": True}
        )
        yield browser
    finally:
        browser.quit()


class Rater:
    """Somebody before a sheet, who uses the keyboard alone.

    Args:
        browser: The browser.
        downloads: Where it puts what is downloaded.
    """

    def __init__(self, browser: webdriver.Chrome, downloads: Path) -> None:
        self.browser = browser
        self.downloads = downloads

    def open(self, page: Path) -> None:
        self.browser.get(page.as_uri())

    def begin(self, name: str) -> None:
        self.press(name, Keys.ENTER)

    def press(self, *keys: str) -> None:
        for key in keys:
            ActionChains(self.browser, duration=0).send_keys(key).perform()

    def press_with(self, held: str, key: str) -> None:
        """Press a key while another is held."""
        ActionChains(self.browser, duration=0).key_down(held).send_keys(key).key_up(held).perform()

    def seen(self, name: str) -> str:
        """The text of a part of the page."""
        return str(self.browser.find_element("id", name).text)

    def script(self, text: str, *arguments: object) -> Any:
        return self.browser.execute_script(text, *arguments)

    def listens_to(self, event: str) -> bool:
        """Whether the page, as a whole, listens to an event, whatever it would do then."""
        run = self.browser.execute_cdp_cmd
        page = run("Runtime.evaluate", {"expression": "window"})["result"]["objectId"]
        listeners = run("DOMDebugger.getEventListeners", {"objectId": page})["listeners"]
        return any(listener["type"] == event for listener in listeners)

    def log(self, kind: str) -> list[dict[str, str]]:
        """What the browser noted since this was last asked."""
        entries: list[dict[str, str]] = self.browser.get_log(kind)  # type: ignore[no-untyped-call]
        return entries

    @property
    def focused(self) -> str:
        """The id of what has the focus."""
        return str(self.script("return document.activeElement.id"))

    def chosen(self) -> list[str]:
        """The answers that are marked on the page."""
        buttons = self.browser.find_elements("css selector", '#questions button[aria-pressed="true"]')
        return [str(button.get_attribute("value")) for button in buttons]

    def comes_to_choose(self, words: list[str]) -> bool:
        """Whether these are the answers in the end: what another tab changes comes when the browser gets to it."""
        deadline = time.monotonic() + _WAIT
        while self.chosen() != words and time.monotonic() < deadline:
            time.sleep(0.05)
        return self.chosen() == words

    def download(self, press: Callable[[], None]) -> Path:
        """The file that comes of pressing something; those that came before are removed."""
        for path in self.downloads.iterdir():
            path.unlink()
        press()
        deadline = time.monotonic() + _WAIT
        while time.monotonic() < deadline:
            if found := list(self.downloads.glob("*.csv")):
                return found[0]
            time.sleep(0.05)
        raise TimeoutError("no file was downloaded")

    def resized(self, width: int, height: int, *, dark: bool = False) -> None:
        """Have a screen of another size, light or dark."""
        self.browser.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride",
            {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500},
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [scheme]})
