"""Whatever is merged into whatever: undone from the last merge on, every row is what it was."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from acts import therapy
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shelf import CLINICIAN, NOON, filed_patient

from records import filing
from records.columns import metadata
from records.errors import RecordsError
from records.ids import new_id
from records.store import RecordStore, sqlite_url


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RecordStore]:
    opened = RecordStore(sqlite_url(tmp_path_factory.mktemp("doubles") / "archive.db"))
    opened.upgrade()
    yield opened
    opened.close()


def rows(store: RecordStore) -> list[tuple[Any, ...]]:
    with store.reading() as connection:
        return [
            tuple(row)
            for name in ("patient", "visit", "therapy_event")
            for row in connection.execute(sa.select(metadata.tables[name]).order_by(sa.text("id")))
        ]


def owners(store: RecordStore, ids: list[str]) -> int:
    return sum(len(store.visits_of(id)) + len(store.therapy_events_of(id)) for id in ids)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    holdings=st.lists(st.tuples(st.integers(0, 2), st.integers(0, 1)), min_size=3, max_size=4),
    merges=st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=5),
)
def test_merge_then_unmerge_is_identity(
    store: RecordStore, holdings: list[tuple[int, int]], merges: list[tuple[int, int]]
) -> None:
    ids = [filed_patient(store, new_id()).id for _ in holdings]
    for id, (visits, events) in zip(ids, holdings, strict=True):
        for day in range(visits):
            filing.open_visit(store, CLINICIAN, id, station="s", at=NOON + timedelta(days=day))
        for _ in range(events):
            filing.add_therapy_event(store, CLINICIAN, id, therapy())
    before, n = rows(store), owners(store, ids)
    done = []
    for kept, double in merges:
        try:
            pair = ids[kept % len(ids)], ids[double % len(ids)]
            done.append(filing.merge_patients(store, CLINICIAN, *pair, "one person").id)
        except RecordsError:
            assert kept % len(ids) == double % len(ids) or {
                store.patient(id).merged_into is not None for id in pair
            } != {False}
        assert owners(store, ids) == n
    for merge_id in reversed(done):
        filing.unmerge_patients(store, CLINICIAN, merge_id)
    assert rows(store) == before


def test_everything_above_is_in_one_unbroken_chain(store: RecordStore) -> None:
    assert store.verify_audit().faults == ()
