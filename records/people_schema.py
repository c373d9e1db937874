"""Tables of the people who work with the archive; of `records.schema` in a file of their own.

Columns that end in ``_hash`` or ``_sha256`` are of secrets, and leave `records` in no object.
"""

from __future__ import annotations

import sqlalchemy as sa

from records.model import Role
from records.schema import Choice, UtcTime, Words, metadata

account = sa.Table(
    "account",
    metadata,
    sa.Column("id", Words("id", 36), primary_key=True),
    sa.Column("name", Words("name"), nullable=False),
    sa.Column("role", Choice(Role), nullable=False),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Column("disabled_at", UtcTime, nullable=True),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("name_key", Words("name_key"), nullable=False),
    sa.Column("password_hash", Words("password_hash"), nullable=False),
    sa.Column("pin_hash", Words("pin_hash"), nullable=True),
    sa.UniqueConstraint("name_key"),
)

login_session = sa.Table(
    "login_session",
    metadata,
    sa.Column("id", Words("id", 36), primary_key=True),
    sa.Column("account_id", Words("account_id", 36), sa.ForeignKey("account.id"), nullable=False),
    sa.Column("station", Words("station"), nullable=False),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Column("active_at", UtcTime, nullable=False),
    sa.Column("revoked_at", UtcTime, nullable=True),
    sa.Column("pin_failures", sa.Integer, nullable=False),
    sa.Column("token_sha256", Words("token_sha256", 64), nullable=False),
    sa.UniqueConstraint("token_sha256"),
    sa.Index(None, "account_id"),
)

#: `key`: an account's id, or one of a fixed number of places for names that nobody has.
login_failure = sa.Table(
    "login_failure",
    metadata,
    sa.Column("key", Words("key"), primary_key=True),
    sa.Column("failures", sa.Integer, nullable=False),
    sa.Column("last_at", UtcTime, nullable=False),
)

#: Lets its account's owner choose a password, once: of a new account, or where the old one is forgotten.
password_code = sa.Table(
    "password_code",
    metadata,
    sa.Column("account_id", Words("account_id", 36), sa.ForeignKey("account.id"), primary_key=True),
    sa.Column("code_sha256", Words("code_sha256", 64), nullable=False),
    sa.Column("expires_at", UtcTime, nullable=False),
)

set_up_code = sa.Table(
    "set_up_code",
    metadata,
    sa.Column("id", Words("id", 36), primary_key=True),
    sa.Column("code_sha256", Words("code_sha256", 64), nullable=False),
    sa.Column("expires_at", UtcTime, nullable=False),
    sa.Column("used_at", UtcTime, nullable=True),
)
