"""How students' processes are started, what they may use, and which one ends first."""

from __future__ import annotations

import ctypes
import logging
import mmap
import os
import signal
import socket
import subprocess
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classroom.config import limits
from classroom.config.limits import Limits
from classroom.config.traits import Classroom
from classroom.egress.lock import LockKind
from classroom.lab.execution import provisioner, terminals
from classroom.lab.files import group_access
from classroom.lab.files.beneath import Root
from classroom.launcher import (
    census,
    command,
    memory_usage,
    oom_score,
    process_table,
    protocol,
    shared_memory,
    signals,
    unattributed_memory,
    victim,
)
from classroom.launcher.memory_usage import Use
from classroom.launcher.process_table import Process
from classroom.launcher.protocol import BadRequestError, ProcessKind, Start
from classroom.launcher.shared_memory_cleanup import File, Leftovers, unlink, unused
from classroom.launcher.victim import MB
from classroom.runtime import cgroup
from classroom.runtime.lab_users import STUDENT
from classroom.runtime.paths import Paths
from classroom.supervisor import services
from tests import labs

if TYPE_CHECKING:
    from collections.abc import Mapping

GB = 1024 * MB
START = Start("k-1", ProcessKind.KERNEL, ("python", "-m", "x"), {"A": "b"}, "/data/files", {"n": 1})


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
        {"note": {"n": "x" * protocol.LONGEST_NOTE_BYTES}},
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
    start = Start(
        "t", ProcessKind.TERMINAL, ("bash",), {"HOME": "/data/files", "TERM": "xterm"}, "/"
    )
    found = command.environment(start, {"PATH": "/bin"}, Path("/homes/t"))
    assert found["HOME"] == "/homes/t"
    assert found["USER"] == "student"
    assert found["TERM"] == "xterm"
    assert set(found) <= {
        *("PATH", "TERM", "HOME", "USER", "LOGNAME", "SHELL", "IPYTHONDIR"),
    }


def test_no_limit_is_requested_where_none_is_set() -> None:
    """A hard limit can't be raised, not even to its present value: prlimit(1) would fail."""
    assert not [
        word for word in command.prefix(ProcessKind.KERNEL, Limits(), "/") if "unlimited" in word
    ]
    words = command.prefix(ProcessKind.TERMINAL, Limits(memory=5, processes=7), "/f")
    assert "--data=5" in words
    assert "--nproc=7" in words
    assert "--ctty" in words
    assert "--ctty" not in command.prefix(ProcessKind.KERNEL, Limits(), "/")


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
    two = "/run/classroom/homes/kernel-2"
    uses = {"1": Use(100 * MB), two: Use(200 * MB, 100 * MB, 50 * MB), "3": Use(200 * MB)}
    assert victim.too_much_memory(uses, 600 * MB) is None
    assert victim.too_much_memory(uses, 0) is None
    assert victim.too_much_memory({}, 1) is None
    assert victim.too_much_memory(uses, 500 * MB) == (
        two,
        "all students together used 600 MB (limit 500 MB), and this kernel used the most (300 MB)",
    )
    # Memory that belongs to no process counts as well.
    found = victim.too_much_memory(uses, 600 * MB, unseen=100 * MB)
    assert found is not None
    assert found[0] == two


def test_who_fills_the_disk_ends() -> None:
    before = {"1": Use(written=0), "2": Use(written=50 * MB)}
    after = {"1": Use(written=9 * MB), "2": Use(written=51 * MB)}
    assert victim.too_full_disk(before, after, free=10, reserve=5) is None
    found = victim.too_full_disk(before, after, free=10 * MB, reserve=20 * MB)
    assert found is not None
    assert found[0] == "1"
    # Nobody ends for disk space that others used before, or just after starting.
    assert victim.too_full_disk(after, after, free=0, reserve=5) is None
    assert victim.too_full_disk({}, {"3": Use(written=GB)}, free=0, reserve=5) is None
    # On a disk in memory, only the written bytes are known.
    inside = victim.too_full_disk({"1": Use()}, {"1": Use(sent=5 * MB)}, free=0, reserve=5)
    assert inside is not None


