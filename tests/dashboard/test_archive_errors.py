"""Every error of the archive has its sentence, and the sentence needs nothing the error does not carry."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from dashboard.words import load_words
from records import errors
from records.errors import EntryProblem, InvalidEntry, Kind, RecordsError

ENTRY_VALUES: dict[EntryProblem, dict[str, object]] = {
    EntryProblem.BIRTH_YEAR_OUT_OF_RANGE: {"value": 19, "minimum": 1890, "maximum": 2026},
    EntryProblem.TEXT_TOO_LONG: {"length": 65, "limit": 64},
    EntryProblem.TRIAL_SPAN: {"start_s": 2.0, "end_s": 1.0},
    EntryProblem.CODE_SHARED: {"code": "P-1", "count": 2},
    EntryProblem.NUMBER_OUT_OF_RANGE: {"value": "11", "minimum": "0", "maximum": "10"},
    EntryProblem.DAY_OUT_OF_RANGE: {"value": "1801-01-01", "minimum": 1900, "maximum": 2100},
    EntryProblem.CHECKLIST_INCOMPLETE: {"missing": 2},
    EntryProblem.REPORT_NO_PDF: {"limit": 20},
    EntryProblem.PASSWORD_TOO_SHORT: {"minimum": 12},
    EntryProblem.PASSWORD_TOO_LONG: {"limit": 1000},
}
STORE_VALUES = {"command": "stancelab store upgrade", "found": "0001", "wanted": "0002"}

CONFLICTS = (Kind.PATIENT, Kind.TRIAL, Kind.CALIBRATION, Kind.ACCOUNT, Kind.SESSION, Kind.VISIT, Kind.OBSERVATION)
CONFLICTS += (Kind.STRENGTH_TEST, Kind.THERAPY_EVENT, Kind.STUDY, Kind.STUDY_VISIT, Kind.PATIENT_MERGE)


def leaves(cls: type[RecordsError]) -> list[type[RecordsError]]:
    """Errors below one that have none below themselves, by name."""
    below = sorted(cls.__subclasses__(), key=lambda child: child.__name__)
    return [leaf for child in below for leaf in leaves(child)] if below else [cls]


def examples() -> Iterator[RecordsError]:
    yield errors.NotPermitted("Ann", "viewer", "void a trial")
    yield errors.CodeTaken("P-1", "id")
    yield from (errors.PatientClosed("P-1", other) for other in ("id", None))
    yield errors.RecordingDamaged("its checksum does not fit", "id")
    yield errors.AccountNameTaken("Ann")
    yield errors.LastAdministrator("Ann")
    yield errors.LoginDelayed(7.6)
    yield errors.UnlockRefused(2)
    yield from (error() for error in (errors.AlreadySetUp, errors.LoginRefused, errors.SessionLocked))
    yield errors.SessionOver()
    yield from (errors.NotFound(kind, "id") for kind in Kind)
    yield from (errors.Conflict(kind, "id", 1, 2) for kind in CONFLICTS)
    yield from (InvalidEntry(problem, "field", **ENTRY_VALUES.get(problem, {})) for problem in EntryProblem)
    yield from (errors.MergeRefused(problem, "trial 7") for problem in errors.MergeProblem)
    yield errors.ParquetDriverMissing("why")
    yield errors.ExchangeFailed(KeyError("why"))
    yield from (errors.SealRefused(problem, "what") for problem in errors.SealProblem)
    for store_error in (errors.StoreUnreachable, errors.StoreDamaged, *leaves(errors.StoreError)):
        yield store_error("sqlite:///archive.db", "why", **STORE_VALUES)


@pytest.mark.parametrize("error", list(examples()), ids=lambda error: error.code)
def test_an_error_has_its_sentence(error: RecordsError) -> None:
    assert load_words()(f"errors.{error.code}", **error.values).endswith(
        (".", "upgrade", "list", "set-up-code", "add", "sqlcipher3", "pyarrow")
    )


def test_no_error_is_left_out() -> None:
    assert {type(error) for error in examples()} >= set(leaves(RecordsError))
