"""Patients under other names in the archive's own format, with their recordings: another archive can merge them.

Every row is made anew of the few columns that may leave (`records.pseudonyms`); recordings are decoded, their times
moved and their plates renamed, and packed again, so that each has another SHA-256. Files that were imported, the log
of the plates, reports, what was written and the audit stay at the site.
"""

from __future__ import annotations

import tempfile
import zipfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from analysis.recording import SIMULATED_SERIAL, ImportedRecording, RawRecording
from records import clinic_queries, clinic_schema, schema
from records.archive_file import Members, documents, format_document, json_line, note_export
from records.model import Act, Actor
from records.permissions import require
from records.pseudonyms import POOLED_AGE, REMOVED, Pseudonyms
from records.recording_file import content_sha256, pack
from records.schema import iso_time
from records.scope import Scope, people_in, scope_of
from records.sealing import Seal, sealed_file
from records.store import RecordStore

#: When a calibration was made would bind the dates of all patients together: all have this one.
NO_DATE = iso_time(datetime(2000, 1, 1, tzinfo=UTC))
_TABLES = (
    *(schema.patient, schema.calibration, schema.visit, schema.trial, schema.result),
    *(clinic_schema.observation, clinic_schema.strength_test),
)
OF_ARCHIVES = (
    "imported files, the plates' log, instruments, therapy, studies, signatures, reports, the audit",
    "recordings go, their times moved and their plates renamed",
    "year of birth, so that the age at the first visit is right; plates and calibrations, renamed and without dates",
)


def export_veiled_archive(
    store: RecordStore,
    actor: Actor,
    path: Path,
    patients: Sequence[str] | None,
    veil: Pseudonyms,
    seal: Seal | None = None,
) -> dict[str, int]:
    """Write patients (ids; None: all) under other names to the new file `path`; how many rows of each table.

    The manifest says what was removed. One audit event.

    Raises
    ------
    NotPermitted, StoreError, SealRefused, RecordingDamaged
    OSError
        The file can't be written, or is there already.
    """
    require(actor, Act.EXPORTED)
    with store.reading() as connection:
        scope = scope_of(connection, people_in(connection, patients))
        owners = _owners(connection)
    veiled = _Veiled(store, veil, scope, owners)
    with sealed_file(path, seal) as written:
        with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as pack:
            members = Members(pack)
            veiled.add_recordings(members)
            for table in _TABLES:
                members.add(f"rows/{table.name}.jsonl", veiled.lines(table))
            rows = dict(veiled.rows)
            about = {"pseudonymised": True, "whole": False, "removed": [*REMOVED, *OF_ARCHIVES], "rows": rows}
            members.finish({**format_document(), **about})
        note_export(store, actor, "archive", patients, {"rows": rows, "pseudonymised": True})
    return rows


def _owners(connection: sa.Connection) -> dict[str, str]:
    """Id of a visit, trial or result -> id of its patient; of a double's, of whom the double was merged into."""
    doubles = sa.select(schema.patient.c.id).where(schema.patient.c.merged_into.is_not(None))
    kept = {id: clinic_queries.chain_of(connection, id)[-1] for id in connection.scalars(doubles)}
    visits = connection.execute(sa.select(schema.visit.c.id, schema.visit.c.patient_id))
    owners = {id: kept.get(patient_id, patient_id) for id, patient_id in visits}
    of_visits = (schema.trial, schema.recording, clinic_schema.observation, clinic_schema.strength_test)
    for table, above in (*((table, "visit_id") for table in of_visits), (schema.result, "trial_id")):
        pairs = connection.execute(sa.select(table.c.id, table.c[above]))
        owners |= {id: owners[of] for id, of in pairs}
    return owners


