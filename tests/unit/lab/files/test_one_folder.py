"""Kernels whose Landlock allows no move to another folder (its first version, 5.13)."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from classroom.sandbox import landlock
from tests import labs

if TYPE_CHECKING:
    from pathlib import Path

CONFINED = """
import io, os, sys
from pathlib import Path
from classroom.sandbox import landlock
from classroom.lab.files import atomic_write, operations
from classroom.lab.storage import migration, quarantine
from classroom.lab.files.beneath import Root
from classroom.lab.snapshots.placement import Restored, place_link
from classroom.runtime.paths import Paths

base = Path(sys.argv[1])
places = [landlock.AllowedPath("/", landlock.LOAD), landlock.AllowedPath(str(base), landlock.FIRST)]
landlock._restrict(landlock.Ruleset(landlock.FIRST, 0, 0), places, 1)
try:
    os.rename(base / "data/history/old", base / "files/old")
except OSError as error:
    assert error.errno == 18, error
else:
    raise AssertionError("it can be moved")
"""
STEPS = {
    "restored": """
root, scratch = Root(base / "files"), base / "scratch"
for content in (b"one", b"two"):
    new = Restored(scratch, io.BytesIO(content), executable=True)
    new.place(root, ("a", "x"))
    new.drop()
    assert (base / "files/a/x").read_bytes() == content
    assert (base / "files/a/x").stat().st_mode & 0o777 == 0o775
place_link("x", root, ("a", "link"))
assert os.readlink(base / "files/a/link") == "x"
assert sorted(os.listdir(base / "files/a")) == ["link", "x"]
assert os.listdir(scratch) == []
""",
    "saved, moved and deleted": """
root, scratch = Root(base / "files"), base / "scratch"
atomic_write.write(root, ("x",), b"new", scratch)
operations.make_folder(root, ("a",))
operations.rename(root, ("x",), ("a", "y"))
operations.put_away(root, ("a", "y"))
operations.put_away(root, ("a",))
assert sorted(os.listdir(base / "files/.local/share/Trash/files")) == ["a", "y"]
assert os.listdir(scratch) == []
""",
    "put aside": """
history = base / "data/history"
(history / "documents.db").write_bytes(b"broken")
(history / "documents.db-wal").write_bytes(b"too")
where = quarantine.put_database(history / "documents.db")
assert where.read_bytes() == b"broken" and where.parent != history
assert where.with_name(where.name + "-wal").read_bytes() == b"too"
assert not list(history.glob("documents.db*"))
""",
    "settled": """
migration.settle(Paths(data=base / "data"))
history = base / "data/history"
assert (history / "settings/ada/theme.json").read_text() == "dark"
assert os.readlink(history / "settings/link") == "elsewhere"
assert (history / "workspaces/ada").read_text() == "layout"
assert not (history / "config/lab/user-settings").exists()
assert sorted(os.listdir(history)) == ["config", "old", "settings", "workspaces"]
""",
}


@pytest.mark.skipif(not landlock.abi(), reason="this kernel has no Landlock")
@pytest.mark.parametrize("what", STEPS)
def test_everything_has_its_place_all_the_same(tmp_path: Path, what: str) -> None:
    for name in ("files", "scratch", "data/history/config/lab/user-settings/ada"):
        (tmp_path / name).mkdir(parents=True)
    lab = tmp_path / "data/history/config/lab"
    (lab / "user-settings/ada/theme.json").write_text("dark")
    (lab / "user-settings/link").symlink_to("elsewhere")
    (lab / "workspaces").mkdir()
    (lab / "workspaces/ada").write_text("layout")
    (tmp_path / "data/history/old").touch()
    command = [sys.executable, "-c", CONFINED + STEPS[what], str(tmp_path)]
    ended = subprocess.run(
        command,
        env={**os.environ, "PYTHONPATH": str(labs.ROOT / "src")},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
