"""What people do with their own account: log in and out, unlock, change password and PIN.

A try is counted as failed before its secret is looked at, in a transaction of its own, so that tries at the same time
can't get past the delay together; success forgets the count. A try that comes too early is told how long to wait: it
is not looked at, not counted and not audited, so nobody can be locked out for good and a flood can't fill the trail.
"""

from __future__ import annotations

import dataclasses
from datetime import datetime, timedelta

import sqlalchemy as sa

from records import passwords, people_rows
from records.audit import append
from records.errors import InvalidEntry, Kind, LoginDelayed, LoginRefused, SessionLocked, SessionOver, UnlockRefused
from records.ids import new_id
from records.model import NAME_LIMIT, Act, Actor, Role, checked_text
from records.people import Account, Opened, Seen, Session, SignedIn
from records.people_rows import Credentials
from records.schema import fold, sha256_of
from records.sign_in_rules import PIN_TRIES, SessionLimits, SessionState, wait_s
from records.store import RecordStore

LIMITS = SessionLimits()
#: Activity is kept to within this, so that not every click is a write. [s]
ACTIVITY_STEP_S = 30.0
#: Who tries a name that nobody has. What was typed is not kept: it may be a password in the wrong field.
NOBODY = Actor("nobody", Role.VIEWER)


def log_in(store: RecordStore, name: str, password: str, *, now: datetime) -> Opened:
    """Open a session.

    Raises
    ------
    LoginRefused
        Wrong name or password, or a disabled account: the work and the answer are the same.
    LoginDelayed
        Too soon after several failures.
    """
    known, key = _known(store, name)
    _count_try(store, key, now)
    right = passwords.fits(known.password_hash if known else None, password)
    renewed = passwords.hashed(password) if known and right and passwords.is_outdated(known.password_hash) else None
    with store.writing() as archive:
        if known is not None and right and is_unchanged(archive, known):
            people_rows.forget_failures(archive, key)
            if renewed is not None:
                people_rows.renew_hash(archive, known.account.id, renewed)
            return _opened(archive, store, known.account, now)
        _append_refusal(archive, store, known.account if known else None, "password")
    raise LoginRefused


def open_session(store: RecordStore, account_id: str, *, now: datetime) -> Opened:
    """Open a session for whoever holds a link that this program made: of a demonstration, where nothing is secret.

    Raises
    ------
    NotFound
    LoginRefused
        The account is disabled.
    """
    with store.writing() as archive:
        account = people_rows.find_account(archive, account_id)
        if account.disabled_at is not None:
            raise LoginRefused
        return _opened(archive, store, account, now, by="link")


def look(store: RecordStore, token: str, *, now: datetime, limits: SessionLimits = LIMITS) -> Seen:
    """Whose session a token is, open or locked.

    Raises
    ------
    SessionOver
    """
    with store.reading() as archive:
        found = _session(archive, token, now, limits)
        pin_hash = people_rows.credentials(archive, found.account.id).pin_hash
    state = limits.state(found.session.created_at, found.session.active_at, now)
    return Seen(found, state is SessionState.LOCKED, pin_hash is not None)


def signed_in(
    store: RecordStore, token: str, *, now: datetime, active: bool, limits: SessionLimits = LIMITS
) -> SignedIn:
    """Whose session a token is, with the role as it is now.

    Parameters
    ----------
    active : bool
        Whether a person did something, and not a page that asks again by itself: only that keeps a session open.

    Raises
    ------
    SessionLocked, SessionOver
    """
    with store.reading() as archive:
        found = _session(archive, token, now, limits)
    if limits.state(found.session.created_at, found.session.active_at, now) is SessionState.LOCKED:
        raise SessionLocked
    if not active or abs((now - found.session.active_at).total_seconds()) < ACTIVITY_STEP_S:
        return found
    with store.writing() as archive:
        current = _session(archive, token, now, limits)
        people_rows.update_session(archive, current.session.id, active_at=now)
    return SignedIn(current.account, dataclasses.replace(current.session, active_at=now))


def lock(store: RecordStore, token: str, *, now: datetime, limits: SessionLimits = LIMITS) -> None:
    """Show the lock screen now, as if nobody had been active for as long as it takes.

    Raises
    ------
    SessionOver
    """
    left_at = now - timedelta(seconds=limits.lock_s)
    with store.writing() as archive:
        found = _session(archive, token, now, limits)
        people_rows.update_session(archive, found.session.id, active_at=min(left_at, found.session.active_at))
        subject = (Kind.SESSION, found.session.id)
        append(archive, found.account.actor, Act.LOCKED, store.station, subject, {"account_id": found.account.id})


