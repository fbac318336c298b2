"""Memory that belongs to no process, and processes that have left their kernel: counted and
ended."""

from __future__ import annotations

import json
import time
import uuid
from typing import TYPE_CHECKING

import pytest
import yaml

from tests import labs, students
from tests.container.test_failures import notice
from tests.container.test_limits import limited, meanwhile, started, unharmed
from tests.container.test_rooms import API

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.container.test_faults import Class

BOUNDS = """
c.Classroom.memory_limit = "500M"
c.Classroom.kernel_memory_limit = "2G"
c.Classroom.max_processes = 3000
"""
ROOM = {"mem_limit": "2g", "memswap_limit": "2g"}
USED = "all students together used"
ENDED = f"ended: {USED}"
SEGMENT = """
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
libc.shmat.restype = ctypes.c_void_p
def segment(size):
    made = libc.shmget(0, ctypes.c_size_t(size), 0o1600)  # IPC_CREAT
    assert made >= 0, ctypes.get_errno()
    there = libc.shmat(made, None, 0)
    ctypes.memset(there, 1, size)
    libc.shmdt(ctypes.c_void_p(there))
"""
MEMFD = """
import os
def memfd(size):
    made = os.memfd_create("hidden")
    for _ in range(size // 2**20):
        os.write(made, b"x" * 2**20)
    return made
"""


@pytest.fixture(scope="module")
def bounded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Class]:
    with started(tmp_path_factory.mktemp("bounded"), BOUNDS) as there:
        yield there


@pytest.fixture(scope="module")
def narrow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Class]:
    """A lab whose container has little memory."""
    with started(tmp_path_factory.mktemp("narrow"), **ROOM) as there:
        yield there


def segments(there: Class) -> int:
    """Return the number of bytes in System V shared memory."""
    lines = there.lab.read("/proc/sysvipc/shm").splitlines()[1:]
    return sum(int(line.split()[3]) for line in lines)


def kernel(there: Class) -> tuple[str, students.Kernel]:
    ident = there.client.post(f"{API}/kernels").json()["id"]
    return ident, there.kernel(ident)


def is_running(there: Class, mark: str) -> bool:
    return bool(there.lab.pids(mark))


def test_segments_of_shared_memory_do_not_outlive_their_maker(bounded: Class) -> None:
    with unharmed(bounded) as (there, _):
        ident, running = kernel(there)
        assert running.run(f"{SEGMENT}\nsegment(100 * 2**20)") == ""
        assert segments(there) == 100 * 2**20
        assert there.client.delete(f"{API}/kernels/{ident}").status_code == 204
        labs.wait_until(lambda: segments(there) == 0, "the segment's end", 60)


def test_segments_of_shared_memory_count_as_their_makers(bounded: Class) -> None:
    with unharmed(bounded) as (there, _):
        small, running = kernel(there)
        large, filling = kernel(there)
        assert running.run("x = 42") == ""
        meanwhile(filling, f"{SEGMENT}\nfor _ in range(20): segment(50 * 2**20)\nwhile True: pass")
        labs.wait_until(lambda: f"kernel {large} {ENDED}" in there.said, "its end", 60)
        labs.wait_until(lambda: segments(there) == 0, "the segments' end", 60)
        assert there.kernel(small).run("print(x)") == "42\n"


@pytest.mark.parametrize("mapped", [False, True], ids=["held", "mapped"])
def test_memfds_count_as_their_makers(bounded: Class, *, mapped: bool) -> None:
    with unharmed(bounded) as (there, _):
        small, running = kernel(there)
        large, filling = kernel(there)
        assert running.run("x = 42") == ""
        end = "m = [mmap.mmap(f, 0) for f in fs]; [os.close(f) for f in fs]" if mapped else "pass"
        code = f"{MEMFD}\nimport mmap, time\nfs = [memfd(50 * 2**20) for _ in range(14)]\n{end}"
        meanwhile(
            filling, f"{code}\n{'[bytes(one) for one in m]' if mapped else ''}\ntime.sleep(90)"
        )
        labs.wait_until(lambda: f"kernel {large} {ENDED}" in there.said, "its end", 60)
        assert there.kernel(small).run("print(x)") == "42\n"


