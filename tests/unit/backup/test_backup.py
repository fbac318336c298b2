"""Backups without a container: writing them, checking them, and putting one in place."""

from __future__ import annotations

import gzip
import io
import os
import sqlite3
import tarfile
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from classroom.backup import databases, manifest, swap
from classroom.backup.archive import ArchiveWriter, LeftOutError
from classroom.backup.extract import unpack
from classroom.backup.manifest import FIRST, LAST, Manifest, NotABackupError
from classroom.cli import backup as cli
from classroom.runtime.paths import Paths
from tools import backup

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    made = Paths(data=tmp_path / "data")
    for folder in (made.hub, made.history, made.snapshots, made.files):
        folder.mkdir(parents=True)
    return made


def archived(paths: Paths) -> tuple[bytes, list[str]]:
    """Write everything into an archive as the command does; return it, and the messages."""
    said: list[str] = []
    target = io.BytesIO()
    scratch = paths.data.parent / "scratch"
    scratch.mkdir(exist_ok=True)
    with tarfile.open(fileobj=target, mode="w|gz") as archive:
        cli._write(ArchiveWriter(archive, scratch, manifest.LEFT_OUT, said.append), paths)
    return target.getvalue(), said


def names(data: bytes) -> list[str]:
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        return archive.getnames()


def test_everything_comes_back_as_it_was(paths: Paths, tmp_path: Path) -> None:
    work = paths.files / "lesson/a.ipynb"
    work.parent.mkdir(mode=0o2775)
    work.parent.chmod(0o2775)
    work.write_text("work")
    work.chmod(0o600)
    (paths.files / "link").symlink_to("/etc/passwd")
    (paths.hub / "cookie_secret").write_text("secret")
    data, said = archived(paths)
    assert not said
    unpack(io.BytesIO(data), tmp_path / "new")
    found = tmp_path / "new/files/lesson/a.ipynb"
    assert found.read_text() == "work"
    assert found.stat().st_mode & 0o777 == 0o600
    assert found.stat().st_mtime == int(work.stat().st_mtime)
    assert found.parent.stat().st_mode & 0o7777 == 0o2775
    assert (tmp_path / "new/files/link").readlink() == Path("/etc/passwd")
    assert (tmp_path / "new/hub/cookie_secret").read_text() == "secret"


def test_it_begins_and_ends_with_what_it_is_and_files_come_last(paths: Paths) -> None:
    (paths.history / "x").write_text("")
    found = names(archived(paths)[0])
    assert (found[0], found[-1]) == (FIRST, LAST)
    assert found.index("hub") < found.index("history") < found.index("files")


def test_a_database_is_copied_while_somebody_writes(paths: Paths, tmp_path: Path) -> None:
    """The database file alone lacks the content of the write-ahead log beside it."""
    with closing(sqlite3.connect(paths.history / "documents.db", isolation_level=None)) as live:
        live.execute("PRAGMA journal_mode = WAL")
        live.execute("PRAGMA wal_autocheckpoint = 0")
        live.execute("CREATE TABLE typed (text)")
        live.executemany("INSERT INTO typed VALUES (?)", [("x" * 1000,)] * 500)
        live.execute("BEGIN")
        live.execute("INSERT INTO typed VALUES ('not committed')")
        data, _ = archived(paths)
    assert "history/documents.db-wal" not in names(data)
    unpack(io.BytesIO(data), tmp_path / "new")
    with closing(sqlite3.connect(tmp_path / "new/history/documents.db")) as found:
        assert found.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert found.execute("SELECT count(*) FROM typed").fetchone() == (500,)


def test_a_students_database_is_a_file_like_any(paths: Paths) -> None:
    """Root does not open it as a database, because its content is a student's."""
    with closing(sqlite3.connect(paths.files / "own.db")) as own:
        own.execute("CREATE TABLE t (x)")
    (paths.files / "own.db-wal").write_text("theirs")
    assert {"files/own.db", "files/own.db-wal"} <= set(names(archived(paths)[0]))


def test_what_only_looks_like_part_of_a_database_is_kept() -> None:
    assert databases.is_companion("a.db-wal", ["a.db", "a.db-wal"])
    assert not databases.is_companion("my-journal", ["my-journal"])


def test_pipes_and_holes_are_left_out_and_said(paths: Paths) -> None:
    os.mkfifo(paths.files / "pipe")
    with (paths.files / "holes").open("wb") as stream:
        stream.truncate(1 << 40)
    data, said = archived(paths)
    assert len(said) == 2
    assert not {"files/pipe", "files/holes"} & set(names(data))


