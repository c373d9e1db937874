"""Versions of the schema: Alembic inside the package, set up in code. Which version is newest is asked of Alembic."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from records.errors import StoreDamaged
from records.row_changes import keep_log

#: Where Alembic finds the revisions.
SCRIPTS = "records:migrations"


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", SCRIPTS)
    config.set_main_option("path_separator", "os")
    return config


def newest() -> str:
    """Revision this program works with."""
    head = ScriptDirectory.from_config(_config()).get_current_head()
    if head is None:
        raise RuntimeError("the package holds no migration")
    return head


def known() -> frozenset[str]:
    """Every revision this program knows."""
    return frozenset(script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions())


def revision_of(connection: sa.Connection) -> str | None:
    """Revision of an archive; None where there is none yet."""
    return MigrationContext.configure(connection).get_current_revision()


def recorded_revision(connection: sa.Connection) -> str | None:
    """Revision of what is known to be an archive: one quick look."""
    found: str | None = connection.scalar(sa.text("SELECT version_num FROM alembic_version"))
    return found


def migrate(connection: sa.Connection, url: str, to: str = "head") -> None:
    """Bring an archive to the newest revision, or to the one given, inside the caller's transaction.

    On SQLite the caller has switched foreign keys off: with them on, rebuilding a table deletes the rows that point
    to it. So they are checked here, before the commit.

    Raises
    ------
    StoreDamaged
        Rows point to rows that do not exist; the caller rolls back.
    """
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, to)
    if to == "head":
        keep_log(connection)
    if connection.dialect.name == "sqlite":
        orphans = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
        if orphans:
            raise StoreDamaged(
                url, f"{len(orphans)} rows point to rows that do not exist, the first in {orphans[0][0]}"
            )