SHARING = """
from multiprocessing import get_context, shared_memory
SIZE, CONTEXT = 300 * 10**6, get_context("fork")
def fill(name, quarter):
    found = shared_memory.SharedMemory(name=name)
    found.buf[quarter * SIZE // 4 : (quarter + 1) * SIZE // 4] = bytes([quarter + 1]) * (SIZE // 4)
    together.wait()  # until all have their quarter
    read = sum(found.buf[at] for at in range(0, SIZE, 4096)) > 0
    sums.put((found.buf[0], found.buf[SIZE // 4], found.buf[SIZE // 2], found.buf[SIZE - 1], read))
    together.wait()  # while all of them have all of it
    found.close()
shared = shared_memory.SharedMemory(create=True, size=SIZE)
together, sums = CONTEXT.Barrier(4), CONTEXT.Queue()
workers = [CONTEXT.Process(target=fill, args=(shared.name, n)) for n in range(4)]
[one.start() for one in workers]
said = {sums.get() for _ in workers}
[one.join() for one in workers]
shared.close()
shared.unlink()
print(said, [one.exitcode for one in workers])
"""


@pytest.fixture(scope="module")
def sharing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Class]:
    """A lab with as much /dev/shm as ``make up`` gives it."""
    compose = yaml.safe_load((labs.ROOT / "docker-compose.yml").read_text())
    bounds = 'c.Classroom.memory_limit = "900M"\nc.Classroom.kernel_memory_limit = "2G"'
    given = compose["services"]["classroom"]["shm_size"]
    with started(tmp_path_factory.mktemp("sharing"), bounds, shm_size=given) as there:
        yield there


def test_four_processes_share_300_mb(sharing: Class) -> None:
    """Data loaders do so; the memory counts once, although four processes map all of it."""
    with unharmed(sharing) as (there, _):
        ident, running = kernel(there)
        assert running.run(SHARING) == "{(1, 2, 3, 4, True)} [0, 0, 0, 0]\n"
        assert ENDED not in there.said
        assert there.client.delete(f"{API}/kernels/{ident}").status_code == 204


def test_a_file_in_shared_memory_counts_and_ends_its_maker(sharing: Class) -> None:
    """The file fits into /dev/shm, but memory_limit doesn't allow it; the page says why."""
    with unharmed(sharing) as (there, _):
        small, running = kernel(there)
        large, filling = kernel(there)
        assert running.run("x = 42") == ""
        code = (
            "import time\nf = open('/dev/shm/mine', 'wb')\n"
            "for _ in range(98): f.write(b'x' * 10**7)\nf.flush()\ntime.sleep(90)"
        )
        with students.open_socket(there.client, there.lab, "classroom/api/live") as live:
            meanwhile(filling, code)
            labs.wait_until(lambda: f"kernel {large} {ENDED}" in there.said, "its end", 60)
            assert USED in notice(live)
        labs.wait_until(
            lambda: there.lab.run("ls", "/dev/shm/mine")[0] != 0,  # noqa: S108 (in the container)
            "the file's end",
            60,
        )
        assert there.kernel(small).run("print(x)") == "42\n"


def test_who_has_1_gb_of_it_reads_what_else_to_do(sharing: Class) -> None:
    with unharmed(sharing) as (there, _):
        _, running = kernel(there)
        assert running.run("1") == ""
        with students.open_socket(there.client, there.lab, "classroom/api/live") as live:
            code = "import os, signal; os.kill(os.getpid(), signal.SIGBUS)"
            running.ask("execute_request", {"code": code, "silent": False})
            said = notice(live)
        assert "left of the 1 GB of /dev/shm" in said
        assert "use fewer processes" in said
        assert "--shm-size" not in said


HIDE = {
    "mapped": "kept.append(mmap.mmap(made, 0)); os.close(made)",
    "sent": "socket.send_fds(one, [b'x'], [made]); os.close(made)",
}
"""Ways to keep a memfd without a visible descriptor or mapped page."""
KEEP = """
import mmap, os, socket
kept, (one, other) = [], socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
"""


@pytest.mark.parametrize("way", HIDE)
def test_hidden_memory_ends_nobody_else(bounded: Class, way: str) -> None:
    """Before, the others ended one after another, the largest first, without freeing memory."""
    with unharmed(bounded) as (there, _):
        small, running = kernel(there)
        large, filling = kernel(there)
        # This kernel's visible memory is larger than that of the one that hides its memory.
        assert (
            running.run(
                "x = 42\ny = bytearray(100 * 2**20)\nfor at in range(0, len(y), 4096): y[at] = 1"
            )
            == ""
        )
        code = (
            f"{MEMFD}\n{KEEP}\nfor _ in range(12):\n    made = memfd(50 * 2**20)\n    {HIDE[way]}"
        )
        meanwhile(filling, f"{code}\ntime.sleep(90)")
        labs.wait_until(lambda: f"kernel {large} {ENDED}" in there.said, "its end", 60)
        assert f"kernel {small} {ENDED}" not in there.said
        assert there.kernel(small).run("print(x)") == "42\n"


