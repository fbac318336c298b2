"""Snapshots without a container: restic's output, the disk, and misleading paths."""

from __future__ import annotations

import contextlib
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classroom.cli import snapshots
from classroom.runtime.ipc.server import SaidError
from classroom.snapshots import mounts, records, restic, runner
from classroom.snapshots.api import normal
from classroom.snapshots.quota import DiskSpace
from classroom.snapshots.records import Why

MB = 1 << 20
SNAPSHOT = {
    "time": "2026-11-22T12:28:11.215656734Z",
    "short_id": "9c1ec585",
    "tags": ["stop"],
    "summary": {
        "total_files_processed": 4,
        "total_bytes_processed": 19_000,
        "data_added_packed": 762,
    },
}
NODE = {
    "message_type": "node",
    "path": "/a.txt",
    "type": "file",
    "size": 11,
    "mode": 0o755,
    "mtime": "2026-11-22T12:28:11.197531548Z",
}


def test_what_restic_is_told() -> None:
    told = restic.command(Path("/r"), *restic.backup(Why.BEAT, ["/data/files/mat[e]rials"]))
    assert told[0] == "restic"
    assert "--skip-if-unchanged" in told
    assert "--exclude=/data/files/mat\\[e\\]rials" in told
    assert "--exclude-larger-than=1G" in told
    assert told[-1] == "."
    # After a lab's deletion nothing would be left of files that its last snapshot excluded.
    whole = restic.backup(Why.DELETE, [], whole=True)
    assert set(restic.backup(Why.DELETE, [])) - set(whole) == {"--exclude-larger-than=1G"}


def test_old_snapshots_are_thinned_out() -> None:
    told = restic.forget(restic.KEEP)
    kept = {"--keep-last=12", "--keep-hourly=24", "--keep-daily=14", "--keep-weekly=8"}
    assert kept < set(told)
    assert "--prune" in told
    assert "--group-by=" in told, "else each path and host is kept for itself"


def test_a_full_disk_never_deletes_the_past() -> None:
    """Otherwise a person who fills the disk could delete unwanted snapshots."""
    assert restic.KEEP_WHEN_SHORT["daily"] >= 7
    assert restic.KEEP_WHEN_SHORT["last"] >= 1


def test_snapshots_are_read_newest_first() -> None:
    older = {**SNAPSHOT, "short_id": "c37dd75e", "time": "2026-11-22T12:28:08.9Z"}
    found = records.read_snapshots(json.dumps([older, SNAPSHOT]).encode())
    assert [one.id for one in found] == ["9c1ec585", "c37dd75e"]
    assert (found[0].why, found[0].files, found[0].size) == ("stop", 4, 19_000)


def test_files_are_read() -> None:
    lines = [{"message_type": "snapshot"}, NODE]
    (found,) = records.read_entries("\n".join(map(json.dumps, lines)).encode())
    assert (found.name, found.type, found.mode) == ("a.txt", "file", 0o755)


def test_whether_anything_has_changed() -> None:
    made = {"message_type": "summary", "snapshot_id": "c37dd75e7afa530a"}
    assert records.read_summary(json.dumps(made).encode()) == "c37dd75e"
    assert records.read_summary(b'{"message_type": "summary"}') is None
    with pytest.raises(ValueError, match="said nothing"):
        records.read_summary(b"")


@pytest.mark.parametrize(
    "read", [records.read_snapshots, records.read_entries, records.read_summary]
)
@given(printed=st.binary(max_size=100))
def test_any_output_of_restic_is_read_or_refused(read: Any, printed: bytes) -> None:
    with contextlib.suppress(ValueError):
        read(printed)


def test_restics_reason_is_said_without_what_a_terminal_obeys() -> None:
    assert runner.reason(b"a\n\x1b[31mFatal: no\x07\n") == "[31mFatal: no"
    assert runner.reason(b'{"code": 1, "message": "Fatal: empty"}\n') == "Fatal: empty"
    assert runner.reason(b"[1]") == "[1]"
    assert runner.reason(b"") == "no reason"


