"""Every act on people checks who acts, writes exactly one audit event or nothing, and no secret anywhere."""

from __future__ import annotations

import inspect
import logging
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Literal

import pytest
from argon2 import Parameters, PasswordHasher, extract_parameters
from staff import (
    ADMIN,
    OTHER_PASSWORD,
    PASSWORD,
    PIN,
    SECRETS,
    START,
    WRONG_PASSWORD,
    WRONG_PIN,
    added,
    after,
    logged_in,
)

from records import accounts, passwords, sign_in
from records.errors import InvalidEntry, LoginRefused, NotPermitted, RecordsError, UnlockRefused
from records.model import Act, Actor, Role
from records.people import Account, Invited, Opened
from records.permissions import PEOPLE, PERMITTED
from records.store import RecordStore, sqlite_url

READS = {
    "has_administrator",
    "checked_password",
    "is_unchanged",
    "look",
    "accounts_of",
    "account_named",
    "sessions_of",
    "signed_in",
}


@dataclass(frozen=True)
class Office:
    """An archive with a clinician who is logged in and has a PIN, a disabled account, and one without a password."""

    store: RecordStore
    clinician: Account
    opened: Opened
    disabled: Account
    invited: Invited


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[RecordStore]:
    opened = RecordStore(sqlite_url(tmp_path / "archive.db"), station="room 2")
    opened.upgrade()
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, Account, Opened, Account, Invited]:
    """The office's archive, made once: its hashes take their time."""
    path = tmp_path_factory.mktemp("office") / "archive.db"
    store = RecordStore(sqlite_url(path), station="room 2")
    store.upgrade()
    clinician, former = added(store), added(store, "Dee Former")
    disabled = accounts.disable_account(store, ADMIN, former.id, now=START)
    opened = logged_in(store)
    changed = sign_in.change_pin(store, opened.token, PASSWORD, PIN, now=START)
    invited = accounts.invite(store, ADMIN, "Ivo Invited", Role.VIEWER, now=START)
    store.close()
    assert changed.id == clinician.id
    return path.read_bytes(), changed, opened, disabled, invited


@pytest.fixture
def office(tmp_path: Path, prepared: tuple[bytes, Account, Opened, Account, Invited]) -> Iterator[Office]:
    content, clinician, opened, disabled, invited = prepared
    path = tmp_path / "archive.db"
    path.write_bytes(content)
    store = RecordStore(sqlite_url(path), station="room 2")
    yield Office(store, clinician, opened, disabled, invited)
    store.close()


#: What an administrator does; the console too.
MANAGED: dict[str, tuple[Act, Callable[[Office, Actor], object]]] = {
    "make_set_up_code": (Act.SET_UP_CODE_MADE, lambda o, who: accounts.make_set_up_code(o.store, who, now=START)),
    "add_account": (
        Act.ACCOUNT_ADDED,
        lambda o, who: accounts.add_account(o.store, who, "New", Role.VIEWER, PASSWORD, now=START),
    ),
    "change_role": (
        Act.ROLE_CHANGED,
        lambda o, who: accounts.change_role(o.store, who, o.clinician.id, Role.VIEWER),
    ),
    "disable_account": (
        Act.ACCOUNT_DISABLED,
        lambda o, who: accounts.disable_account(o.store, who, o.clinician.id, now=START),
    ),
    "enable_account": (Act.ACCOUNT_ENABLED, lambda o, who: accounts.enable_account(o.store, who, o.disabled.id)),
    "reset_password": (
        Act.PASSWORD_RESET,
        lambda o, who: accounts.reset_password(o.store, who, o.clinician.id, OTHER_PASSWORD, now=START),
    ),
    "invite": (
        Act.ACCOUNT_ADDED,
        lambda o, who: accounts.invite(o.store, who, "Nils New", Role.VIEWER, now=START),
    ),
    "reset_by_code": (
        Act.PASSWORD_RESET,
        lambda o, who: accounts.reset_by_code(o.store, who, o.clinician.id, now=START),
    ),
    "revoke_session": (
        Act.SESSION_REVOKED,
        lambda o, who: accounts.revoke_session(o.store, who, o.opened.session.id, now=START),
    ),
}

