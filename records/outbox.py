"""A station's own archive, and what of it the server does not have yet."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime

import sqlalchemy as sa

from records import audit, row_changes, schema
from records.exchange_schema import row_change
from records.model import Act, AuditEvent
from records.schema import audit_detail, audit_event
from records.store import RecordStore

#: Rows that nobody entered: they go with others, or say that others were entered.
_BESIDE = ("audit_event", "audit_detail", "recording", "source")
REFUSALS_SEEN, DOUBLES_SEEN = "refusals_seen", "double_codes_seen"
_NAMED = 20


@dataclass(frozen=True, slots=True)
class Waiting:
    """What the server does not have yet.

    ``rows``: entries of any kind, trials among them; ``trials``; ``since``: when the oldest was filed (UTC);
    ``refused``: events of entries that the server did not take, not yet seen by a person, newest first;
    ``double_codes``: codes that two patients have, as two stations gave them while they could not see each other, not
    yet seen by a person.
    """

    rows: int
    trials: int
    since: datetime | None
    refused: tuple[AuditEvent, ...]
    double_codes: tuple[str, ...]


def open_station(url: str) -> RecordStore:
    """A station's own archive in a file, made where there is none; from now on it notes what the server has to get.

    Raises
    ------
    StoreError
    """
    store = RecordStore(url)
    if store.revision() is None:
        store.upgrade()
    with store.writing() as archive:
        chain = row_changes.begin_station(archive, f"{store.station}-{secrets.token_hex(3)}")
    store.close()
    return RecordStore(url, station=chain)


def is_station(store: RecordStore) -> bool:
    """Whether this is a station's own archive, which a server gets to know."""
    with store.reading() as archive:
        return row_changes.value_of(archive, row_changes.CHAIN) is not None


def waiting(store: RecordStore) -> Waiting:
    """What waits in a station's archive, and what was refused. Raises StoreError."""
    entered = row_change.c.table_name.not_in(_BESIDE)
    of_row = [row_change.c.table_name, row_change.c.row_key]
    rows = sa.select(*of_row).where(entered).distinct().subquery()
    trials = sa.select(*of_row).where(row_change.c.table_name == schema.trial.name).distinct().subquery()
    with store.reading() as archive:
        return Waiting(
            rows=archive.scalar(sa.select(sa.func.count()).select_from(rows)) or 0,
            trials=archive.scalar(sa.select(sa.func.count()).select_from(trials)) or 0,
            since=archive.scalar(sa.select(sa.func.min(row_change.c.at)).where(entered)),
            refused=_refused(archive, store.station),
            double_codes=_double_codes(archive),
        )


def refusals_seen(store: RecordStore) -> None:
    """A person has read them: they are said no longer, and stay in the audit."""
    with store.writing() as archive:
        row_changes.set_value(archive, REFUSALS_SEEN, datetime.now(UTC).isoformat())
        row_changes.set_value(archive, DOUBLES_SEEN, json.dumps(_doubles(archive)))


def _refused(archive: sa.Connection, station: str) -> tuple[AuditEvent, ...]:
    seen = row_changes.value_of(archive, REFUSALS_SEEN)
    refused = (audit_event.c.act == Act.CHANGE_REFUSED) & (audit_event.c.station == station)
    if seen is not None:
        refused &= audit_event.c.at > datetime.fromisoformat(seen)
    chosen = sa.select(audit_event, audit_detail.c.document).join(audit_detail, isouter=True).where(refused)
    newest = chosen.order_by(audit_event.c.number.desc()).limit(_NAMED)
    return tuple(audit.event_of(row) for row in archive.execute(newest))


def _double_codes(archive: sa.Connection) -> tuple[str, ...]:
    seen = json.loads(row_changes.value_of(archive, DOUBLES_SEEN) or "[]")
    return tuple(code for code in _doubles(archive) if code not in seen)


def _doubles(archive: sa.Connection) -> list[str]:
    patient = schema.patient
    doubled = sa.select(patient.c.code_key).group_by(patient.c.code_key).having(sa.func.count() > 1)
    codes = sa.select(sa.func.min(patient.c.code)).where(patient.c.code_key.in_(doubled)).group_by(patient.c.code_key)
    return sorted(archive.scalars(codes.order_by(patient.c.code_key).limit(_NAMED)))
