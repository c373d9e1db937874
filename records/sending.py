"""One parcel of a station's rows, and how the server takes it: all of it in one transaction, verified, or nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import sqlalchemy as sa

from records import clinic_schema, row_changes, schema, shared_rows
from records.errors import RecordingDamaged
from records.forgotten import forget_details, keep_forgotten
from records.merges_apart import settle_merges
from records.recording_file import unpack
from records.refusals import Refused
from records.row_changes import Entry
from records.scope import SHARED, key_of
from records.shared_rows import Row

#: Rows of a parcel, up to the end of the act that the last of them belongs to.
SENT_AT_ONCE, SENT_AT_MOST = 60, 600
_LAST_OF_AN_ACT = schema.audit_detail.name


@dataclass(frozen=True, slots=True)
class Parcel:
    """Rows by table and key in the order they were written, with their marks, and those both sides agreed on.

    Marks are made by `marked`, when the archive is no longer held for reading.
    """

    entries: tuple[Entry, ...]
    rows: Mapping[str, Mapping[str, Row]]
    marks: Mapping[str, Mapping[str, str]]
    agreed: Mapping[str, Mapping[str, str]]

    def marked(self) -> Parcel:
        """With the mark of every row."""
        marks = {
            table.name: {key: shared_rows.mark(table, row) for key, row in self.rows[table.name].items()}
            for table in SHARED
        }
        return replace(self, marks=marks)

    @property
    def last(self) -> int:
        """Number of the newest line of the log that it holds."""
        return self.entries[-1].number


@dataclass(frozen=True, slots=True)
class Delivery:
    """What the server has now: marks by table and key; and what it refused."""

    agreed: dict[str, dict[str, str]] = field(default_factory=dict)
    refused: list[Refused] = field(default_factory=list)
    left_sources: set[str] = field(default_factory=set)


def parcel_of(archive: sa.Connection) -> Parcel | None:
    """The oldest rows that wait; None where nothing does."""
    entries = _whole_acts(row_changes.entries(archive, 0, SENT_AT_MOST))
    if not entries:
        return None
    keys: dict[str, dict[str, None]] = {}
    for entry in entries:
        keys.setdefault(entry.table, {})[entry.key] = None
    rows, agreed = {}, {}
    for table in SHARED:
        wanted = keys.get(table.name, {})
        found = shared_rows.read_rows(archive, table, wanted)
        rows[table.name] = {key: found[key] for key in wanted if key in found}
        agreed[table.name] = shared_rows.agreed(archive, table, wanted)
    return Parcel(entries, rows, {}, agreed)


def _whole_acts(entries: tuple[Entry, ...]) -> tuple[Entry, ...]:
    """Up to the end of an act, where that is near: the last row of each is its event's details."""
    for n in range(SENT_AT_ONCE, len(entries) + 1):
        if entries[n - 1].table == _LAST_OF_AN_ACT:
            return entries[:n]
    return entries


def deliver(server: sa.Connection, parcel: Parcel, station: str) -> Delivery:
    """Write a parcel into the server's archive, in the caller's transaction.

    ``station``: whose chain of the audit says what was emptied, where it is about somebody who is erased there.

    Raises
    ------
    RecordingDamaged
        The server does not give back what it was given: the caller rolls back.
    """
    delivery = Delivery()
    for table in SHARED:
        rows = parcel.rows[table.name]
        if rows:
            _deliver(server, parcel, table, delivery)
    _settle_merges(server, parcel, delivery, station)
    erased = keep_forgotten(server, parcel.rows, delivery.left_sources)
    if erased:
        forget_details(server, erased, station)
    return delivery