class _Veiled:
    """The rows of one export, made anew."""

    def __init__(self, store: RecordStore, veil: Pseudonyms, scope: Scope, owners: dict[str, str]) -> None:
        self._store, self._veil, self._scope, self._owners = store, veil, scope, owners
        self.rows: Counter[str] = Counter()

    def lines(self, table: sa.Table) -> Iterator[bytes]:
        make = {
            "patient": self._patient,
            "calibration": self._calibration,
            "visit": self._visit,
            "trial": self._trial,
            "result": self._result,
            "observation": self._entered,
            "strength_test": self._entered,
        }[table.name]
        for row in documents(self._store, table, self._scope.ids[table.name]):
            if row.get("merged_into") is not None:
                continue  # a double: its visits are the other one's
            self.rows[table.name] += 1
            yield json_line(make(row))

    def add_recordings(self, members: Members) -> None:
        """Each as a file; their rows wait on the disk until all are done."""
        table = schema.recording
        with tempfile.TemporaryFile() as waiting:
            for row in documents(self._store, table, self._scope.ids[table.name]):
                content, document = self._recording(row)
                members.add(f"recordings/{document['id']}.stance", [content])
                waiting.write(json_line(document))
                self.rows[table.name] += 1
            waiting.seek(0)
            members.add(f"rows/{table.name}.jsonl", waiting)

    def _patient(self, row: dict[str, Any]) -> dict[str, Any]:
        veiled = self._veil.row("patient", row, row["id"])
        keys = dict.fromkeys(("code_key", "search_key"), schema.fold(veiled["code"]))
        return {**veiled, **keys, "birth_year": self._birth_year(row), "note": "", "version": 1}

    def _birth_year(self, row: dict[str, Any]) -> int | None:
        """Such that the age at the first visit is right, or at the last one the pooled one."""
        if row["birth_year"] is None:
            return None
        shift = self._veil.shift(row["id"])
        years = [(visit.at.year, (visit.at + shift).year) for visit in self._store.visits_of(row["id"])]
        if not years:
            return None
        last, first = years[0], years[-1]
        if last[0] - row["birth_year"] >= POOLED_AGE:
            return last[1] - POOLED_AGE
        return first[1] - (first[0] - int(row["birth_year"]))

    def _visit(self, row: dict[str, Any]) -> dict[str, Any]:
        owner = self._owners[row["id"]]
        veiled = self._veil.row("visit", {**row, "patient_id": owner}, owner)
        return {**veiled, "utc_offset_min": 0, "station": "", "operator": "", "note": "", "version": 1}

    def _trial(self, row: dict[str, Any]) -> dict[str, Any]:
        return {**self._veil.row("trial", row, self._owners[row["id"]]), "version": 1}

    def _entered(self, row: dict[str, Any]) -> dict[str, Any]:
        """What an examiner measured, without what was written."""
        table = "strength_test" if "force_n" in row else "observation"
        veiled = self._veil.row(table, row, self._owners[row["id"]])
        return {**veiled, "instrument": "", "note": "", "created_by": "", "version": 1}

    def _result(self, row: dict[str, Any]) -> dict[str, Any]:
        veiled = self._veil.row("result", row, self._owners[row["id"]])
        id, serial = row["result"]["calibration_id"], row["result"]["plate_serial"]
        of_site = {
            "calibration_id": None if id is None else self._veil.site_id(id),
            "plate_serial": None if serial is None else self._plate(serial),
        }
        return {**veiled, "result": {**veiled["result"], **of_site}}

    def _calibration(self, row: dict[str, Any]) -> dict[str, Any]:
        names = {"id": self._veil.site_id(row["id"]), "plate_serial": self._plate(row["plate_serial"])}
        return {**row, **names, "reference": "", "made_at": NO_DATE, "made_by": "", "valid_until": None}

    def _plate(self, serial: str) -> str:
        """A simulated plate stays known as one."""
        veiled = self._veil.site_id(serial)
        return f"{SIMULATED_SERIAL}{veiled}" if serial.startswith(SIMULATED_SERIAL) else veiled

    def _recording(self, row: dict[str, Any]) -> tuple[bytes, dict[str, Any]]:
        veil, shift = self._veil, self._veil.shift(self._owners[row["id"]])
        stored = self._store.recording(row["id"])
        recording: RawRecording | ImportedRecording
        if stored.raw is not None:
            plate = replace(stored.raw.plate, serial=self._plate(stored.raw.plate.serial))
            recording = replace(stored.raw, plate=plate, started_at=stored.raw.started_at + shift)
        elif stored.imported is not None:
            recording = replace(stored.imported, source_label="", device="")
        zero = row["zero"]
        if zero is not None:
            zero = {**zero, "taken_at": iso_time(datetime.fromisoformat(zero["taken_at"]) + shift)}
        calibration_id = row["calibration_id"]
        return pack(recording), {
            "id": veil.id(row["id"]),
            "visit_id": veil.id(row["visit_id"]),
            "kind": row["kind"],
            "sha256": content_sha256(recording),
            "zero": zero,
            "calibration_id": None if calibration_id is None else veil.site_id(calibration_id),
            "footing": row["footing"],
            "reader": row["reader"],
            "created_at": iso_time(datetime.fromisoformat(row["created_at"]) + shift),
        }
