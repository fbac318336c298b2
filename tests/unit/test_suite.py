"""`make test` runs again, alone, the tests that failed next to others."""

from __future__ import annotations

import tempfile
from typing import TYPE_CHECKING

import pytest

from tools import suite

if TYPE_CHECKING:
    from pathlib import Path

# This test fails in its first run and passes in its second.
FIRST_TIME_UNLUCKY = """
from pathlib import Path
import pytest

@pytest.mark.parametrize("who", {who})
def test_a(who):
    mark = Path("mark-" + who.replace("@", "-at-"))
    seen = mark.exists()
    mark.touch()
    assert seen
"""
ALWAYS_UNLUCKY = """
def test_b():
    assert False
"""
LUCKY = """
def test_c():
    pass
"""
TOGETHER = ("--numprocesses", "2", "--dist", "loadgroup")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests/test_c.py").write_text(LUCKY)
    (tmp_path / "pytest.ini").touch()
    # As in the product's own conftest: a module's tests in one process, the group in the name.
    (tmp_path / "conftest.py").write_text(
        "import pytest\n"
        "@pytest.hookimpl(tryfirst=True)\n"
        "def pytest_collection_modifyitems(items):\n"
        "    for item in items:\n"
        "        item.add_marker(pytest.mark.xdist_group(item.path.stem))\n"
    )
    return tmp_path


def test_all_pass(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert suite.main(folder, TOGETHER, ["tests"]) == 0
    assert "unsteady" not in capfd.readouterr().out


def test_what_passes_alone_is_named_and_forgiven(
    folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    text = FIRST_TIME_UNLUCKY.format(who=["ada@lab.test", "mona"])
    (folder / "tests/test_a.py").write_text(text)
    assert suite.main(folder, TOGETHER, ["tests"]) == 0
    said = capfd.readouterr().out.splitlines()
    for who in ("ada@lab.test", "mona"):
        line = f"unsteady (failed, then passed alone): tests/test_a.py::test_a[{who}]"
        assert line in said, said


def test_what_fails_twice_fails_the_run(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (folder / "tests/test_b.py").write_text(ALWAYS_UNLUCKY)
    assert suite.main(folder, TOGETHER, ["tests"]) == 1
    assert "failed twice: tests/test_b.py::test_b" in capfd.readouterr().out


def test_what_cannot_be_imported_fails_the_run(
    folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (folder / "tests/test_e.py").write_text("import nothing_of_that_name\n")
    assert suite.main(folder, TOGETHER, ["tests"]) == 1
    assert "failed twice: tests/test_e.py" in capfd.readouterr().out


def test_a_run_that_cannot_begin_fails(folder: Path) -> None:
    assert suite.main(folder, TOGETHER, ["nowhere"]) not in {0, suite.TESTS_FAILED}


@pytest.mark.parametrize(
    ("again", "passes"),
    [
        ({}, True),
        ({"a": True, "b": True}, True),
        ({"a": True, "b": True, "c": True}, False),
        ({"a": False}, False),
        ({"a": False, "b": True}, False),
    ],
)
def test_the_verdict(again: dict[str, bool], passes: bool) -> None:  # noqa: FBT001
    lines, passed = suite.verdict(again)
    assert passed is passes
    assert all(any(line.endswith(f": {name}") for line in lines) for name in again)


@pytest.mark.parametrize(
    ("name", "own"),
    [
        ("tests/a.py::test_b@test_a", "tests/a.py::test_b"),
        ("tests/a.py::test_b[x@y.test]@test_a", "tests/a.py::test_b[x@y.test]"),
        ("tests/a.py::test_b[x@y.test]", "tests/a.py::test_b[x@y.test]"),
    ],
)
def test_a_tests_own_name(name: str, own: str) -> None:
    assert suite.node(name) == own


def test_a_run_is_refused_where_the_labs_would_find_the_disk_full() -> None:
    enough = suite.NEEDED_DISK_BYTES
    assert suite.lack_of_disk({"/temporary": enough, "/engine": enough}) is None
    sentence = suite.lack_of_disk({"/temporary": enough, "/engine": 1_900_000_000})
    assert sentence is not None
    assert "need 8 GB of free disk, and /engine has 1.9 GB" in sentence
    assert "docker builder prune" in sentence
    assert tempfile.gettempdir() in suite.free_disk()
