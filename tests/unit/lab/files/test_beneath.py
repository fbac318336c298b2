"""Files beneath a folder are inside it, both with openat2(2) and with our own walk."""

from __future__ import annotations

import contextlib
import ctypes
import os
import stat
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classroom.lab.chat import setup
from classroom.lab.files import atomic_write, listing, operations, reader, tree
from classroom.lab.files.beneath import Root
from classroom.lab.files.directory_entry import (
    DirectoryEntry,
    LeadsOutError,
    NoPathError,
    parts_of,
    path_of,
)
from classroom.runtime import volume_reserve

if TYPE_CHECKING:
    from collections.abc import Iterator

OUTSIDE = "outside-7d"
EXCHANGE = 2


@pytest.fixture(params=[True, False], ids=["openat2", "walk"])
def root(tmp_path: Path, request: pytest.FixtureRequest) -> Root:
    """The class's folder, next to one outside; with openat2, and as on a kernel without it."""
    (tmp_path / "files/a/b").mkdir(parents=True)
    (tmp_path / "outside/b").mkdir(parents=True)
    for name in ("secret", "b/x.txt"):
        (tmp_path / "outside" / name).write_text(OUTSIDE)
    (tmp_path / "files/a/b/x.txt").write_text("inside")
    made = Root(tmp_path / "files", (tmp_path / "alias",))
    made._has_openat2 = request.param
    return made


def text(root: Root, *parts: str) -> str:
    return reader.content(root, parts, 1000)[1].decode()


LEADING_OUT = {
    "absolute": "{outside}/secret",
    "relative": "../outside/secret",
    "far up": "../../../../../../../../etc/passwd",
    "magic": "/proc/self/environ",
    "up and in again": "../files/a/b/x.txt",
    "inside and out": "a/../../outside/secret",
    "looks like it": "{files}x/secret",
    "absolute and up": "{files}/../outside/secret",
}


@pytest.mark.parametrize("target", LEADING_OUT.values(), ids=LEADING_OUT)
@pytest.mark.parametrize("where", ["link", "a/link"])
def test_no_link_leads_out(root: Root, target: str, where: str) -> None:
    place = root.path / where
    given = target.format(outside=root.path.parent / "outside", files=root.path)
    place.symlink_to(("../" if "/" in where and not given.startswith("/") else "") + given)
    parts = parts_of(where)
    before = place.lstat().st_mtime_ns, place.readlink()
    for act in (
        lambda: reader.look(root, parts),
        lambda: reader.content(root, parts, 1000),
        lambda: reader.digest(root, parts, 1000),
        lambda: listing.entries(root, parts),
        lambda: atomic_write.write(root, parts, b"new"),
        lambda: atomic_write.append(root, parts, b"new"),
        lambda: operations.make_folder(root, parts),
        lambda: tree.size(root, parts),
        lambda: tree.copy(root, parts, ("copy",)),
        lambda: reader.look(root, (*parts, "x")),
        lambda: operations.rename(root, ("a", "b", "x.txt"), (*parts, "x")),
        lambda: operations.rename(root, (*parts, "x"), ("y",)),
        lambda: operations.put_away(root, (*parts, "x")),
    ):
        with pytest.raises(LeadsOutError, match="“link” is a link that leads out"):
            act()
    assert not reader.kind(root, parts)
    assert reader.is_there(root, parts)
    assert not reader.is_there(root, (*parts, "x"))
    assert (place.lstat().st_mtime_ns, place.readlink()) == before
    assert (root.path.parent / "outside/secret").read_text() == OUTSIDE


INSIDE = {
    "a file": ("link", "a/b/x.txt", "link"),
    "a folder": ("link", "a/b", "link/x.txt"),
    "up": ("a/link", "../a/b/x.txt", "a/link"),
    "absolute": ("link", "{files}/a/b", "link/x.txt"),
    "by another name": ("a/link", "{alias}/a/b/x.txt", "a/link"),
    "absolute, from below": ("a/b/link", "{files}/a", "a/b/link/b/x.txt"),
    "the folder itself": ("a/link", "..", "a/link/a/b/x.txt"),
    "with slashes and dots": ("link", ".//a/./b//", "link/x.txt"),
}


@pytest.mark.parametrize("link", INSIDE.values(), ids=INSIDE)
def test_links_that_stay_inside_are_followed(root: Root, link: tuple[str, str, str]) -> None:
    name, target, path = link
    target = target.format(files=root.path, alias=root.path.parent / "alias")
    (root.path / name).symlink_to(target)
    parts = parts_of(path)
    assert text(root, *parts) == "inside"
    atomic_write.write(root, parts, b"new")
    assert (root.path / name).is_symlink()
    assert (root.path / "a/b/x.txt").read_text() == "new"
    assert reader.look(root, parts).writable


