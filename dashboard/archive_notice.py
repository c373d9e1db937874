"""What is wrong with the archive as a whole, above every page: damaged, or only to be read; and what to do."""

from __future__ import annotations

import shlex
from pathlib import Path

from dash import html
from dash.development.base_component import Component

from dashboard.words import Words
from dashboard.words.dates import moment_text
from records.backup import backups_in
from records.engine import sqlite_url
from records.snapshot import folder_of
from records.store import RecordStore


def archive_notice(words: Words, store: RecordStore) -> list[Component]:
    """A banner; nothing where the archive is well."""
    if store.damage is not None:
        lines = [words("archive.damaged", why=store.damage.values["why"]), *restore_lines(words, store.file)]
        title, kind = words("archive.damaged_title"), "stop"
    elif store.is_read_only:
        lines, title, kind = [words("archive.read_only")], words("archive.read_only_title"), "caution"
    else:
        return []
    return [html.Section([html.H2(title), *map(html.P, lines)], className=f"banner banner-{kind} on-page")]


def restore_lines(words: Words, file: Path | None) -> list[str]:
    """How to go on with the newest backup of an archive: the commands, to be typed as they are."""
    made = backups_in(folder_of(file), file.stem) if file is not None else ()
    if file is None or not made:
        return [words("archive.no_backup")]
    newest, target = made[-1], file.with_name(f"{file.stem}-restored{file.suffix}")
    named = {"backup": str(newest.path), "target": str(target), "url": sqlite_url(target)}
    typed = {name: shlex.quote(text) for name, text in named.items()}
    return [words("archive.restore", at=moment_text(words, newest.made_at.astimezone()), **typed)]