STAT = b"7 (a) b (c) S 3 7 5 0 -1 4194304 1 0 0 0 1 2 0 0 20 0 1 0 999 4096 25 1844 1 1"


def test_a_line_of_stat_with_any_name_of_a_command() -> None:
    found, headless = process_table.parse(STAT)
    assert found == Process(7, 3, 5, 999, 25 * process_table.PAGE)
    assert not headless
    assert process_table.parse(STAT.replace(b") S", b") Z").replace(b"20 0 1 ", b"20 0 2 "))[1]


HOMES = {10: "/homes/kernel-a", 20: "/homes/terminal-b"}


def processes(*of: tuple[int, int, int]) -> dict[int, Process]:
    """Make processes from their ids, their parents' ids and their sessions."""
    return {pid: Process(pid, parent, session, 0, 0) for pid, parent, session in of}


def test_who_left_session_group_and_parent_still_belongs_to_its_kernel() -> None:
    asked: list[int] = []

    def home(pid: int) -> str:
        asked.append(pid)
        return {40: "/homes/terminal-b"}.get(pid, "")

    before = processes((10, 1, 10), (11, 10, 10), (12, 11, 12), (20, 1, 20), (21, 20, 21))
    known = census.owners(before, HOMES, {}, home)
    assert {pid for pid, _ in known} == {10, 11, 12, 20, 21}
    assert known[12, 0] == HOMES[10]
    assert known[21, 0] == HOMES[20]
    assert asked == []
    # Its parent has ended, it has children, and other processes have only their home.
    after = processes((10, 1, 10), (12, 1, 12), (13, 12, 13), (40, 1, 40), (50, 1, 50))
    found = census.owners(after, {10: HOMES[10]}, known, home)
    assert found[12, 0] == found[13, 0] == HOMES[10]
    assert found[40, 0] == HOMES[20]
    assert found[50, 0] == "session 50"
    assert asked == [40, 50]


SEGMENTS = """\
 key shmid perms size cpid lpid nattch uid gid cuid cgid atime dtime ctime rss swap
 0 5 600 104857600 77 77 0 1001 1001 1001 1001 0 0 1000 104857600 0
 0 6 600 104857600 78 78 1 1001 1001 1001 1001 0 0 1000 104857600 0
"""


def test_a_segment_that_nobody_has_is_found() -> None:
    found = shared_memory.parse(SEGMENTS)
    assert [(one.ident, one.resident) for one in found] == [(5, 100 * MB), (6, 100 * MB)]
    assert shared_memory.left_behind(found, 1001, {}, 1000) == [found[0]]
    assert shared_memory.left_behind(found, 1001, {77}, 1000) == []
    assert shared_memory.left_behind(found, 1001, {}, 999) == []
    assert shared_memory.left_behind(found, 1002, {}, 1000) == []
    assert shared_memory.parse("") == []


def test_what_a_process_says_of_its_memory() -> None:
    found = memory_usage.fields(b"12-34 ---p [rollup]\nPss:   20 kB\nPss_Shmem:   4 kB\nwchar: 7\n")
    assert (found[b"Pss"], found[b"Pss_Shmem"], found[b"wchar"]) == (20480, 4096, 7)


def test_memory_that_is_no_process_own(tmp_path: Path) -> None:
    assert cgroup.shared(tmp_path) is None
    (tmp_path / "memory").mkdir()
    (tmp_path / "memory/memory.stat").write_text("cache 1\nshmem 5\ntotal_shmem 7\n")
    assert cgroup.shared(tmp_path) == 7
    (tmp_path / "memory.stat").write_text("anon 1\nshmem 9\n")
    assert cgroup.shared(tmp_path) == 9


