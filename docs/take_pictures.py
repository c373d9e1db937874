"""Takes the README's pictures from the running demonstration: `python -m docs.take_pictures`."""

from __future__ import annotations

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
from dashboard.protocol import Step
from dashboard.serving import Server, running

PICTURES = Path(__file__).parent / "pictures"
HEIGHT = {"patients": 620, "test": 800, "result": 1390}
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


def main() -> None:
    """Patients, a guided test in its hold, and a result with both sides."""
    PICTURES.mkdir(exist_ok=True)
    with demonstration() as link, browser.page() as page:
        page.goto(link)
        page.get_by_text("SIM-001").first.wait_for()
        take(page, "patients")
        page.get_by_text("SIM-001").first.click()
        page.locator("a[href^='/result/']").first.wait_for()
        result = page.locator("a[href^='/result/']").first.get_attribute("href") or ""
        page.get_by_text("New visit").first.click()
        page.locator("[data-key=' ']").first.click()
        page.locator(f"#test-now[data-step={Step.HOLD.value}]").wait_for()
        page.wait_for_timeout(INTO_HOLD_MS)
        take(page, "test")
        page.goto(link.partition("/enter")[0] + result)
        page.locator(".js-plotly-plot .main-svg").first.wait_for()
        take(page, "result")


if __name__ == "__main__":
    main()
