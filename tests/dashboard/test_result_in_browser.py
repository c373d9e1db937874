"""Result, comparison and progress in Chromium: conditions apart, a trial played again, trends chosen."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime

import pytest
from browsing import serving, violations, watched
from clinic import Clinic, both_sides, stood
from playwright.sync_api import Browser, Page, expect

from analysis.geometry import Side
from dashboard.app import make_app
from records import filing
from records.therapy import NewTherapyEvent, TherapyKind

pytestmark = pytest.mark.browser


@dataclass(frozen=True)
class Site:
    """A served archive: a patient with two visits."""

    address: str
    patient: str
    visits: tuple[str, str]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    clinic = Clinic(tmp_path_factory.mktemp("archive"))
    anna = clinic.patient("P-0042", name="Anna Example", birth_year=1954)
    first = clinic.visit(anna, both_sides(), at=datetime(2026, 3, 9, 13, 5, tzinfo=UTC))
    later = [stood(Side.LEFT, 9.0), stood(Side.LEFT, 10.0), stood(Side.RIGHT, 3.0), stood(Side.RIGHT, 4.0)]
    second = clinic.visit(anna, later, at=datetime(2026, 4, 6, 9, 30, tzinfo=UTC))
    filing.add_therapy_event(
        clinic.store, clinic.actor, anna.id, NewTherapyEvent(TherapyKind.SURGERY, date(2026, 3, 20), Side.LEFT)
    )
    with serving(make_app(clinic.services.config, clinic.services)) as address:
        yield Site(address, f"/patient/{anna.id}", (first.id, second.id))
    clinic.store.close()


@pytest.fixture
def page(browser: Browser, site: Site) -> Iterator[Page]:
    with watched(browser, site.address) as opened:
        yield opened


def choose(page: Page, label: str, option: str) -> None:
    page.get_by_label(label, exact=True).first.click()
    page.get_by_role("option", name=re.compile(option)).first.click()


def test_a_trial_is_played_again_and_stops_at_its_end(page: Page, site: Site) -> None:
    page.goto(f"/result/{site.visits[0]}")
    page.get_by_role("tab", name="Details").click()
    time = page.get_by_role("slider", name="Time in the trial")
    expect(page.get_by_role("img", name=re.compile("played again"))).to_be_visible()
    page.get_by_role("combobox", name="Speed").select_option("4")
    time.evaluate("slider => { slider.value = slider.max - 0.5; slider.oninput(); }")
    page.get_by_role("button", name="Play", exact=True).click()
    expect(page.get_by_role("button", name="Play", exact=True)).to_be_visible()
    assert time.evaluate("slider => slider.value === slider.max")
    assert page.locator(".replay-canvas").evaluate(
        "canvas => canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data.some(Boolean)"
    )


def test_research_is_computed_when_it_is_opened(page: Page, site: Site) -> None:
    page.goto(f"/result/{site.visits[0]}")
    page.get_by_role("tab", name="Research").click()
    expect(page.get_by_role("img", name=re.compile("power density"))).to_be_visible()
    page.get_by_role("button", name="How is ML median frequency computed?").click()
    expect(page.get_by_role("dialog")).to_contain_text("Welch")


def test_two_visits_then_two_trials_stand_beside_each_other(page: Page, site: Site) -> None:
    page.goto(f"/result/{site.visits[1]}")
    page.get_by_role("link", name="Compare").click()
    expect(page.get_by_role("heading", name="What may be said")).to_be_visible()
    expect(page.get_by_text(re.compile("Since 9 Mar 2026: Left, ML velocity"))).to_be_visible()
    expect(page.locator(".compare-sides .graph")).to_have_count(4)
    choose(page, "First", "Left, trial 1")
    expect(page.get_by_role("heading", name="A trial and a visit")).to_be_visible()
    choose(page, "Second", "Right, trial 1")
    expect(page.get_by_text("two different legs")).to_be_visible()
    expect(page.locator(".compare-sides .graph")).to_have_count(2)
    assert violations(page) == []


def test_trends_of_another_metric_are_chosen(page: Page, site: Site) -> None:
    page.goto(site.patient)
    page.get_by_role("link", name="Progress").click()
    expect(page.get_by_role("img", name=re.compile("^Left: ML velocity at each visit"))).to_be_visible()
    expect(page.get_by_text("Surgery, left").first).to_be_visible()
    choose(page, "Metric", "Lateral shift$")
    expect(page.get_by_role("img", name=re.compile("^Left: Lateral shift at each visit"))).to_be_visible()
    expect(page.get_by_role("row").filter(has_text="6 Apr 2026")).to_contain_text("+9.50 mm (2)")
    assert violations(page) == []