def unlock(store: RecordStore, token: str, pin: str, *, now: datetime, limits: SessionLimits = LIMITS) -> SignedIn:
    """Go on from the lock screen with the PIN of the same person.

    Raises
    ------
    UnlockRefused
        Wrong PIN, or the account has none: log in with the password.
    SessionOver
        Too long ago, or too many wrong PINs: log in.
    """
    with store.writing() as archive:
        tried = _count_pin(archive, token, now, limits)
        pin_hash = people_rows.credentials(archive, tried.account.id).pin_hash
    right = passwords.fits(pin_hash, pin)
    with store.writing() as archive:
        found = _session(archive, token, now, limits)
        right = right and people_rows.credentials(archive, tried.account.id).pin_hash == pin_hash
        tries_left = PIN_TRIES - tried.session.pin_failures
        if right:
            act = Act.UNLOCKED
            people_rows.update_session(archive, found.session.id, pin_failures=0, active_at=now)
        elif tries_left > 0:
            act = Act.LOGIN_REFUSED
        else:
            act = Act.SESSION_REVOKED
            people_rows.update_session(archive, found.session.id, revoked_at=now)
        details = {"account_id": tried.account.id, "by": "pin"}
        append(archive, tried.account.actor, act, store.station, (Kind.SESSION, tried.session.id), details)
    if act is Act.SESSION_REVOKED:
        raise SessionOver
    if act is Act.LOGIN_REFUSED:
        raise UnlockRefused(tries_left)
    return SignedIn(found.account, dataclasses.replace(found.session, pin_failures=0, active_at=now))


def log_out(store: RecordStore, token: str, *, now: datetime, limits: SessionLimits = LIMITS) -> None:
    """End one's own session, locked or not.

    Raises
    ------
    SessionOver
        It has ended already.
    """
    with store.writing() as archive:
        found = _session(archive, token, now, limits)
        people_rows.update_session(archive, found.session.id, revoked_at=now)
        subject = (Kind.SESSION, found.session.id)
        append(archive, found.account.actor, Act.LOGGED_OUT, store.station, subject, {"account_id": found.account.id})


def change_password(
    store: RecordStore, token: str, old: str, new: str, *, now: datetime, limits: SessionLimits = LIMITS
) -> Account:
    """Change one's own password, with the old one; ends one's other sessions.

    Raises
    ------
    InvalidEntry, LoginRefused, LoginDelayed, SessionLocked, SessionOver
    """
    passwords.check_password(new)
    return _changed(store, token, old, new, Act.PASSWORD_CHANGED, now, limits)


def choose_password(store: RecordStore, name: str, code: str, password: str, *, now: datetime) -> Account:
    """Choose one's own password, with the code that an administrator was given for it.

    Raises
    ------
    InvalidEntry
    LoginRefused
        Wrong name or code, the code was used or is too old, or the account is disabled.
    LoginDelayed
    """
    passwords.check_password(password, name)
    known, key = _known(store, name)
    _count_try(store, key, now)
    password_hash = passwords.hashed(password)
    with store.writing() as archive:
        if known is not None and people_rows.fits_password_code(archive, known.account.id, code, now):
            current = people_rows.find_account(archive, known.account.id)
            if current.disabled_at is None:
                changed = dataclasses.replace(current, version=current.version + 1)
                people_rows.forget_failures(archive, key)
                people_rows.forget_password_code(archive, current.id)
                people_rows.update_account(archive, changed, password_hash=password_hash)
                subject = (Kind.ACCOUNT, current.id)
                append(archive, current.actor, Act.PASSWORD_CHANGED, store.station, subject, {"by": "code"})
                return changed
        _append_refusal(archive, store, known.account if known else None, "code")
    raise LoginRefused


def change_pin(
    store: RecordStore, token: str, password: str, pin: str, *, now: datetime, limits: SessionLimits = LIMITS
) -> Account:
    """Choose the PIN of one's lock screen, with the password.

    Raises
    ------
    InvalidEntry, LoginRefused, LoginDelayed, SessionLocked, SessionOver
    """
    passwords.check_pin(pin)
    return _changed(store, token, password, pin, Act.PIN_CHANGED, now, limits)


def checked_password(store: RecordStore, account_id: str, password: str, *, now: datetime) -> Credentials:
    """Whose password was typed again: what a signature asks for.

    Raises
    ------
    NotFound, LoginRefused, LoginDelayed
    """
    with store.reading() as archive:
        known = people_rows.credentials(archive, account_id)
    _count_try(store, account_id, now)
    right = passwords.fits(known.password_hash, password)
    with store.writing() as archive:
        if right and is_unchanged(archive, known):
            people_rows.forget_failures(archive, account_id)
            return known
        _append_refusal(archive, store, known.account, "password")
    raise LoginRefused


