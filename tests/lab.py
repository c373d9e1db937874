"""Stations that share a server, and what their archives hold."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa

from records.exchange import Exchange
from records.outbox import open_station
from records.scope import SHARED
from records.shared_rows import marks_of
from records.store import RecordStore, sqlite_url


class Lab:
    """Stations with their own archives, and the server they share."""

    def __init__(self, folder: Path, address: str) -> None:
        self.folder, self.address = folder, address
        self._opened: list[RecordStore] = []

    def station(self, name: str) -> Exchange:
        """A station of this name, at work or started again."""
        store, server = open_station(sqlite_url(self.folder / f"{name}.db")), RecordStore(self.address)
        self._opened += [store, server]
        return Exchange(store, server)

    def close(self) -> None:
        """Let go of every archive."""
        for store in self._opened:
            store.close()


def settled(*stations: Exchange) -> int:
    """Rounds until nothing moves any more; how many rows were refused."""
    refused, moved = 0, True
    while moved:
        rounds = [station.round() for station in stations]
        refused += sum(each.refused for each in rounds)
        moved = any(each.sent or each.fetched for each in rounds)
    return refused


def content(store: RecordStore) -> dict[str, dict[str, str]]:
    """Every shared row of an archive as the hash of what it says, bytes of recordings by their own."""
    found = {}
    with store.reading() as archive:
        for table in SHARED:
            (key,) = table.primary_key
            found[table.name] = marks_of(archive, table, list(archive.scalars(sa.select(key))))
    return found
