"""Uploads in pieces: complete or not at all, each independent, over a real folder."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classroom.lab.files import uploads
from classroom.lab.files.beneath import Root
from classroom.lab.files.directory_entry import LeadsOutError
from classroom.lab.files.disk_reserve import DiskReserveError
from classroom.lab.files.reader import NoFileError
from classroom.lab.files.uploads import LAST, UploadError, Uploads, refusal
from tests import labs

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

PARTS = ("data.csv",)
PIECES = (1, 2, 3, LAST)


class Clock:
    """A clock that the test sets."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Class:
    """A class's folder and its uploads."""

    def __init__(self, folder: Path, *, has_scratch: bool = True) -> None:
        self.files, self.scratch = folder / "files", folder / "scratch"
        self.files.mkdir()
        self.scratch.mkdir()
        self.clock = Clock()
        self.root = Root(self.files)
        self.uploads = Uploads(self.root, self.scratch if has_scratch else None, self.clock)

    def send(self, who: str, pieces: Sequence[int] = PIECES) -> None:
        for piece in pieces:
            self.uploads.take(who, PARTS, piece, f"{who} {piece}\n".encode())

    @property
    def left_over(self) -> list[str]:
        found = (*self.scratch.iterdir(), *self.files.iterdir())
        return [one.name for one in found if one.name != PARTS[0]]

    @property
    def content(self) -> str | None:
        path = self.files / PARTS[0]
        return path.read_text() if path.exists() else None


def whole(who: str) -> str:
    return "".join(f"{who} {piece}\n" for piece in PIECES)


@pytest.fixture(params=[True, False], ids=["scratch", "beside"])
def there(request: pytest.FixtureRequest, tmp_path: Path) -> Class:
    return Class(tmp_path, has_scratch=request.param)


def test_it_appears_as_a_whole_with_its_last_piece(there: Class) -> None:
    there.send("ada", PIECES[:-1])
    assert there.content is None
    there.send("ada", [LAST])
    assert there.content == whole("ada")
    assert (there.files / PARTS[0]).stat().st_mode & 0o777 == 0o664
    assert not there.left_over


def test_what_is_replaced_stays_until_the_end_and_a_program_stays_one(there: Class) -> None:
    path = there.files / PARTS[0]
    path.write_text("old")
    path.chmod(0o755)
    there.send("ada", PIECES[:-1])
    assert there.content == "old"
    there.send("ada", [LAST])
    assert there.content == whole("ada")
    assert path.stat().st_mode & 0o777 == 0o775


def test_of_two_with_one_name_the_second_is_told_and_the_first_stays(there: Class) -> None:
    for piece in PIECES[:-1]:
        there.send("ada", [piece])
        there.send("bob", [piece])
    there.send("bob", [LAST])
    with pytest.raises(UploadError, match="While you were uploading"):
        there.send("ada", [LAST])
    assert there.content == whole("bob")
    assert not there.left_over


@pytest.mark.parametrize("change", ["saved", "replaced", "removed"])
def test_a_file_that_changes_meanwhile_stays_as_it_is(there: Class, change: str) -> None:
    path = there.files / PARTS[0]
    path.write_text("old")
    there.send("ada", PIECES[:-1])
    if change == "saved":
        path.write_text("new and longer")
    elif change == "replaced":
        (there.files / "x").write_text("new")
        (there.files / "x").rename(path)
    else:
        path.unlink()
    now = there.content
    with pytest.raises(UploadError):
        there.send("ada", [LAST])
    assert there.content == now
    assert not there.left_over


def test_two_pages_of_one_person_do_not_mix(there: Class) -> None:
    there.send("ada", [1])
    with pytest.raises(UploadError, match="already"):
        there.send("ada", [1])
    there.send("ada", [2, 3, LAST])
    assert there.content == whole("ada")


def test_after_an_interruption_it_begins_again(there: Class) -> None:
    there.send("ada", [1, 2])
    there.clock.now += uploads.UNDER_WAY_SECONDS
    there.send("ada", PIECES)
    assert there.content == whole("ada")
    assert not there.left_over


def test_what_was_cut_is_removed(there: Class) -> None:
    there.send("ada", [1, 2])
    assert there.left_over
    there.clock.now += uploads.CUT_SECONDS + 1
    there.send("bob", [1])
    assert len(there.left_over) == 1, "bob's"
    with pytest.raises(UploadError, match="interrupted"):
        there.send("ada", [3])
    assert there.content is None