def _changed(
    store: RecordStore, token: str, password: str, secret: str, act: Act, now: datetime, limits: SessionLimits
) -> Account:
    me = signed_in(store, token, now=now, active=True, limits=limits)
    if act is Act.PASSWORD_CHANGED:
        passwords.check_password(secret, me.account.name)
    with store.reading() as archive:
        known = people_rows.credentials(archive, me.account.id)
    _count_try(store, me.account.id, now)
    right = passwords.fits(known.password_hash, password)
    new_hash = passwords.hashed(secret) if right else ""
    with store.writing() as archive:
        if right and is_unchanged(archive, known):
            people_rows.forget_failures(archive, me.account.id)
            changed = dataclasses.replace(known.account, version=known.account.version + 1)
            if act is Act.PASSWORD_CHANGED:
                people_rows.update_account(archive, changed, password_hash=new_hash)
                people_rows.revoke_sessions(archive, me.account.id, now, keep_id=me.session.id)
            else:
                people_rows.update_account(archive, changed, pin_hash=new_hash)
            append(archive, me.account.actor, act, store.station, (Kind.ACCOUNT, me.account.id), {})
            return changed
        _append_refusal(archive, store, me.account, "password")
    raise LoginRefused


def _known(store: RecordStore, name: str) -> tuple[Credentials | None, str]:
    """Whose name it is, and where its failures are counted: a name that nobody has is delayed like any other."""
    try:
        typed = checked_text("name", name, NAME_LIMIT)
    except InvalidEntry:
        return None, "nobody"
    with store.reading() as archive:
        known = people_rows.credentials_named(archive, typed)
    # 4096 places: no endless table, and too little of a hash to find out what was typed
    return known, known.account.id if known else f"nobody-{sha256_of(fold(typed).encode())[:3]}"


def _count_try(store: RecordStore, key: str, now: datetime) -> None:
    with store.writing() as archive:
        number, last_at = people_rows.failures(archive, key) or (0, now)
        wait = wait_s(number, last_at, now)
        if wait > 0:
            raise LoginDelayed(wait)
        people_rows.keep_failures(archive, key, number + 1, now)


def _count_pin(archive: sa.Connection, token: str, now: datetime, limits: SessionLimits) -> SignedIn:
    """Count a try of a PIN as failed; at most `PIN_TRIES` in a row are looked at. Raises SessionOver."""
    found = _session(archive, token, now, limits)
    if found.session.pin_failures >= PIN_TRIES:
        raise SessionOver
    tried = dataclasses.replace(found.session, pin_failures=found.session.pin_failures + 1)
    people_rows.update_session(archive, tried.id, pin_failures=tried.pin_failures)
    return SignedIn(found.account, tried)


def is_unchanged(archive: sa.Connection, known: Credentials) -> bool:
    """Whether the secret that was looked at still lets in: it may have been changed meanwhile."""
    current = people_rows.credentials(archive, known.account.id)
    return current.password_hash == known.password_hash and current.account.disabled_at is None


def _opened(
    archive: sa.Connection, store: RecordStore, account: Account, now: datetime, by: str = "password"
) -> Opened:
    token = passwords.new_token()
    session = Session(new_id(), account.id, store.station, now, now, revoked_at=None, pin_failures=0)
    people_rows.insert_session(archive, session, token)
    current = people_rows.find_account(archive, account.id)
    subject = (Kind.ACCOUNT, account.id)
    append(archive, current.actor, Act.LOGGED_IN, store.station, subject, {"session_id": session.id, "by": by})
    return Opened(current, session, token)


def _append_refusal(archive: sa.Connection, store: RecordStore, account: Account | None, by: str) -> None:
    actor = account.actor if account else NOBODY
    subject = (Kind.ACCOUNT, account.id if account else "")
    append(archive, actor, Act.LOGIN_REFUSED, store.station, subject, {"by": by})


def _session(archive: sa.Connection, token: str, now: datetime, limits: SessionLimits) -> SignedIn:
    """The session of a token with its account, open or locked. Raises SessionOver."""
    session = people_rows.session_with(archive, token)
    if session is None or session.revoked_at is not None:
        raise SessionOver
    account = people_rows.find_account(archive, session.account_id)
    ended = limits.state(session.created_at, session.active_at, now) is SessionState.OVER
    if ended or account.disabled_at is not None:
        raise SessionOver
    return SignedIn(account, session)