def test_links_in_circles_and_beyond_number_end(root: Root) -> None:
    (root.path / "one").symlink_to("two")
    (root.path / "two").symlink_to("one")
    for number in range(60):
        (root.path / f"n{number}").symlink_to(f"n{number + 1}")
    (root.path / "n60").symlink_to("a")
    for name in ("one", "n0"):
        with pytest.raises(OSError, match="Too many levels"):
            reader.look(root, (name,))
        with pytest.raises(OSError, match="Too many levels"):
            reader.look(root, (name, "x"))
    assert reader.look(root, ("n30", "b")).is_folder


def test_links_that_add_up_use_up_no_descriptors(root: Root) -> None:
    """Each link is short, but together they are longer than anybody needs."""
    below = root.path
    for number in range(8):
        (below / f"link{number}").symlink_to("/".join(["d"] * 20 + [f"link{number + 1}"]))
        for _ in range(20):
            below /= "d"
        below.mkdir(parents=True)
    (below / "link8").mkdir()
    with pytest.raises(OSError, match="name too long"):
        reader.look(root, ("link0",))
    assert reader.look(root, ("d", *["d"] * 99)).is_folder, "a path without links may be longer"


def wind(folder: Path, name: str, links: int = 39) -> None:
    """Make a link whose path has tens of thousands of steps, but few links."""
    (folder / "d").mkdir(exist_ok=True)
    way = "d/../" * 800
    for number in range(links):
        (folder / f".{name}{number}").symlink_to(f"{way}.{name}{number + 1}")
    (folder / f".{name}{links}").symlink_to("a")
    (folder / name).symlink_to(f".{name}0")


def test_links_with_long_ways_end_soon(root: Root) -> None:
    wind(root.path, "way")
    for path in (("way",), ("way", "b")):
        begun = time.process_time()
        # The kernel may follow the second path itself, at little cost; our own walk may not.
        with contextlib.suppress(OSError):
            reader.look(root, path)
        assert time.process_time() - begun < 0.1
    (root.path / "short").symlink_to("d/../" * 400 + "a")
    assert reader.look(root, ("short",)).is_folder


def test_a_list_of_many_links_costs_little(root: Root) -> None:
    """Each page reads its folder every few seconds."""
    (root.path / "d").mkdir()
    for number in range(300):
        for name in (f"x{number}", f".x{number}"):
            (root.path / name).symlink_to("d/../" * 400 + "a")
    begun = time.process_time()
    found = {one.name: one for one in listing.entries(root, (), lambda name: name[0] == "x")[1]}
    assert time.process_time() - begun < 0.3
    assert set(found) == {f"x{number}" for number in range(300)}
    assert {one.leads for one in found.values()} == {True, False}
    assert all(one.is_folder is one.leads for one in found.values())


def test_the_first_chat_waits_for_no_link(root: Root) -> None:
    (root.path / "d").mkdir()
    for number in range(300):
        (root.path / f".x{number}").symlink_to("d/../" * 400 + "a")
    begun = time.process_time()
    setup.begin(root)
    assert time.process_time() - begun < 0.1
    assert (root.path / setup.FIRST).is_file()
    (root.path / setup.FIRST).rename(root.path / "Ours.chat")
    setup.begin(root)
    assert not (root.path / setup.FIRST).exists()


def test_a_list_follows_as_many_links_as_people_make(root: Root) -> None:
    for number in range(1000):
        (root.path / f"x{number}").symlink_to("a/b/x.txt")
    assert all(one.leads for one in listing.entries(root, ())[1])


def test_a_link_at_the_end_is_moved_and_put_away_itself(root: Root) -> None:
    link = root.path / "link"
    link.symlink_to(root.path.parent / "outside")
    operations.rename(root, ("link",), ("a", "moved"))
    assert (root.path / "a/moved").is_symlink()
    operations.put_away(root, ("a", "moved"))
    kept = root.path.joinpath(*operations.TRASH, "files/moved")
    assert kept.is_symlink()
    assert (
        "Path=a/moved" in root.path.joinpath(*operations.TRASH, "info/moved.trashinfo").read_text()
    )
    assert (root.path.parent / "outside/secret").exists()


def test_what_is_put_away_twice_is_there_twice(root: Root) -> None:
    for content in (b"one", b"two"):
        atomic_write.write(root, ("x",), content)
        operations.put_away(root, ("x",))
    trash = root.path.joinpath(*operations.TRASH, "files")
    assert {found.read_bytes() for found in trash.iterdir()} == {b"one", b"two"}


