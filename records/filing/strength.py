"""Acts on strength tests."""

from __future__ import annotations

from datetime import UTC, datetime

import sqlalchemy as sa

from records.clinic_schema import strength_test
from records.errors import Kind
from records.examination import NewStrengthTest, StrengthTest
from records.filing.changes import writable_visit
from records.filing.entry import EntryKind
from records.ids import new_id
from records.model import Act, Actor
from records.store import RecordStore


def file_strength_test(store: RecordStore, actor: Actor, visit_id: str, new: NewStrengthTest) -> StrengthTest:
    """File a strength test of one leg. Several of a leg are kept: the greatest counts.

    Raises
    ------
    NotPermitted, NotFound
    """
    return KIND.add(store, actor, _filed(actor, visit_id, new))


def edit_strength_test(store: RecordStore, actor: Actor, edited: StrengthTest, *, reason: str = "") -> StrengthTest:
    """File changed fields of a test as read, with `dataclasses.replace`; of a signed visit with a reason.

    Raises
    ------
    NotPermitted, NotFound, InvalidEntry
    Conflict
        Someone else changed it since; nothing is overwritten.
    """
    return KIND.edit(store, actor, edited, reason)


def void_strength_test(
    store: RecordStore, actor: Actor, id: str, reason: str, *, version: int | None = None
) -> StrengthTest:
    """Take a test out, with a reason. It stays in the archive.

    Raises
    ------
    NotPermitted, NotFound, InvalidEntry, Conflict
    """
    return KIND.void(store, actor, id, reason, version)


def restore_strength_test(store: RecordStore, actor: Actor, id: str, *, version: int | None = None) -> StrengthTest:
    """Take a void test back.

    Raises
    ------
    NotPermitted, NotFound, Conflict
    """
    return KIND.restore(store, actor, id, version)


def _filed(actor: Actor, visit_id: str, new: NewStrengthTest) -> StrengthTest:
    now = datetime.now(UTC)
    fields = {name: getattr(new, name) for name in NewStrengthTest.__dataclass_fields__}
    fields["at"] = (new.at or now).astimezone(UTC)
    return StrengthTest(**fields, id=new_id(), visit_id=visit_id, version=1, created_at=now, created_by=actor.name)


def _check(archive: sa.Connection, record: StrengthTest) -> None:
    writable_visit(archive, record.visit_id)


KIND = EntryKind(
    Kind.STRENGTH_TEST,
    strength_test,
    StrengthTest,
    NewStrengthTest,
    Act.STRENGTH_FILED,
    Act.STRENGTH_EDITED,
    Act.STRENGTH_VOIDED,
    Act.STRENGTH_RESTORED,
    _check,
)
