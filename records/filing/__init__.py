"""The acts on the archive, by what they act on. One function = one act = one transaction = exactly one audit event.

Each checks who acts and what was entered, writes, and audits; all of it is committed, or nothing.
"""

from records.filing.doubles import merge_patients, unmerge_patients
from records.filing.erasing import erase_patient
from records.filing.observations import edit_observation, file_observation, restore_observation, void_observation
from records.filing.patients import add_patient, edit_patient
from records.filing.plates import add_calibration, add_drift_check
from records.filing.reports import file_report
from records.filing.results import file_result, file_results
from records.filing.strength import edit_strength_test, file_strength_test, restore_strength_test, void_strength_test
from records.filing.studies import add_study, add_study_visit, close_study, edit_study, void_study_visit
from records.filing.therapy import add_therapy_event, edit_therapy_event, restore_therapy_event, void_therapy_event
from records.filing.trials import file_import, file_recording, restore_trial, void_trial
from records.filing.visits import answer_checklist, edit_visit, open_visit, restore_visit, void_visit

__all__ = [
    "add_calibration",
    "add_drift_check",
    "add_patient",
    "add_study",
    "add_study_visit",
    "add_therapy_event",
    "answer_checklist",
    "close_study",
    "edit_observation",
    "edit_patient",
    "edit_strength_test",
    "edit_study",
    "edit_therapy_event",
    "edit_visit",
    "erase_patient",
    "file_import",
    "file_observation",
    "file_recording",
    "file_report",
    "file_result",
    "file_results",
    "file_strength_test",
    "merge_patients",
    "open_visit",
    "restore_observation",
    "restore_strength_test",
    "restore_therapy_event",
    "restore_trial",
    "restore_visit",
    "unmerge_patients",
    "void_observation",
    "void_strength_test",
    "void_study_visit",
    "void_therapy_event",
    "void_trial",
    "void_visit",
]