MEMINFO = "MemTotal: 1 kB\nMemAvailable: 4096 kB\nSReclaimable: 2048 kB\nSwapFree: 1024 kB\n"
TWO = {
    "memory.max": f"{100 * MB}",
    "memory.current": f"{90 * MB}",
    "memory.stat": f"inactive_file {5 * MB}\nactive_file {3 * MB}\nslab_reclaimable {MB}\n",
    "memory.swap.max": "0",
    "memory.swap.current": "0",
}
ONE = {
    "memory/memory.limit_in_bytes": f"{100 * MB}",
    "memory/memory.usage_in_bytes": f"{90 * MB}",
    "memory/memory.stat": f"inactive_file 1\ntotal_inactive_file {5 * MB}\n"
    f"total_active_file {3 * MB}",
    "memory/memory.memsw.limit_in_bytes": f"{100 * MB}",
    "memory/memory.memsw.usage_in_bytes": f"{100 * MB}",
}
KERNELS = {"memory/memory.kmem.usage_in_bytes": f"{21 * MB}"}


@pytest.mark.parametrize(
    ("files", "tables", "left"),
    [
        (TWO, 0, 19 * MB),
        # Swap counts as left, too, but no more than the machine has.
        (TWO | {"memory.swap.max": "max"}, 0, 20 * MB),
        (ONE, 0, 18 * MB),
        # Kernel memory may be caches, unless it is page tables, up to the machine's caches.
        (ONE | KERNELS, 0, 20 * MB),
        (ONE | KERNELS, 20 * MB, 19 * MB),
        # Without a limit of the container, the machine's memory counts.
        (TWO | {"memory.max": "max"}, 0, 5 * MB),
        (ONE | {"memory/memory.limit_in_bytes": "9223372036854771712"}, 0, 5 * MB),
        ({}, 0, 5 * MB),
        ({"memory.max": f"{100 * MB}"}, 0, None),
    ],
)
def test_what_the_container_has_left(
    tmp_path: Path, files: Mapping[str, str], tables: int, left: int | None
) -> None:
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    (tmp_path / "meminfo").write_text(MEMINFO)
    assert cgroup.left(tables, tmp_path, tmp_path / "meminfo") == left
    assert cgroup.left(0, tmp_path / "nowhere", tmp_path / "nothing") is None


def test_who_uses_most_ends_when_the_container_is_nearly_out_of_memory() -> None:
    least = victim.margin(2 * GB)
    assert (least, victim.margin(64 * GB)) == (128 * MB, 256 * MB)
    kernel = "/homes/kernel-b"
    uses = {"session 7": Use(100 * MB), kernel: Use(200 * MB)}
    assert victim.too_little_left(uses, least, least) is None
    assert victim.too_little_left({}, 0, least) is None
    assert victim.too_little_left(uses, 30 * MB, least) == (
        kernel,
        "the container is nearly out of memory (30 MB are left), and of all students' programs "
        "this kernel used the most (200 MB)",
    )
    # Nobody ends if that would not help.
    assert victim.too_little_left({kernel: Use(MB)}, 30 * MB, least) is None


def test_page_tables_are_a_processs_own() -> None:
    size = 64 * 2**30
    before = process_table.tables(os.getpid())
    assert before > 0
    flags = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | 0x4000  # MAP_NORESERVE
    with mmap.mmap(-1, size, flags=flags, prot=mmap.PROT_READ) as there:
        there.madvise(mmap.MADV_NOHUGEPAGE)
        for at in range(0, size, 2**21):
            there[at]
        assert process_table.tables(os.getpid()) > before + 100 * MB
    assert process_table.tables(2**22 + 1) == 0
    one = Process(2**22 + 1, 1, 1, 0, 5 * MB, 45 * MB)
    assert one.memory == 50 * MB
    assert memory_usage.process(one) == Use(50 * MB)
    # Walking such page tables takes longer than filling them.
    assert memory_usage.is_sparse(one)
    assert not memory_usage.is_sparse(Process(1, 1, 1, 0, 5 * MB, 2 * MB))
    assert not memory_usage.is_sparse(Process(1, 1, 1, 0, 2 * GB, 10 * MB))


def test_page_tables_of_a_process_whose_first_thread_has_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process_table, "PROC", tmp_path)
    for folder, text in {
        "7": "Name:\tx\nState:\tZ (zombie)\n",
        "7/task/7": "Name:\tx\nState:\tZ (zombie)\n",
        "7/task/8": "Name:\tx\nVmRSS:\t    4 kB\nVmPTE:\t     44 kB\nVmSwap:\t   0 kB\n",
    }.items():
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "status").write_text(text)
    assert process_table.tables(7) == 44 * 1024


