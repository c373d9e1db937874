"""Exports and backups that can be read only with a key or a passphrase: age, version 1 (age-encryption.org/v1).

The library is pyrage, the extra ``stancelab[encryption]``; whoever has the key opens such a file with the program
``age`` too. Every byte is authenticated: a file that was changed or cut gives no content that is taken for whole.

A key is a pair: what is sealed to the public one (``age1...``) is opened with the secret one, which need not be at
the station. With it a file may be of any size; with a passphrase all of it is in memory once, so that there is a limit.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, BinaryIO

from records.errors import SealProblem, SealRefused
from records.new_file import new_file
from records.passwords import PASSWORD_MINIMUM

SUFFIX = ".age"
LARGEST_BY_PASSPHRASE = 512 << 20  # bytes
_BEGINS = (b"age-encryption.org/v1", b"-----BEGIN AGE ENCRYPTED FILE-----")
#: What pyrage says where key or passphrase is another one; whatever else it says is a fault of the file.
_ANOTHER_KEY = ("No matching keys found", "Decryption failed")


@dataclass(frozen=True, slots=True, repr=False)
class Seal:
    """How a file is sealed, or opened: either a key or a passphrase.

    Parameters
    ----------
    key : str
        To seal: a public key (``age1...``). To open: a secret one (``AGE-SECRET-KEY-1...``).
    passphrase : str
        Of 12 characters or more.
    """

    key: str = ""
    passphrase: str = ""


def make_key(path: Path) -> str:
    """Write a new secret key to a file of this user only; its public key, which may be shown to anyone.

    Raises
    ------
    SealRefused
    OSError
        The file can't be written, or is there already.
    """
    identity = _pyrage().x25519.Identity.generate()
    public = str(identity.to_public())
    with new_file(path) as written:
        written.write(f"# public key: {public}\n{identity}\n".encode())
    return public


def secret_in(path: Path) -> Seal:
    """The secret key in a file that `make_key` or the program ``age-keygen`` wrote.

    Raises
    ------
    SealRefused
        There is none in it.
    OSError
    """
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    secret = next((line.strip() for line in lines if line.startswith("AGE-SECRET-KEY-")), "")
    if not secret:
        raise SealRefused(SealProblem.NO_KEY, str(path))
    return Seal(key=secret)


def sealed_name(path: Path, seal: Seal | None) -> Path:
    """`path`, with the ending of a sealed file where it is sealed."""
    return path if seal is None or path.suffix == SUFFIX else path.with_name(path.name + SUFFIX)


@contextmanager
def sealed_file(path: Path, seal: Seal | None) -> Iterator[BinaryIO]:
    """Write a new file, sealed or, with None, as it is: it has its name once all of it is on the disk.

    What is to be sealed waits in a file without a name.

    Raises
    ------
    SealRefused
        At once, where the key is none or the passphrase too short.
    As `new_file`.
    """
    if seal is None:
        with new_file(path) as written:
            yield written
        return
    check_seal(seal)
    with new_file(path) as written, tempfile.TemporaryFile() as plain:
        yield plain
        plain.seek(0)
        _seal(plain, written, seal)


def check_seal(seal: Seal) -> None:
    """Return where something can be sealed this way. Raises SealRefused."""
    age = _pyrage()
    if seal.passphrase or not seal.key:
        if len(seal.passphrase) < PASSWORD_MINIMUM:
            raise SealRefused(SealProblem.SHORT, str(PASSWORD_MINIMUM))
        return
    try:
        age.x25519.Recipient.from_str(seal.key)
    except age.RecipientError as error:
        raise SealRefused(SealProblem.NO_KEY, seal.key[:8]) from error  # whoever typed a secret key: not in a log


def _seal(plain: BinaryIO, written: BinaryIO, seal: Seal) -> None:
    age = _pyrage()
    if not seal.passphrase:
        age.encrypt_io(plain, written, [age.x25519.Recipient.from_str(seal.key)])
        return
    content = _in_memory(plain)
    written.write(age.passphrase.encrypt(content, seal.passphrase))


def _in_memory(read: BinaryIO) -> bytes:
    content = read.read(LARGEST_BY_PASSPHRASE + 1)
    if len(content) > LARGEST_BY_PASSPHRASE:
        raise SealRefused(SealProblem.TOO_LARGE, str(LARGEST_BY_PASSPHRASE >> 20))
    return content


def is_sealed(path: Path) -> bool:
    """Whether a file begins as sealed ones do. Raises OSError."""
    with path.open("rb") as read:
        return read.read(64).startswith(_BEGINS)


@contextmanager
def unsealed(path: Path, seal: Seal | None) -> Iterator[BinaryIO]:
    """The content of a file, opened with `seal` where it is sealed; of all of it, or an error.

    Raises
    ------
    SealRefused
        It is sealed and no key is given, or another one; or it was changed or cut.
    OSError
    """
    if not is_sealed(path):
        with path.open("rb") as read:
            yield read
        return
    with tempfile.TemporaryFile() as plain:  # it has no name, so that nothing of it is left behind
        with path.open("rb") as read:
            _open(read, plain, _known(path, seal))
        plain.seek(0)
        yield plain


def unseal_to(path: Path, target: Path, seal: Seal | None) -> None:
    """Write the content of a sealed file to the new file `target`. Raises as `unsealed` and `new_file`."""
    with unsealed(path, seal) as content, new_file(target) as written:
        shutil.copyfileobj(content, written, 1 << 20)


def seal_to(path: Path, target: Path, seal: Seal) -> None:
    """Write a file sealed to the new file `target`. Raises as `sealed_file`."""
    check_seal(seal)
    if seal.passphrase and os.stat(path).st_size > LARGEST_BY_PASSPHRASE:
        raise SealRefused(SealProblem.TOO_LARGE, str(LARGEST_BY_PASSPHRASE >> 20))
    with path.open("rb") as read, new_file(target) as written:
        _seal(read, written, seal)


def _known(path: Path, seal: Seal | None) -> Seal:
    if seal is None or not (seal.key or seal.passphrase):
        raise SealRefused(SealProblem.NEEDS_KEY, str(path))
    return seal


def _open(read: BinaryIO, plain: BinaryIO, seal: Seal) -> None:
    age = _pyrage()
    try:
        if seal.passphrase:
            plain.write(age.passphrase.decrypt(_in_memory(read), seal.passphrase))
        else:
            age.decrypt_io(read, plain, [_identity(age, seal.key)])
    except (age.DecryptError, OSError) as error:
        if isinstance(error, OSError) and error.errno is not None:  # a disk's, not age's
            raise
        problem = SealProblem.ANOTHER_KEY if str(error) in _ANOTHER_KEY else SealProblem.CHANGED
        raise SealRefused(problem, str(error)) from error


def _identity(age: Any, secret: str) -> Any:
    try:
        return age.x25519.Identity.from_str(secret)
    except age.IdentityError as error:
        raise SealRefused(SealProblem.NO_KEY, str(error)) from error


def _pyrage() -> Any:
    try:
        return import_module("pyrage")
    except ImportError as error:
        raise SealRefused(SealProblem.NO_DRIVER, str(error)) from error
