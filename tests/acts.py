"""Every act of `records.filing` on an archive where there is something to act on: name -> act, and how it is done.

In this order each of them finds what it acts on, also after those before it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from shelf import (
    CLINICIAN,
    TRIALS,
    calibration,
    filed_patient,
    filed_trial,
    import_input,
    raw_input,
    result,
    session_check,
)

from analysis.abductors import PelvicDrop
from analysis.geometry import Side
from records import filing
from records.doubles import PatientMerge
from records.examination import (
    GOOD_ANSWER,
    NewObservation,
    NewStrengthTest,
    Observation,
    StrengthPosition,
    StrengthTest,
)
from records.model import Act, Actor, NewPatient, Patient, Trial, Visit
from records.reports import NewReport, ReportKind
from records.store import RecordStore
from records.studies import NewStudy, Study, StudyVisit
from records.therapy import NewTherapyEvent, TherapyEvent, TherapyKind

PDF = b"%PDF-1.7 the page as it was printed"


@dataclass(frozen=True)
class World:
    """One of everything, and of what can be restored one that is void."""

    patient: Patient
    visit: Visit
    trial: Trial
    void_trial: Trial
    seen: Observation
    void_seen: Observation
    strength: StrengthTest
    void_strength: StrengthTest
    therapy: TherapyEvent
    void_therapy: TherapyEvent
    study: Study
    member: StudyVisit
    void_visit: Visit
    other: Patient
    merge: PatientMerge


def observation(side: Side = Side.LEFT, trial_id: str | None = None) -> NewObservation:
    """An examiner's fields, each with a value of its own."""
    return NewObservation(
        side,
        trial_id,
        pelvic_drop=PelvicDrop.LATER,
        drop_at_s=11.5,
        drop_deg=4.1,
        drop_sd_deg=1.1,
        tilt_deg=6.3,
        tilt_sd_deg=0.9,
        instrument="video, 60 Hz",
        trunk_lean=True,
        trunk_lean_deg=7.0,
        pain=3,
        hand_support=False,
        hand_load_kg=2.5,
        note="Größe des Knies links",
    )


def strength(side: Side = Side.LEFT) -> NewStrengthTest:
    """120.5 N at 0.4 m."""
    return NewStrengthTest(
        side, 120.5, 0.4, instrument="hand-held", position=StrengthPosition.SIDE_LYING, pain=1, note="belt"
    )


def therapy() -> NewTherapyEvent:
    """A hip that was replaced."""
    return NewTherapyEvent(TherapyKind.SURGERY, date(2026, 1, 15), Side.RIGHT, "total hip arthroplasty")


def report() -> NewReport:
    """A page of a visit."""
    return NewReport(ReportKind.CLINICIAN, "en", PDF, "0" * 64, "stancelab 1")


def world(store: RecordStore, code: str = "P-001") -> World:
    """File one of everything."""
    trial = filed_trial(store, code)
    visit, patient = store.visit(trial.visit_id), store.patient(store.visit(trial.visit_id).patient_id)
    (second,) = filing.file_recording(store, CLINICIAN, visit.id, raw_input(), TRIALS)
    second_visit = filing.open_visit(store, CLINICIAN, patient.id, station="s")
    seen = filing.file_observation(store, CLINICIAN, visit.id, observation(trial_id=trial.id))
    other_seen = filing.file_observation(store, CLINICIAN, visit.id, observation(Side.RIGHT))
    tests = [filing.file_strength_test(store, CLINICIAN, visit.id, strength(side)) for side in Side]
    events = [filing.add_therapy_event(store, CLINICIAN, patient.id, therapy()) for _ in range(2)]
    study = filing.add_study(store, CLINICIAN, NewStudy("two Mondays"))
    return World(
        patient=patient,
        visit=visit,
        trial=trial,
        void_trial=filing.void_trial(store, CLINICIAN, second.id, "the phone rang"),
        seen=seen,
        void_seen=filing.void_observation(store, CLINICIAN, other_seen.id, "wrong leg"),
        strength=tests[0],
        void_strength=filing.void_strength_test(store, CLINICIAN, tests[1].id, "wrong leg"),
        therapy=events[0],
        void_therapy=filing.void_therapy_event(store, CLINICIAN, events[1].id, "twice"),
        study=study,
        member=filing.add_study_visit(store, CLINICIAN, study.id, visit.id, 1),
        void_visit=filing.void_visit(store, CLINICIAN, second_visit.id, "wrong patient"),
        other=filing.add_patient(store, CLINICIAN, NewPatient(f"{code} again")),
        merge=filing.merge_patients(store, CLINICIAN, patient.id, filed_patient(store, f"{code}-2").id, "one person"),
    )


Perform = Callable[[RecordStore, Actor, World], object]