def test_a_name_that_is_taken_stays_so(root: Root) -> None:
    atomic_write.write(root, ("x",), b"x")
    with pytest.raises(FileExistsError):
        operations.rename(root, ("x",), ("a", "b", "x.txt"))
    with pytest.raises(FileExistsError):
        atomic_write.write(root, ("a", "b", "x.txt"), b"y", new=True)
    (root.path / "dangling").symlink_to("nowhere")
    with pytest.raises(FileExistsError):
        operations.rename(root, ("x",), ("dangling",))
    assert text(root, "a", "b", "x.txt") == "inside"


def test_a_folder_is_copied_with_its_links_as_links(root: Root) -> None:
    (root.path / "a/link").symlink_to(root.path.parent / "outside/secret")
    os.mkfifo(root.path / "a/pipe")
    (root.path / "a/b/x.txt").chmod(0o755)
    tree.copy(root, ("a",), ("copy",))
    assert (root.path / "copy/link").is_symlink()
    assert (root.path / "copy/b/x.txt").read_text() == "inside"
    assert stat.S_IMODE((root.path / "copy/b/x.txt").stat().st_mode) == 0o775
    assert not (root.path / "copy/pipe").exists()
    with pytest.raises(OSError, match="into itself"):
        tree.copy(root, ("a",), ("a", "b", "copy"))


def test_what_cannot_be_copied_as_a_whole_is_not_copied(root: Root) -> None:
    """For example, the file grows meanwhile, or the disk is full."""
    (root.path / "a/b/large").write_bytes(b"x" * 100_000)
    with pytest.raises(reader.TooLargeError):
        tree.copy(root, ("a",), ("copy",), 50_000)
    assert sorted(found.name for found in root.path.iterdir()) == ["a"]
    (root.path / "copy").mkdir()
    with pytest.raises(FileExistsError):
        tree.copy(root, ("a",), ("copy",))
    assert (root.path / "copy").is_dir(), "it was another's"


def test_some_of_the_disk_stays_free(root: Root) -> None:
    least = volume_reserve.space(root.path).kept
    assert root.space()[1] == least > 0, "for a start, and for signing in"
    root.reserve = least + 1000
    assert root.space()[1] == least + 1000
    root.reserve = 1 << 60
    free, kept = root.space()
    assert free < 1 << 60, free
    assert kept < 1 << 60, "a small disk can be used too"


def test_folders_beyond_all_depth_are_left(root: Root) -> None:
    held = os.open(root.path, os.O_PATH)
    for _ in range(150):
        os.mkdir("deep", dir_fd=held)
        below = os.open("deep", os.O_PATH, dir_fd=held)
        os.close(held)
        held = below
    os.close(held)
    with pytest.raises(tree.TooDeepError):
        tree.copy(root, ("deep",), ("copy",))
    with pytest.raises(tree.TooDeepError):
        tree.size(root, ("deep",))
    operations.put_away(root, ("deep",))  # of any depth: it is only renamed
    assert not (root.path / "deep").exists()


def test_pipes_are_not_waited_for(root: Root) -> None:
    os.mkfifo(root.path / "pipe")
    (root.path / "link").symlink_to("pipe")
    for name in ("pipe", "link"):
        for act in (
            lambda name=name: reader.content(root, (name,), 1000),
            lambda name=name: atomic_write.write(root, (name,), b"new"),
            lambda name=name: atomic_write.append(root, (name,), b"new"),
        ):
            with pytest.raises(reader.NoFileError):
                act()
    assert "pipe" not in [found.name for found in listing.entries(root, ())[1]]


def test_a_list_tells_links_that_lead_out_apart(root: Root) -> None:
    (root.path / "out").symlink_to(root.path.parent / "outside")
    (root.path / "in").symlink_to("a")
    (root.path / "nowhere").symlink_to("absent")
    found = {one.name: one for one in listing.entries(root, ())[1]}
    assert set(found) == {"a", "in", "out"}
    assert not found["out"].leads
    assert not found["out"].is_folder
    assert found["in"].is_folder


def test_no_more_is_read_than_may_be(root: Root) -> None:
    atomic_write.write(root, ("large",), b"x" * 1001)
    for read in (reader.content, reader.digest):
        with pytest.raises(reader.TooLargeError):
            read(root, ("large",), 1000)
        assert read(root, ("large",), 1001)


# ── While the path is being followed ───────────────────────────────────────────────────────


@contextlib.contextmanager
def exchanging(one: Path, other: Path) -> Iterator[list[int]]:
    """Exchange two names continuously, each time in one atomic step."""
    libc, ended, swaps = ctypes.CDLL(None, use_errno=True), threading.Event(), [0]

    def swap() -> None:
        end = time.monotonic() + 60
        while not ended.is_set() and time.monotonic() < end:
            names = (os.fsencode(one), -100, os.fsencode(other), EXCHANGE)
            assert libc.renameat2(-100, *names) == 0
            swaps[0] += 1

    thread = threading.Thread(target=swap)
    thread.start()
    try:
        yield swaps
    finally:
        ended.set()
        thread.join()


