"""What people prove themselves with: passwords and PINs as argon2id hashes, random codes as SHA-256.

A secret is never part of an exception, a log line or the `repr` of an object.
"""

from __future__ import annotations

import base64
import secrets
import threading
import unicodedata
from itertools import pairwise

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from records.common_passwords import is_common
from records.errors import EntryProblem, InvalidEntry
from records.schema import sha256_of

PASSWORD_MINIMUM, PASSWORD_LIMIT = 12, 1000
PIN_DIGITS = 6

#: 64 MiB for each hash: what makes guessing dear makes many log-ins at once dear too, hence the limit.
MEMORY_KIB, ROUNDS, LANES = 64 * 1024, 2, 1
AT_ONCE = 2
_HASHER = PasswordHasher(time_cost=ROUNDS, memory_cost=MEMORY_KIB, parallelism=LANES)
_turn = threading.BoundedSemaphore(AT_ONCE)

#: Crockford's base 32: no letter is taken for a digit.
_CODE_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_MISREAD = str.maketrans("OIL", "011")
_CODE_GROUPS, _CODE_GROUP = 5, 4  # 100 bits: nothing to guess, so a fast hash is enough


def check_password(password: str, name: str = "") -> None:
    """Return where `password` may become someone's, whose account is called `name`.

    Long enough, and not one that is tried first. Rules of composition make worse ones.

    Raises
    ------
    InvalidEntry
    """
    if len(password) > PASSWORD_LIMIT:
        raise InvalidEntry(EntryProblem.PASSWORD_TOO_LONG, "password", limit=PASSWORD_LIMIT)
    if len(_normal(password)) < PASSWORD_MINIMUM:
        raise InvalidEntry(EntryProblem.PASSWORD_TOO_SHORT, "password", minimum=PASSWORD_MINIMUM)
    if is_common(password, name):
        raise InvalidEntry(EntryProblem.PASSWORD_COMMON, "password")


def check_pin(pin: str) -> None:
    """Return where `pin` may become someone's: six digits, neither all the same nor in a row.

    Raises
    ------
    InvalidEntry
    """
    if len(pin) != PIN_DIGITS or not (pin.isascii() and pin.isdigit()):
        raise InvalidEntry(EntryProblem.PIN_NOT_SIX_DIGITS, "pin")
    steps = {(int(after) - int(before)) % 10 for before, after in pairwise(pin)}
    if steps in ({0}, {1}, {9}):
        raise InvalidEntry(EntryProblem.PIN_TOO_SIMPLE, "pin")


def hashed(secret: str) -> str:
    """The argon2id hash of a password or PIN; waits while `AT_ONCE` others are being made."""
    with _turn:
        return _HASHER.hash(_bytes(secret))


def fits(kept: str | None, secret: str) -> bool:
    """Whether `secret` is what `kept` is the hash of. ``None`` (nobody's) takes the same work and is never right."""
    with _turn:
        try:
            right = _HASHER.verify(kept or _NOBODYS, _bytes(secret[:PASSWORD_LIMIT]))
        except (VerificationError, InvalidHashError):
            return False
    return right and kept is not None and len(secret) <= PASSWORD_LIMIT


def is_outdated(kept: str) -> bool:
    """Whether a hash was made with less work than this program asks for."""
    return _HASHER.check_needs_rehash(kept)


def new_token() -> str:
    """What a browser shows to be known again: 256 random bits."""
    return secrets.token_urlsafe(32)


def new_code() -> str:
    """A code to be read from one screen and typed into another."""
    letters = [secrets.choice(_CODE_LETTERS) for _ in range(_CODE_GROUPS * _CODE_GROUP)]
    return "-".join("".join(letters[at : at + _CODE_GROUP]) for at in range(0, len(letters), _CODE_GROUP))


def code_sha256(code: str) -> str:
    """What is kept of a code, however its groups and case were typed."""
    upper = code[:PASSWORD_LIMIT].upper().translate(_MISREAD)
    typed = "".join(letter for letter in upper if letter in _CODE_LETTERS)
    return sha256_of(typed.encode())


def token_sha256(token: str) -> str:
    """What is kept of a token."""
    return sha256_of(token.encode("utf-8", "surrogatepass"))


def _normal(secret: str) -> str:
    """One text for what looks the same: keyboards write an accent as one character or as two."""
    return unicodedata.normalize("NFKC", secret)


def _bytes(secret: str) -> bytes:
    return _normal(secret).encode("utf-8", "surrogatepass")


def _made_up() -> str:
    """A hash of nothing, in the form and with the work of a real one."""
    salt, digest = (base64.b64encode(secrets.token_bytes(n)).decode().rstrip("=") for n in (16, 32))
    return f"$argon2id$v=19$m={MEMORY_KIB},t={ROUNDS},p={LANES}${salt}${digest}"


_NOBODYS = _made_up()
