"""Who did what, when: append-only, one hash chain for each station, written in the transaction of the act.

An event's hash is the SHA-256 of a JSON list without blanks: the hash of the event before it (64 zeros before the
first), id, station, number, time, actor, role, act, kind and id of its subject, SHA-256 of its details. Details lie
in a table of their own, so that a person's data could be erased there and the chain would still verify.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from itertools import groupby
from typing import Any

import sqlalchemy as sa

from records.errors import Kind
from records.ids import new_id
from records.model import Act, Actor, AuditEvent
from records.schema import audit_detail, audit_event, iso_time, sha256_of

GENESIS = "0" * 64
_AT_ONCE = 200
#: Events that fail are tried at each other's numbers up to this many: beyond it nobody reads which moved where.
_MOVES_LOOKED_FOR = 200
#: Of a longer row of removed events the first ones are named.
_GAP_NAMED = 1000
#: Columns as they lie in the database: a changed one need not be a value of its type any more.
_AS_STORED = [
    sa.type_coerce(column, sa.Text).label(column.name)
    if column.name in ("at", "role", "act", "subject_kind")
    else column
    for column in audit_event.c
]


class AuditProblem(StrEnum):
    """What is wrong with an event."""

    CHANGED = "changed"
    REMOVED = "removed"
    MOVED = "moved"
    DETAILS_CHANGED = "details_changed"
    DETAILS_REMOVED = "details_removed"
    HEAD_MISSING = "head_missing"


@dataclass(frozen=True, slots=True)
class AuditFault:
    """One broken place of a chain. ``number`` is the event's; for HEAD_MISSING the first one after the chain's end."""

    problem: AuditProblem
    station: str
    number: int


@dataclass(frozen=True, slots=True)
class AuditReport:
    """What `verify` found: events read, the newest hash of each station, faults in order (none: sound)."""

    events: int
    heads: Mapping[str, str]
    faults: tuple[AuditFault, ...]


def append(
    connection: sa.Connection,
    actor: Actor,
    act: Act,
    station: str,
    subject: tuple[Kind, str],
    details: Mapping[str, object],
) -> None:
    """Add one event to the chain of `station`, in the caller's transaction.

    Parameters
    ----------
    subject : (kind, id)
        What was acted on.
    details : Mapping
        JSON values. A nonce is added, so that erased details can't be guessed from their hash.
    """
    document = _canonical({**details, "nonce": secrets.token_hex(16)})
    last = connection.execute(
        sa.select(audit_event.c.number, audit_event.c.hash)
        .where(audit_event.c.station == station)
        .order_by(audit_event.c.number.desc())
        .limit(1)
    ).one_or_none()
    at = datetime.now(UTC)
    row: dict[str, Any] = {
        "id": new_id(),
        "station": station,
        "number": last.number + 1 if last else 1,
        "at": iso_time(at),
        "actor": actor.name,
        "role": actor.role,
        "act": act,
        "subject_kind": subject[0],
        "subject_id": subject[1],
        "details_sha256": sha256_of(document.encode()),
        "previous_hash": last.hash if last else GENESIS,
    }
    row["hash"] = _hash(row, row["number"])
    connection.execute(audit_event.insert().values({**row, "at": at}))
    connection.execute(audit_detail.insert().values(event_id=row["id"], document=document))


def events_of_act(connection: sa.Connection, act: Act) -> tuple[AuditEvent, ...]:
    """Every event of one kind, oldest first."""
    chosen = sa.select(audit_event, audit_detail.c.document).join(audit_detail, isouter=True)
    in_order = chosen.where(audit_event.c.act == act).order_by(audit_event.c.at, audit_event.c.number)
    return tuple(event_of(row) for row in connection.execute(in_order))


def telling_of(connection: sa.Connection, subject_ids: Sequence[str], acts: Collection[Act]) -> tuple[str, ...]:
    """Ids of the events of these acts on these subjects, and on those events themselves."""
    told: dict[str, None] = {}
    subjects = list(subject_ids)
    while subjects:
        found: list[str] = []
        for start in range(0, len(subjects), _AT_ONCE):
            of_these = audit_event.c.subject_id.in_(subjects[start : start + _AT_ONCE])
            chosen = sa.select(audit_event.c.id).where(of_these, audit_event.c.act.in_(acts))
            found += connection.scalars(chosen.order_by(audit_event.c.id))
        subjects = [id for id in found if id not in told]
        told |= dict.fromkeys(subjects)
    return tuple(told)


def erase_details(connection: sa.Connection, subject_ids: Sequence[str], acts: Collection[Act]) -> tuple[str, ...]:
    """Empty what these acts on these subjects told, in the transaction of the act that says which; their ids."""
    erased = telling_of(connection, subject_ids, acts)
    for first in range(0, len(erased), _AT_ONCE):
        page = erased[first : first + _AT_ONCE]
        connection.execute(audit_detail.update().where(audit_detail.c.event_id.in_(page)).values(document=""))
    return erased


def events(
    connection: sa.Connection,
    subject_id: str | None,
    limit: int,
    offset: int,
    *,
    actor: str = "",
    acts: Collection[Act] = (),
) -> tuple[AuditEvent, ...]:
    """Events, newest first; of one subject, of actors whose name holds `actor`, of some acts, where they are given."""
    chosen = sa.select(audit_event, audit_detail.c.document).join(audit_detail, isouter=True)
    if subject_id is not None:
        chosen = chosen.where(audit_event.c.subject_id == subject_id)
    if actor:
        chosen = chosen.where(audit_event.c.actor.icontains(actor, autoescape=True))
    if acts:
        chosen = chosen.where(audit_event.c.act.in_(list(acts)))
    newest_first = chosen.order_by(audit_event.c.at.desc(), audit_event.c.number.desc()).limit(limit).offset(offset)
    return tuple(event_of(row) for row in connection.execute(newest_first))


def event_of(row: sa.Row[Any]) -> AuditEvent:
    """A row of the events with its details document."""
    columns = dict(row._mapping)
    details = json.loads(columns.pop("document") or "{}")
    details.pop("nonce", None)
    return AuditEvent(**columns, details=details)


def verify(connection: sa.Connection, heads: Mapping[str, str] | None = None) -> AuditReport:
    """Check every chain, and that each of `heads` (station -> hash kept elsewhere) is still in its chain.

    A chain alone can't show that its newest events were removed: that takes a head from a backup or a report.
    """
    kept = dict(heads or {})
    total, found_heads = 0, {}
    faults: list[AuditFault] = []
    erased = _erased(connection)
    for station, chain in groupby(stored_rows(connection), key=lambda row: str(row["station"])):
        checked = _Chain(station, kept.pop(station, None), erased)
        for row in chain:
            checked.add(row)
        total += checked.events
        found_heads[station] = checked.last_hash
        faults += checked.faults()
    faults += [AuditFault(AuditProblem.HEAD_MISSING, station, 1) for station in sorted(kept)]
    return AuditReport(total, found_heads, tuple(faults))


def heads(connection: sa.Connection) -> dict[str, str]:
    """Newest hash of every station's chain."""
    last = sa.select(audit_event.c.station, sa.func.max(audit_event.c.number).label("number"))
    last_of_each = last.group_by(audit_event.c.station).subquery()
    newest = sa.select(audit_event.c.station, audit_event.c.hash).join(
        last_of_each,
        (audit_event.c.station == last_of_each.c.station) & (audit_event.c.number == last_of_each.c.number),
    )
    return {station: hash for station, hash in connection.execute(newest.order_by(audit_event.c.station))}


