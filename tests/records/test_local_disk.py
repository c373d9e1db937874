"""An SQLite archive is opened on a disk of this computer and nowhere else; each place is named."""

from __future__ import annotations

import json
import struct
import sys
from collections.abc import Callable
from pathlib import Path, PurePath, PurePosixPath, PureWindowsPath

import pytest
from shelf import CLINICIAN, filed_trial

from dashboard.cli import main
from records import local_disk
from records.backup import back_up
from records.errors import StoreInCloud, StoreOnNetwork
from records.local_disk import cloud_of, network_of_macos, network_of_mounts, network_of_windows
from records.store import RecordStore, sqlite_url

#: As Linux writes it: source, mount point, file system, options; the later of two on one point is seen.
TABLE = r"""
/dev/vda1 / ext4 rw,relatime 0 0
tmpfs /var tmpfs rw 0 0
nas:/volume1/lab /srv/lab nfs4 rw,vers=4.2 0 0
/dev/sdb1 /srv/lab/own ext4 rw 0 0
//server/My\040Share /mnt/my\040share cifs rw 0 0
me@host:/ /home/me/far fuse.sshfs rw 0 0
systemd-1 /net autofs rw 0 0
systemd-1 /disk autofs rw 0 0
/dev/sdc1 /disk xfs rw 0 0
shared /media/sf vboxsf rw 0 0
C:\134 /mnt/c 9p rw,aname=drvfs;path=C:\ 0 0
none /sandbox 9p rw,trans=fd 0 0
me /home/me/cryptomator fuse.gocryptfs rw 0 0
"""


@pytest.mark.parametrize(
    ("folder", "found"),
    [
        ("/home/ann", None),
        ("/var/x", None),
        ("/srv/lab", "nfs4, nas:/volume1/lab"),
        ("/srv/lab/deep/down", "nfs4, nas:/volume1/lab"),
        ("/srv/lab/own/stancelab", None),
        ("/srv/laboratory", None),
        ("/mnt/my share/x", "cifs, //server/My Share"),
        ("/home/me/far", "fuse.sshfs, me@host:/"),
        ("/net/nas", "autofs, systemd-1"),
        ("/disk/x", None),
        ("/media/sf", "vboxsf, shared"),
        ("/mnt/c/Users", "9p, C:\\"),
        ("/sandbox/x", None),
        ("/home/me/cryptomator", None),
    ],
)
def test_linux_names_the_file_system_of_the_nearest_mount_point(folder: str, found: str | None) -> None:
    assert network_of_mounts(PurePosixPath(folder), TABLE) == found


@pytest.mark.parametrize(
    ("folder", "found"),
    [
        (r"C:\Users\Ann\stancelab", None),
        (r"Z:\lab", "Z:"),
        (r"\\server\share\lab", r"\\server\share"),
        (r"\\?\UNC\server\share\lab", r"\\?\UNC\server\share"),
        (r"\\?\C:\lab", None),
        ("//server/share/lab", r"\\server\share"),
    ],
)
def test_windows_names_a_share_and_a_drive_letter_of_another_computer(folder: str, found: str | None) -> None:
    """GetDriveTypeW answers 4, DRIVE_REMOTE, for Z: and 3, DRIVE_FIXED, for C:; it is asked for a root."""
    answers = {"Z:\\": 4, "C:\\": 3}
    assert network_of_windows(PureWindowsPath(folder), answers.__getitem__) == found


@pytest.mark.parametrize(
    ("flags", "name", "found"),
    [(0x1000, "apfs", None), (0, "smbfs", "smbfs"), (0, "nfs", "nfs"), (0x1000, "webdav", "webdav")],
)
def test_macos_names_a_file_system_that_is_not_local(flags: int, name: str, found: str | None) -> None:
    """The struct statfs, 64-bit inodes: block sizes, five counts, id, owner, type, then flags, subtype and the name."""
    answer = struct.pack("=Ii5Q2iIIII16s", 4096, 4096, *[1] * 5, 1, 2, 501, 26, flags, 0, name.encode()) + bytes(2080)
    assert len(answer) == 2168
    assert network_of_macos(answer) == found


