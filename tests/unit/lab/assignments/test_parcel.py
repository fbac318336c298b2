"""A folder through a pipe: what arrives, and what the receiver rejects from every sender."""

from __future__ import annotations

import io
import os
import time
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from classroom.lab.assignments import copying, packing, parcel
from classroom.lab.assignments.parcel import (
    END,
    ENTRY,
    FILE,
    FOLDER,
    PIECES,
    SIZE,
    UP,
    BrokenParcelError,
)
from classroom.lab.files import tree
from classroom.lab.files.beneath import Root
from classroom.lab.files.directory_entry import DirectoryEntry, NoFolderError
from classroom.lab.files.reader import TooLargeError

if TYPE_CHECKING:
    from pathlib import Path


def sent(place: Path) -> bytes:
    stream = io.BytesIO()
    with Root(place.parent).at((place.name,), follow=False) as entry:
        packing.send(entry, stream)
    return stream.getvalue()


def take_in(place: Path, stream: bytes) -> Path:
    root = Root(place)
    parcel.receive(io.BytesIO(stream), DirectoryEntry(root.folder, "in"), root)
    return place / "in"


def entry(kind: bytes, name: bytes, mode: int = 0o644, when: int = 0) -> bytes:
    return kind + ENTRY.pack(len(name), mode, when) + name


def file(name: bytes, content: bytes = b"x") -> bytes:
    return entry(FILE, name) + PIECES.pack(len(content)) + content + PIECES.pack(0)


def test_files_and_folders_arrive_and_nothing_else_does(tmp_path: Path) -> None:
    place = tmp_path / "work"
    (place / "deep").mkdir(parents=True)
    (place / "deep/a.txt").write_text("a" * 3_000_000)
    (place / "run.sh").write_text("#!")
    (place / "run.sh").chmod(0o4755)
    os.utime(place / "run.sh", (1.0, 1000.0))
    (place / ".hidden").write_text("x")
    (place / "link").symlink_to("/etc/passwd")
    (place / "out").symlink_to("/")
    os.mkfifo(place / "pipe")
    found = take_in(tmp_path, sent(place))
    assert sorted(str(one.relative_to(found)) for one in found.rglob("*")) == [
        *("deep", "deep/a.txt", "run.sh"),
    ]
    assert (found / "deep/a.txt").read_text() == "a" * 3_000_000
    assert (found / "run.sh").stat().st_mode & 0o7777 == 0o775
    assert (found / "run.sh").stat().st_mtime == 1000.0


@pytest.mark.parametrize("kind", ["file", "link", "pipe"])
def test_what_is_no_folder_is_not_sent(tmp_path: Path, kind: str) -> None:
    place = tmp_path / "work"
    if kind == "file":
        place.write_text("x")
    elif kind == "link":
        place.symlink_to(tmp_path)
    else:
        os.mkfifo(place)
    with pytest.raises(NoFolderError):
        sent(place)


def test_a_file_of_nothing_but_holes_counts_in_full(tmp_path: Path) -> None:
    (tmp_path / "work").mkdir()
    with (tmp_path / "work/huge").open("wb") as huge:
        huge.truncate(copying.LARGEST_BYTES + 1)
    with pytest.raises(TooLargeError):
        sent(tmp_path / "work")


BEGIN = SIZE.pack(0)


@pytest.mark.parametrize(
    "stream",
    [
        b"",
        BEGIN,
        BEGIN + file(b"a"),
        BEGIN + UP + END,
        BEGIN + b"?" + END,
        BEGIN + file(b"..") + END,
        BEGIN + file(b".") + END,
        BEGIN + file(b"") + END,
        BEGIN + file(b"../a") + END,
        BEGIN + file(b"/a") + END,
        BEGIN + file(b"a\0b") + END,
        BEGIN + file(b".hidden") + END,
        BEGIN + file(b"a" * 256) + END,
        BEGIN + entry(FOLDER, b"..") + file(b"a") + UP + END,
        BEGIN + file(b"a") + file(b"a") + END,
        BEGIN + entry(FOLDER, b"a") + UP + file(b"a") + END,
        BEGIN + entry(FILE, b"a") + PIECES.pack(2**32 - 1) + b"x" + END,
        BEGIN + entry(FOLDER, b"d") * (tree.DEEPEST + 1) + END,
        SIZE.pack(copying.LARGEST_BYTES + 1) + END,
    ],
)
def test_every_error_leaves_nothing_behind(tmp_path: Path, stream: bytes) -> None:
    with pytest.raises(OSError, match=r".+"):
        take_in(tmp_path, stream)
    assert list(tmp_path.iterdir()) == []


def test_more_than_was_said_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(copying, "LARGEST_BYTES", 20_000)
    many = b"".join(file(f"{number}".encode()) for number in range(10))
    with pytest.raises(TooLargeError):
        take_in(tmp_path, BEGIN + many + END)
    with pytest.raises(TooLargeError):
        take_in(tmp_path, BEGIN + file(b"a", b"x" * 30_000) + END)
    assert list(tmp_path.iterdir()) == []


def test_a_time_to_come_is_now(tmp_path: Path) -> None:
    stream = BEGIN + entry(FILE, b"a", 0o644, 2**62) + PIECES.pack(0) + END
    assert (take_in(tmp_path, stream) / "a").stat().st_mtime <= time.time()


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.one_of(
            st.binary(max_size=40),
            st.just(UP),
            st.builds(entry, st.sampled_from([FILE, FOLDER]), st.binary(max_size=20)),
            st.builds(file, st.binary(max_size=20), st.binary(min_size=1, max_size=20)),
        ),
        max_size=8,
    )
)
def test_no_stream_leads_out(tmp_path: Path, pieces: list[bytes]) -> None:
    place = tmp_path / "place"
    place.mkdir(exist_ok=True)
    try:
        found = take_in(place, BEGIN + b"".join(pieces) + END)
    except BrokenParcelError:
        pass
    except FileExistsError:
        pass
    else:
        with Root(place).at(("in",)) as made:
            copying.drop(made)
        assert not found.exists()
    assert list(place.iterdir()) == []
    assert list(tmp_path.iterdir()) == [place]
