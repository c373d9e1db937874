"""What a server's own habits and errors become. Every error here is a real one of PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
import sqlalchemy as sa
from postgres_server import Databases
from shelf import CLINICIAN, filed_patient, filed_trial

from dashboard.words import load_words
from records import engine, filing, rows
from records.errors import RecordsError, StoreBusy, StoreMissing, StoreReadOnly, StoreRefused, StoreUnreachable
from records.model import NewPatient
from records.store import RecordStore


@pytest.fixture
def address(request: pytest.FixtureRequest, databases: Databases) -> str:
    if request.config.getoption("postgres"):
        pytest.skip("about the server that the tests start themselves")
    return databases.archive()


@pytest.fixture
def store(address: str) -> Iterator[RecordStore]:
    opened = RecordStore(address)
    yield opened
    opened.close()


def changed(address: str, **parts: object) -> str:
    return sa.make_url(address).set(**parts).render_as_string(hide_password=False)  # type: ignore[arg-type]


def sql(address: str, statement: str) -> None:
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(statement.encode())


def sentence(error: RecordsError) -> str:
    return load_words()(f"errors.{error.code}", **error.values)


def test_a_session_is_told_what_this_program_relies_on(store: RecordStore) -> None:
    """The server of these tests shows the time of Kathmandu and German dates, and would wait for ever."""
    asked = ("timezone", "datestyle", "lock_timeout", "idle_in_transaction_session_timeout", "transaction_isolation")
    with store.reading() as connection:
        seen = [connection.exec_driver_sql(f"SHOW {name}").scalar() for name in asked]
    assert seen == ["UTC", "ISO, DMY", "5s", "1min", "repeatable read"]
    with store.writing() as connection:
        assert connection.exec_driver_sql("SHOW transaction_isolation").scalar() == "read committed"


def test_what_the_address_says_goes_before(address: str) -> None:
    store = RecordStore(f"{address}?options=-c%20lock_timeout%3D7s&application_name=room2")
    with store.reading() as connection:
        assert connection.exec_driver_sql("SHOW lock_timeout").scalar() == "7s"
        assert connection.exec_driver_sql("SHOW application_name").scalar() == "room2"
    store.close()


def test_a_view_does_not_change_while_it_is_read(store: RecordStore) -> None:
    with store.reading() as connection:
        before = connection.exec_driver_sql("SELECT count(*) FROM patient").scalar()
        filed_patient(store)
        assert connection.exec_driver_sql("SELECT count(*) FROM patient").scalar() == before == 0


def test_a_database_without_an_archive_names_the_command_that_makes_one(databases: Databases) -> None:
    url = databases.empty()
    store = RecordStore(url)
    with pytest.raises(StoreMissing) as refused:
        store.search_patients()
    assert refused.value.values["command"] == f"stancelab store upgrade --store {url.replace('sesame', '***')}"
    store.close()


@pytest.mark.parametrize(
    ("part", "instead"),
    [("sesame", "wrong"), ("clinic", "nobody"), ("stancelab_test", "no_such"), (":sesame", "")],
    ids=["password", "user", "database", "no password"],
)
def test_a_server_that_lets_nobody_in_is_not_one_that_is_down(address: str, part: str, instead: str) -> None:
    with pytest.raises(StoreRefused) as refused:
        RecordStore(address.replace(part, instead)).search_patients()
    said = f"{sentence(refused.value)} {refused.value}"
    assert "check user, password" in said
    assert not any(secret in said for secret in ("sesame", ":wrong"))


def test_a_server_that_is_not_there_is_said(address: str) -> None:
    """Nothing listens on port 1."""
    with pytest.raises(StoreUnreachable) as refused:
        RecordStore(changed(address, port=1)).search_patients()
    assert "Connection refused" in sentence(refused.value)


def test_a_user_without_rights_is_told_and_nothing_is_filed(address: str, store: RecordStore) -> None:
    filed_patient(store)
    sql(address, "DROP ROLE IF EXISTS guest")
    sql(address, "CREATE ROLE guest LOGIN PASSWORD 'sesame'; GRANT SELECT ON ALL TABLES IN SCHEMA public TO guest")
    guest = RecordStore(changed(address, username="guest"))
    try:
        assert len(guest.search_patients()) == 1
        with pytest.raises(StoreRefused, match="permission denied"):
            filing.add_patient(guest, CLINICIAN, NewPatient("P-9"))
        assert len(store.search_patients()) == 1
    finally:
        guest.close()
        sql(address, "DROP OWNED BY guest; DROP ROLE guest")


def test_a_server_that_may_only_be_read_says_so(address: str) -> None:
    store = RecordStore(f"{address}?options=-c%20default_transaction_read_only%3Don")
    assert store.search_patients() == ()
    with pytest.raises(StoreReadOnly):
        filed_patient(store)
    store.close()


def test_a_writer_that_waits_too_long_says_who_is_in_the_way(
    address: str, store: RecordStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "WAIT_S", 0.05)
    hasty = RecordStore(address)
    with store.writing():
        with pytest.raises(StoreBusy):
            filed_patient(hasty, "P-9")
        assert hasty.search_patients() == ()
    filed_patient(hasty, "P-9")
    hasty.close()


def test_a_connection_that_was_cut_is_made_again(address: str, store: RecordStore) -> None:
    """The server ends every session: the next use of the store makes a new one."""
    filed_patient(store)
    sql(address, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'stancelab'")
    assert len(store.search_patients()) == 1


def test_a_session_that_is_cut_in_the_middle_files_nothing(address: str, store: RecordStore) -> None:
    patient = filed_patient(store)
    cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'stancelab'"

    def act() -> None:
        with store.writing() as connection:
            connection.exec_driver_sql("UPDATE patient SET note = 'half'")
            sql(address, cut)
            connection.exec_driver_sql("UPDATE visit SET note = 'other half'")

    with pytest.raises(StoreUnreachable):
        act()
    assert store.patient(patient.id).note == ""


def test_no_error_of_the_server_carries_a_name(store: RecordStore) -> None:
    """PostgreSQL quotes the row that it refuses, with the name in it; what is raised goes into logs."""
    filed_trial(store)
    (row,) = store.search_patients()
    with pytest.raises(sa.exc.IntegrityError) as refused, store.writing() as connection:
        rows.insert_patient(connection, row.patient)
    with pytest.raises(sa.exc.IntegrityError) as incomplete, store.writing() as connection:
        connection.exec_driver_sql("UPDATE patient SET code = NULL")
    assert row.patient.name is not None
    for error in (refused.value, incomplete.value):
        assert row.patient.name not in f"{error!r} {error.__cause__!r}"
        assert row.patient.id not in f"{error!r} {error.__cause__!r}"


@pytest.mark.parametrize("table", ["audit_event", "audit_detail"])
@pytest.mark.parametrize("act", ["UPDATE {} SET {} = 'x'", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
def test_the_server_refuses_to_change_what_was_audited(store: RecordStore, table: str, act: str) -> None:
    filed_patient(store)
    column = {"audit_event": "actor", "audit_detail": "document"}[table]
    with pytest.raises(sa.exc.DBAPIError, match="append-only"), store.writing() as connection:
        connection.exec_driver_sql(act.format(table, column))
    assert store.verify_audit().faults == ()