def test_no_link_is_followed(paths: Paths, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.mkdir()
    (secret / "key").write_text("secret")
    (paths.files / "folder").symlink_to(secret)
    assert "files/folder/key" not in names(archived(paths)[0])


def test_what_becomes_a_link_while_it_is_read_is_left_out(paths: Paths) -> None:
    (paths.files / "x").symlink_to("/etc/passwd")
    held = os.open(paths.files, os.O_RDONLY)
    writer = ArchiveWriter(tarfile.open(fileobj=io.BytesIO(), mode="w"), paths.hub, (), print)  # noqa: SIM115
    with pytest.raises(LeftOutError, match="replaced meanwhile"):
        writer._file(held, "x", "files/x", None)
    os.close(held)


def test_folders_without_end_end(paths: Paths) -> None:
    folder = paths.files
    for _ in range(300):
        folder /= "d"
        folder.mkdir()
    _, said = archived(paths)
    assert len(said) == 1
    assert "too many folders" in said[0]


def test_backups_are_not_in_backups(paths: Paths) -> None:
    (paths.kept / "x").mkdir(parents=True)
    (paths.incoming / "y").mkdir(parents=True)
    assert not {"kept", "incoming"} & set(names(archived(paths)[0]))


# ── What is believed ───────────────────────────────────────────────────────────────────────


def made(*found: tuple[tarfile.TarInfo, bytes]) -> bytes:
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w:gz") as archive:
        for info, content in found:
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return target.getvalue()


def member(name: str, kind: bytes = tarfile.REGTYPE, to: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.uid, info.gid = kind, to, os.getuid(), os.getgid()
    return info


BEGIN = (member(FIRST), Manifest(1, "2026-11-22T12:00:00+00:00").encode())
END = (member(LAST), b"{}")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"no archive",
        gzip.compress(b"no archive"),
        made(),
        made((member("a"), b"x")),
        made((member(FIRST), b"{}"), END),
        made((member(FIRST), b"x" * 100_000), END),
        made(BEGIN),
        made(BEGIN, END, (member("more"), b"")),
        made(BEGIN, END)[:-20],
        # Complete, but with a wrong checksum, which is at the very end.
        made(BEGIN, END)[:-8] + b"\0\0\0\0" + made(BEGIN, END)[-4:],
    ],
)
def test_what_is_no_whole_backup_is_refused(data: bytes, tmp_path: Path) -> None:
    with pytest.raises(NotABackupError):
        unpack(io.BytesIO(data), tmp_path / "new")
    assert not list(tmp_path.iterdir()), "nothing is left of it"


def test_a_backup_of_a_newer_lab_is_refused(tmp_path: Path) -> None:
    data = made((member(FIRST), Manifest(2, "").encode()), END)
    with pytest.raises(NotABackupError, match="made by a newer lab"):
        unpack(io.BytesIO(data), tmp_path / "new")


@pytest.mark.parametrize(
    "found",
    [
        [(member("../x"), b"")],
        [(member("/x"), b"")],
        [(member("a/x"), b"")],
        [(member("a", tarfile.SYMTYPE, "/tmp"), b""), (member("a/x"), b"")],  # noqa: S108
        [(member("a", tarfile.CHRTYPE), b"")],
        [(member("a", tarfile.LNKTYPE, "b"), b"")],
        [(member("kept", tarfile.DIRTYPE), b"")],
    ],
)
def test_nothing_of_it_leads_out(
    found: list[tuple[tarfile.TarInfo, bytes]], tmp_path: Path
) -> None:
    with pytest.raises(NotABackupError, match="which"):
        unpack(io.BytesIO(made(BEGIN, *found, END)), tmp_path / "new")
    assert not list(tmp_path.iterdir())


# ── How it takes its place ─────────────────────────────────────────────────────────────────


@pytest.fixture
def ready(paths: Paths) -> Paths:
    (paths.files / "old").write_text("old")
    (paths.hub / "jupyterhub.sqlite").write_text("old")
    new = paths.incoming / swap.READY
    (new / "files").mkdir(parents=True)
    (new / "files/new").write_text("new")
    (new / "hub").mkdir()
    (paths.incoming / swap.ASIDE).write_text("then")
    return paths


def moved(paths: Paths) -> None:
    assert [path.name for path in paths.files.iterdir()] == ["new"]
    assert [path.name for path in paths.hub.iterdir()] == [swap.MARK]
    assert swap.mark(paths), "pages of before have to reload"
    assert (paths.kept / "then/files/old").read_text() == "old"
    assert (paths.kept / "then/hub/jupyterhub.sqlite").read_text() == "old"
    assert not list(paths.incoming.iterdir())


def test_without_a_backup_nothing_moves(paths: Paths) -> None:
    (paths.files / "old").write_text("old")
    assert swap.take_place(paths) is None
    assert (paths.files / "old").exists()


def test_it_takes_the_place_of_everything_which_is_kept(ready: Paths) -> None:
    assert swap.take_place(ready) == ready.kept / "then"
    moved(ready)
    assert swap.take_place(ready) is None


class PowerCut(BaseException):
    """A power cut in the middle."""