def stored_rows(connection: sa.Connection) -> Iterator[dict[str, Any]]:
    """Every event with its details document, as they lie in the database, station by station in order."""
    chosen = sa.select(*_AS_STORED, audit_detail.c.document).join(audit_detail, isouter=True)
    in_order = chosen.order_by(audit_event.c.station, audit_event.c.number)
    for row in connection.execution_options(yield_per=1000).execute(in_order):
        yield dict(row._mapping)


def _erased(connection: sa.Connection) -> frozenset[str]:
    """Events whose details were emptied by an act that says so: one that itself tells what its hash was made of."""
    chosen = sa.select(audit_event.c.details_sha256, audit_detail.c.document).join(audit_detail)
    documents = connection.execute(chosen.where(audit_event.c.act == Act.PATIENT_ERASED))
    sound = [json.loads(document) for sha256, document in documents if sha256_of(document.encode()) == sha256]
    return frozenset(id for details in sound for id in details["events"])


class _Chain:
    """One station's events as they are read in order of their numbers."""

    def __init__(self, station: str, head: str | None, erased: frozenset[str]) -> None:
        self.station, self._head, self._erased = station, head, erased
        self.events, self.last_hash = 0, GENESIS
        self._last_number, self._last_is_sound = 0, True
        self._head_seen = head is None
        self._failing: list[dict[str, Any]] = []
        self._faults: list[AuditFault] = []

    def add(self, row: dict[str, Any]) -> None:
        """Check the next event against itself and the one before."""
        number = int(row["number"])
        for missing in range(self._last_number + 1, min(number, self._last_number + _GAP_NAMED)):
            self._fault(AuditProblem.REMOVED, missing)
        is_next = number == self._last_number + 1
        is_sound = _hash(row, number) == row["hash"]
        if not is_sound:
            self._failing.append(row)
        elif is_next and self._last_is_sound and row["previous_hash"] != self.last_hash:
            # Both fit themselves and not each other: the one before was rewritten, with a fitting hash.
            self._fault(AuditProblem.CHANGED, max(self._last_number, 1))
        self._check_details(row)
        self.events += 1
        self.last_hash, self._last_number, self._last_is_sound = str(row["hash"]), number, is_sound
        self._head_seen = self._head_seen or self.last_hash == self._head

    def faults(self) -> Iterator[AuditFault]:
        """All faults, in order of the events' numbers."""
        numbers = [int(row["number"]) for row in self._failing]
        few = len(numbers) <= _MOVES_LOOKED_FOR
        for row in self._failing:
            moved = few and any(_hash(row, number) == row["hash"] for number in numbers)
            self._fault(AuditProblem.MOVED if moved else AuditProblem.CHANGED, int(row["number"]))
        if not self._head_seen:
            self._fault(AuditProblem.HEAD_MISSING, self._last_number + 1)
        yield from sorted(self._faults, key=lambda fault: fault.number)

    def _check_details(self, row: dict[str, Any]) -> None:
        document = row["document"]
        if document == "" and row["id"] in self._erased:
            return
        if not document:
            self._fault(AuditProblem.DETAILS_REMOVED, int(row["number"]))
        elif sha256_of(document.encode()) != row["details_sha256"]:
            self._fault(AuditProblem.DETAILS_CHANGED, int(row["number"]))

    def _fault(self, problem: AuditProblem, number: int) -> None:
        self._faults.append(AuditFault(problem, self.station, number))


def _hash(row: Mapping[str, Any], number: int) -> str:
    content = [row["previous_hash"], row["id"], row["station"], number, row["at"], row["actor"]]
    content += [str(row["role"]), str(row["act"]), str(row["subject_kind"]), row["subject_id"], row["details_sha256"]]
    return sha256_of(_canonical(content).encode())


def _canonical(document: object) -> str:
    return json.dumps(document, sort_keys=True, separators=(",", ":"), allow_nan=False)
