"""A file in the archive's own format, opened as if a stranger had made it: nothing of it is written to the disk.

Names must be of the few forms there are, sizes are counted while reading, every member has the SHA-256 that the
manifest says, and every recording the one it was filed with.
"""

from __future__ import annotations

import hashlib
import json
import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import Any, BinaryIO, NoReturn, Self

from records import migrations
from records.archive_file import AUDIT, FORMAT, FORMAT_VERSION, MANIFEST
from records.errors import MergeProblem, MergeRefused

_MEMBER = re.compile(
    r"manifest\.json|audit\.jsonl|rows/[a-z_]{1,40}\.jsonl|recordings/[0-9a-f-]{36}\.stance|sources/[0-9a-f]{64}"
    r"|reports/[0-9a-f-]{36}\.pdf"
)
_PIECE = 1 << 16
_LINE_LIMIT = 16 << 20
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
#: What a damaged ZIP raises while it is read.
_UNREADABLE = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError, OSError)


@dataclass(frozen=True, slots=True)
class Limits:
    """How much a file may hold, unpacked. [bytes]"""

    files: int = 500
    total: int = 50 << 20
    member: int = 50 << 20


#: For a file that one's own archive made.
LARGE = Limits(files=5_000_000, total=1 << 40, member=1 << 30)


class ArchiveFile:
    """An export, checked as far as names and sizes go. Use as a context manager.

    Raises
    ------
    MergeRefused
    """

    def __init__(self, content: BinaryIO, limits: Limits) -> None:
        self._limits, self._read = limits, 0
        try:
            self._pack = zipfile.ZipFile(content)
        except _UNREADABLE as error:
            raise MergeRefused(MergeProblem.NOT_ARCHIVE, str(error)) from error
        try:
            self.names = self._checked_names()
            self.manifest = self._checked_manifest()
        except BaseException:
            self._pack.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._pack.close()

    def verify(self) -> None:
        """Read every member once, and compare it with the manifest."""
        listed = self.manifest["members"]
        if set(listed) != self.names - {MANIFEST}:
            raise MergeRefused(MergeProblem.CHANGED, MANIFEST)
        for name in sorted(listed):
            digest = hashlib.sha256()
            for piece in self._pieces(name):
                digest.update(piece)
            if not isinstance(listed[name], dict) or digest.hexdigest() != listed[name].get("sha256"):
                raise MergeRefused(MergeProblem.CHANGED, name)
        self._read = 0  # what is read after this was counted

    def content(self, name: str) -> bytes:
        """One member whole."""
        if name not in self.names:
            raise MergeRefused(MergeProblem.MISSING, name)
        return b"".join(self._pieces(name))

    def documents(self, table: str) -> Iterator[Any]:
        """The rows of a table; none where the file has none."""
        name = f"rows/{table}.jsonl"
        if name in self.names:
            for line in self._lines(name):
                yield loaded(line, name)

    def audit_lines(self) -> int:
        """How many events it shows."""
        return sum(1 for _ in self._lines(AUDIT)) if AUDIT in self.names else 0

    def _lines(self, name: str) -> Iterator[bytes]:
        rest = b""
        for piece in self._pieces(name):
            *whole, rest = (rest + piece).split(b"\n")
            yield from whole
            if len(rest) > _LINE_LIMIT:
                raise MergeRefused(MergeProblem.TOO_LARGE, name)
        if rest:
            raise MergeRefused(MergeProblem.CHANGED, name)

    def _pieces(self, name: str) -> Iterator[bytes]:
        """What really comes out is counted: what a ZIP says of itself may be a lie."""
        size = 0
        try:
            with self._pack.open(name) as member:
                while piece := member.read(_PIECE):
                    size += len(piece)
                    self._read += len(piece)
                    if size > self._limits.member or self._read > self._limits.total:
                        raise MergeRefused(MergeProblem.TOO_LARGE, name)
                    yield piece
        except _UNREADABLE as error:
            raise MergeRefused(MergeProblem.CHANGED, name) from error

    def _checked_names(self) -> frozenset[str]:
        members = self._pack.infolist()
        if len(members) > self._limits.files:
            raise MergeRefused(MergeProblem.TOO_LARGE, f"{len(members)}")
        for member in members:
            encrypted = member.flag_bits & 1
            if not _MEMBER.fullmatch(member.filename) or encrypted or member.compress_type not in _METHODS:
                raise MergeRefused(MergeProblem.NAME, member.filename[:100])
        names = frozenset(member.filename for member in members)
        if len(names) != len(members):
            raise MergeRefused(MergeProblem.NAME, "one name twice")
        if MANIFEST not in names:
            raise MergeRefused(MergeProblem.NOT_ARCHIVE, MANIFEST)
        return names

    def _checked_manifest(self) -> dict[str, Any]:
        manifest = loaded(self.content(MANIFEST), MANIFEST)
        if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
            raise MergeRefused(MergeProblem.NOT_ARCHIVE, MANIFEST)
        if manifest.get("version") != FORMAT_VERSION or manifest.get("schema") not in migrations.known():
            raise MergeRefused(MergeProblem.VERSION, f"{manifest.get('version')}, {manifest.get('schema')}")
        if not isinstance(manifest.get("members"), dict):
            raise MergeRefused(MergeProblem.NOT_ARCHIVE, MANIFEST)
        return manifest


def loaded(text: bytes, name: str) -> Any:
    """JSON without NaN. Raises MergeRefused."""
    try:
        return json.loads(text, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise MergeRefused(MergeProblem.ROW, name) from error


def _no_number(text: str) -> NoReturn:
    raise ValueError(text)
