"""The tidy table of `records.export_tables` as one Parquet file: typed, compact, for R, Python and MATLAB.

The library is pyarrow, the extra ``stancelab[parquet]``. What the columns and metrics mean stands in the file: each
column's field has ``meaning``, the key ``stancelab`` of the file's metadata holds what the CSV's sidecar says.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

from records.archive_file import note_export
from records.errors import ParquetDriverMissing
from records.export_tables import COLUMNS, about_of, metrics_document, rows_of, trees
from records.model import Act, Actor
from records.permissions import require
from records.pseudonyms import Pseudonyms
from records.sealing import Seal, sealed_file
from records.store import RecordStore

ABOUT = b"stancelab"
_AT_ONCE = 50_000
#: Columns that are no text -> type, as pyarrow names it.
_TYPES = {"attempt": "int32", "demo": "bool_", "usable": "bool_", "value": "float64", "se": "float64"}


def export_parquet(
    store: RecordStore,
    actor: Actor,
    path: Path,
    patients: Sequence[str] | None,
    veil: Pseudonyms | None = None,
    *,
    seal: Seal | None = None,
) -> int:
    """Write the newest result of every trial that is not void to the new file `path`; how many rows.

    Raises
    ------
    NotPermitted, StoreError, SealRefused
    ParquetDriverMissing
    OSError
        The file can't be written, or is there already.
    """
    require(actor, Act.EXPORTED)
    try:
        arrow, parquet = import_module("pyarrow"), import_module("pyarrow.parquet")
    except ImportError as error:
        raise ParquetDriverMissing(str(error)) from error
    schema = _schema(arrow)
    n, metrics, waiting = 0, set[str](), list[tuple[Any, ...]]()
    with sealed_file(path, seal) as written:
        with parquet.ParquetWriter(written, schema, compression="zstd") as writer:
            for tree in trees(store, patients, veil):
                waiting += [_typed(row) for row in rows_of(tree)]
                if len(waiting) >= _AT_ONCE:
                    n += _write(arrow, writer, schema, waiting, metrics)
                    waiting = []
            n += _write(arrow, writer, schema, waiting, metrics)
            about = {**about_of(store, actor, veil), "rows": n, "metrics": metrics_document(metrics)}
            writer.add_key_value_metadata({ABOUT: json.dumps(about, ensure_ascii=False).encode()})
        note_export(store, actor, "parquet", patients, {"rows": n, "pseudonymised": veil is not None})
    return n


def _schema(arrow: Any) -> Any:
    types = {name: getattr(arrow, kind)() for name, kind in _TYPES.items()}
    types["visit_at"] = arrow.timestamp("us", tz="UTC")
    return arrow.schema(
        [
            arrow.field(name, types.get(name, arrow.string()), metadata={"meaning": meaning})
            for name, meaning in COLUMNS.items()
        ]
    )


def _typed(row: tuple[Any, ...]) -> tuple[Any, ...]:
    """The time of the visit as a time; a number that happens to be whole as the number it is."""
    typed = dict(zip(COLUMNS, row, strict=True))
    typed["visit_at"] = datetime.fromisoformat(typed["visit_at"]).astimezone(UTC)
    return tuple(typed.values())


def _write(arrow: Any, writer: Any, schema: Any, rows: list[tuple[Any, ...]], metrics: set[str]) -> int:
    columns = list(zip(*rows, strict=True)) or [()] * len(COLUMNS)
    arrays = [arrow.array(column, field.type) for column, field in zip(columns, schema, strict=True)]
    writer.write_table(arrow.Table.from_arrays(arrays, schema=schema))
    metrics |= {str(row[10]) for row in rows}
    return len(rows)
