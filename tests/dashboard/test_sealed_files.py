"""Encrypted backups and exports: whoever has the key gets the same bytes, everybody else a named error and nothing."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from shelf import CLINICIAN, filed_trial, result

from dashboard.cli import main
from records import filing, sealing
from records.backup import back_up, backups_in
from records.errors import SealProblem, SealRefused
from records.sealing import LARGEST_BY_PASSPHRASE, Seal, make_key, sealed_file, secret_in, unsealed
from records.store import RecordStore, sqlite_url

age = pytest.importorskip("pyrage", reason="the extra stancelab[encryption]")
Capture = pytest.CaptureFixture[str]
PASSPHRASE = "correct horse battery"  # noqa: S105


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder with an archive of one trial of "Jürgen Weiß"."""
    for variable in ("STANCELAB_DATA", "STANCELAB_STORE"):
        monkeypatch.delenv(variable, raising=False)
    store = RecordStore(sqlite_url(tmp_path / "stancelab.db"), station="room 2")
    store.upgrade()
    trial = filed_trial(store)
    filing.file_result(store, CLINICIAN, trial.id, result())
    store.close()
    return tmp_path


@pytest.fixture
def public(folder: Path, capsys: Capture) -> str:
    """The public key of the new secret one in ``lab.key``, as it was printed."""
    assert main(["store", "key", "--out", str(folder / "lab.key")]) == 0
    return next(word for word in capsys.readouterr().out.split() if word.startswith("age1"))


def typed(monkeypatch: pytest.MonkeyPatch, line: str) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{line}\n"))


def test_the_secret_key_is_this_users_only_and_never_printed(folder: Path, capsys: Capture) -> None:
    assert main(["store", "key", "--out", str(folder / "lab.key")]) == 0
    told = capsys.readouterr()
    secret = secret_in(folder / "lab.key").key
    assert secret.startswith("AGE-SECRET-KEY-1")
    assert secret not in told.out + told.err
    assert secret not in repr(secret_in(folder / "lab.key"))
    assert os.name == "nt" or (folder / "lab.key").stat().st_mode & 0o077 == 0
    assert main(["store", "key", "--out", str(folder / "lab.key")]) == 1
    assert secret_in(folder / "lab.key").key == secret


def test_a_backup_to_a_key_says_nothing_without_it_and_everything_with_it(
    folder: Path, public: str, capsys: Capture
) -> None:
    """Anybody's program for age opens it: here the library itself, without ours."""
    stick, new = folder / "stick", folder / "new.db"
    assert main(["store", "backup", "--data", str(folder), "--to", str(stick), "--encrypt-to", public]) == 0
    (made,) = stick.iterdir()
    assert made.name.endswith(".db.age")
    assert "Weiß".encode() not in made.read_bytes()
    assert [path for path in (folder / "backups").iterdir()] == []  # the copy it was made of
    plain = io.BytesIO()
    age.decrypt_io(
        io.BytesIO(made.read_bytes()), plain, [age.x25519.Identity.from_str(secret_in(folder / "lab.key").key)]
    )
    assert plain.getvalue().startswith(b"SQLite format 3\0")
    assert main(["store", "restore", str(made), "--to", str(new)]) == 1
    assert "is encrypted" in capsys.readouterr().err
    assert main(["store", "restore", str(made), "--to", str(new), "--key", str(folder / "lab.key")]) == 0
    assert RecordStore(sqlite_url(new)).damaged_recordings() == (1, ())
    assert [path.name for path in folder.iterdir() if ".part" in path.name] == []


def test_a_passphrase_opens_what_it_closed(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture, tmp_path: Path
) -> None:
    out, other = folder / "all.stancelab", sqlite_url(folder / "other.db")
    RecordStore(other).upgrade()
    typed(monkeypatch, PASSPHRASE)
    assert main(["export", "--data", str(folder), "--all", "--out", str(out), "--passphrase-stdin"]) == 0
    told = capsys.readouterr().out
    assert "all.stancelab.age" in told
    assert "The file is encrypted" in told
    assert not out.exists()
    sealed = folder / "all.stancelab.age"
    typed(monkeypatch, "correct horse batterz")
    assert main(["store", "merge", str(sealed), "--store", other, "--passphrase-stdin"]) == 1
    assert "another key or passphrase" in capsys.readouterr().err
    assert RecordStore(other).search_patients() == ()
    typed(monkeypatch, PASSPHRASE)
    assert main(["store", "merge", str(sealed), "--store", other, "--passphrase-stdin"]) == 0
    assert "New patients: 1, visits: 1, trials: 1, recordings: 1, results: 1." in capsys.readouterr().out


def test_table_and_sidecar_are_both_encrypted(folder: Path, public: str) -> None:
    arguments = ["export", "--data", str(folder), "--all", "--format", "csv", "--encrypt-to", public]
    assert main([*arguments, "--out", str(folder / "table.csv")]) == 0
    opened = {}
    for name in ("table.csv.age", "table.csv.json.age"):
        with unsealed(folder / name, secret_in(folder / "lab.key")) as content:
            opened[name] = content.read()
    assert opened["table.csv.age"].startswith(b"patient,visit_at,")
    assert json.loads(opened["table.csv.json.age"])["rows"] == len(result().values)
    assert not [path for path in folder.iterdir() if path.suffix in (".csv", ".json")]