def test_whose_place_in_the_order_of_ends_must_hold() -> None:
    launcher, hertz = 3, os.sysconf("SC_CLK_TCK")
    there = processes((10, launcher, 10), (11, 10, 10), (12, 1, 12), (20, 0, 20), (21, 20, 20))
    there |= processes((13, 40, 40), (14, 41, 41), (22, 42, 42), (23, 22, 42))
    # Root's processes: one has ended, one was started in the container, one from outside.
    roots = {40: None, 41: launcher, launcher: 1, 42: 43, 43: 0}
    late = hertz * (oom_score.START_SECONDS + 1)
    meant = {
        now: [
            pid
            for pid, one in there.items()
            if oom_score.is_meant(one, there, launcher, now, roots.__getitem__)
        ]
        for now in (hertz, late)
    }
    # Starting processes aren't included yet, and an operator's from outside never are.
    assert meant == {hertz: [11, 12, 13, 14], late: [10, 11, 12, 13, 14]}


def test_who_has_others_end_first_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    with started("choom", "-n", "900", "--", "sleep", "60") as one:
        # choom sets the value before it becomes the program.
        comm = Path(f"/proc/{one.pid}/comm")
        labs.wait_until(lambda: comm.read_text() == "sleep\n", "the program runs")
        assert oom_score.adjustment(one.pid) == 900
        there = {1: Process(1, 0, 1, 0, 0), one.pid: Process(one.pid, 2**22 + 1, one.pid, 0, 0)}
        assert list(oom_score.lowered({one.pid: there[one.pid]})) == []
        monkeypatch.setattr(oom_score, "DIES_FIRST", 901)
        ((found, why),) = oom_score.lowered({one.pid: there[one.pid]})
        one.kill()
    assert found.pid == one.pid
    assert why == (
        f'its process "sleep" ({one.pid}) asked the system to end others first when memory runs '
        "out (oom_score_adj 900, below 901)"
    )
    assert '"ab"' in oom_score.why("a\n\x1bb\n", 7, 0)
    assert oom_score.adjustment(2**22 + 1) is None


def test_nothing_of_the_lab_servers_environment_goes_on() -> None:
    own = {"JUPYTERHUB_API_TOKEN": "x", "JPY_SESSION_NAME": "n", "FOO": "1", "TERM": "xterm"}
    found = provisioner.environment(own, {"FOO": "${BAR}"})
    assert found == {"JPY_SESSION_NAME": "n", "FOO": "1"}
    assert terminals.environment(own) == {"TERM": "xterm"}


def test_what_is_shut_is_found_in_the_class_folder_alone(tmp_path: Path) -> None:
    root = tmp_path / "files"
    folder = root / "lesson"
    folder.mkdir(parents=True)
    (folder / "a").touch()
    held = Root(root)
    assert group_access.shut(held, ("lesson", "a"), ("lesson", "new")) == []
    (folder / "gone").symlink_to("nowhere")
    (folder / "out").symlink_to(tmp_path)
    assert group_access.shut(held, ("lesson", "gone"), ("lesson", "out", "elsewhere")) == []


def test_only_the_hub_gets_the_tutors_environment() -> None:
    paths, base = Paths(), {"PATH": "/bin", "LANG": "C"}
    secret = {**base, "GITHUB_CLIENT_SECRET": "s3cr3t"}
    hub = services.hub(paths, secret, (5,))
    assert hub.environment == secret
    assert "s3cr3t" not in repr(hub)
    for kind in LockKind:
        lab = services.lab(paths, base, kind, 7)
        assert not [name for name in lab.environment if "TOKEN" in name]
        assert lab.descriptors == (7,)
        launcher = services.launcher(paths, base, kind)
        patient = set() if kind is LockKind.OPEN else {"PIP_RETRIES"}
        assert set(launcher.environment) == {*base, *patient}
        # It is restricted before it changes its user, so what it starts is restricted, too.
        assert launcher.command.index("classroom.sandbox.seccomp") < launcher.command.index("root")


