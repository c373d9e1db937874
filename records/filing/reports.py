"""Acts on reports."""

from __future__ import annotations

from datetime import UTC, datetime

from records import clinic_queries, rows
from records.audit import append
from records.columns import sha256_of
from records.errors import Conflict, Kind
from records.filing.changes import writable_visit
from records.ids import new_id
from records.model import Act, Actor
from records.permissions import require
from records.reports import NewReport, Report
from records.store import RecordStore


def file_report(
    store: RecordStore, actor: Actor, visit_id: str, new: NewReport, *, number: int | None = None
) -> Report:
    """File a report as it was made. Older ones of its kind and language are kept: it is their next version.

    Parameters
    ----------
    number : int or None
        The version that its pages say; None: they say none.

    Raises
    ------
    NotPermitted, NotFound
    Conflict
        Another station filed this version meanwhile: make the report again.
    """
    require(actor, Act.REPORT_FILED)
    with store.writing() as archive:
        writable_visit(archive, visit_id)
        before = clinic_queries.reports_of(archive, visit_id)
        following = 1 + sum((each.kind, each.language) == (new.kind, new.language) for each in before)
        if number not in (None, following):
            raise Conflict(Kind.REPORT, visit_id, number or 0, following)
        filed = Report(
            id=new_id(),
            visit_id=visit_id,
            kind=new.kind,
            language=new.language,
            number=following,
            sha256=sha256_of(new.pdf),
            size=len(new.pdf),
            visit_sha256=new.visit_sha256,
            program=new.program,
            made_at=datetime.now(UTC),
            made_by=actor.name,
            erased=False,
        )
        rows.insert_report(archive, filed, new.pdf)
        details = {
            "visit_id": visit_id,
            "kind": filed.kind,
            "language": filed.language,
            "number": filed.number,
            "sha256": filed.sha256,
        }
        append(archive, actor, Act.REPORT_FILED, store.station, (Kind.REPORT, filed.id), details)
    return filed