def test_no_file_switches_the_guard_off(bounded: Class) -> None:
    """While a file without an owner existed, for example a leftover one, no kernel was ended."""
    with unharmed(bounded) as (there, _):
        _, running = kernel(there)
        large, filling = kernel(there)
        code = """
import os
os.makedirs("/dev/shm/d")
open("/dev/shm/d/x", "w").close()
os.utime("/dev/shm/d/x", (1, 1))
os.chmod("/dev/shm/d", 0o555)
"""
        assert running.run(code) == ""
        drop = "import time\nfor n in range(300):\n    open(f'/dev/shm/{n}', 'w').close()"
        meanwhile(running, f"{drop}\n    time.sleep(0.5)")
        meanwhile(filling, "x = []\nwhile True: x.append(b'x' * 50 * 2**20)")
        labs.wait_until(lambda: f"kernel {large} {ENDED}" in there.said, "its end", 60)
        there.lab.run("sh", "-c", "rm -rf /dev/shm/d /dev/shm/[0-9]*")


HOARD = """
x = bytearray({size} * 2**20)
for at in range(0, len(x), 4096): x[at] = 1
import time
time.sleep(600)
"""
DAEMONS = """
import subprocess, sys
for _ in range({many}):
    subprocess.Popen([sys.executable, "-c", {hoard!r}, {mark!r}], start_new_session=True, {more})
"""


@pytest.mark.parametrize(("more", "size"), [("", 200), ("env={}", 600)], ids=["home", "nothing"])
def test_who_leaves_the_session_is_its_kernels(bounded: Class, more: str, size: int) -> None:
    """It counts as its kernel's, and ends with it, although it has lost its parent.

    A process without a home, whose ancestors ended before they were seen, is a group of its own:
    such a group ends only if it is too large by itself.
    """
    with unharmed(bounded) as (there, _):
        small, running = kernel(there)
        large, filling = kernel(there)
        assert running.run("x = 42") == ""
        mark = uuid.uuid4().hex
        daemons = DAEMONS.format(many=3, hoard=HOARD.format(size=size), mark=mark, more=more)
        # Their starter ends at once, so they have neither the kernel's parent nor its session.
        code = f"import subprocess, sys\nsubprocess.run([sys.executable, '-c', {daemons!r}])"
        meanwhile(filling, code)
        labs.wait_until(lambda: USED in there.said, "an end", 60)
        labs.wait_until(lambda: not is_running(there, mark), "the end of what it started", 60)
        assert f"kernel {small} {ENDED}" not in there.said
        if not more:  # such a process can't be assigned to a kernel
            assert f"kernel {large} {ENDED}" in there.said
        assert there.kernel(small).run("print(x)") == "42\n"


def test_nohup_in_a_terminal_that_is_gone(bounded: Class) -> None:
    with unharmed(bounded) as (there, _):
        mark = uuid.uuid4().hex
        name = there.client.post(f"{API}/terminals").json()["name"]
        way = students.open_socket(there.client, there.lab, f"terminals/websocket/{name}")
        shell = students.Terminal(way)
        shell.run(f"(nohup setsid sh -c 'sleep 600; : {mark}' >/dev/null 2>&1 &)")
        labs.wait_until(lambda: is_running(there, mark), "it runs")
        way.send(json.dumps(["stdin", "exit\r"]))
        labs.wait_until(lambda: not is_running(there, mark), "its end", 60)


HIDDEN = """
import ctypes, os, time
def hide():
    os.setsid()
    if os.fork():
        os._exit(0)
    ctypes.CDLL(None).prctl(4, 0)  # PR_SET_DUMPABLE
    x = bytearray(700 * 2**20)
    for at in range(0, len(x), 4096):
        x[at] = 1
    time.sleep(600)
"""


def test_a_stray_that_hides_everything_ends(bounded: Class) -> None:
    """It has no parent, no home, and can't be inspected: only its size is known."""
    with unharmed(bounded) as (there, _):
        _, running = kernel(there)
        mark = uuid.uuid4().hex
        start = [f"{HIDDEN}\nhide()", mark]
        command = f"[sys.executable, '-c', *{start!r}]"
        code = f"import subprocess, sys\nsubprocess.run({command}, env={{}})\nx = 42"
        assert running.run(code) == ""
        labs.wait_until(lambda: USED in there.said, "an end", 90)
        labs.wait_until(lambda: not is_running(there, mark), "its end")


