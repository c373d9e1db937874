"""Tables of the exchange between a station's archive and the server's; of `records.schema` in a file of their own."""

from __future__ import annotations

import sqlalchemy as sa

from records.schema import UtcTime, Words, metadata

#: Which rows were written, in the order of their commits (one writer at a time). Filled by triggers, so that no act
#: can forget it. At a station: what the server does not have yet. On the server: what there is to fetch.
row_change = sa.Table(
    "row_change",
    metadata,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("at", UtcTime, nullable=False),
    sa.Column("table_name", Words("table_name"), nullable=False),
    sa.Column("row_key", Words("row_key"), nullable=False),
    sqlite_autoincrement=True,  # a number that was sent and removed is never given again
)

#: A station's: the rows that can be changed, as the server had them when both last agreed.
agreed_row = sa.Table(
    "agreed_row",
    metadata,
    sa.Column("table_name", Words("table_name"), primary_key=True),
    sa.Column("row_key", Words("row_key"), primary_key=True),
    sa.Column("sha256", Words("sha256", 64), nullable=False),
)

#: What an archive knows of itself and of the one it exchanges with, by name.
exchange_state = sa.Table(
    "exchange_state",
    metadata,
    sa.Column("name", Words("name"), primary_key=True),
    sa.Column("value", Words("value"), nullable=False),
)
