"""Every act checks who acts, and writes exactly one audit event with what it did, or nothing at all."""

from __future__ import annotations

import dataclasses
import importlib
import inspect
import pkgutil
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FunctionType

import pytest
from acts import ACTS, World, world
from shelf import (
    CLINICIAN,
    NOON,
    TRIALS,
    filed_patient,
    filed_trial,
    import_input,
    raw_input,
    result,
    session_check,
)

from records import filing
from records.errors import EntryProblem, InvalidEntry, NotFound, NotPermitted
from records.model import Act, Actor, NewPatient, Role, Trial, TrialStatus
from records.permissions import PEOPLE, PERMITTED
from records.store import RecordStore, sqlite_url

#: Acts on the archive as a whole, each with tests of its own: test_backup.py, test_merge.py, test_export_command.py,
#: test_exchange.py.
KEEPING = {Act.BACKUP_MADE, Act.EXPORTED, Act.ARCHIVE_MERGED, Act.CHANGE_REFUSED}
#: It takes a password: test_store_signing.py.
SIGNING = {Act.VISIT_SIGNED}
#: Reading, which changes nothing: test_store_reads.py.
LOOKING = {Act.PATIENT_READ}
#: On the site: test_store_identity.py.
SITE = {Act.IDENTITY_CHOSEN}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[RecordStore]:
    opened = RecordStore(sqlite_url(tmp_path / "archive.db"))
    opened.upgrade()
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def shelf_file(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, World]:
    """An archive with one of everything, made once."""
    path = tmp_path_factory.mktemp("acts") / "archive.db"
    opened = RecordStore(sqlite_url(path))
    opened.upgrade()
    at = world(opened)
    opened.close()
    return path, at


@pytest.fixture
def filled(shelf_file: tuple[Path, World], tmp_path: Path) -> Iterator[tuple[RecordStore, World]]:
    """A copy of it."""
    path, at = shelf_file
    opened = RecordStore(sqlite_url(Path(shutil.copy(path, tmp_path / "filled.db"))))
    yield opened, at
    opened.close()


def test_a_trial_that_is_void_from_the_beginning_is_filed_so_and_restored_as_what_it_was(store: RecordStore) -> None:
    visit_id = filed_trial(store).visit_id
    new = dataclasses.replace(TRIALS[0], void_reason=" practice ")
    (filed,) = filing.file_recording(store, CLINICIAN, visit_id, raw_input(), [new])
    (event, *_) = store.audit_events()
    assert (filed.status, filed.void_reason, filed.version) == (TrialStatus.VOID, "practice", 1)
    assert store.trial(filed.id) == filed
    assert (event.act, event.details["void"]) == (Act.RECORDING_FILED, {filed.id: "practice"})
    assert filing.restore_trial(store, CLINICIAN, filed.id).status is TrialStatus.FILED
    with pytest.raises(InvalidEntry):
        dataclasses.replace(TRIALS[0], void_reason=" ")


def test_every_public_function_of_filing_is_an_act_of_the_closed_list() -> None:
    public = {
        name
        for module in pkgutil.iter_modules(filing.__path__, f"{filing.__name__}.")
        for name, function in vars(importlib.import_module(module.name)).items()
        if isinstance(function, FunctionType) and "store: 'RecordStore'" in str(inspect.signature(function))
        if function.__module__ == module.name and not name.startswith("_")
    }
    assert public == set(ACTS) == set(filing.__all__)
    assert {act for act, _ in ACTS.values()} == set(Act) - KEEPING - SIGNING - LOOKING - SITE - set(PEOPLE)
    assert set(PERMITTED) == set(Act)


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("name", ACTS)
def test_a_role_does_what_the_table_permits_with_one_event_and_nothing_else_with_none(
    filled: tuple[RecordStore, World], name: str, role: Role
) -> None:
    store, at = filled
    act, perform = ACTS[name]
    before = store.audit_events(limit=1000)
    actor = Actor("Bo Example", role)
    if role not in PERMITTED[act]:
        with pytest.raises(NotPermitted):
            perform(store, actor, at)
        assert store.audit_events(limit=1000) == before
        return
    perform(store, actor, at)
    newest, *rest = store.audit_events(limit=1000)
    assert [each.hash for each in rest] == [each.hash for each in before]
    assert tuple(rest) == before or act is Act.PATIENT_ERASED
    assert (newest.act, newest.actor, newest.role) == (act, "Bo Example", role)
    assert store.verify_audit().faults == ()


def test_a_viewer_changes_nothing_and_an_administrator_measures_nothing() -> None:
    permitted = {
        role: {act for act, roles in PERMITTED.items() if role in roles and act not in PEOPLE} for role in Role
    }
    assert permitted[Role.VIEWER] == LOOKING
    plates_and_patients = {Act.PATIENT_ADDED, Act.PATIENT_EDITED, Act.CALIBRATION_ADDED, Act.DRIFT_CHECK_ADDED}
    plates_and_patients |= {Act.THERAPY_ADDED, Act.THERAPY_EDITED, Act.THERAPY_VOIDED, Act.THERAPY_RESTORED}
    plates_and_patients |= {Act.PATIENTS_MERGED, Act.PATIENTS_UNMERGED, Act.PATIENT_ERASED}
    assert permitted[Role.ADMIN] == plates_and_patients | LOOKING | SITE | KEEPING - {Act.ARCHIVE_MERGED}
    assert permitted[Role.CLINICIAN] == set(Act) - set(PEOPLE) - SITE - {Act.PATIENT_ERASED}


