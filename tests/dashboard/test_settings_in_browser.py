"""From an archive without anybody to a clinician at the lock screen, as people do it: in Chromium."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from browsing import serving, violations, watched
from clinic import Clinic
from playwright.sync_api import Browser, Page, expect
from visitors import account_of, let_in

from dashboard.app import make_app
from dashboard.archive import console_actor
from records import accounts
from records.model import Role

pytestmark = pytest.mark.browser

PASSWORD, OTHER_PASSWORD, PIN = "four words of plenty", "another one of those", "402917"
VIEW = {"width": 1024, "height": 768}


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Clinic, str]]:
    """A served archive that nobody has set up."""
    clinic = Clinic(tmp_path_factory.mktemp("fresh"))
    with serving(make_app(clinic.services.config, clinic.services), anybody=False) as address:
        yield clinic, address
    clinic.store.close()


def fill(page: Page, **typed: str) -> None:
    for id, text in typed.items():
        page.locator(f"#{id.replace('_', '-')}").fill(text)


def has_no_fault(page: Page) -> None:
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_from_the_first_code_to_the_lock_screen(fresh: tuple[Clinic, str], browser: Browser) -> None:
    """Set up, add a clinician, who chooses a password and a PIN, locks, and goes on where it was locked."""
    clinic, address = fresh
    code = accounts.make_set_up_code(clinic.store, console_actor(), now=datetime.now(UTC))
    with watched(browser, address, viewport=VIEW, has_touch=True) as page:
        page.goto("/")
        expect(page).to_have_url(f"{address}/set-up")
        has_no_fault(page)
        fill(page, code=code, name="Ada Admin", password=PASSWORD, again=PASSWORD)
        page.get_by_role("button", name="Make the account").click()
        expect(page.get_by_role("heading", name="Users")).to_be_visible()
        page.get_by_role("button", name="Add user").click()
        fill(page, users_name="Cora Clinic")
        page.get_by_role("dialog").get_by_role("button", name="Add user").click()
        given = page.locator(".code-told").inner_text()
        has_no_fault(page)
        page.goto("/settings/audit")
        page.get_by_role("button", name="Verify").click()
        expect(page.locator(".told")).to_contain_text("every chain is whole")
        has_no_fault(page)
        page.get_by_role("button", name="Log out").click()
        expect(page.get_by_role("heading", name="Log in")).to_be_visible()
        has_no_fault(page)
        page.get_by_role("link", name="I have a code").click()
        has_no_fault(page)
        fill(page, name="cora clinic", code=given.lower(), password=OTHER_PASSWORD, again=OTHER_PASSWORD)
        page.get_by_role("button", name="Save and log in").click()
        page.get_by_role("link", name="Cora Clinic").click()
        fill(page, own_pin=PIN, own_pin_password=OTHER_PASSWORD)
        page.get_by_role("button", name="Set the PIN").click()
        expect(page.locator("#own-pin-told")).to_contain_text("The PIN is set")
        has_no_fault(page)
        page.get_by_role("button", name="Lock the screen").click()
        expect(page.get_by_role("heading", name="Locked")).to_be_visible()
        has_no_fault(page)
        fill(page, pin=PIN)
        page.get_by_role("button", name="Go on").click()
        expect(page).to_have_url(f"{address}/settings/account")
        expect(page.get_by_role("heading", name="Your account")).to_be_visible()
    assert [account.role for account in accounts.accounts_of(clinic.store)] == [Role.ADMIN, Role.CLINICIAN]
    assert clinic.store.verify_audit().faults == ()


def test_a_page_whose_session_is_over_leaves_by_itself(fresh: tuple[Clinic, str], browser: Browser) -> None:
    """The page's own clock asks when the time is up; here an administrator ends the session, and the page looks."""
    clinic, address = fresh
    with watched(browser, let_in(clinic.services, address)) as page:
        page.goto("/")
        expect(page.get_by_role("heading", name="Patients", exact=True)).to_be_visible()
        session = accounts.sessions_of(clinic.store, account_of(clinic.store).id)[0]
        accounts.revoke_session(clinic.store, console_actor(), session.id, now=datetime.now(UTC))
        page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
        expect(page.get_by_role("heading", name="Log in")).to_be_visible()
