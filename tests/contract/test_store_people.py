"""What every archive does with accounts and sessions, whatever database it lies in."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from staff import (
    ADMIN,
    OTHER_PASSWORD,
    PASSWORD,
    PIN,
    START,
    WRONG_PASSWORD,
    WRONG_PIN,
    added,
    after,
    logged_in,
)

from records import accounts, sign_in
from records.errors import (
    AccountNameTaken,
    AlreadySetUp,
    Conflict,
    EntryProblem,
    InvalidEntry,
    LastAdministrator,
    LoginDelayed,
    LoginRefused,
    NotFound,
    SessionLocked,
    SessionOver,
    UnlockRefused,
)
from records.model import Act, Role
from records.store import RecordStore


def acts(store: RecordStore) -> list[Act]:
    """What was done, oldest first."""
    return [event.act for event in reversed(store.audit_events())]


# ---- the first administrator


def test_a_new_archive_has_no_account_and_no_password_lets_in(store: RecordStore) -> None:
    assert accounts.accounts_of(store) == ()
    for name in ("admin", "", "a\0b", "\ud800", "x" * 1_000_000):
        with pytest.raises(LoginRefused):
            sign_in.log_in(store, name, "admin", now=START)


def test_the_code_makes_one_administrator_once(store: RecordStore) -> None:
    code = accounts.make_set_up_code(store, ADMIN, now=START)
    made = accounts.set_up(store, code.lower(), " Ada  Admin ", PASSWORD, now=after(60))
    assert (made.name, made.role) == ("Ada Admin", Role.ADMIN)
    assert logged_in(store, "ada admin").account == made
    with pytest.raises(AlreadySetUp):
        accounts.set_up(store, code, "Another", PASSWORD, now=after(61))
    with pytest.raises(AlreadySetUp):
        accounts.make_set_up_code(store, ADMIN, now=after(62))
    assert acts(store) == [Act.SET_UP_CODE_MADE, Act.SET_UP, Act.LOGGED_IN]


def test_a_code_that_is_wrong_too_old_or_replaced_makes_nobody(store: RecordStore) -> None:
    first = accounts.make_set_up_code(store, ADMIN, now=START)
    second = accounts.make_set_up_code(store, ADMIN, now=START)
    for code, at_s in (("", 0.0), ("0000-0000-0000-0000-0000", 0.0), (first, 0.0), (second, 15 * 60)):
        with pytest.raises(NotFound):
            accounts.set_up(store, code, "Ada", PASSWORD, now=after(at_s))
    assert accounts.accounts_of(store) == ()
    assert accounts.set_up(store, second, "Ada", PASSWORD, now=after(15 * 60 - 1)).role is Role.ADMIN


def test_a_code_is_not_used_up_by_a_password_that_is_too_short(store: RecordStore) -> None:
    code = accounts.make_set_up_code(store, ADMIN, now=START)
    with pytest.raises(InvalidEntry):
        accounts.set_up(store, code, "Ada", "short", now=START)
    accounts.set_up(store, code, "Ada", PASSWORD, now=START)


def test_two_who_use_one_code_at_once_make_one_administrator(store: RecordStore) -> None:
    code = accounts.make_set_up_code(store, ADMIN, now=START)

    def use(name: str) -> bool:
        try:
            accounts.set_up(store, code, name, PASSWORD, now=START)
        except (AlreadySetUp, NotFound):
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(use, ["Ada", "Eve"])) == [False, True]
    assert len(accounts.accounts_of(store)) == 1


# ---- accounts


def test_a_name_is_one_accounts_whatever_its_case_and_accents(store: RecordStore) -> None:
    added(store, "Zoë Example")
    with pytest.raises(AccountNameTaken):
        added(store, "ZOE  example")
    with pytest.raises(InvalidEntry) as nameless:
        added(store, "  ")
    assert nameless.value.code == EntryProblem.ACCOUNT_NAME_MISSING
    assert [account.name for account in accounts.accounts_of(store)] == ["Zoë Example"]


def test_another_role_holds_in_sessions_that_are_open(store: RecordStore) -> None:
    account = added(store)
    token = logged_in(store).token
    accounts.change_role(store, ADMIN, account.id, Role.VIEWER)
    assert sign_in.signed_in(store, token, now=START, active=False).account.role is Role.VIEWER


def test_a_disabled_account_is_out_at_once_and_comes_back_without_its_sessions(store: RecordStore) -> None:
    account = added(store)
    token = logged_in(store).token
    accounts.disable_account(store, ADMIN, account.id, now=START)
    with pytest.raises(SessionOver):
        sign_in.signed_in(store, token, now=START, active=False)
    with pytest.raises(LoginRefused):
        logged_in(store)
    accounts.enable_account(store, ADMIN, account.id)
    with pytest.raises(SessionOver):
        sign_in.signed_in(store, token, now=START, active=False)
    assert logged_in(store).account.id == account.id


def test_a_stale_change_of_an_account_is_refused(store: RecordStore) -> None:
    shown = added(store)
    accounts.change_role(store, ADMIN, shown.id, Role.VIEWER, version=shown.version)
    for change in (
        lambda: accounts.change_role(store, ADMIN, shown.id, Role.ADMIN, version=shown.version),
        lambda: accounts.disable_account(store, ADMIN, shown.id, now=START, version=shown.version),
        lambda: accounts.reset_password(store, ADMIN, shown.id, PASSWORD, now=START, version=shown.version),
        lambda: accounts.enable_account(store, ADMIN, shown.id),
        lambda: accounts.change_role(store, ADMIN, shown.id, Role.VIEWER),
    ):
        with pytest.raises(Conflict):
            change()
    assert accounts.account_named(store, shown.name) is not None
    assert acts(store) == [Act.ACCOUNT_ADDED, Act.ROLE_CHANGED]


def test_the_last_administrator_stays(store: RecordStore) -> None:
    ada, eve = added(store, "Ada", Role.ADMIN), added(store, "Eve", Role.ADMIN)
    accounts.disable_account(store, ADMIN, eve.id, now=START)
    for change in (
        lambda: accounts.change_role(store, ADMIN, ada.id, Role.CLINICIAN),
        lambda: accounts.disable_account(store, ADMIN, ada.id, now=START),
    ):
        with pytest.raises(LastAdministrator):
            change()
    accounts.enable_account(store, ADMIN, eve.id)
    assert accounts.change_role(store, ADMIN, ada.id, Role.CLINICIAN).role is Role.CLINICIAN


# ---- log-in


def test_wrong_name_wrong_password_and_disabled_account_get_one_answer(store: RecordStore) -> None:
    accounts.disable_account(store, ADMIN, added(store, "Dee Disabled").id, now=START)
    added(store)
    answers = set()
    for name, password in (
        ("Cora Clinic", WRONG_PASSWORD),
        ("Nobody Here", PASSWORD),
        ("Dee Disabled", PASSWORD),
    ):
        with pytest.raises(LoginRefused) as refused:
            sign_in.log_in(store, name, password, now=START)
        answers.add((str(refused.value), refused.value.code, tuple(refused.value.values)))
    assert len(answers) == 1


@pytest.mark.parametrize("name", ["Cora Clinic", "Nobody Here"])
def test_after_five_failures_a_try_that_comes_too_early_is_told_to_wait(store: RecordStore, name: str) -> None:
    """For a name that nobody has too: else the delay would say which names there are."""
    added(store)
    for _ in range(5):
        with pytest.raises(LoginRefused):
            sign_in.log_in(store, name, WRONG_PASSWORD, now=START)
    for _ in range(3):  # a try that is not looked at makes the delay no longer
        with pytest.raises(LoginDelayed) as early:
            sign_in.log_in(store, name, PASSWORD, now=after(0.25))
        assert early.value.wait_s == pytest.approx(0.75)
    with pytest.raises(LoginRefused):
        sign_in.log_in(store, name, WRONG_PASSWORD, now=after(1))
    with pytest.raises(LoginDelayed) as early:
        sign_in.log_in(store, name, PASSWORD, now=after(1))
    assert early.value.wait_s == 2
    assert acts(store).count(Act.LOGIN_REFUSED) == 6


def test_who_waits_gets_in_and_the_failures_are_forgotten(store: RecordStore) -> None:
    added(store)
    for _ in range(5):
        with pytest.raises(LoginRefused):
            sign_in.log_in(store, "Cora Clinic", WRONG_PASSWORD, now=START)
    logged_in(store, now=after(1))
    for _ in range(5):
        with pytest.raises(LoginRefused):
            sign_in.log_in(store, "Cora Clinic", WRONG_PASSWORD, now=after(1))


def test_tries_at_the_same_time_do_not_get_past_the_delay_together(store: RecordStore) -> None:
    added(store)

    def tried(_: int) -> type[Exception]:
        with pytest.raises((LoginRefused, LoginDelayed)) as refused:
            sign_in.log_in(store, "Cora Clinic", WRONG_PASSWORD, now=START)
        return refused.type

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(tried, range(12)))
    assert (answers.count(LoginRefused), answers.count(LoginDelayed)) == (5, 7)


def test_a_new_password_from_an_administrator_ends_the_delay_the_sessions_and_the_old_password(
    store: RecordStore,
) -> None:
    account = added(store)
    token = logged_in(store).token
    for _ in range(5):
        with pytest.raises(LoginRefused):
            sign_in.log_in(store, account.name, WRONG_PASSWORD, now=START)
    accounts.reset_password(store, ADMIN, account.id, OTHER_PASSWORD, now=START)
    with pytest.raises(SessionOver):
        sign_in.signed_in(store, token, now=START, active=False)
    assert sign_in.log_in(store, account.name, OTHER_PASSWORD, now=START).account.id == account.id
    with pytest.raises(LoginRefused):
        logged_in(store)


# ---- sessions


def test_activity_keeps_a_session_open_and_asking_again_does_not(store: RecordStore) -> None:
    added(store)
    token = logged_in(store).token
    for minute in (4, 8, 12):
        sign_in.signed_in(store, token, now=after(minute * 60), active=True)
    for second in range(12 * 60 + 10, 17 * 60, 10):
        sign_in.signed_in(store, token, now=after(second), active=False)
    with pytest.raises(SessionLocked):
        sign_in.signed_in(store, token, now=after(17 * 60), active=True)
    with pytest.raises(SessionLocked):  # and a locked session is not opened by trying
        sign_in.signed_in(store, token, now=after(17 * 60 + 1), active=True)
    with pytest.raises(SessionOver):
        sign_in.signed_in(store, token, now=after(27 * 60), active=True)


def test_twelve_hours_end_a_session_however_active(store: RecordStore) -> None:
    added(store)
    token = logged_in(store).token
    for minute in range(4, 12 * 60, 4):
        sign_in.signed_in(store, token, now=after(minute * 60), active=True)
    with pytest.raises(SessionOver):
        sign_in.signed_in(store, token, now=after(12 * 3600), active=True)


def test_a_token_that_was_never_given_out_is_no_session(store: RecordStore) -> None:
    added(store)
    opened = logged_in(store)
    for token in ("", opened.session.id, opened.token[:-1], opened.token + "x", "\ud800", "' OR 1=1 --"):
        with pytest.raises(SessionOver):
            sign_in.signed_in(store, token, now=START, active=True)


def test_a_session_that_was_ended_is_over_and_others_go_on(store: RecordStore) -> None:
    account = added(store)
    mine, revoked, kept = (logged_in(store) for _ in range(3))
    sign_in.log_out(store, mine.token, now=after(1))
    accounts.revoke_session(store, ADMIN, revoked.session.id, now=after(1))
    for over in (mine, revoked):
        with pytest.raises(SessionOver):
            sign_in.signed_in(store, over.token, now=after(2), active=True)
    with pytest.raises(Conflict):
        accounts.revoke_session(store, ADMIN, revoked.session.id, now=after(2))
    assert sign_in.signed_in(store, kept.token, now=after(2), active=True).account == account
    ended = {session.id: session.revoked_at for session in accounts.sessions_of(store, account.id)}
    assert ended == {kept.session.id: None, mine.session.id: after(1), revoked.session.id: after(1)}


# ---- one's own password and PIN


def test_ones_own_password_takes_the_old_one_and_ends_ones_other_sessions(store: RecordStore) -> None:
    account = added(store)
    here, elsewhere = logged_in(store), logged_in(store)
    with pytest.raises(LoginRefused):
        sign_in.change_password(store, here.token, WRONG_PASSWORD, OTHER_PASSWORD, now=START)
    with pytest.raises(InvalidEntry):
        sign_in.change_password(store, here.token, PASSWORD, "short", now=START)
    sign_in.change_password(store, here.token, PASSWORD, OTHER_PASSWORD, now=START)
    assert sign_in.signed_in(store, here.token, now=START, active=False).account.id == account.id
    with pytest.raises(SessionOver):
        sign_in.signed_in(store, elsewhere.token, now=START, active=False)
    assert sign_in.log_in(store, account.name, OTHER_PASSWORD, now=START).account.id == account.id


def test_the_pin_goes_on_from_the_lock_screen_and_only_there(store: RecordStore) -> None:
    added(store)
    token = logged_in(store).token
    sign_in.change_pin(store, token, PASSWORD, PIN, now=START)
    locked = after(10 * 60)
    with pytest.raises(SessionLocked):
        sign_in.signed_in(store, token, now=locked, active=True)
    with pytest.raises(UnlockRefused) as refused:
        sign_in.unlock(store, token, WRONG_PIN, now=locked)
    assert refused.value.tries_left == 4
    assert sign_in.unlock(store, token, PIN, now=locked).session.active_at == locked
    sign_in.signed_in(store, token, now=locked + timedelta(minutes=4), active=False)
    with pytest.raises(SessionOver):
        sign_in.unlock(store, token, PIN, now=locked + timedelta(minutes=15))
    with pytest.raises(LoginRefused):
        sign_in.log_in(store, "Cora Clinic", PIN, now=locked)


def test_a_session_locked_by_hand_shows_the_lock_screen_at_once(store: RecordStore) -> None:
    added(store)
    token = logged_in(store).token
    sign_in.change_pin(store, token, PASSWORD, PIN, now=START)
    sign_in.lock(store, token, now=after(1))
    for at_s in (1, 2):
        with pytest.raises(SessionLocked):
            sign_in.signed_in(store, token, now=after(at_s), active=True)
    sign_in.unlock(store, token, PIN, now=after(3))
    sign_in.signed_in(store, token, now=after(4), active=False)


def test_five_wrong_pins_end_the_session_and_the_password_opens_another(store: RecordStore) -> None:
    added(store)
    token = logged_in(store).token
    sign_in.change_pin(store, token, PASSWORD, PIN, now=START)
    for tries_left in (4, 3, 2, 1):
        with pytest.raises(UnlockRefused) as refused:
            sign_in.unlock(store, token, WRONG_PIN, now=after(400))
        assert refused.value.tries_left == tries_left
    for pin in (WRONG_PIN, PIN):
        with pytest.raises(SessionOver):
            sign_in.unlock(store, token, pin, now=after(400))
    with pytest.raises(SessionOver):
        sign_in.signed_in(store, token, now=after(400), active=False)
    assert acts(store)[-5:] == [Act.LOGIN_REFUSED] * 4 + [Act.SESSION_REVOKED]
    assert logged_in(store, now=after(400)).token != token


def test_an_account_without_a_pin_is_not_unlocked_by_any(store: RecordStore) -> None:
    added(store)
    token = logged_in(store).token
    with pytest.raises(UnlockRefused):
        sign_in.unlock(store, token, PIN, now=after(400))
    with pytest.raises(UnlockRefused):
        sign_in.unlock(store, token, "", now=after(400))
