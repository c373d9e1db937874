"""The archive behind an address: reads, units of work, its schema. Writes go through `records.filing`."""

from __future__ import annotations

import platform
import weakref
import zlib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

import sqlalchemy as sa

from analysis.calibration import Calibration
from records import audit, clinic_queries, migrations, queries, snapshot
from records.doubles import PatientMerge
from records.engine import (
    create_file,
    in_turn,
    make_engine,
    named_errors,
    parsed,
    reading,
    shown,
    shown_address,
    sqlite_file,
    sqlite_url,
    writing,
)
from records.errors import Kind, NotFound, RecordingDamaged, StoreDamaged, StoreMissing, StoreTooNew, StoreTooOld
from records.examination import Observation, StrengthTest
from records.local_disk import check_place
from records.model import Act, AuditEvent, DriftCheck, Patient, PatientRow, StoredRecording, StoredResult, Trial, Visit
from records.new_file import may_write
from records.reports import Report
from records.studies import Study, StudyVisit
from records.therapy import TherapyEvent

P = ParamSpec("P")
T = TypeVar("T")

__all__ = ["RecordStore", "shown_address", "sqlite_url"]


class RecordStore:
    """The archive. Nothing is opened before the first use; safe to share between threads.

    Parameters
    ----------
    url : str
        ``sqlite:///FILE`` or ``postgresql://...``.
    station : str or None
        Whose audit chain this program writes; None: this computer's, one for archives in files and one for servers.

    Raises
    ------
    StoreUrlUnknown
        At once. At the first use: StoreMissing, StoreTooOld, StoreTooNew, each with the command to type.
    """

    def __init__(self, url: str, *, station: str | None = None) -> None:
        self._url = parsed(url)
        computer = platform.node() or "station"
        self.station = station or (computer if sqlite_file(self._url) else f"{computer} (server)")
        self._engine = make_engine(self._url)
        weakref.finalize(self, self._engine.dispose)  # a store that is dropped lets go of its file
        self._placed = False  # on a disk of this computer
        #: What was found broken in its file; from then on it is only read.
        self.damage: StoreDamaged | None = None
        self._revision: str | None = None  # as found, once it was this program's

    @property
    def shown_url(self) -> str:
        """Address as it may be shown: without its password."""
        return shown(self._url)

    @property
    def file(self) -> Path | None:
        """File of an SQLite archive; None for one on a server."""
        return sqlite_file(self._url)

    @property
    def name(self) -> str:
        """What its backups are called: the file's name without its ending, or the database's."""
        return Path(self._url.database or "").stem if self.file else self._url.database or "archive"

    @property
    def is_read_only(self) -> bool:
        """Whether this user may read the file and not write it, or no journal beside it. A server says so itself."""
        file = self.file
        return file is not None and file.exists() and not (may_write(file) and may_write(file.parent))

    def close(self) -> None:
        """Close every connection; the store may be used again."""
        self._engine.dispose()

    # ---- schema

    def revision(self) -> str | None:
        """Version of the archive's schema; None where there is no archive yet.

        Raises
        ------
        StoreOnNetwork, StoreInCloud
            Nothing is opened there. Looked at once for each store, before its file is touched.
        StoreError
        """
        file = sqlite_file(self._url)
        if file is not None:
            if not self._placed:
                check_place(file, self.shown_url)
                self._placed = True
            if not file.exists():
                return None
        with named_errors(self._url), reading(self._engine).begin() as connection:
            return migrations.revision_of(connection)

    def check_schema(self) -> None:
        """Return where this program can work with the archive.

        Raises
        ------
        StoreMissing, StoreTooOld, StoreTooNew
        """
        found, wanted = self.revision(), migrations.newest()
        self._revision = found if found == wanted else None
        if self._revision is not None:
            return
        typed = f'"{self.shown_url}"' if " " in self.shown_url else self.shown_url
        upgrade = f"stancelab store upgrade --store {typed}"
        if found is None:
            raise StoreMissing(self.shown_url, command=upgrade)
        if found in migrations.known():
            raise StoreTooOld(self.shown_url, command=upgrade, found=found, wanted=wanted)
        raise StoreTooNew(self.shown_url, command="stancelab --version", found=found, wanted=wanted)

    def upgrade(self) -> Path | None:
        """Make the archive, or bring an older one to this program's schema; one transaction, all or nothing.

        Of an older one in a file a verified copy is made first, in the folder ``backups`` beside it.

        Returns
        -------
        Path or None
            The copy.

        Raises
        ------
        StoreTooNew
            Made by a newer program: nothing is touched.
        StoreError
            Also where the copy can't be made or verified: nothing is touched.
        """
        found = self.revision()
        if found == migrations.newest():
            return None
        if found is not None and found not in migrations.known():
            self.check_schema()
        copy = None if found is None else self._copied_before(found)
        create_file(self._url)
        engine = make_engine(self._url, migrating=True)
        try:
            with named_errors(self._url), writing(engine).begin() as connection:
                migrations.migrate(connection, self.shown_url)
        finally:
            engine.dispose()
        return copy

    def _copied_before(self, schema: str) -> Path | None:
        if self.file is None:
            return None
        name = snapshot.backup_name(self.file, datetime.now(UTC), schema)
        return snapshot.copy_verified(self.file, snapshot.folder_of(self.file) / name).path

    def check_integrity(self) -> None:
        """Read the whole archive and return where its file is sound.

        Raises
        ------
        StoreDamaged
            What the database says is broken.
        """
        with self._noting_damage():
            self._check_integrity()

    def _check_integrity(self) -> None:
        with self.reading() as connection:
            if connection.dialect.name != "sqlite":
                return
            found = [str(row[0]) for row in connection.exec_driver_sql("PRAGMA integrity_check")]
            orphans = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
        if found != ["ok"]:
            raise StoreDamaged(self.shown_url, found[0])
        if orphans:
            raise StoreDamaged(self.shown_url, f"{len(orphans)} rows point to rows that do not exist")

    def damaged_recordings(self) -> tuple[int, tuple[RecordingDamaged, ...]]:
        """Load every recording: how many there are, and those that are not what was filed.

        Each in a view of its own, so that nobody who files has to wait.
        """
        ids = self._read(queries.recording_ids)
        damaged = []
        for id in ids:
            try:
                self.recording(id)
            except RecordingDamaged as error:
                damaged.append(error)
        return len(ids), tuple(damaged)

    # ---- units of work

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """A consistent view of the archive."""
        if self._revision is None:
            self.check_schema()
        with self._noting_damage(), named_errors(self._url), reading(self._engine).begin() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """One unit of work: all of it is committed at the end, or nothing where an exception passes.

        Nothing is written into an archive that was found damaged: what can be read of it stays as it is.
        """
        if self.damage is not None:
            raise StoreDamaged(self.shown_url, str(self.damage.values["why"]))
        if self._revision is None:
            self.check_schema()
        with (
            self._noting_damage(),
            in_turn(self._url),
            named_errors(self._url),
            writing(self._engine).begin() as connection,
        ):
            if migrations.recorded_revision(connection) != self._revision:
                self.check_schema()  # another station's program brought it forward meanwhile
            yield connection

    @contextmanager
    def _noting_damage(self) -> Iterator[None]:
        try:
            yield
        except StoreDamaged as error:
            self.damage = self.damage or error
            raise

    def _read(self, query: Callable[Concatenate[sa.Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        with self.reading() as connection:
            return query(connection, *args, **kwargs)

    # ---- reads

    def search_patients(self, text: str = "", limit: int = 50, offset: int = 0) -> tuple[PatientRow, ...]:
        """Patients whose code and name hold every word of `text`, in any case and with or without accents.

        An exact code comes first, then who was here last.
        """
        return self._read(queries.search_patients, text, limit, offset)

    def patient(self, id: str) -> Patient:
        """One patient. Raises NotFound."""
        return self._read(queries.find_patient, id)

    def visits_of(self, patient_id: str) -> tuple[Visit, ...]:
        """Visits of a patient, newest first."""
        return self._read(queries.visits_of, patient_id)

    def visit(self, id: str) -> Visit:
        """One visit. Raises NotFound."""
        return self._read(queries.find_visit, id)

    def visits_with_source(self, sha256: str) -> tuple[Visit, ...]:
        """Visits that hold a recording imported from the file with this SHA-256, newest first."""
        return self._read(queries.visits_with_source, sha256)

    def trials_of(self, visit_id: str) -> tuple[Trial, ...]:
        """Trials of a visit in the order they were filed, void ones too."""
        return self._read(queries.trials_of, visit_id)

    def trial_ids(self, patient_code: str | None = None, since: datetime | None = None) -> tuple[str, ...]:
        """Ids of trials, oldest first, void ones too: of one patient, of visits since a moment, or all."""
        return self._read(queries.trial_ids, patient_code, since)

    def trial(self, id: str) -> Trial:
        """One trial. Raises NotFound."""
        return self._read(queries.find_trial, id)

    def recording(self, id: str) -> StoredRecording:
        """One recording, verified. Raises NotFound, RecordingDamaged."""
        return self._read(queries.find_recording, id)

    def source(self, sha256: str) -> bytes:
        """The file a recording was imported from, byte for byte. Raises NotFound."""
        content = self._read(queries.source_content, sha256)
        if content is None:
            raise NotFound(Kind.SOURCE, sha256)
        return zlib.decompress(content)

    def latest_result(self, trial_id: str) -> StoredResult | None:
        """Newest result of a trial; None where its analysis failed or has not run."""
        return self._read(queries.latest_results, [trial_id]).get(trial_id)

    def newest_results(self, trial_ids: Sequence[str]) -> dict[str, StoredResult]:
        """Newest result of each of these trials that has one, by trial id."""
        return self._read(queries.latest_results, trial_ids)

    def latest_results(self, visit_id: str) -> dict[str, StoredResult]:
        """Newest result of each trial of a visit that has one, by trial id."""
        with self.reading() as connection:
            trials = queries.trials_of(connection, visit_id)
            return queries.latest_results(connection, [trial.id for trial in trials])

    def observations_of(self, visit_id: str, *, void: bool = False) -> tuple[Observation, ...]:
        """What the examiner saw in a visit, in the order it was filed; `void`: also what is void."""
        return self._read(clinic_queries.observations_of, visit_id, void=void)

    def strength_tests_of(self, visit_id: str, *, void: bool = False) -> tuple[StrengthTest, ...]:
        """Strength tests of a visit, in the order they were made; `void`: also what is void."""
        return self._read(clinic_queries.strength_tests_of, visit_id, void=void)

    def strength_tests_of_patient(self, patient_id: str) -> tuple[StrengthTest, ...]:
        """Strength tests of all visits of a patient, oldest first, without what is void."""
        return self._read(clinic_queries.strength_tests_of_patient, patient_id)

    def therapy_events_of(self, patient_id: str, *, void: bool = False) -> tuple[TherapyEvent, ...]:
        """Surgery and therapy of a patient, oldest first; `void`: also what is void."""
        return self._read(clinic_queries.therapy_events_of, patient_id, void=void)

    def merges_of(self, patient_id: str) -> tuple[PatientMerge, ...]:
        """Merges of doubles that a patient was part of, newest first, undone ones too."""
        return self._read(clinic_queries.merges_of, patient_id)

    def studies(self) -> tuple[Study, ...]:
        """Studies, newest first, closed ones too."""
        return self._read(clinic_queries.studies)

    def study_visits(self, study_id: str, *, void: bool = False) -> tuple[StudyVisit, ...]:
        """Visits in a study, in the order they were put in; `void`: also those taken out."""
        return self._read(clinic_queries.study_visits, study_id, void=void)

    def studies_of_visit(self, visit_id: str) -> tuple[StudyVisit, ...]:
        """Which studies a visit is in."""
        return self._read(clinic_queries.studies_of_visit, visit_id)

    def reports_of(self, visit_id: str) -> tuple[Report, ...]:
        """Reports of a visit, oldest first."""
        return self._read(clinic_queries.reports_of, visit_id)

    def report_pdf(self, id: str) -> tuple[Report, bytes]:
        """A report with its PDF, verified. Raises NotFound, RecordingDamaged."""
        return self._read(clinic_queries.report_pdf, id)

    def calibration(self, id: str) -> Calibration:
        """One calibration. Raises NotFound."""
        return self._read(queries.find_calibration, id)

    def latest_calibration(self, plate_serial: str) -> Calibration | None:
        """Newest calibration of a plate; None where it was never calibrated."""
        return self._read(queries.latest_calibration, plate_serial)

    def drift_checks(self, plate_serial: str, limit: int = 100) -> tuple[DriftCheck, ...]:
        """The drift log of a plate, newest first."""
        return self._read(queries.drift_checks, plate_serial, limit)

    def audit_events(
        self,
        subject_id: str | None = None,
        limit: int = 100,
        offset: int = 0,
        *,
        actor: str = "",
        acts: Collection[Act] = (),
    ) -> tuple[AuditEvent, ...]:
        """What was done, newest first; of one patient, visit, trial ..., of some people or acts, where it is said."""
        return self._read(audit.events, subject_id, limit, offset, actor=actor, acts=acts)

    def audit_heads(self) -> dict[str, str]:
        """Newest hash of every station's audit chain: what a report carries, so that a removed tail shows."""
        return self._read(audit.heads)

    def verify_audit(self, heads: Mapping[str, str] | None = None) -> audit.AuditReport:
        """Check every audit chain; `heads` (station -> hash) come from a backup or a report."""
        return self._read(audit.verify, heads)
