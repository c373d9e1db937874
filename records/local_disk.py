r"""Is a folder on a disk of this computer, and of nobody else? An SQLite archive is kept nowhere else.

A network folder does not keep the promises SQLite's locks are made of: two computers write at once, and the file is
broken without anyone being told (source: "SQLite Over a Network", sqlite.org/useovernet.html). A program that copies
a folder to a cloud takes the file and its journal at two different moments, and puts older ones back.

============  ============================================================================================
Linux         the file system of the longest mount point above the folder (``/proc/self/mounts``)
macOS         the flag "local" and the name of the file system (``statfs``)
Windows       ``\\SERVER\SHARE``; a drive letter of type "remote" (``GetDriveTypeW``)
cloud         the folders that OneDrive and Dropbox say are theirs; names and marks of the usual programs
============  ============================================================================================
"""

from __future__ import annotations

import ctypes
import json
import os
import re
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path, PurePath, PureWindowsPath

from records.errors import StoreInCloud, StoreOnNetwork

MOUNTS = Path("/proc/self/mounts")
# fmt: off
#: File systems of other computers; those that a program makes stand behind "fuse.".
NETWORKS = frozenset({
    "acfs", "afpfs", "afs", "autofs", "beegfs", "ceph", "cifs", "coda", "davfs", "glusterfs", "gpfs", "lustre",
    "ncpfs", "nfs", "nfs4", "orangefs", "panfs", "prl_fs", "pvfs2", "smb2", "smb3", "smbfs", "vboxsf", "vmhgfs",
    "webdav",
})
_THROUGH_PROGRAMS = frozenset({
    "ceph", "davfs2", "gcsfuse", "glusterfs", "goofys", "google-drive-ocamlfuse", "gvfsd-fuse", "onedriver",
    "rclone", "s3fs", "smbnetfs", "sshfs", "vmhgfs-fuse",
})
# fmt: on
_ESCAPED = re.compile(r"\\([0-7]{3})")
_DRIVE_REMOTE = 4  # GetDriveTypeW; source: Windows API, fileapi.h
#: struct statfs of macOS with 64-bit inodes: f_flags, f_fstypename[16], size. Source: Apple, sys/mount.h.
_FLAGS_AT, _NAME_AT, _NAME_BYTES, _STATFS_BYTES, _MNT_LOCAL = 64, 72, 16, 2168, 0x1000

#: Name of a folder -> whose it is: the part after the name is an organisation's or a language's.
_CLOUD_NAMES: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"OneDrive( - .+)?|OneDrive-.+|SkyDrive", re.IGNORECASE), "OneDrive"),
    (re.compile(r"Dropbox( \(.+\))?|Dropbox-.+", re.IGNORECASE), "Dropbox"),
    (re.compile(r"iCloud ?Drive|com~apple~CloudDocs|Mobile Documents", re.IGNORECASE), "iCloud Drive"),
    (re.compile(r"Google ?Drive( \(.+\))?|GoogleDrive-.+|DriveFS", re.IGNORECASE), "Google Drive"),
    (re.compile(r"Nextcloud|ownCloud|Seafile|pCloud ?Drive|Box Sync|MEGAsync|Proton Drive", re.IGNORECASE), ""),
)
#: What lies in the topmost folder of those programs -> whose it is.
_CLOUD_MARKS = {
    ".dropbox.cache": "Dropbox",
    ".shortcut-targets-by-id": "Google Drive",
    ".nextcloudsync.log": "Nextcloud",
    ".owncloudsync.log": "ownCloud",
    ".stfolder": "Syncthing",
}
_ONEDRIVE = ("OneDrive", "OneDriveConsumer", "OneDriveCommercial")
_DROPBOX = ("APPDATA", "LOCALAPPDATA")


def check_place(file: Path, url: str) -> None:
    """Return where an SQLite archive may be kept in `file`, there already or not.

    Raises
    ------
    StoreOnNetwork, StoreInCloud
        With what was found.
    """
    for folder in dict.fromkeys((file.parent.absolute(), file.resolve().parent)):
        network = _network(folder)
        if network is not None:
            raise StoreOnNetwork(url, network)
        cloud = cloud_of(folder, _known_clouds(os.environ), os.path.lexists)
        if cloud is not None:
            raise StoreInCloud(url, cloud)