def test_who_hides_memory_ends_before_who_shows_the_most() -> None:
    """Before, the largest kernels ended one after another, and no memory was free afterwards."""
    kernels_ = {f"/homes/kernel-{name}": Use(100 * MB) for name in "abc"}
    stray = {"session 7": Use(MB)}
    # Nobody's end would help, and perhaps nobody has the memory.
    assert victim.too_much_memory(kernels_, 500 * MB, 400 * MB) is None
    hiding = {"/homes/kernel-a": 1, "/homes/kernel-b": 300 * MB}
    found = victim.too_much_memory(kernels_, 500 * MB, 400 * MB, hiding)
    assert found is not None
    assert found[0] == "/homes/kernel-b"
    assert "400 MB of it in memory that no program shows, and this kernel may" in found[1]
    both = {**kernels_, **stray}
    assert (victim.too_much_memory(both, 500 * MB, 400 * MB) or [""])[0] == "session 7"
    # The visible memory alone is too much, so nobody need be searched for.
    large = {**both, "/homes/kernel-d": Use(300 * MB)}
    assert (victim.too_much_memory(large, 500 * MB, 400 * MB, hiding) or [""])[0].endswith("d")
    # The end of one of them would be enough.
    assert victim.too_much_memory(kernels_, 500 * MB, 250 * MB) is not None


MAPS = """\
7f00-8f00 rw-s 00000000 00:01 5 /memfd:x (deleted)
Size: 4 kB
Rss:  {rss} kB
8f00-9f00 rw-p 00000000 00:01 6 /usr/lib/memfd: x
9f00-9fff rw-p 00000000 00:00 0
"""


def test_a_row_of_maps_is_a_sign_unless_somebody_has_the_file_open() -> None:
    untouched = MAPS.format(rss=0).splitlines()
    assert unattributed_memory.rows(untouched, ()) == 0x1000 + 1
    assert unattributed_memory.rows(MAPS.format(rss=4).splitlines(), ()) == 1
    assert unattributed_memory.rows(untouched, {(os.makedev(0, 1), 5)}) == 0
    assert unattributed_memory.rows([], ()) == 0


def untouched(size: int) -> mmap.mmap:
    """Fill a memfd, map it, and close it: no figure shows that this process has it."""
    made = os.memfd_create("hidden")
    os.write(made, b"x" * size)
    there = mmap.mmap(made, size)
    os.close(made)
    return there


def test_memory_without_descriptor_or_page_leaves_a_sign() -> None:
    pid, unseen = os.getpid(), 100 * MB
    before = unattributed_memory.sign(pid, (), unseen)
    with untouched(MB):
        assert unattributed_memory.sign(pid, (), unseen) >= before + MB
    assert unattributed_memory.sign(pid, (), unseen) == before
    one, other = socket.socketpair()
    with one, other:
        made = os.memfd_create("hidden")
        socket.send_fds(one, [b"x"], [made])
        os.close(made)
        assert unattributed_memory.sign(pid, (), unseen) == unseen
    assert unattributed_memory.sign(2**22 + 1, (), unseen) == 0