REFUSED: dict[str, Callable[[RecordStore, Trial], object]] = {
    "edit_patient": lambda store, _: filing.edit_patient(
        store, CLINICIAN, dataclasses.replace(store.search_patients()[0].patient, id="nobody")
    ),
    "open_visit": lambda store, _: filing.open_visit(store, CLINICIAN, "nobody", station="s"),
    "file_recording": lambda store, _: filing.file_recording(store, CLINICIAN, "no visit", raw_input(), TRIALS),
    "file_import": lambda store, _: filing.file_import(
        store, CLINICIAN, "nobody", [(import_input(), TRIALS)], station="s"
    ),
    "file_result": lambda store, _: filing.file_result(store, CLINICIAN, "no trial", result()),
    "void_trial": lambda store, _: filing.void_trial(store, CLINICIAN, "no trial", "r"),
    "add_drift_check": lambda store, _: filing.add_drift_check(store, CLINICIAN, "no calibration", session_check()),
}


@pytest.mark.parametrize("name", REFUSED)
def test_an_act_on_what_is_not_there_writes_nothing(store: RecordStore, name: str) -> None:
    trial = filed_trial(store)
    before = store.audit_events()
    with pytest.raises(NotFound):
        REFUSED[name](store, trial)
    assert store.audit_events() == before


def test_an_edit_is_audited_with_the_changed_fields_before_and_after(store: RecordStore) -> None:
    patient = filed_patient(store)
    filing.edit_patient(store, CLINICIAN, dataclasses.replace(patient, name="Ada", birth_year=1970))
    event = store.audit_events()[0]
    assert event.details == {
        "before": {"name": "Jürgen Weiß", "birth_year": 1961},
        "after": {"name": "Ada", "birth_year": 1970},
    }


@pytest.mark.parametrize(
    ("problem", "entry"),
    [
        (EntryProblem.PATIENT_CODE_MISSING, {"code": "  "}),
        (EntryProblem.TEXT_TOO_LONG, {"code": "x" * 65}),
        (EntryProblem.TEXT_TOO_LONG, {"code": "x", "name": "y" * 201}),
        (EntryProblem.TEXT_TOO_LONG, {"code": "x", "note": "z" * 1_000_000}),
        (EntryProblem.TEXT_UNPRINTABLE, {"code": "a\0b"}),
        (EntryProblem.TEXT_UNPRINTABLE, {"code": "x", "name": "\ud800"}),
        (EntryProblem.BIRTH_YEAR_OUT_OF_RANGE, {"code": "x", "birth_year": 19}),
    ],
)
def test_an_entry_that_cannot_be_filed_says_which_field_and_why(problem: EntryProblem, entry: dict[str, str]) -> None:
    with pytest.raises(InvalidEntry) as refused:
        NewPatient(**entry)  # type: ignore[arg-type]
    assert refused.value.code == problem
    assert refused.value.field == list(entry)[-1]


def test_an_edit_is_checked_like_a_new_patient(store: RecordStore) -> None:
    patient = filed_patient(store)
    with pytest.raises(InvalidEntry):
        filing.edit_patient(store, CLINICIAN, dataclasses.replace(patient, code=" "))


def test_a_visit_needs_a_station_and_an_import_a_recording(store: RecordStore) -> None:
    patient = filed_patient(store)
    with pytest.raises(InvalidEntry) as without_station:
        filing.open_visit(store, CLINICIAN, patient.id, station=" ")
    with pytest.raises(InvalidEntry) as without_recording:
        filing.file_import(store, CLINICIAN, patient.id, [], station="s")
    assert without_station.value.code == EntryProblem.STATION_MISSING
    assert without_recording.value.code == EntryProblem.NO_TRIAL


def test_a_visit_filed_now_has_the_stations_offset(store: RecordStore) -> None:
    visit = filing.open_visit(store, CLINICIAN, filed_patient(store).id, station="s")
    offset = visit.at.astimezone().utcoffset()
    assert offset is not None
    assert visit.utc_offset_min == offset.total_seconds() / 60


def test_a_time_given_in_utc_is_shown_in_the_stations_own_zone(store: RecordStore) -> None:
    visit = filing.open_visit(store, CLINICIAN, filed_patient(store).id, station="s", at=NOON)
    assert visit.local_at == NOON
    assert visit.local_at.utcoffset() == NOON.astimezone().utcoffset()


def test_every_act_says_in_its_document_what_it_raises() -> None:
    for name in ACTS:
        assert "Raises" in (inspect.getdoc(getattr(filing, name)) or "")
