"""On every database an archive is made, brought forward whole or not at all, refused where it is not ours."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from schemas import OLD_ARCHIVES, later_program
from shelf import CLINICIAN, filed_patient, filed_trial, session_check

from records import filing, migrations
from records.engine import make_engine, parsed, writing
from records.errors import StoreDamaged, StoreMissing, StoreTooNew, StoreTooOld
from records.model import NewPatient
from records.schema import metadata
from records.store import RecordStore, sqlite_url

NEWEST = migrations.newest()


def rows(address: str) -> dict[str, list[dict[str, Any]]]:
    """Every row of every table, as the database's own types say."""
    engine = make_engine(parsed(address))
    tables = sa.MetaData()
    with engine.begin() as connection:
        tables.reflect(connection)
        found = {
            table.name: [
                dict(row._mapping) for row in connection.execute(sa.select(table).order_by(*table.primary_key))
            ]
            for table in tables.sorted_tables
        }
    engine.dispose()
    return found


def copied(content: dict[str, list[dict[str, Any]]], address: str, revision: str) -> None:
    """Lay these rows into a new archive of an old schema."""
    engine = make_engine(parsed(address))
    tables = sa.MetaData()
    with writing(engine).begin() as connection:
        migrations.migrate(connection, address, to=revision)
        tables.reflect(connection)
        for table in tables.sorted_tables:
            filled = [{name: aware(value) for name, value in row.items()} for row in content[table.name]]
            if filled and table.name != "alembic_version":
                connection.execute(table.insert(), filled)
    engine.dispose()


def aware(value: object) -> object:
    """SQLite's times are UTC without saying so."""
    return value.replace(tzinfo=UTC) if isinstance(value, datetime) else value


def as_before(
    before: dict[str, list[dict[str, Any]]], after: dict[str, list[dict[str, Any]]]
) -> tuple[dict[str, list[dict[str, Any]]], set[object]]:
    """Rows after an upgrade with the columns of before, and what stands in the new ones."""
    names = {name: set(found[0]) if found else set() for name, found in before.items() if name != "alembic_version"}
    kept = {name: [{key: row[key] for key in names[name]} for row in after[name]] for name in names}
    return kept, {
        value for name in names for row in after[name] for key, value in row.items() if key not in names[name]
    }


def test_from_nothing_to_the_newest_schema_and_no_further(place: str) -> None:
    store = RecordStore(place)
    with pytest.raises(StoreMissing):
        store.search_patients()
    store.upgrade()
    assert store.revision() == NEWEST
    trial = filed_trial(store)
    before = rows(place)
    store.upgrade()
    assert rows(place) == before
    assert store.trial(trial.id) == trial
    store.close()


def test_migrations_and_tables_say_the_same(store: RecordStore) -> None:
    with store.reading() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_an_older_archive_is_refused_and_its_upgrade_keeps_every_row(
    place: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The later program adds a column, renames one and adds a table."""
    first = RecordStore(place)
    first.upgrade()
    filed_trial(first)
    first.close()
    before = rows(place)
    later_program(monkeypatch, tmp_path)
    store = RecordStore(place)
    with pytest.raises(StoreTooOld) as refused:
        store.search_patients()
    assert (refused.value.values["found"], refused.value.values["wanted"]) == (NEWEST, "later")
    assert rows(place) == before
    store.upgrade()
    after = rows(place)
    for visit in before["visit"]:
        visit["remark"], visit["room"] = visit.pop("note"), "unknown"
    assert after == {**before, "robot": [], "alembic_version": [{"version_num": "later"}]}
    store.close()


@pytest.mark.parametrize(
    ("then", "error"),
    [
        ("raise RuntimeError('power cut')", RuntimeError),
        ("op.execute('DELETE FROM patient')", (StoreDamaged, sa.exc.IntegrityError)),
    ],
    ids=["fails", "orphans rows"],
)
def test_an_upgrade_that_fails_or_orphans_rows_changes_nothing(
    place: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, then: str, error: type[Exception]
) -> None:
    first = RecordStore(place)
    first.upgrade()
    filed_trial(first)
    first.close()
    before = rows(place)
    later_program(monkeypatch, tmp_path, then)
    store = RecordStore(place)
    with pytest.raises(error):
        store.upgrade()
    assert rows(place) == before
    store.close()


def test_a_newer_archive_is_refused_and_not_touched(place: str) -> None:
    store = RecordStore(place)
    store.upgrade()
    with store.writing() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    before = rows(place)
    other = RecordStore(place)
    for use in (other.search_patients, other.upgrade):
        with pytest.raises(StoreTooNew) as refused:
            use()
        assert (refused.value.values["found"], refused.value.values["wanted"]) == ("9999", NEWEST)
    assert rows(place) == before
    store.close()
    other.close()


def test_a_program_that_was_overtaken_while_it_ran_files_nothing_more(place: str) -> None:
    """Another station's newer program upgrades the archive both use."""
    store = RecordStore(place)
    store.upgrade()
    filed_patient(store)
    with store.writing() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    before = rows(place)
    with pytest.raises(StoreTooNew):
        filing.add_patient(store, CLINICIAN, NewPatient("P-9"))
    assert rows(place) == before
    store.close()


@pytest.mark.parametrize("old", OLD_ARCHIVES, ids=lambda path: path.name)
def test_an_archive_of_every_earlier_program_comes_to_this_schema_with_every_row(
    old: Path, place: str, tmp_path: Path
) -> None:
    """The rows of the kept file, laid into an archive of its schema on either database."""
    file = tmp_path / "kept.db"
    file.write_bytes(gzip.decompress(old.read_bytes()))
    content = rows(sqlite_url(file))
    copied(content, place, content["alembic_version"][0]["version_num"])
    before = rows(place)
    assert {name: len(found) for name, found in before.items()} == {name: len(kept) for name, kept in content.items()}
    assert [len(before[name]) for name in ("trial", "result")] == [1, 1]
    store = RecordStore(place)
    with pytest.raises(StoreTooOld):
        store.check_schema()
    store.upgrade()
    kept_rows, new_columns = as_before(before, rows(place))
    assert kept_rows == {name: found for name, found in before.items() if name != "alembic_version"}
    assert new_columns <= {None}
    assert store.damaged_recordings() == (1, ())
    assert store.verify_audit().faults == ()
    filing.add_drift_check(store, CLINICIAN, "FP-7-2026", session_check())
    store.close()
