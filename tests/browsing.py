"""The pages in a real browser: one server for a module, a fresh context for a test, and what no page may do."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from dash import Dash
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, expect, sync_playwright
from tests_root import ROOT
from visitors import browser_cookies, let_in
from werkzeug.serving import make_server

from dashboard.gate.gate import gate_of

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
#: How long a page may take on a computer that does other things, too: a page that answers is not waited for.
PATIENCE_MS = 30_000
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
AXE = ROOT / "tests" / "dashboard" / "vendor" / "axe.min.js"
WCAG_AA = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]

#: Waits for fades to end: half a fade is a colour that nobody is meant to read.
STILL = """async () => {
  const frame = () => new Promise(requestAnimationFrame);
  const moving = () => document.getAnimations().filter(
    (one) => one.playState === 'running' && one.effect.getTiming().iterations !== Infinity);
  for (let calm = 0; calm < 10; calm += 1) {
    await frame();
    if (moving().length) calm = 0;
  }
}"""


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for the whole run."""
    program = next((path for path in map(shutil.which, PROGRAMS) if path), None)
    if program is None:
        pytest.skip("no Chromium here: sudo apt-get install chromium")
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=program, args=list(QUIET))
        yield started
        started.close()


@contextmanager
def serving(app: Dash, *, anybody: bool = True) -> Iterator[str]:
    """Serve an application on a free port of this machine; its address. Browsers are logged in there (`visitors`)."""
    server = make_server("127.0.0.1", 0, app.server, threaded=True)
    thread = threading.Thread(target=server.serve_forever, name="web server of a test", daemon=True)
    thread.start()
    try:
        address = f"http://127.0.0.1:{server.server_port}"
        yield let_in(gate_of(app).services, address) if anybody else address
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def watched(browser: Browser, address: str, **context: Any) -> Iterator[Page]:
    """A page in a fresh context; afterwards it must have reported no error and asked no other host for anything."""
    faults: list[str] = []

    def console(message: ConsoleMessage) -> None:
        if message.type == "error":
            faults.append(f"console: {message.text}")

    def request(sent: Request) -> None:
        if not sent.url.startswith((address, "data:", "blob:")):
            faults.append(f"asked another host: {sent.url}")

    options = {"viewport": {"width": 1280, "height": 800}, "base_url": address, "color_scheme": "light", **context}
    opened = browser.new_context(reduced_motion="reduce", **options)
    opened.add_cookies(browser_cookies(address))
    page = opened.new_page()
    page.on("console", console)
    page.on("pageerror", lambda error: faults.append(f"script: {error}"))
    page.on("request", request)
    try:
        yield page
    finally:
        opened.close()
    assert faults == []


def violations(page: Page) -> list[str]:
    """What axe-core finds against WCAG 2.2 AA on a page as it stands, each with the element."""
    page.evaluate(STILL)
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found: list[dict[str, Any]] = page.evaluate(
        "tags => axe.run(document, {runOnly: tags}).then(result => result.violations)", WCAG_AA
    )
    return [f"{one['id']}: {one['help']}: {node['html'][:200]}" for one in found for node in one["nodes"]]