def _deliver(server: sa.Connection, parcel: Parcel, table: sa.Table, delivery: Delivery) -> None:
    rows, marks = parcel.rows[table.name], parcel.marks[table.name]
    there = shared_rows.marks_of(server, table, rows)
    damaged = {key for key, row in rows.items() if key not in there and not _is_sound(table, row)}
    new = [row for key, row in rows.items() if key not in there and key not in damaged]
    unwanted = {*damaged, *shared_rows.insert(server, table, new)}
    _verify(server, table, [row for row in new if row[key_of(table).name] not in unwanted])
    different = [key for key in rows if key in there and there[key] != marks[key]]
    theirs = shared_rows.read_rows(server, table, different)
    settled = {key: marks[key] for key in rows if key not in unwanted and key not in theirs}
    for key in different:
        if marks[key] == parcel.agreed[table.name].get(key) and not _is_older(theirs[key], rows[key]):
            continue  # not changed here: what is newer there will be fetched
        if _erases(rows[key], theirs[key]):
            newest = max(int(rows[key]["version"]), int(theirs[key]["version"])) + 1
            shared_rows.overwrite(server, table, {**rows[key], "version": newest})  # and is fetched from there
        elif there[key] == parcel.agreed[table.name].get(key) or _is_older_and_known(parcel, table, key, theirs[key]):
            shared_rows.overwrite(server, table, rows[key])
            delivery.left_sources.update(shared_rows.sources_left(theirs[key], rows[key]))
            settled[key] = marks[key]
        else:
            delivery.refused.append(Refused(table.name, key, rows[key], theirs[key]))
    delivery.refused.extend(Refused(table.name, key, rows[key], None) for key in unwanted)
    delivery.agreed[table.name] = settled


def _settle_merges(server: sa.Connection, parcel: Parcel, delivery: Delivery, station: str) -> None:
    """Merges of doubles hold as a whole; what was refused is told as it stands after that."""
    undone = settle_merges(server, parcel.rows, station)
    merges = clinic_schema.patient_merge
    known = {each.key for each in delivery.refused if each.table == merges.name}
    sent = parcel.rows[merges.name]
    delivery.refused.extend(Refused(merges.name, key, sent[key], sent[key]) for key in sorted(undone - known))
    for table in (schema.patient, schema.visit, clinic_schema.therapy_event, merges):
        keys = {each.key for each in delivery.refused if each.table == table.name and each.theirs is not None}
        theirs = shared_rows.read_rows(server, table, keys)
        delivery.refused[:] = [
            replace(each, theirs=theirs[each.key]) if each.table == table.name and each.key in theirs else each
            for each in delivery.refused
        ]


def _is_older_and_known(parcel: Parcel, table: sa.Table, key: str, theirs: Row) -> bool:
    """Whether the server has lost a version that it had: it was restored from a backup."""
    known = parcel.marks[table.name][key] == parcel.agreed[table.name].get(key)
    return known and _is_older(theirs, parcel.rows[table.name][key])


def _erases(ours: Row, theirs: Row) -> bool:
    """Whether a person was erased here: that stands, whatever was written about the person meanwhile."""
    return ours.get("erased_at") is not None and theirs["erased_at"] is None


def _is_older(theirs: Row, ours: Row) -> bool:
    return "version" in ours and int(theirs["version"]) < int(ours["version"])


def _is_sound(table: sa.Table, row: Row) -> bool:
    """Whether a recording is what was filed: a damaged one is not spread."""
    if table is not schema.recording:
        return True
    try:
        _, sha256 = unpack(bytes(row["content"]))
    except RecordingDamaged:
        return False
    return sha256 == str(row["sha256"])


def _verify(server: sa.Connection, table: sa.Table, sent: list[Row]) -> None:
    """Read the bytes back before the commit."""
    if not sent or not shared_rows.has_bytes(table):
        return
    name = key_of(table).name
    kept = shared_rows.read_rows(server, table, [row[name] for row in sent])
    columns = [column.name for column in table.columns if isinstance(column.type, sa.LargeBinary)]
    for row in sent:
        for column in columns:
            ours, theirs = row[column], kept[row[name]][column]
            if (ours is None) != (theirs is None) or (ours is not None and _sha256(ours) != _sha256(theirs)):
                raise RecordingDamaged("the server does not give back what it was given", row[name])


def _sha256(content: bytes) -> str:
    return schema.sha256_of(bytes(content))
