"""Passwords, PINs and codes: what is accepted, what is kept of them, how much work they take."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from argon2 import PasswordHasher, Type, extract_parameters
from argon2.low_level import hash_secret
from hypothesis import given
from hypothesis import strategies as st
from staff import PASSWORD

from records import passwords
from records.errors import EntryProblem, InvalidEntry


@pytest.fixture(scope="module")
def kept() -> str:
    return passwords.hashed(PASSWORD)


def test_a_hash_is_argon2id_of_at_least_46_mib_with_a_salt_of_its_own(kept: str) -> None:
    asked = extract_parameters(kept)
    assert asked.type is Type.ID
    assert 46 * 1024 <= asked.memory_cost <= 64 * 1024
    assert asked.salt_len >= 16
    assert passwords.hashed(PASSWORD) != kept


def test_only_the_password_fits_its_hash(kept: str) -> None:
    assert passwords.fits(kept, PASSWORD)
    assert not passwords.fits(kept, PASSWORD.upper())
    assert not passwords.fits(kept, "")
    assert not passwords.fits(kept, "\ud800" + PASSWORD)
    assert not passwords.fits(kept, PASSWORD + "x" * 1_000_000)


def test_a_damaged_hash_lets_nobody_in(kept: str) -> None:
    assert not passwords.fits(kept[:-5], PASSWORD)
    assert not passwords.fits("no hash at all", PASSWORD)


def test_an_accent_typed_as_one_character_or_as_two_is_the_same_password() -> None:
    kept = passwords.hashed("\u00e9clair with cream")
    assert passwords.fits(kept, "e\u0301clair with cream")


def test_nobodys_hash_takes_the_work_of_a_real_one_and_is_never_right(kept: str) -> None:
    """The same parameters are the same work, by the definition of argon2: no clock is asked."""
    assert extract_parameters(passwords._NOBODYS) == extract_parameters(kept)
    assert not passwords.fits(None, PASSWORD)


def test_a_hash_made_with_less_work_is_outdated(kept: str) -> None:
    cheap = hash_secret(PASSWORD.encode(), b"0123456789abcdef", 1, 8, 1, 32, Type.ID).decode()
    assert passwords.is_outdated(cheap)
    assert not passwords.is_outdated(kept)


def test_at_most_two_hashes_are_made_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Six ask at the same time; argon2 itself is entered by two at most, and by two at least."""
    inside, most, lock = 0, 0, threading.Lock()

    class Watched(PasswordHasher):
        def hash(self, password: str | bytes, *, salt: bytes | None = None) -> str:
            nonlocal inside, most
            with lock:
                inside += 1
                most = max(most, inside)
            try:
                return super().hash(password, salt=salt)
            finally:
                with lock:
                    inside -= 1

    monkeypatch.setattr(passwords, "_HASHER", Watched(passwords.ROUNDS, passwords.MEMORY_KIB, passwords.LANES))
    with ThreadPoolExecutor(6) as pool:
        assert len(set(pool.map(passwords.hashed, [PASSWORD] * 6))) == 6
    assert most == 2


@pytest.mark.parametrize(
    "password",
    [PASSWORD, "kelb frunsto", "ÄÖÜ fröhlich", "漢字仮名交文書道具箱鍵山", "zug " * 3 + "y" * 900 + "amboss"],
)
def test_a_password_needs_twelve_characters_and_no_rule_of_composition(password: str) -> None:
    passwords.check_password(password)


@pytest.mark.parametrize(
    ("password", "problem"),
    [
        ("", EntryProblem.PASSWORD_TOO_SHORT),
        ("x" * 11, EntryProblem.PASSWORD_TOO_SHORT),
        ("e\u0301" * 6, EntryProblem.PASSWORD_TOO_SHORT),
        ("x" * 1001, EntryProblem.PASSWORD_TOO_LONG),
        ("x" * 1_000_000, EntryProblem.PASSWORD_TOO_LONG),
    ],
)
def test_a_password_too_short_or_too_long_is_refused(password: str, problem: EntryProblem) -> None:
    with pytest.raises(InvalidEntry) as refused:
        passwords.check_password(password)
    assert refused.value.code == problem


