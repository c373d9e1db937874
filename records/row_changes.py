"""The log of the rows that were written: triggers fill it, in the transaction of whatever act writes.

On a server every archive has it. In a file it begins when the archive becomes a station's: everything that is there
already is written down first, so that it is sent too.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from records.exchange_schema import exchange_state, row_change
from records.scope import SHARED, key_of

#: Name of the value that marks a station's archive: the name of its audit chain, which is nobody else's.
CHAIN = "chain"
_PREFIX = "row_change_of_"
_NOW = "strftime('%Y-%m-%d %H:%M:%f', 'now') || '000'"
_NOTE = """
CREATE OR REPLACE FUNCTION note_row_change() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE key text;
BEGIN
    EXECUTE 'SELECT ($1).' || quote_ident(TG_ARGV[0]) USING NEW INTO key;
    INSERT INTO row_change (at, table_name, row_key) VALUES (clock_timestamp(), TG_TABLE_NAME, key);
    RETURN NULL;
END $$
"""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the log."""

    number: int
    at: datetime
    table: str
    key: str


def keep_log(connection: sa.Connection) -> None:
    """Make the triggers that are missing, where this archive keeps a log; rows that are there already are noted.

    After each migration: one that rebuilds a table in a file drops the table's triggers.
    """
    on_server = connection.dialect.name != "sqlite"
    if not on_server and value_of(connection, CHAIN) is None:
        return
    if on_server:
        connection.exec_driver_sql(_NOTE)
    there = _triggers(connection)
    for table in SHARED:
        key = key_of(table).name
        made = (
            [_PREFIX + table.name] if on_server else [f"{_PREFIX}{table.name}_{verb}" for verb in ("insert", "update")]
        )
        if there.issuperset(made):
            continue
        for name in made:
            connection.exec_driver_sql(
                _on_server(name, table.name, key) if on_server else _in_file(name, table.name, key)
            )
        _note_all(connection, table)


def begin_station(connection: sa.Connection, chain: str) -> str:
    """Make this archive a station's, once; the name of its audit chain from then on."""
    known = value_of(connection, CHAIN)
    if known is None:
        set_value(connection, CHAIN, chain)
    keep_log(connection)
    return known or chain


def entries(connection: sa.Connection, after: int, limit: int) -> tuple[Entry, ...]:
    """The log from a number on, oldest first."""
    chosen = sa.select(row_change).where(row_change.c.number > after).order_by(row_change.c.number).limit(limit)
    return tuple(Entry(row.number, row.at, row.table_name, row.row_key) for row in connection.execute(chosen))


def newest_number(connection: sa.Connection) -> int:
    """Number of the last line; 0 where there is none."""
    return connection.scalar(sa.select(sa.func.max(row_change.c.number))) or 0


def remove(connection: sa.Connection, condition: sa.ColumnElement[bool]) -> None:
    """Take lines out of the log."""
    connection.execute(row_change.delete().where(condition))


def note_again(connection: sa.Connection) -> None:
    """Note every row once more: the other side has lost what it had."""
    for table in SHARED:
        _note_all(connection, table)


def value_of(connection: sa.Connection, name: str) -> str | None:
    """A value that the archive keeps about the exchange."""
    found: str | None = connection.scalar(sa.select(exchange_state.c.value).where(exchange_state.c.name == name))
    return found


def values(connection: sa.Connection) -> Mapping[str, str]:
    """All of them."""
    return {row.name: row.value for row in connection.execute(sa.select(exchange_state))}


def set_value(connection: sa.Connection, name: str, value: str) -> None:
    """Keep a value."""
    connection.execute(exchange_state.delete().where(exchange_state.c.name == name))
    connection.execute(exchange_state.insert().values(name=name, value=value))


def _triggers(connection: sa.Connection) -> frozenset[str]:
    of_file = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    of_server = (
        "SELECT tgname FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid"
        " WHERE relnamespace = current_schema()::regnamespace AND NOT tgisinternal"
    )
    found: Iterable[str] = connection.scalars(sa.text(of_file if connection.dialect.name == "sqlite" else of_server))
    return frozenset(found)


def _on_server(name: str, table: str, key: str) -> str:
    return (
        f"CREATE TRIGGER {name} AFTER INSERT OR UPDATE ON {table}"
        f" FOR EACH ROW EXECUTE FUNCTION note_row_change('{key}')"
    )


def _in_file(name: str, table: str, key: str) -> str:
    noted = f"INSERT INTO row_change (at, table_name, row_key) VALUES ({_NOW}, '{table}', NEW.{key})"  # noqa: S608
    return f"CREATE TRIGGER IF NOT EXISTS {name} AFTER {name.rpartition('_')[2].upper()} ON {table} BEGIN {noted}; END"


def _note_all(connection: sa.Connection, table: sa.Table) -> None:
    key = key_of(table)
    now = sa.text("clock_timestamp()") if connection.dialect.name != "sqlite" else sa.text(_NOW)
    rows = sa.select(now, sa.literal(table.name), key).order_by(key)
    connection.execute(row_change.insert().from_select(["at", "table_name", "row_key"], rows))
