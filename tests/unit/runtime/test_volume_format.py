"""Which lab wrote a volume, and what happens to it under another one."""

from __future__ import annotations

import errno
import json
from pathlib import Path

import pytest

from classroom.runtime import files, volume_format
from classroom.runtime.paths import Paths
from classroom.runtime.problems import StartRefusedError
from classroom.runtime.volume_format import FILE, FORMAT, Volume

DOCS = Path(__file__).parents[3] / "docs/operate/upgrades.md"


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    made = Paths(data=tmp_path)
    made.hub.mkdir()
    return made


def test_a_new_volume_says_who_writes_it(paths: Paths) -> None:
    assert volume_format.bring_up(paths, "1.0") == Volume()
    assert volume_format.read(paths.data) == Volume(FORMAT, "1.0")
    assert (paths.data / FILE).stat().st_mode & 0o777 == 0o600
    assert volume_format.bring_up(paths, "1.1") == Volume(FORMAT, "1.0")
    assert volume_format.read(paths.data) == Volume(FORMAT, "1.1")


def test_an_older_volume_is_brought_up_step_by_step(paths: Paths) -> None:
    kept = paths.hub / "lab_token"
    kept.write_text("of an earlier version")
    volume_format.bring_up(paths, "1.0")
    assert not kept.exists()
    kept.write_text("of this one")
    volume_format.bring_up(paths, "1.0")
    assert kept.exists(), "a step is taken once"


def test_a_step_that_fails_is_taken_again(paths: Paths, monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[int] = []

    def fail(_: Paths) -> None:
        taken.append(1)
        if taken.count(1) == 1:
            raise OSError("Input/output error")

    monkeypatch.setattr(volume_format, "STEPS", {0: lambda _: taken.append(0), 1: fail})
    monkeypatch.setattr(volume_format, "FORMAT", 2)
    with pytest.raises(OSError, match="Input/output"):
        volume_format.bring_up(paths, "1.0")
    assert volume_format.read(paths.data).format == 1
    volume_format.bring_up(paths, "1.0")
    assert taken == [0, 1, 1]


def test_a_newer_volume_is_refused_and_stays_as_it_is(paths: Paths) -> None:
    said = json.dumps({"format": FORMAT + 1, "release": "9.0"})
    (paths.data / FILE).write_text(said)
    with pytest.raises(StartRefusedError) as refused:
        volume_format.bring_up(paths, "1.0")
    sentence = str(refused.value)
    assert sentence.startswith(f"{paths.data}: was written by a newer lab, release 9.0; this one")
    assert "make restore-backup" in sentence
    assert (paths.data / FILE).read_text() == said


@pytest.mark.parametrize("said", ["", "[]", '{"format": "1"}', '{"format": 1}', "\xff", "7"])
def test_what_no_lab_would_say_is_refused(paths: Paths, said: str) -> None:
    (paths.data / FILE).write_bytes(said.encode("latin-1"))
    with pytest.raises(StartRefusedError, match="doesn't say which lab wrote this volume"):
        volume_format.bring_up(paths, "1.0")


def test_a_full_volume_is_brought_up_and_says_so_later(
    paths: Paths, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as context:
        context.setattr(files, "write_private", full)
        volume_format.bring_up(paths, "1.0")
    assert not (paths.data / FILE).exists()
    volume_format.bring_up(paths, "1.0")
    assert volume_format.read(paths.data).format == FORMAT


def test_every_step_is_written_down() -> None:
    rows = [line for line in DOCS.read_text(encoding="utf-8").splitlines() if line.startswith("| ")]
    told = [line.split("|")[1].strip() for line in rows]
    assert [number for number in told if number.isdecimal()] == [
        str(number) for number in range(1, FORMAT + 1)
    ]


def test_the_release_is_what_the_build_was_told(tmp_path: Path) -> None:
    assert volume_format.release(tmp_path) == "unknown"
    (tmp_path / "release").write_text("\n")
    assert volume_format.release(tmp_path) == "unknown"
    (tmp_path / "release").write_text("v1.2-3-gabc\n")
    assert volume_format.release(tmp_path) == "v1.2-3-gabc"
