"""Where an administrator chose that a code is enough, nothing that says who somebody is can be filed."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from shelf import CLINICIAN

from records import filing
from records.errors import EntryProblem, InvalidEntry, NotPermitted
from records.identity import Identity, choose_identity, identity_of
from records.model import Act, Actor, NewPatient, Role
from records.store import RecordStore

ADMIN = Actor("Ada Admin", Role.ADMIN)
WHO = {"name": "Anna Example", "birth_date": date(1968, 5, 4), "record_number": "A-17"}


def test_names_are_taken_until_somebody_chooses(store: RecordStore) -> None:
    """So an archive that is older than the choice goes on as it was."""
    assert identity_of(store) is Identity.NAMES
    assert filing.add_patient(store, CLINICIAN, NewPatient("P-1", **WHO)).name == "Anna Example"


@pytest.mark.parametrize("field", WHO)
def test_with_a_code_only_nothing_that_says_who_it_is_is_filed(store: RecordStore, field: str) -> None:
    choose_identity(store, ADMIN, Identity.CODE)
    with pytest.raises(InvalidEntry) as refused:
        filing.add_patient(store, CLINICIAN, NewPatient("P-1", **{field: WHO[field]}))
    assert (refused.value.code, refused.value.field) == (EntryProblem.CODE_ONLY.value, field)
    filed = filing.add_patient(store, CLINICIAN, NewPatient("P-1", birth_year=1968))
    with pytest.raises(InvalidEntry):
        filing.edit_patient(store, CLINICIAN, replace(filed, **{field: WHO[field]}))
    assert store.patient(filed.id) == filed
    choose_identity(store, ADMIN, Identity.NAMES)
    edited = filing.edit_patient(store, CLINICIAN, replace(filed, **{field: WHO[field]}))
    assert getattr(edited, field) == WHO[field]


def test_what_was_filed_before_stays_may_be_emptied_and_not_be_changed(store: RecordStore) -> None:
    filed = filing.add_patient(store, CLINICIAN, NewPatient("P-1", **WHO))
    choose_identity(store, ADMIN, Identity.CODE)
    noted = filing.edit_patient(store, CLINICIAN, replace(filed, note="left hip"))
    assert (noted.name, noted.note) == ("Anna Example", "left hip")
    with pytest.raises(InvalidEntry):
        filing.edit_patient(store, CLINICIAN, replace(noted, name="Anna Other"))
    assert filing.edit_patient(store, CLINICIAN, replace(noted, name=None)).name is None


def test_the_choice_is_an_administrators_and_one_event(store: RecordStore) -> None:
    for role in (Role.VIEWER, Role.CLINICIAN):
        with pytest.raises(NotPermitted):
            choose_identity(store, Actor("Bo", role), Identity.CODE)
    assert store.audit_events() == ()
    choose_identity(store, ADMIN, Identity.CODE)
    (event,) = store.audit_events()
    assert (event.act, event.actor, event.details) == (
        Act.IDENTITY_CHOSEN,
        "Ada Admin",
        {"before": "names", "after": "code"},
    )
    assert identity_of(store) is Identity.CODE
