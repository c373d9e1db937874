"""What clinicians enter about a patient and a visit, in Chromium: filed, refused, void, signed, amended, merged."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator

import pytest
from browsing import serving, violations, watched
from clinic import Clinic, stood
from playwright.sync_api import Browser, Locator, Page, expect
from visitors import VISITORS_PASSWORD, let_in

from analysis.geometry import Side
from dashboard.app import make_app
from dashboard.words import load_words
from records import filing
from records.examination import GOOD_ANSWER
from records.model import Patient, Role, TrialStatus, Visit
from records.signing import signed_state

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def clinic(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clinic]:
    made = Clinic(tmp_path_factory.mktemp("archive"))
    yield made
    made.store.close()


@pytest.fixture(scope="module")
def address(clinic: Clinic) -> Iterator[str]:
    with serving(make_app(clinic.services.config, clinic.services)) as served:
        yield served


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    with watched(browser, address) as opened:
        yield opened


def measured(clinic: Clinic, code: str) -> tuple[Patient, Visit]:
    patient = clinic.patient(code, name="Anna Example", birth_year=1961)
    return patient, clinic.visit(patient, [stood(Side.LEFT, 9.0), stood(Side.RIGHT, 3.0)])


def said(page: Page) -> Locator:
    return page.locator(".said > *")


def unfolded(page: Page, heading: str) -> Locator:
    page.get_by_text(heading, exact=True).first.click()
    return page.locator("details[open]").filter(has=page.get_by_text(heading, exact=True)).last


def test_the_checklist_asks_for_every_answer_and_for_a_reason(page: Page, clinic: Clinic) -> None:
    _, visit = measured(clinic, "C-1")
    page.goto(f"/visit/{visit.id}")
    page.get_by_role("button", name="File the answers").click()
    expect(said(page)).to_contain_text("9 questions have no answer")
    words = load_words("en")
    for item, good in GOOD_ANSWER.items():
        question = page.get_by_role("radiogroup", name=words(f"checklist.{item.value}"))
        question.get_by_label("No" if good is False or item.value == "handhold" else "Yes", exact=True).check()
    page.get_by_role("button", name="File the answers").click()
    expect(said(page)).to_contain_text("speaks against testing")
    page.get_by_label("Why the test goes on").fill("a colleague holds the belt")
    page.get_by_role("button", name="File the answers").click()
    expect(page.get_by_text("No handhold in reach")).to_be_visible()
    found = clinic.store.visit(visit.id).checklist
    assert found is not None
    assert ([item.value for item in found.concerns], found.reason) == (["handhold"], "a colleague holds the belt")


def test_strength_is_filed_for_the_leg_it_was_typed_for_and_other_fields_stay(page: Page, clinic: Clinic) -> None:
    """120 N at 40 cm are 48 Nm."""
    _, visit = measured(clinic, "C-2")
    page.goto(f"/visit/{visit.id}")
    page.get_by_label("Note").first.fill("not saved yet")
    form = unfolded(page, "New test of the right leg")
    form.get_by_label("Force (N)").fill("120")
    form.get_by_role("button", name="File the test").click()
    expect(said(page)).to_contain_text("a force with its lever arm, or a moment")
    form.get_by_label("Lever arm (cm)").fill("40")
    form.get_by_role("button", name="File the test").click()
    expect(page.locator(".leg-column").last).to_contain_text("48.0 Nm")
    expect(page.get_by_label("Note").first).to_have_value("not saved yet")
    (test,) = clinic.store.strength_tests_of(visit.id)
    assert (test.side, test.strength.moment_nm) == (Side.RIGHT, 48.0)


def test_signed_then_changed_shows_both_versions(page: Page, clinic: Clinic) -> None:
    _, visit = measured(clinic, "C-3")
    page.goto(f"/visit/{visit.id}")
    page.get_by_label("Your password").fill("not the password")
    page.get_by_role("button", name="Sign").click()
    expect(page.get_by_role("alert")).to_be_visible()
    page.get_by_label("Your password").fill(VISITORS_PASSWORD)
    page.get_by_role("button", name="Sign").click()
    expect(page.get_by_text("Signed", exact=True)).to_be_visible()
    page.get_by_label("Body mass (kg)").fill("72")
    page.get_by_role("button", name="Save").click()
    expect(said(page)).to_contain_text("This visit is signed.")
    page.get_by_label("Why it is changed").fill("misread scale")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Amended after signature")).to_be_visible()
    expect(page.get_by_text("Body mass (kg): before nothing, now 72.0")).to_be_visible()
    assert violations(page) == []
    assert signed_state(clinic.store, visit.id).amended


def test_a_trial_is_made_void_with_a_reason_and_restored(page: Page, clinic: Clinic) -> None:
    _, visit = measured(clinic, "C-4")
    page.goto(f"/visit/{visit.id}")
    row = page.get_by_role("list", name="Trials").get_by_role("listitem").first
    row.get_by_text("Make void").first.click()
    row.get_by_label("Reason").fill("the phone rang")
    row.get_by_role("button", name="Make void").click()
    expect(row).to_contain_text("the phone rang")
    assert clinic.store.trials_of(visit.id)[0].status is TrialStatus.VOID
    row.get_by_role("button", name="Restore").click()
    expect(row).to_contain_text("counts")
    assert clinic.store.trials_of(visit.id)[0].status is TrialStatus.FILED


def test_a_stale_edit_shows_both_values_and_overwrites_nothing(page: Page, clinic: Clinic) -> None:
    patient, _ = measured(clinic, "C-5")
    page.goto(f"/patient/{patient.id}")
    form = unfolded(page, "Edit")
    form.get_by_label("Diagnosis").fill("mine")
    filing.edit_patient(clinic.store, clinic.actor, dataclasses.replace(patient, diagnosis="a colleague's"))
    form.get_by_role("button", name="Save").click()
    expect(said(page)).to_contain_text("Diagnosis: you entered mine; filed meanwhile: a colleague's")
    expect(form.get_by_label("Diagnosis")).to_have_value("mine")
    assert clinic.store.patient(patient.id).diagnosis == "a colleague's"


def test_a_date_is_added_by_the_keyboard_alone(page: Page, clinic: Clinic) -> None:
    patient, _ = measured(clinic, "C-6")
    page.goto(f"/patient/{patient.id}")
    page.get_by_text("Add a date", exact=True).press("Enter")
    form = page.locator("details[open]")
    form.get_by_label("What").press("ArrowDown")
    page.keyboard.press("Enter")
    form.get_by_label("Day").fill("2026-01-15")
    form.get_by_label("Day").press("Tab")
    form.get_by_role("button", name="Add", exact=True).press("Enter")
    expect(said(page)).to_contain_text("Filed.")
    (event,) = clinic.store.therapy_events_of(patient.id)
    assert event.day.isoformat() == "2026-01-15"


def test_a_double_is_merged_says_where_it_is_and_is_taken_apart_again(page: Page, clinic: Clinic) -> None:
    kept, _ = measured(clinic, "C-7")
    double, visit = measured(clinic, "C-8")
    page.goto(f"/patient/{kept.id}")
    form = unfolded(page, "This person was entered twice")
    form.get_by_label("Code of the other entry").fill("c-8")
    form.get_by_label("Why they are one person").fill("same birthday")
    form.get_by_role("button", name="Merge").click()
    expect(page.get_by_text("C-8 was merged into C-7")).to_be_visible()
    assert clinic.store.visit(visit.id).patient_id == kept.id
    page.goto(f"/patient/{double.id}")
    expect(page.get_by_text("Its visits are with C-7")).to_be_visible()
    expect(page.get_by_role("button", name="New visit")).to_be_disabled()
    page.goto(f"/patient/{kept.id}")
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text(re.compile("^Undone by Dr. Example"))).to_be_visible()
    assert clinic.store.visit(visit.id).patient_id == double.id


def test_only_an_administrator_erases_and_only_with_the_code(browser: Browser, clinic: Clinic, address: str) -> None:
    patient, _ = measured(clinic, "C-9")
    with watched(browser, address) as page:
        page.goto(f"/patient/{patient.id}")
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        expect(page.get_by_text("Erase this person")).to_have_count(0)
    let_in(clinic.services, address, Role.ADMIN)
    with watched(browser, address) as page:
        page.goto(f"/patient/{patient.id}")
        form = unfolded(page, "Erase what names this person")
        form.get_by_label("Reason").fill("asked for on paper")
        form.get_by_role("button", name="Erase for good").click()
        expect(said(page)).to_contain_text("not the one of this patient")
        form.get_by_label("Type the code").fill("C-9")
        form.get_by_role("button", name="Erase for good").click()
        expect(page.get_by_text("This person was erased")).to_be_visible()
        expect(page.locator("main")).not_to_contain_text("Anna Example")
    let_in(clinic.services, address)
    assert clinic.store.patient(patient.id).name is None