def test_with_two_thousand_processes_it_looks_within_seconds(tmp_path: Path) -> None:
    bounds = BOUNDS.replace("500M", "1500M").replace("2G", "4G")
    with limited(tmp_path, bounds) as (there, _):
        _, crowd = kernel(there)
        code = """
import os
for started in range(2000):
    os.posix_spawn("/usr/bin/sleep", ["sleep", "600"], {})
    if started % 100 == 99:
        print(started + 1)
"""
        assert crowd.run(code).endswith("2000\n")
        large, filling = kernel(there)
        assert filling.run("1") == ""
        began = time.monotonic()
        meanwhile(filling, "x = []\nwhile True: x.append(b'x' * 50 * 2**20)")
        labs.wait_until(lambda: f"kernel {large} {ENDED}" in there.said, "its end", 60)
        assert time.monotonic() - began < 30


TABLES = """
import mmap, os, time
def tables(size):
    flags = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | 0x4000  # MAP_NORESERVE
    there = mmap.mmap(-1, size * 512, flags=flags, prot=mmap.PROT_READ)
    there.madvise(mmap.MADV_NOHUGEPAGE)
    for at in range(0, len(there), 2**21):
        there[at]
    return there
for _ in range(42):
    if not os.fork():
        kept = tables(45 * 2**20)
        time.sleep(600)
        os._exit(0)
"""


def start(maker: students.Kernel, script: str) -> str:
    """Have a kernel start a program in another process; return a mark in its command line."""
    mark = uuid.uuid4().hex
    command = f"[sys.executable, '-c', {script!r}, {mark!r}]"
    meanwhile(maker, f"import subprocess, sys\nsubprocess.run({command})")
    return mark


def test_page_tables_count_as_a_processs_own(narrow: Class) -> None:
    """Page tables are kernel memory, in no figure of a process: Linux used to kill lab and Hub."""
    with unharmed(narrow) as (there, _):
        small, running = kernel(there)
        large, filling = kernel(there)
        assert running.run("x = 42") == ""
        mark = start(filling, TABLES)
        labs.wait_until(lambda: f"kernel {large} {ENDED}" in there.said, "its end", 90)
        labs.wait_until(lambda: not is_running(there, mark), "the end of what it started", 60)
        assert f"kernel {small} {ENDED}" not in there.said
        assert there.kernel(small).run("print(x)") == "42\n"


def test_a_container_that_is_nearly_out_of_memory_ends_who_uses_the_most(tmp_path: Path) -> None:
    """Something else uses the rest of the memory: the students' sum is within its limit."""
    generous = BOUNDS.replace("500M", "64G").replace("2G", "64G")
    with limited(tmp_path, generous, **ROOM) as (there, _):
        small, running = kernel(there)
        large, filling = kernel(there)
        assert running.run("x = 42") == ""
        fill = "import time\nx = []\nwhile True: x.append(b'x' * 10 * 2**20); time.sleep(0.1)"
        meanwhile(filling, fill)
        ended = f"kernel {large} ended: the container is nearly out of memory"
        labs.wait_until(lambda: ended in there.said, "its end", 90)
        assert there.kernel(small).run("print(x)") == "42\n"


LOWER = """
import time
while True:
    with open("/proc/self/oom_score_adj", "w") as file:
        file.write("0")
    time.sleep(0.01)
"""


def test_who_has_others_end_first_ends(narrow: Class) -> None:
    with unharmed(narrow) as (there, _):
        small, running = kernel(there)
        large, lowering = kernel(there)
        assert running.run("x = 42; print(open('/proc/self/oom_score_adj').read())") == "900\n\n"
        mark = start(lowering, LOWER)
        why = "asked the system to end others first"
        labs.wait_until(
            lambda: f'kernel {large} ended: its process "python' in there.said, "its end", 60
        )
        assert why in there.said
        labs.wait_until(lambda: not is_running(there, mark), "the end of what it started", 60)
        # A process that was started from outside has the value it was given, and keeps running.
        assert there.lab.run("sleep", "3", user="student")[0] == 0
        become = "setpriv --reuid=student --regid=students --clear-groups"
        assert there.lab.run("sh", "-c", f"{become} sleep 3; exit $?") == (0, "")
        assert there.kernel(small).run("print(x)") == "42\n"
