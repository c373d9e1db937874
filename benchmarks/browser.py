"""Chromium for the parts that look at pages."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Page, sync_playwright

#: Nothing of Chromium's own goes to the network.
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking")
VIEW = {"width": 1280, "height": 800}


@contextmanager
def page() -> Iterator[Page]:
    """Open one page in a fresh headless browser."""
    program = shutil.which("chromium") or shutil.which("google-chrome")
    if program is None:
        raise RuntimeError("Chromium is not installed: sudo apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=list(FLAGS))
        try:
            yield browser.new_page(viewport=VIEW)  # type: ignore[arg-type]
        finally:
            browser.close()
