"""Signatures of visits, and what was changed after them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from enum import StrEnum
from typing import Any

from records.errors import Kind


class Meaning(StrEnum):
    """What a signature says. Values are kept: never rename one."""

    EXAMINED = "examined"
    REVIEWED = "reviewed"
    APPROVED = "approved"


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature of a visit.

    Parameters
    ----------
    number : int
        Counts the signatures of its visit from 1.
    account_id, name : str
        Whose password was typed, and the name as it was then.
    at, utc_offset_min
        UTC, and what the station's clock showed. [min]
    content_sha256 : str
        Of what was signed: `records.visit_content`.
    content : mapping or None
        What was signed, whole; None where it was erased.
    """

    id: str
    visit_id: str
    number: int
    account_id: str
    name: str
    role: str
    meaning: Meaning
    at: datetime
    utc_offset_min: int
    content_sha256: str
    content: Mapping[str, Any] | None

    @property
    def local_at(self) -> datetime:
        """Time as the station's clock showed it."""
        return self.at.astimezone(timezone(timedelta(minutes=self.utc_offset_min)))


@dataclass(frozen=True, slots=True)
class Amendment:
    """One change of a visit after it was signed: ``before`` and ``after`` are the fields that changed, whole.

    Both are None where they were erased; ``before`` is empty for what was added.
    """

    id: str
    visit_id: str
    at: datetime
    name: str
    subject_kind: Kind
    subject_id: str
    act: str
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None
    reason: str


@dataclass(frozen=True, slots=True)
class Change:
    """Where what was signed and what is filed now differ: ``where`` is a path in the content, like ``visit.note``."""

    where: str
    signed: object
    now: object


@dataclass(frozen=True, slots=True)
class SignedState:
    """A visit's signatures against what is filed now.

    Parameters
    ----------
    signatures : tuple of Signature
        Oldest first; empty: not signed.
    content_sha256 : str
        Of what is filed now: hand it to `signing.sign_visit`, which refuses to sign anything else.
    changes : tuple of Change
        Since the last signature; not empty: "amended after signature". Also where the content was erased.
    amendments : tuple of Amendment
        Oldest first.
    broken : tuple of int
        Numbers of signatures whose kept content is not what was signed: the archive was tampered with.
    """

    signatures: tuple[Signature, ...]
    content_sha256: str
    changes: tuple[Change, ...]
    amendments: tuple[Amendment, ...]
    broken: tuple[int, ...] = ()

    @property
    def amended(self) -> bool:
        """Whether something differs from what was signed last."""
        return bool(self.signatures) and self.signatures[-1].content_sha256 != self.content_sha256
