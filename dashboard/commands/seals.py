"""Arguments of the commands that encrypt a file or open an encrypted one. A passphrase is never an argument."""

from __future__ import annotations

import argparse
import sys
from getpass import getpass
from pathlib import Path

from dashboard.cli import Stopped
from dashboard.words import load_words
from records.passwords import PASSWORD_MINIMUM
from records.sealing import Seal, is_sealed, secret_in


def add_sealing(parser: argparse.ArgumentParser) -> None:
    """How a new file is encrypted; not at all unless asked for."""
    words = load_words()
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--encrypt-to", metavar="KEY", help=words("command.seal.to"))
    _add_passphrase(how)


def add_opening(parser: argparse.ArgumentParser) -> None:
    """What opens an encrypted file."""
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--key", metavar="FILE", type=Path, help=load_words()("command.seal.key"))
    _add_passphrase(how)


def _add_passphrase(how: argparse._MutuallyExclusiveGroup) -> None:
    words = load_words()
    how.add_argument("--passphrase", action="store_true", help=words("command.seal.passphrase"))
    how.add_argument("--passphrase-stdin", action="store_true", help=words("command.seal.stdin"))


def sealing(args: argparse.Namespace) -> Seal | None:
    """How the new file is encrypted; a passphrase is typed twice. Raises Stopped."""
    words = load_words()
    if args.encrypt_to:
        return Seal(key=args.encrypt_to)
    if args.passphrase_stdin:
        return Seal(passphrase=_line())
    if not args.passphrase:
        return None
    passphrase = getpass(words("command.seal.ask", n=PASSWORD_MINIMUM))
    if getpass(words("command.seal.ask_again")) != passphrase:
        raise Stopped(words("command.users.not_the_same"))
    return Seal(passphrase=passphrase)


def opening(args: argparse.Namespace, file: Path) -> Seal | None:
    """What opens `file`; nothing is asked for where it is not encrypted.

    Raises
    ------
    SealRefused
    Stopped
        The file with the key can't be read.
    """
    words = load_words()
    if not file.is_file() or not is_sealed(file):
        return None
    if args.key is not None:
        try:
            return secret_in(args.key)
        except OSError as error:
            why = error.strerror or str(error)
            raise Stopped(words("command.seal.no_key_file", file=args.key, why=why)) from error
    if args.passphrase_stdin:
        return Seal(passphrase=_line())
    return Seal(passphrase=getpass(words("command.seal.ask_open"))) if args.passphrase else None


def _line() -> str:
    return sys.stdin.readline().rstrip("\r\n")