#: What people do to their own account.
OWN: dict[str, tuple[Act, Callable[[Office], object]]] = {
    "log_in": (Act.LOGGED_IN, lambda o: logged_in(o.store)),
    "log_out": (Act.LOGGED_OUT, lambda o: sign_in.log_out(o.store, o.opened.token, now=START)),
    "change_password": (
        Act.PASSWORD_CHANGED,
        lambda o: sign_in.change_password(o.store, o.opened.token, PASSWORD, OTHER_PASSWORD, now=START),
    ),
    "choose_password": (
        Act.PASSWORD_CHANGED,
        lambda o: sign_in.choose_password(o.store, o.invited.account.name, o.invited.code, PASSWORD, now=START),
    ),
    "change_pin": (
        Act.PIN_CHANGED,
        lambda o: sign_in.change_pin(o.store, o.opened.token, PASSWORD, "771204", now=START),
    ),
    "open_session": (Act.LOGGED_IN, lambda o: sign_in.open_session(o.store, o.clinician.id, now=START)),
    "lock": (Act.LOCKED, lambda o: sign_in.lock(o.store, o.opened.token, now=after(1))),
    "unlock": (Act.UNLOCKED, lambda o: sign_in.unlock(o.store, o.opened.token, PIN, now=after(400))),
}

#: Tries that fail.
REFUSED: dict[str, Callable[[Office], object]] = {
    "wrong password": lambda o: sign_in.log_in(o.store, o.clinician.name, WRONG_PASSWORD, now=START),
    "password in the field of the name": lambda o: sign_in.log_in(o.store, WRONG_PASSWORD, PASSWORD, now=START),
    "disabled account": lambda o: sign_in.log_in(o.store, o.disabled.name, PASSWORD, now=START),
    "wrong PIN": lambda o: sign_in.unlock(o.store, o.opened.token, WRONG_PIN, now=START),
    "change of password with a wrong one": lambda o: sign_in.change_password(
        o.store, o.opened.token, WRONG_PASSWORD, OTHER_PASSWORD, now=START
    ),
}


def public(module: ModuleType) -> set[str]:
    return {
        name
        for name, function in vars(module).items()
        if isinstance(function, FunctionType) and function.__module__ == module.__name__ and not name.startswith("_")
    }


def test_every_public_function_is_an_act_of_the_closed_list_or_a_read() -> None:
    assert public(accounts) | public(sign_in) == {*MANAGED, *OWN, "set_up"} | READS
    done = {act for act, _ in (*MANAGED.values(), *OWN.values())} | {Act.SET_UP, Act.LOGIN_REFUSED}
    assert done == set(PEOPLE)


def test_every_act_says_in_its_document_what_it_raises() -> None:
    for module in (accounts, sign_in):
        for name in public(module) - READS:
            assert "Raises" in (inspect.getdoc(getattr(module, name)) or "")


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("name", MANAGED)
def test_an_administrator_manages_people_with_one_event_each_and_nobody_else_does(
    office: Office, name: str, role: Role
) -> None:
    act, perform = MANAGED[name]
    before = office.store.audit_events()
    who = Actor("Bo Example", role)
    if role is not Role.ADMIN:
        with pytest.raises(NotPermitted):
            perform(office, who)
        assert office.store.audit_events() == before
        return
    perform(office, who)
    newest, *rest = office.store.audit_events()
    assert tuple(rest) == before
    assert (newest.act, newest.actor, newest.role) == (act, "Bo Example", Role.ADMIN)
    assert office.store.verify_audit().faults == ()


@pytest.mark.parametrize("name", OWN)
def test_what_people_do_to_their_own_account_is_one_event_under_their_name(office: Office, name: str) -> None:
    act, perform = OWN[name]
    before = office.store.audit_events()
    perform(office)
    newest, *rest = office.store.audit_events()
    assert tuple(rest) == before
    who = office.invited.account if name == "choose_password" else office.clinician
    assert (newest.act, newest.actor, newest.role) == (act, who.name, who.role)


def test_the_first_administrator_is_one_event_under_the_name_that_was_chosen(empty: RecordStore) -> None:
    code = accounts.make_set_up_code(empty, ADMIN, now=START)
    made = accounts.set_up(empty, code, "Ada", PASSWORD, now=START)
    newest, *rest = empty.audit_events()
    assert [event.act for event in rest] == [Act.SET_UP_CODE_MADE]
    assert (newest.act, newest.actor, newest.subject_id) == (Act.SET_UP, "Ada", made.id)


@pytest.mark.parametrize("name", REFUSED)
def test_a_try_that_fails_is_one_event(office: Office, name: str) -> None:
    before = office.store.audit_events()
    with pytest.raises((LoginRefused, UnlockRefused)):
        REFUSED[name](office)
    newest, *rest = office.store.audit_events()
    assert tuple(rest) == before
    assert newest.act is Act.LOGIN_REFUSED


