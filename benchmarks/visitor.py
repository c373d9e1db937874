"""A clinician who is logged in, for the parts that look at pages."""

from __future__ import annotations

from datetime import UTC, datetime

from playwright.sync_api import Page

from dashboard.archive import console_actor
from dashboard.config import Config
from dashboard.gate.tokens import Cookies, csrf_of
from records import accounts, passwords, sign_in
from records.model import Role
from records.store import RecordStore


def log_in(page: Page, address: str, store: RecordStore, config: Config) -> None:
    """Give the browser of `page` a session at `address`."""
    now, cookies = datetime.now(UTC), Cookies(config)
    name = f"Benchmark {now.isoformat()}"
    account = accounts.add_account(store, console_actor(), name, Role.CLINICIAN, passwords.new_token(), now=now)
    opened = sign_in.open_session(store, account.id, now=now)
    for cookie, text in ((cookies.session, opened.token), (cookies.csrf, csrf_of(opened.token))):
        page.context.add_cookies([{"name": cookie, "value": text, "url": address}])
