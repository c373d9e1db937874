"""`stancelab users ...`: who may log in. For the person at the console of the archive, who needs no account."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from getpass import getpass

from dashboard.archive import console_actor
from dashboard.cli import Stopped
from dashboard.config import data_folder, store_url
from dashboard.words import load_words
from records import accounts
from records.errors import RecordsError
from records.model import Role
from records.passwords import PASSWORD_MINIMUM
from records.people import Account
from records.store import RecordStore

#: action -> names of its arguments.
ACTIONS: dict[str, tuple[str, ...]] = {
    "list": (),
    "set-up-code": (),
    "add": ("name", "role", "password"),
    "role": ("name", "role"),
    "password": ("name", "password"),
    "disable": ("name",),
    "enable": ("name",),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the verb. A password is never one: arguments are seen by everyone on the computer."""
    words = load_words()
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    for action, needs in ACTIONS.items():
        summary = words(f"command.users.{action}.summary")
        child = actions.add_parser(action, help=summary, description=summary)
        if "name" in needs:
            child.add_argument("name", help=words("command.users.name"))
        if "role" in needs:
            child.add_argument("role", choices=[role.value for role in Role], help=words("command.users.role.help"))
        if "password" in needs:
            child.add_argument("--password-stdin", action="store_true", help=words("command.users.password_stdin"))
        child.add_argument("--store", metavar="URL", help=words("command.store.url"))
        child.add_argument("--data", metavar="FOLDER", help=words("command.store.data"))


def run(args: argparse.Namespace) -> int:
    """Do one action. Raises Stopped with what is wrong."""
    words = load_words()
    acts: dict[str, Callable[[RecordStore, argparse.Namespace], str]] = {
        "list": lambda store, _: _listed(store),
        "set-up-code": _set_up_code,
        "add": _added,
        "role": _role_changed,
        "password": _password_reset,
        "disable": _disabled,
        "enable": _enabled,
    }
    try:
        store = RecordStore(store_url(args.store, data_folder(args.data)))
        store.check_schema()  # before a password is asked for
        told = acts[args.action](store, args)
    except RecordsError as error:
        raise Stopped(words(f"errors.{error.code}", **error.values)) from error
    sys.stdout.write(f"{told}\n")
    return 0


def _named(store: RecordStore, name: str) -> Account:
    account = accounts.account_named(store, name)
    if account is None:
        raise Stopped(load_words()("command.users.unknown", name=name))
    return account


def _asked(args: argparse.Namespace) -> str:
    """The new password: from standard input, or typed twice without being shown."""
    words = load_words()
    if args.password_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    password = getpass(words("command.users.ask", n=PASSWORD_MINIMUM))
    if getpass(words("command.users.ask_again")) != password:
        raise Stopped(words("command.users.not_the_same"))
    return password


def _listed(store: RecordStore) -> str:
    words = load_words()
    lines = [
        words(
            "command.users.list.disabled" if account.disabled_at else "command.users.list.line",
            name=account.name,
            role=words(f"role.{account.role.value}"),
            since=account.created_at.astimezone().strftime("%Y-%m-%d"),
        )
        for account in accounts.accounts_of(store)
    ]
    return "\n".join(lines) or words("command.users.list.none")


def _set_up_code(store: RecordStore, _: argparse.Namespace) -> str:
    code = accounts.make_set_up_code(store, console_actor(), now=datetime.now(UTC))
    minutes = accounts.CODE_VALID.total_seconds() / 60
    return load_words()("command.users.set-up-code.made", code=code, minutes=minutes)


def _added(store: RecordStore, args: argparse.Namespace) -> str:
    password = _asked(args)
    added = accounts.add_account(store, console_actor(), args.name, Role(args.role), password, now=datetime.now(UTC))
    return _told("add", added)


def _role_changed(store: RecordStore, args: argparse.Namespace) -> str:
    account = _named(store, args.name)
    if account.role is Role(args.role):
        return _told("role", account)
    return _told("role", accounts.change_role(store, console_actor(), account.id, Role(args.role)))


def _password_reset(store: RecordStore, args: argparse.Namespace) -> str:
    account = _named(store, args.name)
    password = _asked(args)
    return _told(
        "password", accounts.reset_password(store, console_actor(), account.id, password, now=datetime.now(UTC))
    )


def _disabled(store: RecordStore, args: argparse.Namespace) -> str:
    account = _named(store, args.name)
    if account.disabled_at is None:
        account = accounts.disable_account(store, console_actor(), account.id, now=datetime.now(UTC))
    return _told("disable", account)


def _enabled(store: RecordStore, args: argparse.Namespace) -> str:
    account = _named(store, args.name)
    if account.disabled_at is not None:
        account = accounts.enable_account(store, console_actor(), account.id)
    return _told("enable", account)


def _told(action: str, account: Account) -> str:
    words = load_words()
    return words(f"command.users.{action}.done", name=account.name, role=words(f"role.{account.role.value}"))