def test_a_refused_log_in_takes_the_same_work_whoever_has_the_name(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One hash with the same parameters is the same work, by the definition of argon2: no clock is asked."""
    checked: list[Parameters] = []

    class Watched(PasswordHasher):
        def verify(self, hash: str | bytes, password: str | bytes) -> Literal[True]:
            checked.append(extract_parameters(hash if isinstance(hash, str) else hash.decode()))
            return super().verify(hash, password)

    monkeypatch.setattr(passwords, "_HASHER", Watched(passwords.ROUNDS, passwords.MEMORY_KIB, passwords.LANES))
    for name in (office.clinician.name, office.disabled.name, "Nobody Here", "a\0b", "x" * 1_000_000):
        with pytest.raises(LoginRefused):
            sign_in.log_in(office.store, name, WRONG_PASSWORD, now=START)
    assert len(checked) == 5
    assert len(set(map(str, checked))) == 1


def test_an_administrator_of_people_measures_nothing_and_a_clinician_manages_nobody() -> None:
    managing = {act for act, _ in MANAGED.values()}
    assert {act for act in PEOPLE if Role.CLINICIAN in PERMITTED[act]} == set(PEOPLE) - managing - {Act.SET_UP}
    measured = {Act.RECORDING_FILED, Act.FILE_IMPORTED, Act.RESULT_FILED, Act.TRIAL_VOIDED, Act.VISIT_OPENED}
    assert {act for act in measured if Role.ADMIN in PERMITTED[act]} == set()


# ---- secrets


def everything_kept(path: Path) -> bytes:
    return b"".join(file.read_bytes() for file in path.iterdir())


def test_no_secret_is_kept_shown_or_logged(office: Office, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Whatever succeeds and whatever fails: not in the archive's file, an event, an error, a `repr` or the log."""
    caplog.set_level(logging.DEBUG)
    shown = [repr(office.opened), str(office.opened), repr(office.clinician)]
    short = "tiny secret"
    refusals: list[Callable[[Office], object]] = [
        *REFUSED.values(),
        lambda o: sign_in.change_pin(o.store, o.opened.token, PASSWORD, short, now=START),
        lambda o: accounts.add_account(o.store, ADMIN, "New", Role.VIEWER, short, now=START),
        lambda o: accounts.add_account(o.store, ADMIN, o.clinician.name, Role.VIEWER, OTHER_PASSWORD, now=START),
        lambda o: accounts.set_up(o.store, short, "New", OTHER_PASSWORD, now=START),
        lambda o: sign_in.signed_in(o.store, short, now=START, active=True),
    ]
    for attempt in refusals:
        with pytest.raises(RecordsError) as refused:
            attempt(office)
        error = refused.value
        shown += [repr(error), str(dict(error.values)), "".join(traceback.format_exception_only(error))]
    code = accounts.make_set_up_code(office.store, ADMIN, now=START)
    for _, perform in OWN.values():
        if perform is not OWN["log_out"][1] and perform is not OWN["change_pin"][1]:
            perform(office)
    shown += [repr(office.store.audit_events()), repr(accounts.sessions_of(office.store, office.clinician.id))]
    shown += [caplog.text, everything_kept(tmp_path).decode("latin-1")]
    for secret in (*SECRETS, short, office.opened.token, code, code.replace("-", "")):
        assert [text for text in shown if secret in text] == []


def test_a_hash_leaves_records_in_no_object(office: Office) -> None:
    with office.store.reading() as archive:
        hashes = [
            value
            for column in ("password_hash", "pin_hash")
            for (value,) in archive.exec_driver_sql(f"SELECT {column} FROM account WHERE {column} IS NOT NULL")  # noqa: S608
        ]
    assert len(hashes) == 4  # three passwords, one PIN
    shown = repr((accounts.accounts_of(office.store), office.opened, office.store.audit_events()))
    assert [kept for kept in hashes if kept in shown] == []


def test_a_hash_of_an_older_program_is_made_anew_at_the_next_log_in(office: Office) -> None:
    """One made with less work; without a further event."""
    cheap = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
    with office.store.writing() as archive:
        archive.exec_driver_sql("UPDATE account SET password_hash = ? WHERE id = ?", (cheap, office.clinician.id))
    before = len(office.store.audit_events())
    logged_in(office.store)
    with office.store.reading() as archive:
        found = archive.exec_driver_sql("SELECT password_hash FROM account WHERE id = ?", (office.clinician.id,))
        assert "m=65536" in found.scalar_one()
    assert len(office.store.audit_events()) == before + 1
    logged_in(office.store)


def test_a_password_too_short_changes_nothing_and_is_no_event(office: Office) -> None:
    before = office.store.audit_events()
    for change in (
        lambda: accounts.reset_password(office.store, ADMIN, office.clinician.id, "short", now=START),
        lambda: sign_in.change_password(office.store, office.opened.token, PASSWORD, "short", now=START),
        lambda: sign_in.change_pin(office.store, office.opened.token, PASSWORD, "111111", now=START),
    ):
        with pytest.raises(InvalidEntry):
            change()
    assert office.store.audit_events() == before
    logged_in(office.store)
