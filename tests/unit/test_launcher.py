"""What students' processes are started with, what they may use, and who ends first."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classroom import cgroup
from classroom.egress.lock import Kind as Lock
from classroom.lab import kernels, sharing, terminals
from classroom.launcher import command, limits, protocol, watch
from classroom.launcher.command import Limits
from classroom.launcher.protocol import BadRequestError, Kind, Start
from classroom.launcher.watch import MB, Use
from classroom.paths import Paths
from classroom.supervisor import children
from classroom.traits import Classroom

if TYPE_CHECKING:
    from collections.abc import Mapping

GB = 1024 * MB
START = Start("k-1", Kind.KERNEL, ("python", "-m", "x"), {"A": "b"}, "/data/files", {"n": 1})


def test_what_is_asked_for_arrives() -> None:
    assert protocol.start_of(protocol.decode(START.encode())) == START


@pytest.mark.parametrize(
    "wrong",
    [
        {"key": "../x"},
        {"key": ""},
        {"command": []},
        {"command": ["a\0b"]},
        {"command": "sh"},
        {"environment": {"A": 1}},
        {"environment": []},
        {"folder": "relative"},
        {"folder": None},
        {"kind": "root"},
        {"note": []},
        {"note": {"n": "x" * protocol.LONGEST_NOTE}},
    ],
)
def test_what_makes_no_sense_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(BadRequestError):
        protocol.start_of({**protocol.decode(START.encode()), **wrong})


@given(st.binary())
def test_any_bytes_are_a_message_or_are_none(message: bytes) -> None:
    try:
        protocol.start_of(protocol.decode(message))
    except BadRequestError:
        return
    raise AssertionError(message)


def test_a_process_has_nothing_of_ours_and_a_home_of_its_own() -> None:
    start = Start("t", Kind.TERMINAL, ("bash",), {"HOME": "/data/files", "TERM": "xterm"}, "/")
    found = command.environment(start, {"PATH": "/bin"}, Path("/homes/t"))
    assert found["HOME"] == "/homes/t"
    assert found["USER"] == "student"
    assert found["TERM"] == "xterm"
    assert set(found) <= {
        *("PATH", "TERM", "HOME", "USER", "LOGNAME", "SHELL", "IPYTHONDIR"),
    }


def test_no_limit_is_asked_for_where_none_is_set() -> None:
    """A hard limit can't be raised, not even to what it is: prlimit(1) would fail."""
    assert not [word for word in command.prefix(Kind.KERNEL, Limits(), "/") if "unlimited" in word]
    words = command.prefix(Kind.TERMINAL, Limits(memory=5, processes=7), "/f")
    assert "--data=5" in words
    assert "--nproc=7" in words
    assert "--ctty" in words
    assert "--ctty" not in command.prefix(Kind.KERNEL, Limits(), "/")


def test_defaults_come_from_what_the_container_has() -> None:
    small = limits.decide(Classroom(), 1 * GB)
    assert small.together == 768 * MB
    assert small.memory == 384 * MB
    assert (small.kernels, small.processes) == (10, 1024)
    large = limits.decide(Classroom(), 64 * GB)
    assert large.together == 62 * GB
    assert (large.kernels, large.processes) == (200, 6400)


def test_the_tutors_word_comes_first() -> None:
    wanted = Classroom(
        memory_limit="4G", kernel_memory_limit="1G", max_kernels=3, max_processes=99, disk_reserve=0
    )
    assert limits.decide(wanted, 64 * GB) == Limits(4 * GB, 1 * GB, 99, 3, 0)


@pytest.mark.parametrize(
    ("files", "least"),
    [({"memory.max": "1073741824"}, GB), ({"memory/memory.limit_in_bytes": "2147483648"}, 2 * GB)],
)
def test_both_versions_of_control_groups(
    tmp_path: Path, files: Mapping[str, str], least: int
) -> None:
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    assert cgroup.memory(tmp_path) == min(least, machine)
    (tmp_path / "memory.max").write_text("max")
    assert cgroup.memory(tmp_path / "nowhere") == machine


def test_who_uses_most_memory_ends() -> None:
    uses = {1: Use(100 * MB), 2: Use(300 * MB), 3: Use(200 * MB)}
    assert watch.too_much_memory(uses, 600 * MB) is None
    assert watch.too_much_memory(uses, 0) is None
    assert watch.too_much_memory({}, 1) is None
    found = watch.too_much_memory(uses, 500 * MB)
    assert found is not None
    assert found[0] == 2
    assert "memory ran out: it used 300 MB" in found[1]


def test_who_fills_the_disk_ends() -> None:
    before = {1: Use(written=0), 2: Use(written=50 * MB)}
    after = {1: Use(written=9 * MB), 2: Use(written=51 * MB)}
    assert watch.too_full_disk(before, after, free=10, reserve=5) is None
    found = watch.too_full_disk(before, after, free=10 * MB, reserve=20 * MB)
    assert found is not None
    assert found[0] == 1
    # Nobody is ended for what others filled before, or for having just come.
    assert watch.too_full_disk(after, after, free=0, reserve=5) is None
    assert watch.too_full_disk({}, {3: Use(written=GB)}, free=0, reserve=5) is None
    # A disk in memory: only what was written at all is told.
    inside = watch.too_full_disk({1: Use()}, {1: Use(sent=5 * MB)}, free=0, reserve=5)
    assert inside is not None


def test_nothing_of_the_lab_servers_environment_goes_on() -> None:
    own = {"JUPYTERHUB_API_TOKEN": "x", "JPY_SESSION_NAME": "n", "FOO": "1", "TERM": "xterm"}
    found = kernels.environment(own, {"FOO": "${BAR}"})
    assert found == {"JPY_SESSION_NAME": "n", "FOO": "1"}
    assert terminals.environment(own) == {"TERM": "xterm"}


def test_what_is_shut_is_found_in_the_class_folder_alone(tmp_path: Path) -> None:
    root = tmp_path / "files"
    folder = root / "lesson"
    folder.mkdir(parents=True)
    (folder / "a").touch()
    assert sharing.shut(str(root), [str(folder / "a"), str(folder / "new")]) == []
    (folder / "gone").symlink_to("nowhere")
    assert sharing.shut(str(root), [str(folder / "gone"), str(tmp_path / "elsewhere")]) == []


def test_only_the_hub_gets_the_tutors_environment() -> None:
    paths, base = Paths(), {"PATH": "/bin", "LANG": "C"}
    secret = {**base, "GITHUB_CLIENT_SECRET": "s3cr3t"}
    hub = children.hub(paths, secret, (5,))
    assert hub.environment == secret
    assert "s3cr3t" not in repr(hub)
    for kind in Lock:
        lab = children.lab(paths, base, kind, 7)
        assert not [name for name in lab.environment if "TOKEN" in name]
        assert lab.descriptors == (7,)
        launcher = children.launcher(paths, base, kind)
        patient = set() if kind is Lock.OPEN else {"PIP_RETRIES"}
        assert set(launcher.environment) == {*base, *patient}
        # Restricted before it becomes anybody, so that what it starts is too.
        assert launcher.command.index("classroom.egress.sandbox") < launcher.command.index("root")
