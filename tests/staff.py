"""Who logs in, in the tests of accounts: an administrator, a clinician, and their secrets."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from records import accounts, sign_in
from records.model import Actor, Role
from records.people import Account, Opened
from records.store import RecordStore

ADMIN = Actor("Ada Admin", Role.ADMIN)
START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
PASSWORD, OTHER_PASSWORD, WRONG_PASSWORD = "four words of plenty", "quite another one", "not what it should be"
PIN, WRONG_PIN = "402917", "402918"
SECRETS = (PASSWORD, OTHER_PASSWORD, WRONG_PASSWORD, PIN, WRONG_PIN)


def after(seconds: float) -> datetime:
    """A time after the start of the day."""
    return START + timedelta(seconds=seconds)


def added(store: RecordStore, name: str = "Cora Clinic", role: Role = Role.CLINICIAN) -> Account:
    """An account with `PASSWORD`."""
    return accounts.add_account(store, ADMIN, name, role, PASSWORD, now=START)


def logged_in(store: RecordStore, name: str = "Cora Clinic", now: datetime = START) -> Opened:
    """A session of an account, opened with `PASSWORD`."""
    return sign_in.log_in(store, name, PASSWORD, now=now)
