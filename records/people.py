"""Who works with the archive: accounts and sessions as they are shown. No object here holds a hash of a secret."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from records.model import Actor, Role


@dataclass(frozen=True, slots=True)
class Account:
    """A person who may log in; not while ``disabled_at`` is set."""

    id: str
    name: str
    role: Role
    created_at: datetime
    disabled_at: datetime | None
    version: int

    @property
    def actor(self) -> Actor:
        """Who this person is in an act."""
        return Actor(self.name, self.role)


@dataclass(frozen=True, slots=True)
class Session:
    """One log-in at one browser. ``pin_failures``: wrong PINs in a row."""

    id: str
    account_id: str
    station: str
    created_at: datetime
    active_at: datetime
    revoked_at: datetime | None
    pin_failures: int


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who a session belongs to, with the role as it is now."""

    account: Account
    session: Session


@dataclass(frozen=True, slots=True)
class Seen:
    """A session that has not ended, looked at without activity. ``has_pin``: a PIN opens it where it is locked."""

    signed_in: SignedIn
    is_locked: bool
    has_pin: bool


@dataclass(frozen=True, slots=True)
class Invited:
    """An account whose owner chooses the password. ``code`` is told once and kept nowhere; the archive has its hash."""

    account: Account
    code: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Opened:
    """A session just opened. ``token`` goes to the browser and is kept nowhere; the archive has its hash."""

    account: Account
    session: Session
    token: str = field(repr=False)