@given(st.text(max_size=12))
def test_a_pin_is_six_digits_and_neither_one_digit_nor_a_row(pin: str) -> None:
    six = len(pin) == 6 and all(character in "0123456789" for character in pin)
    rows = {"".join(str((first + step * n) % 10) for n in range(6)) for first in range(10) for step in (0, 1, -1)}
    try:
        passwords.check_pin(pin)
        accepted = True
    except InvalidEntry:
        accepted = False
    assert accepted == (six and pin not in rows)


@pytest.mark.parametrize(
    ("pin", "problem"),
    [
        ("12345", EntryProblem.PIN_NOT_SIX_DIGITS),
        ("٤٠٢٩١٧", EntryProblem.PIN_NOT_SIX_DIGITS),
        ("000000", EntryProblem.PIN_TOO_SIMPLE),
        ("123456", EntryProblem.PIN_TOO_SIMPLE),
        ("098765", EntryProblem.PIN_TOO_SIMPLE),
    ],
)
def test_a_pin_that_is_none_or_is_guessed_first_is_refused(pin: str, problem: EntryProblem) -> None:
    with pytest.raises(InvalidEntry) as refused:
        passwords.check_pin(pin)
    assert refused.value.code == problem


def test_a_code_may_be_typed_in_any_case_without_its_dashes_and_with_letters_for_digits() -> None:
    code = "01AB-CDEF-GHJK-MNPQ-RSTV"
    assert passwords.code_sha256("oiab cdef ghjk mnpq rstv") == passwords.code_sha256(code)
    assert passwords.code_sha256("01ABCDEFGHJKMNPQRSTV") == passwords.code_sha256(code)
    assert passwords.code_sha256("01ABCDEFGHJKMNPQRSTW") != passwords.code_sha256(code)


def test_codes_and_tokens_are_long_and_never_the_same() -> None:
    """20 letters of 32 are 100 bits; a token has 256, 43 characters of 6 bits."""
    codes, tokens = {passwords.new_code() for _ in range(100)}, {passwords.new_token() for _ in range(100)}
    assert len(codes) == len(tokens) == 100
    assert {len(code.replace("-", "")) for code in codes} == {20}
    assert {len(token) for token in tokens} == {43}


@pytest.mark.parametrize(
    "password",
    [
        *("password1234", "Passwort2026!", "P@ssw0rd1234", "123456789012", "qwertzuiop12", "asdfghjklasdfg"),
        *("aaaaaaaaaaaa", "abcabcabcabc", "passwordpassword", "summer2026summer", "administrator", "letmein-letmein"),
        *("iloveyou2026", "Willkommen2026", "stancelab2026!", "correct horse battery staple", "Physio-Praxis-1"),
        *("            ", "abcdefghijkl", "zyxwvutsrqpo", "1q2w1q2w1q2w"),
    ],
)
def test_a_password_that_is_tried_first_is_refused_however_long_it_is(password: str) -> None:
    with pytest.raises(InvalidEntry) as refused:
        passwords.check_password(password)
    assert refused.value.code == EntryProblem.PASSWORD_COMMON
    assert password not in str(refused.value)


def test_the_name_of_the_account_is_no_password() -> None:
    passwords.check_password("kordula brandner")
    for own in ("kordula brandner", "Brandner-1968", "kordula2026!"):
        with pytest.raises(InvalidEntry):
            passwords.check_password(own, "Kordula Brandner")


@pytest.mark.parametrize(
    "password",
    [
        "seven green anvils sing",
        "Tasse Regen Ziegel 4",
        "my password is a marble elk",
        "vX9-kk2-Lpq-77z",
        "mxyzptlk-brnngg",
    ],
)
def test_words_that_do_not_belong_together_and_random_letters_are_accepted(password: str) -> None:
    passwords.check_password(password)
