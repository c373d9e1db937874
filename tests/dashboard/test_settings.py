"""The settings without a browser: who sees which section, what each button does, what the audit log shows."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from clinic import Clinic
from dash import Dash
from flask import g
from visitors import account_of, client_of, page_at

from dashboard.app import make_app
from dashboard.gate.gate import now
from dashboard.pages.settings import audit, users
from dashboard.words import load_words
from records import accounts, sign_in
from records.errors import LoginRefused
from records.model import Act, Role
from records.people import Account
from records.problems import Kind

WORDS = load_words()
PASSWORD = "four words of plenty"  # noqa: S105


@pytest.fixture
def clinic(tmp_path: Path) -> Iterator[Clinic]:
    made = Clinic(tmp_path)
    account_of(made.store, Role.ADMIN)
    yield made
    made.store.close()


@pytest.fixture
def app(clinic: Clinic) -> Dash:
    return make_app(clinic.services.config, clinic.services)


@pytest.fixture
def admin(app: Dash, clinic: Clinic) -> Iterator[Account]:
    """The administrator, in a request of theirs."""
    made = account_of(clinic.store, Role.ADMIN)
    opened = sign_in.open_session(clinic.store, made.id, now=now())
    with app.server.test_request_context():
        g.signed_in = sign_in.look(clinic.store, opened.token, now=now()).signed_in
        yield made


def test_every_act_and_every_kind_has_a_name_for_people() -> None:
    assert [act for act in Act if not WORDS.has(f"audited.{act.value}")] == []
    assert [kind for kind in Kind if not WORDS.has(f"kind.{kind.value}")] == []


def test_names_of_acts_tell_them_apart() -> None:
    names = [WORDS(f"audited.{act.value}") for act in Act]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("role", Role)
def test_users_and_audit_are_sections_of_administrators(app: Dash, role: Role) -> None:
    client = client_of(app, role)
    assert WORDS("settings.account.pin_title") in page_at(client, "/settings")
    for section in ("users", "audit"):
        seen = WORDS(f"settings.{section}.text") in page_at(client, f"/settings/{section}")
        assert seen is (role is Role.ADMIN)
        assert (f"/settings/{section}" in page_at(client, "/settings")) is (role is Role.ADMIN)


def test_a_new_user_is_given_a_code_and_chooses_the_password(clinic: Clinic, admin: Account) -> None:
    problem, told = users.added(clinic.services, "Nora New", Role.CLINICIAN.value)
    assert problem is None
    assert told is not None
    assert told.code is not None
    with pytest.raises(LoginRefused):
        sign_in.choose_password(clinic.store, "Nora New", "0000-0000-0000-0000-0000", PASSWORD, now=now())
    chosen = sign_in.choose_password(clinic.store, "Nora New", told.code, PASSWORD, now=now())
    assert (chosen.name, chosen.role) == ("Nora New", Role.CLINICIAN)
    assert sign_in.log_in(clinic.store, "Nora New", PASSWORD, now=now()).account.id == chosen.id
    with pytest.raises(LoginRefused):
        sign_in.choose_password(clinic.store, "Nora New", told.code, "another good password", now=now())


def test_a_code_is_too_old_after_a_day(clinic: Clinic, admin: Account) -> None:
    made = accounts.invite(clinic.store, admin.actor, "Nora New", Role.VIEWER, now=now() - accounts.PASSWORD_CODE_VALID)
    with pytest.raises(LoginRefused):
        sign_in.choose_password(clinic.store, "Nora New", made.code, PASSWORD, now=now())


def test_a_name_that_is_taken_is_said_at_the_field(clinic: Clinic, admin: Account) -> None:
    problem, told = users.added(clinic.services, "ada ADMIN", Role.VIEWER.value)
    assert told is None
    assert problem == WORDS("errors.ACCOUNT_NAME_TAKEN", name="ada ADMIN")


def test_each_button_does_to_an_account_what_it_says(clinic: Clinic, admin: Account) -> None:
    account = account_of(clinic.store, Role.CLINICIAN)
    opened = sign_in.open_session(clinic.store, account.id, now=now())

    def press(act: str) -> Account:
        shown = accounts.account_named(clinic.store, account.name)
        assert shown is not None
        told = users.done(clinic.services, act, shown.id, shown.version)
        assert told.level == "good", told.text
        changed = accounts.account_named(clinic.store, account.name)
        assert changed is not None
        return changed

    press(f"session:{opened.session.id}")
    assert accounts.sessions_of(clinic.store, account.id)[0].revoked_at is not None
    assert press("role:viewer").role is Role.VIEWER
    assert press("disable").disabled_at is not None
    assert press("enable").disabled_at is None
    press("code")
    with pytest.raises(LoginRefused):
        sign_in.log_in(clinic.store, account.name, "nine lives of a cat", now=now())


def test_what_somebody_else_changed_meanwhile_is_not_overwritten(clinic: Clinic, admin: Account) -> None:
    shown = account_of(clinic.store, Role.CLINICIAN)
    accounts.change_role(clinic.store, admin.actor, shown.id, Role.VIEWER)
    told = users.done(clinic.services, "role:admin", shown.id, shown.version)
    assert (told.level, told.text) == ("stop", WORDS("errors.ACCOUNT_CONFLICT"))


def test_the_last_administrator_stays(clinic: Clinic, admin: Account) -> None:
    told = users.done(clinic.services, "disable", admin.id, admin.version)
    assert (told.level, told.text) == ("stop", WORDS("errors.LAST_ADMINISTRATOR", name=admin.name))


def test_the_audit_log_is_searched_by_who_and_what(clinic: Clinic, admin: Account) -> None:
    clinic.patient("P-1")
    shown, _ = audit.found(clinic.services, "dr. ex", None, 1)
    assert str(shown).count("Tr(") == 2  # its head and the one event
    shown, _ = audit.found(clinic.services, "", Act.PATIENT_ADDED.value, 1)
    assert "P-1" in str(shown)
    for nobody in ("%", "_", "' or 1=1 --"):
        assert WORDS("settings.audit.none_title") in str(audit.found(clinic.services, nobody, None, 1)[0])


def test_verifying_says_what_is_whole_and_what_was_changed(clinic: Clinic, admin: Account) -> None:
    clinic.patient("P-1")
    assert "every chain is whole" in str(audit.verified(clinic.services))
    with clinic.store.writing() as archive:
        archive.exec_driver_sql("DROP TRIGGER audit_event_no_update")
        archive.exec_driver_sql("UPDATE audit_event SET actor = 'somebody else' WHERE number = 1")
    broken = str(audit.verified(clinic.services))
    assert WORDS("settings.audit.broken", n=1) in broken


def test_the_audit_log_is_downloaded_by_administrators_as_it_is_stored(app: Dash, clinic: Clinic) -> None:
    clinic.patient("P-1")
    client = client_of(app, Role.ADMIN)
    rows = list(csv.DictReader(io.StringIO(client.get("/api/audit/csv").text.lstrip("\ufeff"))))
    assert rows[0]["act"] == Act.PATIENT_ADDED.value
    lines = [json.loads(line) for line in client.get("/api/audit/jsonl").text.splitlines()]
    assert lines[-1]["act"] == Act.EXPORTED.value  # the first copy's own event
    for path in ("/api/audit/..%2f..%2fetc%2fpasswd", "/api/audit/exe"):
        assert client.get(path).status_code == 404
