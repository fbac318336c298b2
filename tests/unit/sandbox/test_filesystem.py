"""The arguments of setpriv that define which files the snapshot service may use."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from classroom.runtime.paths import Paths
from classroom.sandbox import filesystem, landlock

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    found = Paths(data=tmp_path / "data", run=tmp_path / "run")
    for folder in (found.files, found.snapshots, found.snapshots_socket.parent):
        folder.mkdir(parents=True)
    found.snapshots_beat.touch()
    return found


def rules(words: tuple[str, ...]) -> dict[str, set[str]]:
    """Return the rights in these arguments, by path."""
    found = [after for before, after in pairwise(words) if before == "--landlock-rule"]
    split = [rule.split(":") for rule in found]
    assert all(kind == "path-beneath" for kind, _, _ in split)
    return {path: set(rights.split(",")) for _, rights, path in split}


def test_the_classs_files_are_only_read_and_snapshots_written(paths: Paths) -> None:
    words = filesystem.prefix(paths, 7)
    found = rules(words)
    assert words[:2] == ("setpriv", "--no-new-privs")
    assert words[-1] == "--"
    assert found[str(paths.files)] == {"read-file", "read-dir"}
    assert found[str(paths.snapshots)] == set(filesystem.NAMES)
    assert found[str(paths.snapshots_socket.parent)] == {"make-sock", "remove-file"}
    assert found["/dev/null"] == {"read-file", "write-file"}
    writers = {path for path, rights in found.items() if rights & {"write-file", "make-reg"}}
    assert writers == {str(paths.snapshots), "/dev/null"}
    runs = {path for path, rights in found.items() if "execute" in rights}
    assert runs <= {*filesystem.PROGRAMS, str(paths.prefix), str(paths.snapshots)}


def test_a_rule_about_a_file_names_no_right_of_a_folder(paths: Paths) -> None:
    """The kernel would reject the whole ruleset because of one such right."""
    found = rules(filesystem.prefix(paths, 7))
    assert found[str(paths.snapshots_beat)] == {"read-file"}
    assert found["/etc/passwd"] == {"read-file"}


def test_what_is_not_there_has_no_rule(paths: Paths) -> None:
    """setpriv would not start because of one missing path."""
    paths.snapshots_beat.unlink()
    assert str(paths.snapshots_beat) not in rules(filesystem.prefix(paths, 7))


@pytest.mark.parametrize(
    ("version", "newest"),
    [(1, "make-sym"), (2, "refer"), (3, "truncate"), (5, "truncate"), (7, "truncate")],
)
def test_a_kernel_is_asked_for_no_right_that_it_does_not_know(
    paths: Paths, version: int, newest: str
) -> None:
    words = filesystem.prefix(paths, version)
    handled = words[words.index("--landlock-access") + 1].removeprefix("fs:").split(",")
    assert handled[-1] == newest
    assert all(rights <= set(handled) for rights in rules(words).values())


def test_without_landlock_nothing_stands_before_it(paths: Paths) -> None:
    assert filesystem.prefix(paths, 0) == ()


def test_setprivs_names_are_the_kernels_rights() -> None:
    assert filesystem.names(landlock.EXECUTE | landlock.READ_DIR) == "execute,read-dir"
    assert filesystem.names(landlock.MAKE_SOCKET | landlock.REMOVE_FILE) == "remove-file,make-sock"
    assert filesystem.names(landlock.MAKE_CHAR | landlock.MAKE_BLOCK) == "make-char,make-block"
    assert filesystem.names(landlock.TRUNCATE) == "truncate"
    assert landlock.rights(3) == filesystem.NAMED


def test_this_process_is_not_confined() -> None:
    assert not filesystem.is_confined()