_PATIENTS: dict[str, tuple[Act, Perform]] = {
    "add_patient": (Act.PATIENT_ADDED, lambda store, who, _: filing.add_patient(store, who, NewPatient("new"))),
    "edit_patient": (
        Act.PATIENT_EDITED,
        lambda store, who, at: filing.edit_patient(store, who, dataclasses.replace(at.patient, note="n")),
    ),
    "add_therapy_event": (
        Act.THERAPY_ADDED,
        lambda store, who, at: filing.add_therapy_event(store, who, at.patient.id, therapy()),
    ),
    "edit_therapy_event": (
        Act.THERAPY_EDITED,
        lambda store, who, at: filing.edit_therapy_event(store, who, dataclasses.replace(at.therapy, note="n")),
    ),
    "void_therapy_event": (
        Act.THERAPY_VOIDED,
        lambda store, who, at: filing.void_therapy_event(store, who, at.therapy.id, "r"),
    ),
    "restore_therapy_event": (
        Act.THERAPY_RESTORED,
        lambda store, who, at: filing.restore_therapy_event(store, who, at.void_therapy.id),
    ),
}
_VISITS: dict[str, tuple[Act, Perform]] = {
    "open_visit": (
        Act.VISIT_OPENED,
        lambda store, who, at: filing.open_visit(store, who, at.patient.id, station="s"),
    ),
    "edit_visit": (
        Act.VISIT_EDITED,
        lambda store, who, at: filing.edit_visit(store, who, dataclasses.replace(at.visit, body_mass_kg=71.5)),
    ),
    "answer_checklist": (
        Act.CHECKLIST_ANSWERED,
        lambda store, who, at: filing.answer_checklist(store, who, at.visit.id, GOOD_ANSWER),
    ),
    "void_visit": (Act.VISIT_VOIDED, lambda store, who, at: filing.void_visit(store, who, at.visit.id, "r")),
    "restore_visit": (Act.VISIT_RESTORED, lambda store, who, at: filing.restore_visit(store, who, at.void_visit.id)),
    "file_report": (Act.REPORT_FILED, lambda store, who, at: filing.file_report(store, who, at.visit.id, report())),
}
_TRIALS: dict[str, tuple[Act, Perform]] = {
    "file_recording": (
        Act.RECORDING_FILED,
        lambda store, who, at: filing.file_recording(store, who, at.visit.id, raw_input(), TRIALS),
    ),
    "file_import": (
        Act.FILE_IMPORTED,
        lambda store, who, at: filing.file_import(
            store, who, at.patient.id, [(import_input(), TRIALS), (import_input(), TRIALS)], station="s"
        ),
    ),
    "file_result": (Act.RESULT_FILED, lambda store, who, at: filing.file_result(store, who, at.trial.id, result())),
    "file_results": (
        Act.RESULT_FILED,
        lambda store, who, at: filing.file_results(store, who, [(at.trial.id, result())]),
    ),
    "void_trial": (Act.TRIAL_VOIDED, lambda store, who, at: filing.void_trial(store, who, at.trial.id, "wrong leg")),
    "restore_trial": (Act.TRIAL_RESTORED, lambda store, who, at: filing.restore_trial(store, who, at.void_trial.id)),
}
_EXAMINATION: dict[str, tuple[Act, Perform]] = {
    "file_observation": (
        Act.OBSERVATION_FILED,
        lambda store, who, at: filing.file_observation(store, who, at.visit.id, observation()),
    ),
    "edit_observation": (
        Act.OBSERVATION_EDITED,
        lambda store, who, at: filing.edit_observation(store, who, dataclasses.replace(at.seen, pain=None)),
    ),
    "void_observation": (
        Act.OBSERVATION_VOIDED,
        lambda store, who, at: filing.void_observation(store, who, at.seen.id, "r"),
    ),
    "restore_observation": (
        Act.OBSERVATION_RESTORED,
        lambda store, who, at: filing.restore_observation(store, who, at.void_seen.id),
    ),
    "file_strength_test": (
        Act.STRENGTH_FILED,
        lambda store, who, at: filing.file_strength_test(store, who, at.visit.id, strength()),
    ),
    "edit_strength_test": (
        Act.STRENGTH_EDITED,
        lambda store, who, at: filing.edit_strength_test(store, who, dataclasses.replace(at.strength, force_n=99.0)),
    ),
    "void_strength_test": (
        Act.STRENGTH_VOIDED,
        lambda store, who, at: filing.void_strength_test(store, who, at.strength.id, "r"),
    ),
    "restore_strength_test": (
        Act.STRENGTH_RESTORED,
        lambda store, who, at: filing.restore_strength_test(store, who, at.void_strength.id),
    ),
}
_STUDIES: dict[str, tuple[Act, Perform]] = {
    "add_study": (Act.STUDY_ADDED, lambda store, who, _: filing.add_study(store, who, NewStudy("another"))),
    "edit_study": (
        Act.STUDY_EDITED,
        lambda store, who, at: filing.edit_study(store, who, dataclasses.replace(at.study, note="n")),
    ),
    "add_study_visit": (
        Act.STUDY_VISIT_ADDED,
        lambda store, who, at: filing.add_study_visit(store, who, at.study.id, at.void_visit.id, 2),
    ),
    "void_study_visit": (
        Act.STUDY_VISIT_VOIDED,
        lambda store, who, at: filing.void_study_visit(store, who, at.member.id, "r"),
    ),
    "close_study": (Act.STUDY_CLOSED, lambda store, who, at: filing.close_study(store, who, at.study.id)),
}
_PLATES: dict[str, tuple[Act, Perform]] = {
    "add_calibration": (
        Act.CALIBRATION_ADDED,
        lambda store, who, _: filing.add_calibration(store, who, calibration("another")),
    ),
    "add_drift_check": (
        Act.DRIFT_CHECK_ADDED,
        lambda store, who, _: filing.add_drift_check(store, who, "FP-7-2026", session_check()),
    ),
}
_PEOPLE: dict[str, tuple[Act, Perform]] = {
    "merge_patients": (
        Act.PATIENTS_MERGED,
        lambda store, who, at: filing.merge_patients(store, who, at.patient.id, at.other.id, "one person"),
    ),
    "unmerge_patients": (
        Act.PATIENTS_UNMERGED,
        lambda store, who, at: filing.unmerge_patients(store, who, at.merge.id),
    ),
    "erase_patient": (
        Act.PATIENT_ERASED,
        lambda store, who, at: filing.erase_patient(store, who, at.patient.id, "asked for by the person"),
    ),
}
ACTS = {**_PATIENTS, **_VISITS, **_TRIALS, **_EXAMINATION, **_STUDIES, **_PLATES, **_PEOPLE}