@pytest.mark.parametrize(
    ("folder", "found"),
    [
        (PureWindowsPath(r"C:\Users\Ann\OneDrive\lab"), "OneDrive"),
        (PureWindowsPath(r"C:\Users\Ann\onedrive - University Clinic\lab"), "OneDrive"),
        (PureWindowsPath(r"D:\Work cloud\lab"), "OneDrive"),
        (PureWindowsPath(r"C:\Users\Ann\iCloudDrive"), "iCloud Drive"),
        (PureWindowsPath(r"G:\My Drive\lab"), "Google Drive"),
        (PureWindowsPath(r"C:\Users\Ann\AppData\Local\stancelab"), None),
        (PurePosixPath("/home/ann/Dropbox/lab"), "Dropbox"),
        (PurePosixPath("/home/ann/Dropbox (Clinic)/lab"), "Dropbox"),
        (PurePosixPath("/home/ann/elsewhere/lab"), "Dropbox"),
        (PurePosixPath("/Users/ann/Library/Mobile Documents/com~apple~CloudDocs/lab"), "iCloud Drive"),
        (PurePosixPath("/Users/ann/Library/CloudStorage/GoogleDrive-ann@x.org/My Drive"), "Google Drive"),
        (PurePosixPath("/Users/ann/Library/CloudStorage/Box-Box/lab"), "Box-Box"),
        (PurePosixPath("/home/ann/Nextcloud/lab"), "Nextcloud"),
        (PurePosixPath("/home/ann/synced/lab"), "Syncthing"),
        (PurePosixPath("/home/ann/Dropbox export"), None),
        (PurePosixPath("/home/ann/OneDriver"), None),
        (PurePosixPath("/home/ann/.local/share/stancelab"), None),
    ],
)
def test_the_programs_that_copy_folders_to_a_cloud_are_known(folder: PurePath, found: str | None) -> None:
    """By what they say of themselves (`known`), by name, by what they leave behind."""
    known = {r"D:\Work cloud": "OneDrive", "/home/ann/elsewhere": "Dropbox"}
    marks = {PureWindowsPath("G:\\.shortcut-targets-by-id"), PurePosixPath("/home/ann/synced/.stfolder")}
    assert cloud_of(folder, known, marks.__contains__) == found


def onedrive_says_so(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OneDriveCommercial", str(folder))


def dropbox_says_so(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = folder.parent / "roaming" / "Dropbox" / "info.json"
    settings.parent.mkdir(parents=True)
    settings.write_text(json.dumps({"business": {"path": str(folder), "host": 7}}))
    monkeypatch.setenv("APPDATA", str(settings.parent.parent))


@pytest.mark.parametrize("says_so", [onedrive_says_so, dropbox_says_so])
def test_an_archive_in_a_cloud_folder_is_neither_made_nor_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, says_so: Callable[[Path, pytest.MonkeyPatch], None]
) -> None:
    folder = tmp_path / "of the clinic"
    says_so(folder, monkeypatch)
    store = RecordStore(sqlite_url(folder / "stancelab.db"))
    for attempt in (store.upgrade, store.search_patients):
        with pytest.raises(StoreInCloud):
            attempt()
    assert not folder.exists()


def test_what_is_no_settings_of_dropbox_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "Dropbox").mkdir()
    (tmp_path / "Dropbox" / "info.json").write_text("[1, {}")
    monkeypatch.setenv("APPDATA", str(tmp_path))
    RecordStore(sqlite_url(tmp_path / "stancelab.db")).upgrade()


@pytest.mark.skipif(sys.platform != "linux", reason="the mount table of Linux")
def test_an_archive_on_a_network_mount_is_refused_and_can_be_brought_home(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A link to the folder does not hide it; a copy of it is made on this computer's disk, none back there."""
    share, table = tmp_path / "share", tmp_path / "mounts"
    share.mkdir()
    here = RecordStore(sqlite_url(share / "stancelab.db"))
    here.upgrade()
    filed_trial(here)
    backup = back_up(here, CLINICIAN).path
    here.close()
    (tmp_path / "link").symlink_to(share)
    table.write_text(f"/dev/vda1 / ext4 rw 0 0\nnas:/lab {share} nfs4 rw 0 0\n")
    monkeypatch.setattr(local_disk, "MOUNTS", table)
    for folder in (share, tmp_path / "link"):
        with pytest.raises(StoreOnNetwork) as refused:
            RecordStore(sqlite_url(folder / "stancelab.db")).search_patients()
        assert refused.value.values["why"] == "nfs4, nas:/lab"
    assert main(["store", "check", "--data", str(share)]) == 1
    assert "network folder (nfs4, nas:/lab)" in capsys.readouterr().err
    assert main(["store", "restore", str(backup), "--to", str(share / "new.db")]) == 1
    assert not (share / "new.db").exists()
    assert main(["store", "restore", str(share / "stancelab.db"), "--to", str(tmp_path / "home.db")]) == 0
    assert RecordStore(sqlite_url(tmp_path / "home.db")).damaged_recordings() == (1, ())