@pytest.mark.parametrize("what", ["the folder", "the file", "a folder by two links"])
def test_a_link_that_comes_in_between_leads_nowhere(root: Root, what: str) -> None:
    outside = root.path.parent / "outside"
    if what == "the file":
        target, thing, link = outside / "secret", root.path / "a/b/x.txt", root.path / "a/b/other"
    else:
        target, thing, link = outside, root.path / "a", root.path / "other"
    link.symlink_to(target)
    parts: tuple[str, ...] = ("a", "b", "x.txt")
    if what == "a folder by two links":
        (root.path / "way").symlink_to("in")
        (root.path / "in").symlink_to("a")
        parts = ("way", "b", "x.txt")
    read = refused = 0

    def save() -> None:
        if what != "the file":  # that could replace the link itself, which would end the race
            atomic_write.write(root, parts, b"inside")

    with exchanging(thing, link) as swaps:
        end = time.monotonic() + 20
        while (swaps[0] < 3000 or not read or not refused) and time.monotonic() < end:
            for act in (
                lambda: text(root, *parts),
                lambda: reader.digest(root, parts, 1000)[1],
                lambda: str(listing.entries(root, parts[:-1])),
                save,
                lambda: atomic_write.append(root, parts, b""),
                lambda: atomic_write.write(root, (*parts[:-1], "new"), b"inside"),
                lambda: operations.rename(root, (*parts[:-1], "new"), (*parts[:-1], "newer")),
                lambda: operations.put_away(root, (*parts[:-1], "newer")),
            ):
                try:
                    found = act()
                except OSError:
                    refused += 1
                else:
                    read += 1
                    assert OUTSIDE not in str(found)
                    assert "secret" not in str(found)
    assert read
    assert refused
    assert sorted(found.name for found in outside.rglob("*")) == ["b", "secret", "x.txt"]
    assert {(outside / name).read_text() for name in ("secret", "b/x.txt")} == {OUTSIDE}


def test_descriptors_are_closed(root: Root) -> None:
    (root.path / "out").symlink_to("/etc")
    (root.path / "in").symlink_to("a/b")
    before = len(list(Path("/proc/self/fd").iterdir()))
    for path in ("a/b/x.txt", "in/x.txt", "out/passwd", "out", "absent/x", "a/b/x.txt/y", ""):
        for act in (
            lambda parts: reader.content(root, parts, 1000),
            lambda parts: listing.entries(root, parts),
            lambda parts: atomic_write.write(root, parts, b"x"),
            lambda parts: tree.copy(root, parts, (*parts, "copy")),
            lambda parts: operations.rename(root, parts, ("a", "b", "x.txt")),
        ):
            with contextlib.suppress(OSError):
                act(parts_of(path))
    assert len(list(Path("/proc/self/fd").iterdir())) == before


# ── Paths ──────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("path", "parts"),
    [("", ()), ("/", ()), ("a/b/", ("a", "b")), ("//a/./b", ("a", "b")), ("a/../b", ("b",))],
)
def test_paths_are_taken_apart(path: str, parts: tuple[str, ...]) -> None:
    assert parts_of(path) == parts


@pytest.mark.parametrize("path", ["..", "a/../..", "a\0b", "../files", "\ud800"])
def test_what_can_be_no_path_is_none(path: str) -> None:
    with pytest.raises(NoPathError):
        parts_of(path)


@given(st.text())
def test_no_path_has_a_way_up(path: str) -> None:
    with contextlib.suppress(NoPathError):
        assert not {"", ".", ".."} & {*parts_of(path)}
        assert not any("/" in name for name in parts_of(path))


def test_a_place_that_becomes_a_link_is_not_opened(root: Root) -> None:
    with root.at(("a", "b", "x.txt")) as place:
        (root.path / "a/b/x.txt").unlink()
        (root.path / "a/b/x.txt").symlink_to(root.path.parent / "outside/secret")
        with pytest.raises(OSError, match="Too many levels"):
            place.open(os.O_RDONLY)
        assert isinstance(place, DirectoryEntry)


@given(st.lists(st.binary(min_size=1, max_size=20), min_size=1, max_size=3))
def test_pages_have_a_path_of_any_name(names: list[bytes]) -> None:
    """Paths have whole characters, which every browser can send, and lead to the same file."""
    parts = tuple(
        os.fsdecode(name)
        for name in names
        if not {0, ord("/")} & {*name} and name not in {b".", b".."}
    )
    path = path_of(parts)
    assert path.encode().decode() == path
    assert parts_of(path) == parts
