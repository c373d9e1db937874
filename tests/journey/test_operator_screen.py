"""The screens of the guided test in Chromium: operator's and patient's, by hand, by finger, by key, and by ear."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import product

import pytest
from browsing import violations, watched
from dictated_plate import DictatedPlate
from guided_room import GuidedRoom, at_step, guided_room, press, started
from playwright.sync_api import Browser, Page, expect

from analysis.geometry import Side
from dashboard.pages.test.view import patient_phase
from dashboard.protocol import DEMO, Step
from dashboard.words import load_words

pytestmark = pytest.mark.browser

FINGER_PX = 44
TABLET = {"width": 1024, "height": 768}
#: A 10-inch screen of 1280 x 800: its diagonal of 1509.4 px is 254 mm long.
PX_PER_MM = (1280**2 + 800**2) ** 0.5 / 254

#: Steps that count down.
COUNTED = (Step.ZERO, Step.BOTH_FEET, Step.HOLD, Step.SETTLE, Step.REST)
#: Heights of capitals and digits as they are drawn [px], and whether all of it is on the screen.
LETTERS = """() => {
  const height = (id, text) => {
    const at = document.getElementById(id), style = getComputedStyle(at);
    const pen = document.createElement('canvas').getContext('2d');
    pen.font = `${style.fontWeight} ${style.fontSize} Inter`;
    return pen.measureText(text).actualBoundingBoxAscent;
  };
  const inside = (id) => {
    const range = document.createRange();
    range.selectNodeContents(document.getElementById(id));
    const box = range.getBoundingClientRect();
    return box.left >= 0 && box.right <= innerWidth && box.top >= -40 && box.bottom <= innerHeight + 40;
  };
  return [height('patient-view-phase', 'H'), height('patient-view-count', '8'),
          inside('patient-view-phase') && inside('patient-view-count')];
}"""
TARGETS = """() => [...document.querySelectorAll('main a, main button, main summary, main input, main textarea')]
  .filter(e => e.offsetParent !== null)
  .map(e => [e.outerHTML.slice(0, 90), Math.min(e.getBoundingClientRect().height, e.getBoundingClientRect().width)])"""


@pytest.fixture(scope="module")
def open_room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GuidedRoom]:
    with guided_room(tmp_path_factory.mktemp("room"), stepped=True) as made:
        yield made


@pytest.fixture
def room(open_room: GuidedRoom) -> Iterator[GuidedRoom]:
    yield open_room
    open_room.finish()


def usable_by_everyone(page: Page) -> None:
    """WCAG 2.2 AA, light and dark; nothing wider than the window; whatever is pressed is as large as a finger."""
    for scheme in ("dark", "light"):
        page.evaluate("scheme => document.documentElement.setAttribute('data-mantine-color-scheme', scheme)", scheme)
        assert violations(page) == [], scheme
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    small = [one for one in page.evaluate(TARGETS) if one[1] < FINGER_PX - 0.5]
    assert small == []


def test_on_a_tablet_everyone_can_use_every_phase_and_hears_what_is_written(room: GuidedRoom, browser: Browser) -> None:
    with watched(browser, room.address, viewport=TABLET, has_touch=True) as page:
        page.goto(room.new_visit())
        at_step(page, Step.READY)
        page.locator(".setup summary").tap()
        expect(page.get_by_role("button", name="Foam")).to_be_visible()
        usable_by_everyone(page)
        page.get_by_role("button", name="Foam").tap()
        expect(page.locator(".setup summary")).to_contain_text("Eyes open · Foam")
        started(page)
        for step in (Step.BOTH_FEET, Step.LIFT, Step.HOLD):
            room.until(page, step)
        expect(page.locator("[data-act=touched]")).to_be_visible()
        usable_by_everyone(page)
        for step in (Step.FOOT_DOWN, Step.VERDICT):
            room.until(page, step)
        page.get_by_role("button", name="drops later").tap()
        page.get_by_label("drops after [s]").fill("400000")
        page.get_by_label("Note").fill("holds the breath")
        expect(page.locator("#test-seen-problem")).to_contain_text("it must be from 0 to 600")
        page.get_by_label("drops after [s]").fill("9")
        page.get_by_label("Note").focus()
        expect(page.locator("#test-seen-problem")).to_be_hidden()
        usable_by_everyone(page)
        press(page, "keep")
        at_step(page, Step.REST)
        played = page.evaluate("fpSounds.played")
        assert [name for name in ("both_feet", "lift", "hold", "foot_down", "verdict") if name not in played] == []
    (trial,) = room.trials
    (seen,) = room.store.observations_of(trial.visit_id)
    assert (trial.condition, trial.side) == ("eyes_open.foam", Side.RIGHT)
    assert (seen.trial_id, seen.drop_at_s, seen.note) == (trial.id, 9.0, "holds the breath")


def test_the_patient_reads_phase_and_countdown_from_two_metres(room: GuidedRoom, browser: Browser) -> None:
    """On a 10-inch screen capitals are 30 mm high or more, digits 60 mm, and every phase has room."""
    with watched(browser, room.address) as page:
        address = room.new_visit()
        page.goto(address)
        at_step(page, Step.READY)
        with page.expect_popup() as opened:
            page.get_by_role("link", name="Patient's view").click()
        patient = opened.value
        started(page)
        room.until(page, Step.HOLD)
        expect(patient.locator("#patient-view-phase")).to_have_text("Hold")
        expect(patient.locator("#patient-view-count")).to_have_text(re.compile(r"^(30|29)$"))
        expect(patient.locator("header.header")).to_be_hidden()
        assert violations(patient) == []
        patient.evaluate("document.fonts.ready")
        guide = DictatedPlate().view
        for language, step, side in product(("en", "de"), Step, Side):
            phase = patient_phase(load_words(language), replace(guide, step=step, side=side))
            patient.locator("#patient-view-phase").evaluate("(e, text) => { e.textContent = text }", phase)
            patient.locator("#patient-view-count").evaluate("(e, n) => { e.textContent = n }", "30" * (step in COUNTED))
            capital_px, digit_px, inside = patient.evaluate(LETTERS)
            assert (capital_px / PX_PER_MM >= 30, digit_px / PX_PER_MM >= 60, inside) == (True, True, True), phase
        patient.close()
        press(page, "stop")
        room.until(page, Step.VERDICT)
        press(page, "keep")
        room.until(page, Step.REST)


def tab_to(page: Page, name: str) -> None:
    """Press Tab until the control of this name has the focus."""
    focused = "(e => e.matches('a, button, summary, input') ? e.innerText || e.ariaLabel || '' : '')"
    for _ in range(60):
        page.keyboard.press("Tab")
        if name in page.evaluate(f"{focused}(document.activeElement)"):
            return
    raise AssertionError(f"Tab never reached {name}")


def test_the_keyboard_alone_leads_from_the_list_of_patients_to_the_result(room: GuidedRoom, browser: Browser) -> None:
    with watched(browser, room.address) as page:
        page.goto("/")
        expect(page.get_by_role("link", name="SIM-001")).to_be_visible()
        tab_to(page, "SIM-001")
        page.keyboard.press("Enter")
        expect(page.get_by_role("button", name="New visit")).to_be_visible()
        tab_to(page, "New visit")
        page.keyboard.press("Enter")
        at_step(page, Step.READY)
        tab_to(page, "Sound on")
        page.keyboard.press("Enter")
        expect(page.get_by_role("button", name="Sound off")).to_have_attribute("aria-pressed", "false")
        page.evaluate("document.activeElement.blur()")
        expect(page.locator("[data-act=start]")).to_be_visible()
        page.keyboard.press("Space")
        at_step(page, Step.ZERO)
        room.until(page, Step.HOLD)
        expect(page.locator("[data-act=hand_support]")).to_be_visible()
        page.keyboard.press("h")
        at_step(page, Step.SETTLE)
        room.until(page, Step.VERDICT)
        expect(page.locator(".verdict")).to_contain_text("hand")
        assert page.evaluate("fpSounds.played") == []
        tab_to(page, "yes")
        page.keyboard.press("Enter")
        expect(page.get_by_role("button", name="yes").first).to_have_attribute("aria-pressed", "true")
        page.evaluate("document.activeElement.blur()")
        page.keyboard.press("Space")  # keep
        at_step(page, Step.REST)
        tab_to(page, "Results of this visit")
        page.keyboard.press("Enter")
        expect(page).to_have_url(f"{room.address}/result/{room.visits[0].id}")
    (trial,) = room.trials
    assert [observed.trunk_lean for observed in room.store.observations_of(trial.visit_id)] == [True]


def test_reload_and_a_second_tab_in_the_middle_of_a_hold_lose_nothing(room: GuidedRoom, browser: Browser) -> None:
    """The second screen watches, until somebody says there that it operates; the first one is told."""
    with watched(browser, room.address) as page:
        page.goto(room.new_visit())
        at_step(page, Step.READY)
        started(page)
        room.until(page, Step.HOLD)
        page.reload()
        at_step(page, Step.HOLD)
        expect(page.locator("[data-act=touched]")).to_be_visible()
        second = page.context.new_page()
        second.goto(page.url)
        at_step(second, Step.HOLD)
        expect(second.locator("#test-controls")).to_contain_text("Another screen operates this test")
        second.keyboard.press("t")  # a key of a screen that watches does nothing
        room.until(second, Step.FOOT_DOWN)
        room.until(page, Step.VERDICT)
        expect(second.locator("[data-act]")).to_have_count(0)
        second.get_by_role("button", name="Take over").click()
        expect(page.locator("#test-controls")).to_contain_text("Another screen took this test over")
        assert violations(page) == []
        press(second, "keep")
        at_step(page, Step.REST)
        assert second.evaluate("fp.stats.gaps") == 0
    (trial,) = room.trials
    stored = room.store.recording(trial.recording_id)
    assert stored.raw is not None
    assert (stored.raw.gaps, trial.attempt) == ((), 1)
    result = room.store.latest_result(trial.id)
    assert result is not None
    assert result.result.phases.hold_time_s == DEMO.hold_s