def _network(folder: Path) -> str | None:
    if sys.platform == "win32":
        return network_of_windows(PureWindowsPath(folder), ctypes.windll.kernel32.GetDriveTypeW)
    if sys.platform == "darwin":
        return network_of_macos(_statfs(folder))
    try:
        table = MOUNTS.read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:
        return None  # no Linux: nothing to ask
    return network_of_mounts(folder, table)


def network_of_mounts(folder: PurePath, table: str) -> str | None:
    """File system and server above `folder` as the mount table of Linux says; None: a disk of this computer."""
    above = {str(folder), *map(str, folder.parents)}
    found, longest = None, -1
    for line in table.splitlines():
        source, point, kind, options, *_ = map(_unescaped, [*line.split(" "), "", "", ""])
        if point in above and len(point) >= longest:  # of two mounts on one point the later one hides the other
            longest = len(point)
            windows = kind == "9p" and ("aname=drvfs" in options or source == "drvfs")  # a drive of Windows in WSL
            far = kind in NETWORKS or windows or (kind.startswith("fuse.") and kind[5:] in _THROUGH_PROGRAMS)
            found = f"{kind}, {source}" if far else None
    return found


def _unescaped(field: str) -> str:
    """A field of a mount table: a blank is written as a backslash and 040."""
    return _ESCAPED.sub(lambda match: chr(int(match[1], 8)), field)


def network_of_macos(statfs: bytes) -> str | None:
    """Name of a file system that says it is not local."""
    flags = int.from_bytes(statfs[_FLAGS_AT : _FLAGS_AT + 4], sys.byteorder)
    name = statfs[_NAME_AT : _NAME_AT + _NAME_BYTES].split(b"\0")[0].decode(errors="replace")
    return name if not flags & _MNT_LOCAL or name in NETWORKS else None


def _statfs(folder: Path) -> bytes:
    """What macOS says about the file system of a folder, or of the first one above it that is there."""
    there = next(each for each in (folder, *folder.parents) if each.exists())
    libc = ctypes.CDLL(None, use_errno=True)
    answer = ctypes.create_string_buffer(2 * _STATFS_BYTES)
    call = getattr(libc, "statfs$INODE64", None) or libc.statfs
    if call(os.fsencode(there), answer) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), str(there))
    return answer.raw


def network_of_windows(folder: PureWindowsPath, drive_type: Callable[[str], int]) -> str | None:
    r"""``\\SERVER\SHARE``, or the letter of a drive that is somebody else's."""
    drive = folder.drive.replace("/", "\\")
    plain = drive.upper().removeprefix("\\\\?\\").removeprefix("\\\\.\\")
    if plain.startswith("UNC\\") or plain.startswith("\\\\"):
        return drive
    return drive if drive_type(f"{plain}\\") == _DRIVE_REMOTE else None


def cloud_of(folder: PurePath, known: Mapping[str, str], there: Callable[[PurePath], bool]) -> str | None:
    """Whose program copies `folder` elsewhere.

    Parameters
    ----------
    known : Mapping
        Topmost folder -> whose it is, as the programs say themselves.
    there : callable
        Whether a path exists.
    """
    above = (folder, *folder.parents)
    for each in above:
        for top, name in known.items():
            if top and each == type(folder)(top):
                return name
        for pattern, name in _CLOUD_NAMES:
            if pattern.fullmatch(each.name):
                return name or each.name
        if each.name == "CloudStorage" and each.parent.name == "Library":  # where macOS keeps all of them
            return folder.relative_to(each).parts[0] if folder != each else each.name
        for mark, name in _CLOUD_MARKS.items():
            if there(each / mark):
                return name
    return None


def _known_clouds(environment: Mapping[str, str]) -> dict[str, str]:
    """What OneDrive writes into the environment and Dropbox into its settings."""
    known = {environment[name]: "OneDrive" for name in _ONEDRIVE if environment.get(name)}
    settings = [Path.home() / ".dropbox" / "info.json"]
    settings += [Path(environment[name]) / "Dropbox" / "info.json" for name in _DROPBOX if environment.get(name)]
    return known | {path: "Dropbox" for each in settings for path in _dropbox_folders(each)}


def _dropbox_folders(settings: Path) -> Iterable[str]:
    try:
        accounts = json.loads(settings.read_text(encoding="utf-8"))
        return [str(account["path"]) for account in accounts.values()]
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return ()  # no Dropbox, or one of another version: its folder is still known by its name
