"""Between stations and a server: everything arrives once and whole; what two changed is refused by name."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa
from lab import Lab, content, settled
from postgres_server import Databases
from shelf import CLINICIAN, TRIALS, filed_patient, filed_trial, import_input, raw, raw_input, result
from staff import ADMIN, PASSWORD, START, added

from records import accounts, filing, sign_in
from records.engine import make_engine, parsed
from records.errors import InvalidEntry, ServerIsAnother, StoreTooNew
from records.exchange import Exchange, Progress
from records.ids import new_id
from records.model import Act, NewPatient, NewTrial, Role, TrialStatus
from records.outbox import is_station, refusals_seen, waiting
from records.recording_file import content_sha256
from records.sending import Delivery, Parcel
from records.store import RecordStore, sqlite_url


@pytest.fixture
def lab(tmp_path: Path, databases: Databases) -> Iterator[Lab]:
    made = Lab(tmp_path, databases.archive())
    yield made
    made.close()


def test_what_one_station_files_lies_whole_on_the_server_and_at_every_other_station(lab: Lab) -> None:
    a, b = lab.station("a"), lab.station("b")
    trial = filed_trial(a.station)
    filing.file_result(a.station, CLINICIAN, trial.id, result())
    told = waiting(a.station)
    assert (told.trials, told.rows) == (1, 5)  # patient, calibration, visit, trial, result
    assert settled(a, b) == 0
    assert content(a.station) == content(a.server) == content(b.station)
    for store in (a.server, b.station):
        stored = store.recording(trial.recording_id)
        assert stored.raw is not None
        assert content_sha256(stored.raw) == content_sha256(raw())
        assert store.damaged_recordings() == (1, ())
        assert store.verify_audit().faults == ()
    assert (waiting(a.station).rows, waiting(a.station).since) == (0, None)
    assert a.round() == b.round() == Progress(0, 0, 0, more=False)


class Dies(Exchange):
    """Killed after the server has taken the parcel, before the station knows."""

    def _settle(self, parcel: Parcel, delivery: Delivery) -> None:
        raise KeyboardInterrupt


def test_what_was_sent_before_a_crash_is_there_once(lab: Lab) -> None:
    a = lab.station("a")
    trial = filed_trial(a.station)
    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            Dies(a.station, a.server).round()
    assert waiting(a.station).trials == 1
    assert settled(a) == 0
    assert content(a.station) == content(a.server)
    assert a.server.trials_of(trial.visit_id) == (trial,)


def test_of_two_edits_the_first_to_arrive_stays_and_the_other_is_named(lab: Lab) -> None:
    a, b = lab.station("a"), lab.station("b")
    patient = filed_patient(a.station)
    settled(a, b)
    filing.edit_patient(a.station, CLINICIAN, replace(patient, note="seen at a"))
    twice = filing.edit_patient(b.station, CLINICIAN, replace(patient, note="seen at b", birth_year=1962))
    filing.edit_patient(b.station, CLINICIAN, replace(twice, note="seen at b again"))
    assert settled(a, b) == 1
    for store in (a.station, b.station, a.server):
        assert store.patient(patient.id).note == "seen at a"
        assert store.verify_audit().faults == ()
    assert content(a.station) == content(a.server) == content(b.station)
    (event,) = waiting(b.station).refused
    assert (event.act, event.subject_id) == (Act.CHANGE_REFUSED, patient.id)
    assert event.details["entered"] == {"note": "seen at b again", "birth_year": 1962}
    assert event.details["kept"] == {"note": "seen at a", "birth_year": 1961}
    assert waiting(a.station).refused == ()
    refusals_seen(b.station)
    assert waiting(b.station).refused == ()


def test_after_a_refusal_the_next_edit_is_taken(lab: Lab) -> None:
    a, b = lab.station("a"), lab.station("b")
    patient = filed_patient(a.station)
    settled(a, b)
    filing.edit_patient(a.station, CLINICIAN, replace(patient, note="seen at a"))
    filing.edit_patient(b.station, CLINICIAN, replace(patient, note="seen at b"))
    settled(a, b)
    now = b.station.patient(patient.id)
    filing.edit_patient(b.station, CLINICIAN, replace(now, note=f"{now.note}, and at b"))
    assert settled(a, b) == 0
    assert a.station.patient(patient.id).note == "seen at a, and at b"


def test_an_edit_that_waits_is_not_overwritten_by_what_is_fetched(lab: Lab) -> None:
    """A trial is voided here while the server is away, and there by another station with another reason."""
    a, b = lab.station("a"), lab.station("b")
    trial = filed_trial(a.station)
    settled(a, b)
    filing.void_trial(a.station, CLINICIAN, trial.id, "the wrong person")
    settled(a)
    filing.void_trial(b.station, CLINICIAN, trial.id, "fell off")
    b._fetch()
    assert b.station.trial(trial.id).void_reason == "fell off"
    assert settled(b, a) == 1
    for store in (a.station, b.station, a.server):
        assert store.trial(trial.id).status is TrialStatus.VOID
        assert store.trial(trial.id).void_reason == "the wrong person"


def test_no_half_import_is_ever_seen(lab: Lab) -> None:
    """150 recordings with a trial each, of one file, in one act: after each round all of them are there, or none."""
    a = lab.station("a")
    filed_trial(a.station)
    patient = filed_patient(a.station, "P-002")
    parts = [(import_input(), [NewTrial(TRIALS[0].side, 0.0, 2.0)]) for _ in range(150)]
    visit, _ = filing.file_import(a.station, CLINICIAN, patient.id, parts, station="room 2")
    seen = []
    while a.round().sent:
        seen.append(len(a.server.trials_of(visit.id)))
    assert set(seen) <= {0, 150}
    assert seen[-1] == 150
    assert content(a.station) == content(a.server)


def test_an_archive_that_was_there_before_the_server_is_sent_whole(lab: Lab) -> None:
    alone = RecordStore(sqlite_url(lab.folder / "a.db"))
    alone.upgrade()
    trial = filed_trial(alone)
    assert not is_station(alone)
    alone.close()
    a = lab.station("a")
    assert waiting(a.station).trials == 1
    settled(a)
    assert a.server.trial(trial.id) == trial
    assert content(a.station) == content(a.server)
    filed_patient(a.station, "P-002")
    assert settled(a) == 0
    assert a.server.verify_audit().faults == ()  # two chains: from before, and from since


def test_a_station_that_comes_new_gets_everything(lab: Lab) -> None:
    a = lab.station("a")
    first = filed_trial(a.station)
    trials = [NewTrial(TRIALS[0].side, 0.0, 5.0, id=new_id()) for _ in range(350)]
    filing.file_recording(a.station, CLINICIAN, first.visit_id, raw_input(), trials)
    settled(a)
    b = lab.station("b")
    assert b.round().more
    settled(b)
    assert content(b.station) == content(a.server)


def test_a_damaged_recording_is_not_spread_and_is_named(lab: Lab) -> None:
    a = lab.station("a")
    trial = filed_trial(a.station)
    with closing(sqlite3.connect(lab.folder / "a.db")) as raw_file, raw_file:
        raw_file.execute("UPDATE recording SET content = substr(content, 1, 200)")
    settled(a)
    assert a.server.patient(a.station.visit(trial.visit_id).patient_id).code == "P-001"
    assert a.server.trials_of(trial.visit_id) == ()
    named = {(event.subject_kind.value, event.subject_id) for event in waiting(a.station).refused}
    assert named == {("recording", trial.recording_id), ("trial", trial.id)}


def test_a_server_restored_from_an_older_backup_gets_back_what_it_lost(lab: Lab) -> None:
    """The backup was made before the trial, and before the patient was edited."""
    a, b = lab.station("a"), lab.station("b")
    patient = filed_patient(a.station)
    settled(a, b)
    with a.server.reading() as archive:
        (log,) = archive.execute(sa.text("SELECT max(number) FROM row_change")).one()
    edited = filing.edit_patient(a.station, CLINICIAN, replace(patient, note="seen"))
    trial = filed_trial(a.station, "P-002")
    settled(a, b)
    with a.server.writing() as archive:
        for table in ("trial", "recording", "visit", "calibration"):
            archive.execute(sa.text(f"DELETE FROM {table}"))  # noqa: S608
        archive.execute(sa.text("DELETE FROM patient WHERE code = 'P-002'"))
        archive.execute(sa.text("UPDATE patient SET note = '', version = 1"))
        archive.execute(sa.text(f"DELETE FROM row_change WHERE number > {log}"))  # noqa: S608
    assert settled(a, b) == 0
    assert a.server.patient(patient.id) == edited
    assert a.server.trial(trial.id) == trial
    assert content(a.station) == content(a.server) == content(b.station)


def test_another_server_is_refused_before_anything_is_mixed(lab: Lab, databases: Databases) -> None:
    a = lab.station("a")
    filed_trial(a.station)
    settled(a)
    other = RecordStore(databases.empty())
    with pytest.raises(ServerIsAnother):
        Exchange(a.station, other).round()
    assert other.search_patients() == ()
    other.close()


def test_a_server_of_a_newer_program_is_refused_and_everything_waits(lab: Lab) -> None:
    a = lab.station("a")
    filed_trial(a.station)
    with a.server.writing() as archive:
        archive.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    try:
        with pytest.raises(StoreTooNew):
            lab.station("a").round()
        assert waiting(a.station).trials == 1
    finally:
        engine = make_engine(parsed(lab.address))
        with engine.begin() as archive:
            archive.execute(sa.text("UPDATE alembic_version SET version_num = :n"), {"n": a.station.revision()})
        engine.dispose()
    assert settled(a) == 0


def test_one_code_given_at_two_stations_is_kept_twice_and_named(lab: Lab) -> None:
    a, b = lab.station("a"), lab.station("b")
    filed_patient(a.station)
    filing.add_patient(b.station, CLINICIAN, NewPatient("p-001"))
    assert settled(a, b) == 0
    for store in (a.station, b.station):
        assert len(store.search_patients("p-001")) == 2
        assert len(waiting(store).double_codes) == 1


def test_who_got_an_account_at_one_station_logs_in_at_another(lab: Lab) -> None:
    a, b = lab.station("a"), lab.station("b")
    account = added(a.station)
    assert settled(a, b) == 0
    assert sign_in.log_in(b.station, account.name, PASSWORD, now=START).account == account
    settled(b, a)
    assert b.server.verify_audit().faults == ()


def test_two_accounts_of_one_name_are_named_and_neither_is_overwritten(lab: Lab) -> None:
    a, b = lab.station("a"), lab.station("b")
    first = accounts.add_account(a.station, ADMIN, "Ann Example", Role.CLINICIAN, PASSWORD, now=START)
    second = accounts.add_account(b.station, ADMIN, "ann example", Role.CLINICIAN, PASSWORD, now=START)
    settled(a, b)
    (refused, *_) = waiting(b.station).refused
    assert refused.subject_kind.value == "account"
    assert [account.id for account in accounts.accounts_of(b.server)] == [first.id]
    assert [account.id for account in accounts.accounts_of(b.station)] == [second.id]


def test_an_act_that_was_refused_is_not_sent(lab: Lab) -> None:
    a = lab.station("a")
    patient = filed_patient(a.station)
    settled(a)
    with pytest.raises(InvalidEntry):
        filing.open_visit(a.station, CLINICIAN, patient.id, station="")
    assert waiting(a.station).rows == 0
