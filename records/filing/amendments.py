"""What a signed visit's changes leave behind: both versions, who, when and why, in the transaction of the act."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

import sqlalchemy as sa

from records import clinic_queries, clinic_schema, rows
from records.entries import NOTE_LIMIT, checked_text, reason_of
from records.errors import EntryProblem, Kind
from records.ids import new_id
from records.model import Act, Actor
from records.signatures import Amendment


def amend(
    archive: sa.Connection,
    actor: Actor,
    visit_id: str,
    act: Act,
    subject: tuple[Kind, str],
    before: Mapping[str, object],
    after: Mapping[str, object],
    reason: str = "",
    *,
    explained: bool = False,
) -> None:
    """Keep a change of a signed visit; of one that is not signed there is nothing to keep.

    Parameters
    ----------
    explained : bool
        The act says why by itself (it makes void, adds, re-analyses): no reason is asked for.

    Raises
    ------
    InvalidEntry
        A signed visit is changed without a reason.
    """
    if not clinic_queries.is_signed(archive, visit_id):
        return
    if explained:
        said = checked_text("reason", reason, NOTE_LIMIT)
    else:
        said = reason_of("reason", reason, EntryProblem.AMENDMENT_REASON_MISSING)
    kind, id = subject
    amendment = Amendment(
        new_id(), visit_id, datetime.now(UTC), actor.name, kind, id, act.value, dict(before), dict(after), said
    )
    rows.insert(archive, clinic_schema.amendment, amendment)