def test_a_thread_that_has_just_ended_hides_nothing_of_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise a process that keeps starting and ending threads could hide its memory."""
    monkeypatch.setattr(shared_memory, "PROC", tmp_path)
    for folder in ("7/fd", "7/task/7/fd", "7/task/8"):  # 8 is still listed
        (tmp_path / folder).mkdir(parents=True)
    row = "7f0000000000-7f0000100000 rw-s 00000000 00:01 42    /memfd:hidden (deleted)\n"
    (tmp_path / "7/maps").write_text(row)
    (tmp_path / "7/smaps").write_text(row + "Rss: 0 kB\n")
    assert unattributed_memory.sign(7, (), 100 * MB) > MB


def test_what_only_one_thread_has_open_leaves_a_sign() -> None:
    """The thread has its own descriptor table, which its process's table doesn't show."""
    pid, (held, end) = os.getpid(), (threading.Event(), threading.Event())
    before, refused = unattributed_memory.sign(pid, (), 100 * MB), []
    made = os.memfd_create("hidden")
    os.write(made, b"x" * MB)

    def hold() -> None:
        refused.append(ctypes.CDLL(None).unshare(0x400))  # CLONE_FILES
        held.set()
        end.wait()

    thread = threading.Thread(target=hold)
    thread.start()
    held.wait()
    os.close(made)
    try:
        if refused[0]:
            pytest.skip("no thread may have a table of its own here")
        assert unattributed_memory.sign(pid, (), 100 * MB) >= before + MB
    finally:
        end.set()
        thread.join()


def test_what_goes_on_being_changed_is_removed_all_the_same() -> None:
    old, new = File(Path("old"), 1, 0), File(Path("new"), 2, 1000)
    found = Leftovers(STUDENT, logging.getLogger())
    assert found.abandoned([old, new], 1000.5) == [old]
    assert found.abandoned([File(Path("new"), 2, 1001.4)], 1001.5) != []


def test_no_folders_mode_keeps_a_file(tmp_path: Path) -> None:
    """Before, a file that couldn't be removed counted as removed, and nobody ended for it."""
    folder = tmp_path / "d"
    folder.mkdir()
    file = folder / "x"
    file.touch()
    os.utime(file, (2**33, 2**33))
    folder.chmod(0o555)
    (one,) = unused(tmp_path, ())
    assert one.changed <= time.time()
    assert unlink(one.path)
    assert not unlink(one.path)
    assert list(unused(tmp_path, ())) == []


def test_no_depth_keeps_a_file(tmp_path: Path) -> None:
    """No path can lead to a file below this number of folders."""
    held = os.open(tmp_path, os.O_RDONLY)
    for _ in range(30):
        os.mkdir("x" * 200, dir_fd=held)
        inner = os.open("x" * 200, os.O_RDONLY, dir_fd=held)
        os.close(held)
        held = inner
    os.close(os.open("deep", os.O_CREAT | os.O_WRONLY, dir_fd=held))
    os.close(held)
    found: list[File] = []
    while not found:
        found = list(unused(tmp_path, ()))
    assert found[0].path.name == "deep"
    assert unlink(found[0].path)


def started(*command: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(command, start_new_session=True)


def test_only_a_users_own_processes_are_signalled() -> None:
    """The effective user doesn't restrict signals: kill(2) checks the real user, which was root."""
    uid = os.getuid()
    with started("sleep", "60") as one:
        assert not signals.send(one.pid, signal.SIGKILL, uid + 1)
        assert not signals.send_group(one.pid, signal.SIGKILL, uid + 1)
        began = process_table.read(one.pid)
        assert began is not None
        assert not signals.send(one.pid, signal.SIGKILL, uid, began.began + 1)
        assert one.poll() is None
        assert signals.send(one.pid, signal.SIGKILL, uid, began.began)
        assert one.wait() == -signal.SIGKILL
    assert not signals.send(one.pid, signal.SIGKILL, uid)


def test_a_process_is_over_when_nobody_has_it_any_more() -> None:
    with started("sleep", "60") as one:
        known = process_table.read(one.pid)
        assert known is not None
        assert not process_table.is_over(known)
        assert process_table.is_over(Process(one.pid, 1, 1, known.began + 1, 0))
        one.kill()
        labs.wait_until(lambda: process_table.is_over(known), "its end")
    assert process_table.is_over(known)


def test_a_whole_group_is_signalled() -> None:
    # The leader must not end by itself after the others, which may be killed first.
    with started("sh", "-c", "sleep 60 & sleep 60 & exec sleep 60") as leader:
        labs.wait_until(lambda: len(signals.members(leader.pid)) == 3, "all three")
        assert signals.send_group(leader.pid, signal.SIGKILL, os.getuid())
        assert leader.wait() == -signal.SIGKILL
    labs.wait_until(
        lambda: not signals.send_group(leader.pid, signal.SIGCONT, os.getuid()), "the group's end"
    )
