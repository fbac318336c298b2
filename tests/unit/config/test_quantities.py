"""Sizes and times: every such setting accepts what people usually write, or says why not."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from classroom.cli import check
from classroom.cli.check import Findings
from classroom.cli.sign_in import Published
from classroom.config.quantities import ByteSize, Duration, Quantity
from classroom.config.traits import Classroom
from tests.unit.config.test_mistakes import GITHUB, Row, lay_out, looked_up

if TYPE_CHECKING:
    from pathlib import Path

SETTINGS = Classroom.class_own_traits(config=True)
SIZES = sorted(name for name, trait in SETTINGS.items() if isinstance(trait, ByteSize))
TIMES = sorted(name for name, trait in SETTINGS.items() if isinstance(trait, Duration))
PLACES = {
    "disk_reserve": "limits.disk",
    "kernel_memory_limit": "limits.memory",
    "memory_limit": "limits.together",
}
"""The attributes of loaded settings whose names differ from the settings' own."""
MB = 1 << 20


def load(folder: Path, setting: str, value: Any) -> tuple[Any, list[str]]:
    """Check a tutor's folder with one setting; return all settings, and the refusals."""
    config = f'c.Authenticator.allowed_users = ["anna"]\nc.Classroom.{setting} = {value!r}\n'
    found = Findings()
    paths = lay_out(Row("", config=config), folder)
    return check.of_files(paths, GITHUB, Published(8443), found), found.refused


def understood(folder: Path, setting: str, value: Any) -> int:
    """Check that a value is accepted; return the number that it means."""
    loaded, refused = load(folder / "tutor", setting, value)
    assert refused == []
    found: int = looked_up(loaded, PLACES.get(setting, setting))
    return found


@pytest.mark.parametrize("setting", SIZES)
@pytest.mark.parametrize(
    ("value", "megabytes"),
    [("512M", 512), ("512 MB", 512), ("512MiB", 512), ("0,5 g", 512), (512.0 * MB, 512)],
)
def test_every_size_is_understood(tmp_path: Path, setting: str, value: Any, megabytes: int) -> None:
    assert understood(tmp_path, setting, value) == megabytes * MB


@pytest.mark.parametrize("setting", TIMES)
@pytest.mark.parametrize(
    ("value", "seconds"),
    [("4h", 14400), ("90 min", 5400), ("2 days", 172800), ("700", 700), (1200.0, 1200)],
)
def test_every_time_is_understood(tmp_path: Path, setting: str, value: Any, seconds: int) -> None:
    assert understood(tmp_path, setting, value) == seconds


@pytest.mark.parametrize("setting", SIZES)
@pytest.mark.parametrize(
    ("value", "cure"),
    [(12, 'write "12G".'), ("12 apples", "write one like these."), (-1, "write one like these.")],
)
def test_every_size_that_is_none_is_a_sentence(
    tmp_path: Path, setting: str, value: Any, cure: str
) -> None:
    (sentence,) = load(tmp_path / "tutor", setting, value)[1]
    assert sentence.startswith(f"jupyterhub_config.py:2: Classroom.{setting}: ")
    assert sentence.endswith(cure)


@pytest.mark.parametrize("setting", TIMES)
@pytest.mark.parametrize("value", ["soon", "4:30", -1, None, True])
def test_every_time_that_is_none_is_a_sentence(tmp_path: Path, setting: str, value: Any) -> None:
    (sentence,) = load(tmp_path / "tutor", setting, value)[1]
    assert sentence.startswith(f"jupyterhub_config.py:2: Classroom.{setting}: {value!r} is not")
    assert '"4h"' in sentence


def test_no_size_and_no_time_is_a_bare_number() -> None:
    """It checks names, so that a new setting of these kinds must be in one of the lists above."""
    named = {one for one in SETTINGS if re.search("memory|disk|timeout|interval|seconds", one)}
    assert named <= {*SIZES, *TIMES}
    assert all(isinstance(SETTINGS[name], Quantity) for name in named)
    assert len(SIZES) >= 3
    assert len(TIMES) >= 3
