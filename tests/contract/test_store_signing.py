"""A visit is signed with the password again; what is changed after it is kept in both versions and shown as changed."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from acts import World, observation, strength, world
from shelf import CLINICIAN, TRIALS, raw_input, result
from staff import PASSWORD, START, WRONG_PASSWORD, added, after

from analysis.geometry import Side
from records import clinic_schema, filing
from records.archive_file import export_archive
from records.errors import Conflict, EntryProblem, InvalidEntry, LoginDelayed, LoginRefused, NotPermitted
from records.examination import GOOD_ANSWER
from records.merge import merge_archive
from records.model import Act, Role
from records.people import Account
from records.signatures import Meaning, Signature
from records.signing import sign_visit, signed_state
from records.store import RecordStore, sqlite_url


def signed(store: RecordStore, who: Account, visit_id: str, seconds: float = 0.0) -> Signature:
    shown = signed_state(store, visit_id).content_sha256
    return sign_visit(store, who.id, PASSWORD, visit_id, Meaning.EXAMINED, shown, now=after(seconds))


def test_a_signature_says_who_when_what_it_means_and_what_was_signed(store: RecordStore) -> None:
    at, who = world(store), added(store)
    shown = signed_state(store, at.visit.id)
    before = len(store.audit_events(limit=1000))
    signature = signed(store, who, at.visit.id)
    state = signed_state(store, at.visit.id)
    assert state.signatures == (signature,)
    assert (signature.name, signature.role, signature.meaning) == ("Cora Clinic", "clinician", Meaning.EXAMINED)
    assert (signature.at, signature.number, signature.content_sha256) == (START, 1, shown.content_sha256)
    assert (state.amended, state.changes, state.amendments, state.broken) == (False, (), (), ())
    newest, *rest = store.audit_events(limit=1000)
    assert (newest.act, newest.actor, len(rest)) == (Act.VISIT_SIGNED, "Cora Clinic", before)
    assert newest.details["content_sha256"] == signature.content_sha256


def test_nothing_is_signed_without_the_password(store: RecordStore) -> None:
    """Refusals are audited, and delay the next try like those at the log-in."""
    at, who = world(store), added(store)
    shown = signed_state(store, at.visit.id).content_sha256
    for n in range(5):
        with pytest.raises(LoginRefused):
            sign_visit(store, who.id, WRONG_PASSWORD, at.visit.id, Meaning.REVIEWED, shown, now=after(0))
        assert store.audit_events(limit=n + 1)[n].act is Act.LOGIN_REFUSED
    with pytest.raises(LoginDelayed):
        sign_visit(store, who.id, PASSWORD, at.visit.id, Meaning.REVIEWED, shown, now=after(0))
    assert signed_state(store, at.visit.id).signatures == ()
    assert signed(store, who, at.visit.id, 3600).number == 1


def test_only_who_measures_signs(store: RecordStore) -> None:
    at = world(store)
    for role in (Role.VIEWER, Role.ADMIN):
        with pytest.raises(NotPermitted):
            signed(store, added(store, role.value, role), at.visit.id)
    assert signed_state(store, at.visit.id).signatures == ()


def test_what_was_changed_since_it_was_shown_is_not_signed(store: RecordStore) -> None:
    at, who = world(store), added(store)
    shown = signed_state(store, at.visit.id).content_sha256
    filing.void_trial(store, CLINICIAN, at.trial.id, "wrong leg")
    with pytest.raises(Conflict):
        sign_visit(store, who.id, PASSWORD, at.visit.id, Meaning.EXAMINED, shown, now=after(0))
    assert signed_state(store, at.visit.id).signatures == ()


def test_a_void_visit_is_not_signed(store: RecordStore) -> None:
    at, who = world(store), added(store)
    with pytest.raises(InvalidEntry) as refused:
        signed(store, who, at.void_visit.id)
    assert refused.value.code == EntryProblem.IS_VOID


#: Where it shows -> what is done. Each finds what it acts on after those before it.
CHANGES: dict[str, Callable[[RecordStore, World], object]] = {
    "visit.body_mass_kg": lambda store, at: filing.edit_visit(
        store, CLINICIAN, dataclasses.replace(at.visit, body_mass_kg=71.5), reason="misread"
    ),
    "visit.checklist.reason": lambda store, at: filing.answer_checklist(store, CLINICIAN, at.visit.id, GOOD_ANSWER),
    "trials.status": lambda store, at: filing.void_trial(store, CLINICIAN, at.trial.id, "wrong leg"),
    "trials.void_reason": lambda store, at: filing.restore_trial(store, CLINICIAN, at.void_trial.id),
    "trials": lambda store, at: filing.file_recording(store, CLINICIAN, at.visit.id, raw_input(), TRIALS),
    "trials.result.number": lambda store, at: filing.file_result(store, CLINICIAN, at.trial.id, result()),
    "observations": lambda store, at: filing.file_observation(store, CLINICIAN, at.visit.id, observation()),
    "observations.pain": lambda store, at: filing.edit_observation(
        store, CLINICIAN, dataclasses.replace(at.seen, pain=9), reason="asked again"
    ),
    "strength_tests": lambda store, at: filing.file_strength_test(store, CLINICIAN, at.visit.id, strength(Side.RIGHT)),
    "strength_tests.void_reason": lambda store, at: filing.void_strength_test(store, CLINICIAN, at.strength.id, "pain"),
    "visit.patient_id": lambda store, at: filing.merge_patients(
        store, CLINICIAN, at.other.id, at.patient.id, "one person"
    ),
    "visit.void_reason": lambda store, at: filing.void_visit(store, CLINICIAN, at.visit.id, "wrong patient"),
}


def test_a_change_after_the_signature_shows_and_both_versions_are_kept(store: RecordStore) -> None:
    """Signed, changed, signed again, changed ...: what was signed before is never touched."""
    at, who = world(store), added(store)
    signatures = [signed(store, who, at.visit.id)]
    for n, (where, change) in enumerate(CHANGES.items(), 1):
        change(store, at)
        state = signed_state(store, at.visit.id)
        assert state.amended, where
        shown = [re.sub(r"(?<=s)\.[0-9a-f-]{36}", "", each.where) for each in state.changes]
        assert any(each == where or each.startswith(f"{where}.") for each in shown), (where, shown)
        assert {each.split(".")[0] for each in shown} == {where.split(".")[0]}
        assert len(state.amendments) == n, where
        assert (state.amendments[-1].name, state.signatures) == (CLINICIAN.name, tuple(signatures))
        assert state.amendments[-1].before != state.amendments[-1].after
        if where != "visit.void_reason":
            signatures.append(signed(store, who, at.visit.id, 60 * n))
            assert not signed_state(store, at.visit.id).amended
    assert [each.number for each in signatures] == list(range(1, len(CHANGES) + 1))


EDITS: list[Callable[[RecordStore, World], object]] = [
    lambda store, at: filing.edit_visit(store, CLINICIAN, dataclasses.replace(at.visit, note="n")),
    lambda store, at: filing.edit_observation(store, CLINICIAN, dataclasses.replace(at.seen, pain=9)),
    lambda store, at: filing.edit_strength_test(store, CLINICIAN, dataclasses.replace(at.strength, force_n=9.0)),
]


def test_a_signed_visit_is_not_edited_without_a_reason(store: RecordStore) -> None:
    at, who = world(store), added(store)
    signed(store, who, at.visit.id)
    before = store.audit_events(limit=1000)
    for edit in EDITS:
        with pytest.raises(InvalidEntry) as refused:
            edit(store, at)
        assert refused.value.code == EntryProblem.AMENDMENT_REASON_MISSING
    assert store.audit_events(limit=1000) == before
    assert not signed_state(store, at.visit.id).amended


def test_an_edit_that_is_taken_back_is_what_was_signed_again_and_both_steps_stay(store: RecordStore) -> None:
    at, who = world(store), added(store)
    signed(store, who, at.visit.id)
    once = filing.edit_visit(store, CLINICIAN, dataclasses.replace(at.visit, note="n"), reason="typing")
    filing.edit_visit(store, CLINICIAN, dataclasses.replace(once, note=at.visit.note), reason="it was right")
    state = signed_state(store, at.visit.id)
    assert (state.amended, state.changes) == (False, ())
    assert [(each.before, each.after, each.reason) for each in state.amendments] == [
        ({"note": ""}, {"note": "n"}, "typing"),
        ({"note": "n"}, {"note": ""}, "it was right"),
    ]


def test_a_visit_that_is_not_signed_keeps_no_amendments(store: RecordStore) -> None:
    at = world(store)
    filing.edit_visit(store, CLINICIAN, dataclasses.replace(at.visit, note="n"))
    assert signed_state(store, at.visit.id).amendments == ()


def test_a_signature_whose_content_was_tampered_with_is_named(store: RecordStore) -> None:
    at, who = world(store), added(store)
    signature = signed(store, who, at.visit.id)
    assert signature.content is not None
    forged = {**signature.content, "visit": {**signature.content["visit"], "note": "never said"}}
    with store.writing() as connection:
        connection.execute(sa.update(clinic_schema.signature).values(content=forged))
    assert signed_state(store, at.visit.id).broken == (1,)


def test_what_was_signed_is_signed_in_every_archive_it_comes_to(store: RecordStore, tmp_path: Path) -> None:
    """From either database into a file: the digest is the same."""
    at, who = world(store), added(store)
    filing.file_result(store, CLINICIAN, at.trial.id, result(1 / 3))
    signed(store, who, at.visit.id)
    export_archive(store, CLINICIAN, tmp_path / "all.stancelab", None)
    other = RecordStore(sqlite_url(tmp_path / "other.db"), station="room 9")
    other.upgrade()
    merge_archive(other, CLINICIAN, tmp_path / "all.stancelab")
    assert signed_state(other, at.visit.id) == signed_state(store, at.visit.id)
    assert not signed_state(other, at.visit.id).amended
    other.close()