@pytest.fixture
def renames(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """Let only a given number of renames succeed."""
    left = [0]
    original = Path.rename

    def rename(self: Path, target: Path) -> Path:
        if left[0] == 0:
            raise PowerCut
        left[0] -= 1
        return original(self, target)

    monkeypatch.setattr(Path, "rename", rename)
    return iter([left])


@pytest.mark.parametrize("steps", range(7))
def test_a_power_cut_at_any_step_loses_nothing(
    ready: Paths, renames: Iterator[list[int]], steps: int
) -> None:
    (left,) = renames
    left[0] = steps
    with pytest.raises(PowerCut):
        swap.take_place(ready)
    left[0] = 100
    assert swap.take_place(ready) is not None
    moved(ready)


def test_what_is_mounted_stays(tmp_path: Path) -> None:
    source, to = tmp_path / "data", tmp_path / "kept"
    (source / "files/materials").mkdir(parents=True)
    (source / "files/work").write_text("x")
    (source / "hub").mkdir()
    swap.move(source, to, {Path("files/materials")})
    assert (source / "files/materials").is_dir()
    assert (to / "files/work").exists()
    assert not (to / "files/materials").exists()
    assert not (source / "hub").exists()


# ── On the tutor's machine ─────────────────────────────────────────────────────────────────


def test_a_file_that_is_there_is_not_overwritten(tmp_path: Path) -> None:
    file = tmp_path / "b.tgz"
    file.write_text("precious")
    with pytest.raises(backup.BackupError, match="is there already"):
        backup.save(file)
    assert file.read_text() == "precious"


def test_what_can_be_no_backup_is_refused_before_anything(tmp_path: Path) -> None:
    with pytest.raises(backup.BackupError, match="There is no file"):
        backup.restore(tmp_path / "b.tgz")
    (tmp_path / "b.tgz").write_text("notes")
    with pytest.raises(backup.BackupError, match="nothing was changed"):
        backup.restore(tmp_path / "b.tgz")
    with pytest.raises(backup.BackupError, match="There is no folder"):
        backup.save(tmp_path / "no/b.tgz")


def test_what_only_begins_like_a_database_ends_no_backup(paths: Paths) -> None:
    """Otherwise a lab that was taken over could prevent all backups."""
    rubbish = databases.MAGIC + b"rubbish" * 1000
    (paths.history / "documents.db").write_bytes(rubbish)
    (paths.history / "documents.db-wal").write_text("beside it")
    data, said = archived(paths)
    assert len(said) == 1
    assert "is archived as it is, not as a database" in said[0]
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        found = archive.extractfile("history/documents.db")
        assert found is not None
        assert found.read() == rubbish
        assert "history/documents.db-wal" in archive.getnames()


def test_a_database_for_which_there_is_no_room_ends_the_backup(
    paths: Paths, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A copy of the file during a write would be inconsistent, and the backup useless."""

    def copy(_: Path, to: Path, __: object) -> None:
        with closing(sqlite3.connect(to)) as made:
            made.execute("PRAGMA max_page_count = 3")
            made.execute("CREATE TABLE t (x)")
            made.execute("INSERT INTO t VALUES (zeroblob(100000))")

    with closing(sqlite3.connect(paths.history / "documents.db")) as live:
        live.execute("CREATE TABLE t (x)")
    monkeypatch.setattr(databases, "copy", copy)
    with pytest.raises(sqlite3.OperationalError, match="full"):
        archived(paths)


@pytest.mark.skipif(os.geteuid() != 0, reason="becomes another user")
def test_a_database_is_opened_with_no_more_rights_than_whose_it_is(
    paths: Paths, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At that moment a lab that was taken over replaces its database by a link to the Hub's."""
    for place in (paths.hub / "jupyterhub.sqlite", paths.history / "documents.db"):
        with closing(sqlite3.connect(place)) as made_:
            made_.execute("CREATE TABLE t (x)")
            made_.execute("INSERT INTO t VALUES (?)", (str(place),))
            made_.commit()
    for folder in paths.history.resolve().parents:
        if folder.stat().st_uid == 0 and str(folder).startswith("/tmp/"):  # noqa: S108
            folder.chmod(0o755)
    paths.hub.chmod(0o700)
    nobody = 65534
    for place in (paths.history, paths.history / "documents.db"):
        os.chown(place, nobody, nobody)
    copy = databases.copy
    assert archived(paths)[1] == []

    def swapped(database: Path, to: Path, owner: tuple[int, int]) -> None:
        if database.name == "documents.db":
            database.rename(database.with_name("aside"))
            database.symlink_to(paths.hub / "jupyterhub.sqlite")
            assert owner == (nobody, nobody)
        copy(database, to, owner)

    monkeypatch.setattr(databases, "copy", swapped)
    data, said = archived(paths)
    assert len(said) == 1
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        found = archive.extractfile("history/documents.db")
        assert found is not None
        assert b"jupyterhub.sqlite" not in found.read()
    assert os.geteuid() == 0