@pytest.mark.parametrize(
    ("space", "problem"),
    [
        (DiskSpace(free=500 * MB, total=1000 * MB, taken=100 * MB), None),
        (DiskSpace(free=40 * MB, total=1000 * MB, taken=1 * MB), "only 40 MB are free"),
        (DiskSpace(free=300 * MB, total=1000 * MB, taken=301 * MB), "snapshots take 301 MB"),
        # A large disk isn't nearly full with many gigabytes left.
        (DiskSpace(free=3 << 30, total=1 << 40, taken=1 << 30), None),
    ],
)
def test_how_much_of_the_disk_snapshots_take(space: DiskSpace, problem: str | None) -> None:
    if problem is None:
        assert space.problem is None
    else:
        assert space.problem is not None
        assert problem in space.problem


@pytest.mark.parametrize(
    ("given_path", "found"),
    [("", "/"), ("/", "/"), ("a", "/a"), ("/a//b/./c/", "/a/b/c"), ("a b*", "/a b*")],
)
def test_a_path_is_made_restics(given_path: str, found: str) -> None:
    assert normal(given_path) == found


@pytest.mark.parametrize("path", ["..", "../x", "a/../../x", "a/..", "x\0y"])
def test_no_path_leads_out(path: str) -> None:
    with pytest.raises(SaidError, match="no path of the class's files"):
        normal(path)


MOUNTINFO = """\
22 1 0:20 / / rw - overlay overlay rw
30 22 254:1 /v /data rw - ext4 /dev/vda rw
31 30 254:1 /home/mona/my\\040materials /data/files/my\\040materials ro - ext4 /dev/vda rw
32 22 0:5 / /data/filesystem rw - tmpfs tmpfs rw
"""


def test_what_is_mounted_there_is_found() -> None:
    """It is found even on the same disk: only this table shows it."""
    assert mounts.below(Path("/data/files"), MOUNTINFO) == ["my materials"]
    assert mounts.below(Path("/data"), MOUNTINFO) == ["files/my materials", "filesystem"]


def test_the_list_for_people() -> None:
    found = records.read_snapshots(json.dumps([SNAPSHOT]).encode())
    now = datetime(2026, 11, 22, 13, 30, tzinfo=UTC)
    shown = snapshots.table([one.as_json() for one in found], now)
    assert "9c1ec585  2026-11-22 12:28  1 hour ago  4      19 kB  when the lab stopped" in shown
    there = datetime(2026, 11, 22, 13, 30, tzinfo=UTC).astimezone(ZoneInfo("Pacific/Auckland"))
    shown = snapshots.table([one.as_json() for one in found], there)
    assert "time (NZDT)" in shown
    assert "2026-11-23 01:28  1 hour ago" in shown


def test_what_was_restored_is_said() -> None:
    report = {"snapshot": "9c1ec585", "before": "c37dd75e", "restored": 1, "left": {}}
    assert snapshots.describe(report) == (
        "1 file restored from snapshot 9c1ec585; the previous state is in snapshot c37dd75e."
    )
    left = {f"a\x1b{number}": "Permission denied" for number in range(30)}
    said = snapshots.describe({**report, "restored": 2, "left": left})
    assert "30 could not be restored:" in said
    assert "and 10 more" in said
    assert "\x1b" not in said


def test_a_lab_that_was_taken_over_says_nothing_that_a_terminal_obeys() -> None:
    odd = "\x1b]0;x\x07\x9b"
    report = {"snapshot": odd, "before": odd, "restored": 1, "left": {odd: odd}}
    said = snapshots.describe(report)
    assert all(letter.isprintable() or letter == "\n" for letter in said)
    wrongs: list[Any] = [{}, [], None, {**report, "left": 1}, {**report, "restored": odd}]
    for wrong in wrongs:
        with pytest.raises(ValueError, match="does not say"):
            snapshots.describe(wrong)