def test_who_begins_again_while_a_piece_is_written_takes_nothing_from_under_it(
    there: Class, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk takes longer than the time after which an interrupted upload may be replaced."""
    there.send("ada", [1])
    writing, go_on = threading.Event(), threading.Event()
    add = uploads._Upload.add

    def slowly(upload: Any, data: bytes, *, last: bool) -> None:
        writing.set()
        assert go_on.wait(20)
        add(upload, data, last=last)

    with ThreadPoolExecutor(2) as pool, monkeypatch.context() as slow:
        slow.setattr(uploads._Upload, "add", slowly)
        piece = pool.submit(there.send, "ada", [2])
        assert writing.wait(20)
        there.clock.now += uploads.UNDER_WAY_SECONDS
        again = pool.submit(there.send, "ada", [1])
        # The second one would take the first one's folder here: it has done so, or it waits.
        labs.wait_until(
            lambda: len(there.left_over) == 2 or again.done(), "the second is there", every=0.01
        )
        go_on.set()
        piece.result(20)
        again.result(20)
    there.send("ada", [2, 3, LAST])
    assert there.content == whole("ada")
    assert not there.left_over


@pytest.mark.parametrize("pieces", [[2], [LAST], [1, 3], [1, 2, 2], [1, 0], [1, -2]])
def test_a_piece_that_does_not_fit_is_refused(there: Class, pieces: list[int]) -> None:
    there.send("ada", pieces[:-1])
    with pytest.raises(UploadError, match="upload it again"):
        there.send("ada", pieces[-1:])
    assert there.content is None


def test_one_person_has_so_many(there: Class, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "MOST_UNFINISHED", 3)
    for number in range(3):
        there.uploads.take("ada", (f"{number}",), 1, b"x")
    with pytest.raises(UploadError, match="3 files already"):
        there.send("ada", [1])
    there.send("bob")


def test_a_full_disk_ends_it_and_leaves_nothing(
    there: Class, monkeypatch: pytest.MonkeyPatch
) -> None:
    there.send("ada", [1, 2])
    monkeypatch.setattr(Root, "space", lambda _: (0, 1))
    with pytest.raises(DiskReserveError):
        there.send("ada", [3])
    assert not there.left_over
    monkeypatch.undo()
    with pytest.raises(UploadError, match="interrupted"):
        there.send("ada", [LAST])


def test_it_goes_nowhere_outside_and_over_no_folder(there: Class, tmp_path: Path) -> None:
    (there.files / "out").symlink_to(tmp_path)
    (there.files / "folder").mkdir()
    with pytest.raises(LeadsOutError):
        there.uploads.take("ada", ("out", "x"), 1, b"x")
    with pytest.raises(NoFileError):
        there.uploads.take("ada", ("folder",), 1, b"x")
    # If the folder becomes a link meanwhile, the upload is refused as well.
    there.uploads.take("ada", ("folder", "x"), 1, b"x")
    (there.files / "folder").rename(there.files / "other")
    (there.files / "folder").symlink_to(tmp_path)
    with pytest.raises(LeadsOutError):
        there.uploads.take("ada", ("folder", "x"), LAST, b"x")
    assert not (tmp_path / "x").exists()


@settings(max_examples=60, deadline=None)
@given(order=st.permutations(["ada"] * 4 + ["bob"] * 4))
def test_however_two_are_mixed_one_of_them_is_there(
    order: list[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    there = Class(tmp_path_factory.mktemp("class"))
    sent = {"ada": iter(PIECES), "bob": iter(PIECES)}
    told = 0
    for who in order:
        try:
            there.send(who, [next(sent[who])])
        except UploadError:
            told += 1
    assert there.content in {whole("ada"), whole("bob")}
    # A person who began after the other had ended replaces a file that they could see.
    apart = order[:4] in (["ada"] * 4, ["bob"] * 4)
    assert told == (0 if apart else 1)
    assert not there.left_over


@pytest.mark.parametrize(
    ("piece", "expected", "idle", "fits"),
    [
        (1, None, 0.0, True),
        (1, 3, 1.0, False),
        (1, 3, uploads.UNDER_WAY_SECONDS, True),
        (2, 2, 0.0, True),
        (LAST, 2, 0.0, True),
        (LAST, None, 0.0, False),
        (3, 2, 0.0, False),
    ],
)
def test_the_decision(piece: int, expected: int | None, idle: float, fits: bool) -> None:  # noqa: FBT001
    said = refusal("data.csv", piece, expected, idle)
    assert (said is None) is fits
    assert said is None or "data.csv" in said
