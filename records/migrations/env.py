"""What Alembic runs: on the connection that `records.migrations.migrate` hands over, in its transaction."""

from __future__ import annotations

from alembic import context

from records import people_schema  # noqa: F401 - its tables
from records.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    transactional_ddl=False,  # the caller's transaction holds all of it
)
context.run_migrations()