@pytest.mark.parametrize("text", ["a short one", "age1notakey", "AGE-SECRET-KEY-1QQQ"])
def test_what_is_no_key_encrypts_nothing_and_is_not_repeated(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture, text: str
) -> None:
    how = ["--encrypt-to", text]
    if " " in text:
        typed(monkeypatch, text)
        how = ["--passphrase-stdin"]
    assert main(["export", "--data", str(folder), "--all", "--out", str(folder / "x"), *how]) == 1
    assert text not in capsys.readouterr().err
    assert not [path for path in folder.iterdir() if path.name.startswith((".x", "x"))]
    typed(monkeypatch, text)
    assert main(["store", "backup", "--data", str(folder), "--to", str(folder / "y"), *how]) == 1
    assert not (folder / "y").exists()


# ---- tampered files


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Seal, Seal]]:
    """What seals, what opens; of both kinds."""
    public = make_key(tmp_path_factory.mktemp("key") / "lab.key")
    secret = secret_in(tmp_path_factory.getbasetemp() / "key0" / "lab.key")
    phrase = Seal(passphrase=PASSPHRASE)
    return {"key": (Seal(key=public), secret), "passphrase": (phrase, phrase)}


TAMPERED: dict[str, Callable[[bytes], bytes]] = {
    "last byte away": lambda content: content[:-1],
    "one byte of the content": lambda content: content[:-500] + bytes([content[-500] ^ 1]) + content[-499:],
    "whole chunks away": lambda content: content[: len(content) - 70_000],
    "nothing but its beginning": lambda content: content[:30],
    "something after the end": lambda content: content + b"x",
    "header authenticator": lambda content: content.replace(b"\n--- ", b"\n--- A", 1),
}


@pytest.mark.parametrize(("kind", "ways"), [("key", tuple(TAMPERED)), ("passphrase", ("last byte away",))])
def test_of_a_tampered_file_nothing_is_given(
    keys: dict[str, tuple[Seal, Seal]], tmp_path: Path, kind: str, ways: tuple[str, ...]
) -> None:
    """A passphrase takes a second at each try, as it should: one way is enough for it."""
    seals, opens = keys[kind]
    with sealed_file(tmp_path / "whole.age", seals) as written:
        written.write(bytes(200_000))
    whole = (tmp_path / "whole.age").read_bytes()
    with unsealed(tmp_path / "whole.age", opens) as content:
        assert content.read() == bytes(200_000)
    for name in ways:
        changed = tmp_path / name
        changed.write_bytes(TAMPERED[name](whole))
        with pytest.raises(SealRefused) as refused, unsealed(changed, opens):
            pass
        assert refused.value.code == SealProblem.CHANGED, name


def test_another_key_is_told_from_a_changed_file(keys: dict[str, tuple[Seal, Seal]], tmp_path: Path) -> None:
    with sealed_file(tmp_path / "a.age", keys["key"][0]) as written:
        written.write(b"content")
    make_key(tmp_path / "other.key")
    for seal in (secret_in(tmp_path / "other.key"), keys["passphrase"][1]):
        with pytest.raises(SealRefused) as refused, unsealed(tmp_path / "a.age", seal):
            pass
        assert refused.value.code == SealProblem.ANOTHER_KEY


def test_a_damaged_encrypted_backup_is_not_restored(
    folder: Path, keys: dict[str, tuple[Seal, Seal]], capsys: Capture
) -> None:
    made = back_up(RecordStore(sqlite_url(folder / "stancelab.db")), CLINICIAN, seal=keys["key"][0]).path
    made.write_bytes(made.read_bytes()[:-1])
    (folder / "lab.key").write_text(keys["key"][1].key)
    arguments = ["store", "restore", str(made), "--to", str(folder / "new.db"), "--key", str(folder / "lab.key")]
    assert main(arguments) == 1
    assert "changed or cut" in capsys.readouterr().err
    assert not [path for path in folder.iterdir() if "new.db" in path.name]
    assert made.exists()


def test_encrypted_backups_are_thinned_apart_from_plain_ones(folder: Path, keys: dict[str, tuple[Seal, Seal]]) -> None:
    store = RecordStore(sqlite_url(folder / "stancelab.db"))
    plain, sealed = back_up(store, CLINICIAN), back_up(store, CLINICIAN, seal=keys["key"][0])
    assert [each.path for each in backups_in(folder / "backups", "stancelab")] == [plain.path]
    assert [each.path for each in backups_in(folder / "backups", "stancelab", ".db.age")] == [sealed.path]
    assert sealed.inventory.rows["trial"] == 1


def test_what_is_too_large_for_a_passphrase_is_said_before_anything_is_written(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A file of 512 MiB and a byte, which takes no room: a passphrase needs all of it in memory."""
    with (tmp_path / "large").open("wb") as written:
        written.truncate(LARGEST_BY_PASSPHRASE + 1)
    with pytest.raises(SealRefused) as refused:
        sealing.seal_to(tmp_path / "large", tmp_path / "large.age", Seal(passphrase=PASSPHRASE))
    assert refused.value.code == SealProblem.TOO_LARGE
    assert not (tmp_path / "large.age").exists()
