"""`stancelab users`: accounts from the console, with the password asked for and never an argument."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from staff import OTHER_PASSWORD, PASSWORD, START

from dashboard.cli import main
from dashboard.commands import users
from records import accounts, sign_in
from records.errors import LoginRefused
from records.model import Role
from records.store import RecordStore, sqlite_url


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RecordStore:
    """An archive in a folder of its own, and no settings of whoever runs the tests."""
    monkeypatch.delenv("STANCELAB_STORE", raising=False)
    monkeypatch.setenv("STANCELAB_DATA", str(tmp_path))
    opened = RecordStore(sqlite_url(tmp_path / "stancelab.db"))
    opened.upgrade()
    return opened


def typed(monkeypatch: pytest.MonkeyPatch, *lines: str) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("".join(f"{line}\n" for line in lines)))


def at_terminal(monkeypatch: pytest.MonkeyPatch, *answers: str) -> list[str]:
    """Answers of a person to hidden questions; what was asked."""
    asked: list[str] = []
    left = list(answers)

    def answer(question: str) -> str:
        asked.append(question)
        return left.pop(0)

    monkeypatch.setattr(users, "getpass", answer)
    return asked


def add_ann(monkeypatch: pytest.MonkeyPatch) -> None:
    typed(monkeypatch, PASSWORD)
    assert main(["users", "add", "Ann Example", "clinician", "--password-stdin"]) == 0


def test_an_account_is_added_with_the_password_from_standard_input(
    store: RecordStore, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    add_ann(monkeypatch)
    opened = sign_in.log_in(store, "Ann Example", PASSWORD, now=START)
    assert opened.account.role is Role.CLINICIAN
    assert capsys.readouterr().out == "Ann Example is added: clinician.\n"
    assert store.audit_events()[1].actor.endswith(" (console)")


def test_a_password_is_asked_for_twice_and_not_shown(store: RecordStore, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = at_terminal(monkeypatch, PASSWORD, PASSWORD)
    assert main(["users", "add", "Ann Example", "viewer"]) == 0
    assert len(asked) == 2
    assert sign_in.log_in(store, "Ann Example", PASSWORD, now=START).account.role is Role.VIEWER


def test_two_passwords_that_differ_change_nothing(
    store: RecordStore, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    at_terminal(monkeypatch, PASSWORD, OTHER_PASSWORD)
    assert main(["users", "add", "Ann Example", "viewer"]) == 1
    assert "not the same" in capsys.readouterr().err
    assert accounts.accounts_of(store) == ()


def test_no_action_takes_a_password_as_an_argument(store: RecordStore, capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in (["add", "Ann", "viewer", PASSWORD], ["password", "Ann", PASSWORD]):
        with pytest.raises(SystemExit) as usage:
            main(["users", *arguments])
        assert usage.value.code == 2
    assert accounts.accounts_of(store) == ()


def test_role_password_disable_and_enable_do_what_they_say(
    store: RecordStore, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    add_ann(monkeypatch)
    assert main(["users", "role", "ann example", "viewer"]) == 0
    typed(monkeypatch, OTHER_PASSWORD)
    assert main(["users", "password", "Ann Example", "--password-stdin"]) == 0
    assert sign_in.log_in(store, "Ann Example", OTHER_PASSWORD, now=START).account.role is Role.VIEWER
    assert main(["users", "disable", "Ann Example"]) == 0
    with pytest.raises(LoginRefused):
        sign_in.log_in(store, "Ann Example", OTHER_PASSWORD, now=START)
    capsys.readouterr()
    assert main(["users", "list"]) == 0
    assert capsys.readouterr().out.startswith("Ann Example: viewer, since ")
    assert main(["users", "enable", "Ann Example"]) == 0
    assert sign_in.log_in(store, "Ann Example", OTHER_PASSWORD, now=START).account.name == "Ann Example"


def test_the_set_up_code_is_printed_and_makes_the_first_administrator(
    store: RecordStore, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["users", "set-up-code"]) == 0
    code = capsys.readouterr().out.splitlines()[0].removeprefix("Code: ")
    made_at = store.audit_events()[0].at
    assert accounts.set_up(store, code, "Ada", PASSWORD, now=made_at).role is Role.ADMIN
    assert main(["users", "set-up-code"]) == 1
    assert "has an administrator already" in capsys.readouterr().err


def test_what_is_wrong_is_said_without_the_password(
    store: RecordStore, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    typed(monkeypatch, "tiny secret")
    assert main(["users", "add", "Ann Example", "clinician", "--password-stdin"]) == 1
    assert main(["users", "role", "Nobody", "viewer"]) == 1
    told = capsys.readouterr()
    assert "12 characters" in told.err
    assert "no account Nobody" in told.err
    assert "tiny secret" not in told.out + told.err
    assert accounts.accounts_of(store) == ()


def test_an_archive_that_is_not_there_is_said_before_a_password_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("STANCELAB_STORE", raising=False)
    asked = at_terminal(monkeypatch)
    assert main(["users", "add", "Ann Example", "viewer", "--data", str(tmp_path)]) == 1
    assert "There is no archive" in capsys.readouterr().err
    assert asked == []
