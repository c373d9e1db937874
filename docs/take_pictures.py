"""Takes the pictures of README and clinic guide from the running demonstration: `python -m docs.take_pictures`."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread

from playwright.sync_api import Page

from benchmarks import browser
from dashboard.archive import open_store
from dashboard.commands.demo import PLATE
from dashboard.config import Config, store_url
from dashboard.demonstration import add_guest, fill
from dashboard.ids import ResultId
from dashboard.protocol import Step
from dashboard.serving import Server, running
from records.reports import ReportKind

PICTURES = Path(__file__).parent / "pictures"
HEIGHT = {"patients": 620, "ready": 800, "test": 800, "verdict": 1100, "result": 1390, "progress": 1000, "reports": 420}
PAGE_PIXELS_PER_INCH = "70"
INTO_HOLD_MS = 5000  # long enough for a trail of sway on the screen


@contextmanager
def demonstration() -> Iterator[str]:
    """Serve a demonstration; yield the link that opens it."""
    with TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        config = Config(Path(folder), store_url(None, Path(folder), {}), 0, False, PLATE, demo=True)
        store = open_store(config)
        fill(store)
        guest = add_guest(store)
        with running(config, store) as services:
            server = Server(config, services)
            thread = Thread(target=server.run)
            thread.start()
            try:
                yield server.link_for(guest.id, lambda _: None)
            finally:
                server.close()
                thread.join()


def take(page: Page, name: str) -> None:
    """One picture at the height that shows what it is about."""
    page.set_viewport_size({"width": 1280, "height": HEIGHT[name]})
    page.wait_for_timeout(400)
    page.screenshot(path=PICTURES / f"{name}.png")


def take_test(page: Page) -> None:
    """The guided test before its first attempt, in the hold, and once the attempt is recorded."""
    page.get_by_text("New visit").first.click()
    start = page.locator("[data-key=' ']").first
    start.wait_for()
    take(page, "ready")
    start.click()
    page.locator(f"#test-now[data-step={Step.HOLD.value}]").wait_for(timeout=120_000)
    page.wait_for_timeout(INTO_HOLD_MS)
    take(page, "test")
    page.locator(f"#test-now[data-step={Step.VERDICT.value}]").wait_for(timeout=120_000)
    take(page, "verdict")


def take_report(page: Page) -> None:
    """Make a report on the page of the result; its first page and the patient's as pictures."""
    page.set_viewport_size({"width": 1280, "height": HEIGHT["reports"]})
    for kind in ReportKind:
        with page.expect_download() as saved:
            page.locator(f"#result-report-{kind.value}").click()
        drawn = PICTURES / f"report-{kind.value}"
        size = ["-r", PAGE_PIXELS_PER_INCH, "-png", "-f", "1", "-l", "1", "-singlefile"]
        subprocess.run(["pdftoppm", *size, str(saved.value.path()), str(drawn)], check=True)  # noqa: S603, S607 - ours
    page.locator(".made a").first.wait_for()
    page.locator(f"#{ResultId.REPORTS_CARD}").screenshot(path=PICTURES / "reports.png")


def main() -> None:
    """Patients, a guided test, a result with both sides, its report, and progress. Needs Chromium and poppler-utils."""
    PICTURES.mkdir(exist_ok=True)
    with demonstration() as link, browser.page() as page:
        page.goto(link)
        page.get_by_text("SIM-001").first.wait_for()
        take(page, "patients")
        page.get_by_text("SIM-001").first.click()
        page.locator("a[href^='/result/']").first.wait_for()
        result = page.locator("a[href^='/result/']").first.get_attribute("href") or ""
        take_test(page)
        page.goto(link.partition("/enter")[0] + result)
        page.locator(".js-plotly-plot .main-svg").first.wait_for()
        take(page, "result")
        take_report(page)
        page.locator("a[href^='/progress/']").first.click()
        page.locator(".js-plotly-plot .main-svg").first.wait_for()
        take(page, "progress")


if __name__ == "__main__":
    main()
