"""Between a station's own archive and the one on the server: what was filed here goes there, what others filed comes.

::

    acts --> archive in a file --row_change--> send --one transaction--> server --row_change--> fetch --> other stations

A station works in its own archive, always; the server is where stations meet. A row is known by its id, so that it can
be sent any number of times. Rows arrive in whole acts, in one transaction, so that no half trial can be seen. A row
that another station has changed since both agreed on it is refused: the server's stays, here and there, and an event
of the audit keeps what was entered here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import uuid4

import sqlalchemy as sa

from records import row_changes, shared_rows
from records.errors import ServerIsAnother
from records.exchange_schema import row_change
from records.forgotten import keep_forgotten
from records.refusals import Refused, note_refusals
from records.row_changes import Entry
from records.scope import NEVER_CHANGED, SHARED
from records.sending import SENT_AT_ONCE, Delivery, Parcel, deliver, parcel_of
from records.shared_rows import Row
from records.store import RecordStore

FETCHED_AT_ONCE = 100
ARCHIVE, SERVER, FETCHED = "archive", "server", "fetched"
_NOTHING = "0"


@dataclass(frozen=True, slots=True)
class Progress:
    """What a round moved: rows. ``more``: there is more to move at once."""

    sent: int
    fetched: int
    refused: int
    more: bool


class Exchange:
    """A station's archive and the server's. One thread at a time.

    Parameters
    ----------
    station : RecordStore
        As `open_station` opens it.
    server : RecordStore
        The archive that the stations share.
    """

    def __init__(self, station: RecordStore, server: RecordStore) -> None:
        self.station, self.server = station, server

    def round(self) -> Progress:
        """Send what waits, then fetch what is new: a portion of each.

        Raises
        ------
        StoreError
            The server does not answer, is full, of another schema ...: nothing is lost, everything waits.
        """
        self._meet()
        parcel = self._packed()
        delivery = Delivery()
        if parcel is not None:
            with self.server.writing() as archive:
                delivery = deliver(archive, parcel, self.server.station)
            self._settle(parcel, delivery)
        fetched, refused, more = self._fetch()
        sent = 0 if parcel is None else len(parcel.entries)
        return Progress(sent, fetched, len(delivery.refused) + refused, more or sent >= SENT_AT_ONCE)

    def _meet(self) -> None:
        """See that it is the server that this station knows, and that it still has what it had."""
        if self.server.revision() is None:
            self.server.upgrade()
        with self.server.reading() as archive:
            id = row_changes.value_of(archive, ARCHIVE)
        if id is None:
            with self.server.writing() as archive:
                id = row_changes.value_of(archive, ARCHIVE) or str(uuid4())
                row_changes.set_value(archive, ARCHIVE, id)
        with self.station.reading() as archive:
            known = row_changes.values(archive)
        if known.get(SERVER, id) != id:
            raise ServerIsAnother(self.server.shown_url)
        fetched = known.get(FETCHED, _NOTHING)
        if SERVER not in known or not self._still_has(fetched):
            with self.station.writing() as archive:
                row_changes.set_value(archive, SERVER, id)
                row_changes.set_value(archive, FETCHED, _NOTHING)
                if SERVER in known:
                    row_changes.note_again(archive)  # it was restored from a backup: bring back what it lost

    def _still_has(self, fetched: str) -> bool:
        """Whether the line of the log that was fetched last is there as it was."""
        number = _number(fetched)
        if not number:
            return True
        with self.server.reading() as archive:
            found = row_changes.entries(archive, number - 1, 1)
        return bool(found) and _written(found[0]) == fetched

    def _packed(self) -> Parcel | None:
        with self.station.reading() as archive:
            parcel = parcel_of(archive)
        return None if parcel is None else parcel.marked()

    def _settle(self, parcel: Parcel, delivery: Delivery) -> None:
        """The server has it: it waits no longer. What the server refused is what the server has, from now on."""
        with self.station.writing() as archive:
            before = row_changes.newest_number(archive)
            for table in SHARED:
                shared_rows.set_agreed(archive, table, delivery.agreed.get(table.name, {}))
                self._take_over(archive, table, [each for each in delivery.refused if each.table == table.name])
            row_changes.remove(archive, sa.or_(row_change.c.number <= parcel.last, row_change.c.number > before))
            note_refusals(archive, self.station.station, delivery.refused)

    def _take_over(self, archive: sa.Connection, table: sa.Table, refused: Sequence[Refused]) -> None:
        theirs = {each.key: each.theirs for each in refused if each.theirs is not None}
        if table.name in NEVER_CHANGED or not theirs:
            return
        sent = {each.key: shared_rows.mark(table, each.ours) for each in refused}
        marks = {}
        for key, now in shared_rows.marks_of(archive, table, theirs).items():
            if now == sent[key]:  # else it was edited once more meanwhile: refused in the next round
                shared_rows.overwrite(archive, table, theirs[key])
                marks[key] = shared_rows.mark(table, theirs[key])
        shared_rows.set_agreed(archive, table, marks)

    def _fetch(self) -> tuple[int, int, bool]:
        """Rows taken, rows refused, whether there are more."""
        with self.station.reading() as archive:
            fetched = row_changes.value_of(archive, FETCHED) or _NOTHING
        with self.server.reading() as theirs:
            found = row_changes.entries(theirs, _number(fetched), FETCHED_AT_ONCE)
            if not found:
                return 0, 0, False
            rows = self._read(theirs, found)
        marks = {table.name: _marks(table, rows[table.name]) for table in SHARED}  # before anybody has to wait
        with self.station.writing() as archive:
            for pragma in ("defer_foreign_keys", "secure_delete"):  # rows may come before those they point to;
                archive.exec_driver_sql(f"PRAGMA {pragma} = ON")  # what an erasure takes is overwritten with zeros
            before = row_changes.newest_number(archive)
            refused: list[Refused] = []
            left: set[str] = set()
            for table in SHARED:
                refused += _taken(archive, table, rows[table.name], marks[table.name], left)
            keep_forgotten(archive, rows, left)
            row_changes.remove(archive, row_change.c.number > before)
            row_changes.set_value(archive, FETCHED, _written(found[-1]))
            note_refusals(archive, self.station.station, refused)
        return sum(map(len, rows.values())), len(refused), len(found) == FETCHED_AT_ONCE

    def _read(self, theirs: sa.Connection, found: Sequence[Entry]) -> dict[str, dict[str, Row]]:
        """The rows as they are now, and those they point to; of rows that never change only what is not here."""
        wanted: dict[str, set[str]] = {}
        for entry in found:
            wanted.setdefault(entry.table, set()).add(entry.key)
        rows: dict[str, dict[str, Row]] = {}
        for table in reversed(SHARED):  # children first: what they point to is asked for with their parents
            keys = self._news(theirs, table, wanted.get(table.name, set()))
            rows[table.name] = shared_rows.read_rows(theirs, table, keys)
            for reference in table.foreign_keys:
                above = reference.column.table
                pointed = {row[reference.parent.name] for row in rows[table.name].values()} - {None}
                wanted.setdefault(above.name, set()).update(self._unknown(above, pointed))
        return rows

    def _news(self, theirs: sa.Connection, table: sa.Table, keys: set[str]) -> set[str]:
        """Of these rows those that say something else than what is known here of the server's."""
        if table.name in NEVER_CHANGED:
            return self._unknown(table, keys)
        marks = shared_rows.marks_of(theirs, table, keys)
        with self.station.reading() as archive:
            known = shared_rows.agreed(archive, table, keys)
        return {key for key in marks if marks[key] != known.get(key)}

    def _unknown(self, table: sa.Table, keys: set[str]) -> set[str]:
        with self.station.reading() as archive:
            return keys - shared_rows.present(archive, table, keys)


def _marks(table: sa.Table, rows: dict[str, Row]) -> dict[str, str]:
    return {key: shared_rows.mark(table, row) for key, row in rows.items()}


def _taken(
    archive: sa.Connection, table: sa.Table, theirs: dict[str, Row], marks: dict[str, str], left: set[str]
) -> list[Refused]:
    """Lay the server's rows into the station's archive; not over an edit of this station's that waits to be sent.

    ``left`` takes imported files that a recording here does not point to any more.
    """
    ours = shared_rows.read_rows(archive, table, theirs)
    here = _marks(table, ours)
    unwanted = shared_rows.insert(archive, table, [row for key, row in theirs.items() if key not in here])
    refused = [Refused(table.name, key, {}, theirs[key]) for key in unwanted]
    edited = _waiting(archive, table)
    different = [key for key in here if here[key] != marks[key]]
    if table.name in NEVER_CHANGED:
        return refused + [Refused(table.name, key, ours[key], theirs[key]) for key in different]
    for key in different:
        if key not in edited:
            shared_rows.overwrite(archive, table, theirs[key])
            left |= shared_rows.sources_left(ours[key], theirs[key])
    unsettled = {*unwanted, *(key for key in different if key in edited)}
    shared_rows.set_agreed(archive, table, {key: marks[key] for key in theirs if key not in unsettled})
    return refused


def _waiting(archive: sa.Connection, table: sa.Table) -> frozenset[str]:
    return frozenset(archive.scalars(sa.select(row_change.c.row_key).where(row_change.c.table_name == table.name)))


def _number(fetched: str) -> int:
    return int(fetched.partition(" ")[0])


def _written(entry: Entry) -> str:
    return f"{entry.number} {entry.table} {entry.key}"
