"""A kernel that is forked from a warm process is like one that starts cold, but starts sooner."""

from __future__ import annotations

import json
import re
import uuid
from typing import TYPE_CHECKING, Any

import pytest

from tests import labs, students
from tests.container import failures
from tests.container.test_failures import notice, table
from tests.container.test_faults import FALLS, LAB, Class
from tests.container.test_limits import started
from tests.container.test_rooms import API

if TYPE_CHECKING:
    from collections.abc import Iterator

FORK_SERVER = "classroom.launcher.fork_server"
WARM = "Kernels start warm: numpy, pandas, matplotlib.pyplot, seaborn imported"
IS_WARM = "import sys; print('seaborn' in sys.modules)"
EXPECTED = (*FALLS, r"unresponsive|Wait for final termination")
SEEN_FROM_OUTSIDE = """
import json, os, resource, stat, sys
pid = int(sys.argv[1])
status = dict(line.split(":", 1) for line in open(f"/proc/{pid}/status"))
names = ("Name", "Umask", "State", "Uid", "Gid", "Groups", "NoNewPrivs", "Seccomp", "Threads",
         "Seccomp_filters", "CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb", "SigBlk", "SigIgn",
         "SigCgt", "SigPnd", "CoreDumping", "THP_enabled", "Cpus_allowed",
         "Speculation_Store_Bypass")
fields = open(f"/proc/{pid}/stat").read().rpartition(")")[2].split()
read = lambda name: open(f"/proc/{pid}/{name}").read()
print(json.dumps({
    **{name: status.get(name, "none").strip() for name in names if name != "State"},
    "leads its session and group": fields[2] == fields[3] == str(pid),
    "terminal": fields[4],
    "exit signal": fields[35],
    "limits": read("limits"),
    "oom_score_adj": read("oom_score_adj"),
    "cgroup": read("cgroup"),
    "personality": read("personality"),
    "coredump_filter": read("coredump_filter"),
    "scheduler": [os.sched_getscheduler(pid), os.sched_getparam(pid).sched_priority],
    "nice": os.getpriority(os.PRIO_PROCESS, pid),
    # The kernel's own threads open theirs in no certain order.
    "descriptors": sorted({(min(int(one), 3), os.readlink(f"/proc/{pid}/fd/{one}").split("[")[0])
                           for one in os.listdir(f"/proc/{pid}/fd")}),
    "folder": os.readlink(f"/proc/{pid}/cwd"),
    "root": os.readlink(f"/proc/{pid}/root"),
    "program": os.readlink(f"/proc/{pid}/exe"),
    "command": read("cmdline").split(chr(0)),
    "environment": sorted(read("environ").split(chr(0))),
    "namespaces": sorted(os.readlink(f"/proc/{pid}/ns/{one}")
                         for one in os.listdir(f"/proc/{pid}/ns")),
    "owner": os.stat(f"/proc/{pid}").st_uid,
}))
"""
"""Prints all that the kernel says about a process, as its own user."""
SEEN_FROM_INSIDE = """
import builtins, ctypes, gc, json, locale, os, resource, signal, sys, threading
libc = ctypes.CDLL(None)
shell = get_ipython(); application = shell.kernel.parent
def prctl(what):
    found = ctypes.c_int(-1)
    answer = libc.prctl(what, ctypes.byref(found), 0, 0, 0)
    return found.value if what in (2, 37) else answer
print(json.dumps({
    "parent": os.getppid(),
    "death signal": prctl(2), "dumpable": prctl(3), "keeps capabilities": prctl(7),
    "securebits": prctl(27), "timer slack": prctl(30), "subreaper": prctl(37),
    "no new rights": prctl(39), "THP": prctl(42),
    "users": [os.getresuid(), os.getresgid(), os.getgroups()],
    "rlimits": {n: resource.getrlimit(getattr(resource, n))
                for n in dir(resource) if n[:7] == "RLIMIT_"},
    "handlers": {n: str(signal.getsignal(n)).split(" at ")[0]
                 for n in range(1, 65) if n not in (32, 33)},
    "mask": list(signal.pthread_sigmask(signal.SIG_BLOCK, [])),
    "variables": dict(os.environ), "in C": os.popen("env | sort").read(),
    "flags": str(sys.flags), "argv": sys.argv, "orig_argv": sys.orig_argv, "path": sys.path,
    "executable": [sys.executable, sys.prefix, sys.base_prefix],
    "bytecode": sys.dont_write_bytecode,
    "locale": [locale.setlocale(locale.LC_ALL), sys.getfilesystemencoding()],
    "streams": [(s.name, s.encoding, s.errors, s.line_buffering, s.isatty())
                for s in (sys.__stdin__, sys.__stdout__, sys.__stderr__)],
    "gc": [gc.isenabled(), gc.get_threshold()],
    "main": threading.main_thread().native_id == os.getpid(),
    "recursion": sys.getrecursionlimit(),
    "threads": sorted(t.name.split("-")[0] for t in threading.enumerate()),
    "switches": sys.getswitchinterval(), "trace": [str(sys.gettrace()), str(sys.getprofile())],
    "application": [str(value) for value in (
        *(shell.config, application.argv, application.cli_config, application.extra_args),
        *(shell.profile_dir.location, shell.history_manager.hist_file, shell.execution_count))],
    "built in": sorted(vars(builtins)), "displayed by": sys.displayhook.__class__.__name__,
    "main module": [__name__, "__file__" in globals()], "umask": [os.umask(0o2), os.umask(0o2)],
}))
"""
NUMERICAL = """
import atexit, faulthandler, gc, json, logging, matplotlib, numpy, os, pandas, seaborn, subprocess
import sys, sysconfig, threading
import matplotlib.pyplot as plt
LOGGERS = ("", "tornado", "IPKernelApp", "traitlets")
numpy.ones((300, 300)) @ numpy.ones((300, 300))
print(json.dumps({
    "threads": len(os.listdir("/proc/self/task")),
    "folders": [matplotlib.get_configdir(), matplotlib.get_cachedir()],
    "styles": plt.style.USER_LIBRARY_PATHS,
    "backend": matplotlib.get_backend(), "settings": str(matplotlib.rcParams),
    "interactive": plt.isinteractive(), "base": sysconfig.get_config_var("userbase"),
    "seed": numpy.random.get_state()[0],
    "hooks": [atexit._ncallbacks(), len(gc.callbacks), threading.Thread().name,
              sys.excepthook.__name__, faulthandler.enable.__qualname__,
              faulthandler.enable.__defaults__[0] is sys.__stderr__,
              {name: len(logging.getLogger(name).handlers) for name in LOGGERS}],
}))
"""


COUNTED = """
import gc, json, sys, weakref
import numpy, pandas
class Own: pass
one = Own(); one.itself = one; freed = weakref.ref(one)
del one
never = [sys.getrefcount(what) == sys.getrefcount(None) for what in
         (numpy, pandas.DataFrame, numpy.linalg.norm, pandas.DataFrame.merge.__code__)]
gc.unfreeze()
gc.collect(); gc.collect()
print(json.dumps([never, freed() is None, pandas.DataFrame({"a": [1, 2]}).a.sum().item()]))
"""
OWN_MEMORY = """
import json
rows = (line.split() for line in open("/proc/self/smaps_rollup").readlines()[1:])
print(json.dumps({name.rstrip(":"): int(value) for name, value, *_ in rows}["Private_Dirty"]))
"""


@pytest.fixture(scope="module")
def cold(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Class]:
    with started(tmp_path_factory.mktemp("cold"), "c.Classroom.preload = False") as there:
        there.lab.expected += EXPECTED
        yield there


@pytest.fixture(scope="module")
def warm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Class]:
    with started(tmp_path_factory.mktemp("warm")) as there:
        there.lab.expected += EXPECTED
        assert not there.lab.pids(FORK_SERVER), "nobody is there"
        with students.open_socket(there.client, there.lab, "classroom/api/live"):
            wait_until_warm(there)
        yield there


@pytest.fixture(params=["cold", "warm"])
def there(request: pytest.FixtureRequest) -> Iterator[Class]:
    """A cold lab, then a warm one; the test leaves no kernel in it."""
    found: Class = request.getfixturevalue(request.param)
    yield found
    found.clear()


def wait_until_warm(there: Class) -> None:
    labs.wait_until(lambda: WARM in there.said, "a fork server that is ready", 120)


def end_the_fork_server(there: Class) -> None:
    there.begun = len(there.lab.log)
    pid = there.kill(FORK_SERVER)
    labs.wait_until(lambda: pid not in there.lab.pids(FORK_SERVER), "its end")


def start(there: Class) -> tuple[str, students.Kernel]:
    """Start a kernel with its own session; return its id, and the kernel."""
    path = f"{uuid.uuid4().hex}.ipynb"
    body = {"name": "", "path": path, "type": "notebook", "kernel": {"name": "python3"}}
    made = there.client.post(f"{API}/sessions", json=body)
    assert made.is_success, made.text
    ident = str(made.json()["kernel"]["id"])
    return ident, there.kernel(ident)


def say(kernel: students.Kernel, code: str) -> Any:
    """Run code that prints JSON; return the value."""
    printed = kernel.run(code)
    try:
        return json.loads(printed)
    except ValueError:
        raise AssertionError(printed) from None


def neutral(value: Any, launcher: int) -> Any:
    """Replace values that differ in every kernel: ids, numbers of sockets, its home."""
    text = re.sub(
        r"kernel-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "kernel-ID", json.dumps(value)
    )
    text = re.sub(r"kernel-\w{8}(?=[/\"\\])", "kernel-HOME", text)
    text = re.sub(r"(socket|pipe|eventfd|anon_inode):\[?[\w\]]*", r"\1", text)
    text = re.sub(r"[0-9a-f]{32}\.ipynb", "NOTEBOOK", text)
    return json.loads(text.replace(f'"parent": {launcher},', '"parent": "the launcher",'))


def described(there: Class, *, is_warm: bool) -> dict[str, Any]:
    """Start a kernel; return a description of it from outside and inside."""
    _, kernel = start(there)
    pid = int(kernel.run("import os; print(os.getpid())"))
    outside = there.lab.answer("python", "-I", "-c", SEEN_FROM_OUTSIDE, str(pid), user="student")
    assert kernel.run(IS_WARM) == f"{is_warm}\n"
    found = {"outside": outside, "inside": say(kernel, SEEN_FROM_INSIDE)}
    assert kernel.run(NUMERICAL).count("{")
    found["numerical"] = say(kernel, NUMERICAL)
    launcher = there.lab.pid(r"-m classroom\.launcher ?$")
    there.clear()
    return dict(neutral(found, launcher))


def test_a_warm_kernel_is_in_everything_as_a_cold_one(warm: Class) -> None:
    one = described(warm, is_warm=True)
    end_the_fork_server(warm)
    other = described(warm, is_warm=False)
    wait_until_warm(warm)
    differ = {
        (part, name): (value, other[part][name])
        for part in one
        for name, value in one[part].items()
        if value != other[part][name]
    }
    assert differ == {}
    assert one["outside"]["Uid"].split() == ["1001"] * 4
    assert one["outside"]["NoNewPrivs"] == "1"
    assert one["outside"]["oom_score_adj"].strip() == "900"
    assert one["inside"]["parent"] == "the launcher"
    assert one["inside"]["death signal"] == 9


def test_what_is_random_differs(warm: Class) -> None:
    code = """
import json, multiprocessing, numpy, random, tempfile, uuid
print(json.dumps([
    numpy.random.rand(), numpy.random.default_rng().random(), random.random(), str(uuid.uuid4()),
    next(tempfile._get_candidate_names()), multiprocessing.current_process().authkey.hex(),
]))
"""
    said = []
    for _ in range(2):
        _, kernel = start(warm)
        assert kernel.run(IS_WARM) == "True\n"
        said.append(say(kernel, code))
    for one, other in zip(*said, strict=True):
        assert one != other
    warm.clear()


def test_nobody_counts_what_was_imported_and_what_is_new_is_still_freed(warm: Class) -> None:
    _, kernel = start(warm)
    assert kernel.run(IS_WARM) == "True\n"
    assert say(kernel, COUNTED) == [[True] * 4, True, 3]
    assert kernel.run("del numpy, pandas; import pandas; print(pandas.NA)") == "<NA>\n"
    warm.clear()


def test_its_own_memory_is_what_it_has_made_itself(warm: Class, cold: Class) -> None:
    """Memory pages that are only read stay shared, although Python counts references to objects."""
    sizes = {}
    for name, one in (("warm", warm), ("cold", cold)):
        _, kernel = start(one)
        sizes[name] = int(say(kernel, OWN_MEMORY))
        one.clear()
    # It is a fifth. It would be a third if the kernel filled the gaps between imported objects, and
    # half if Python counted the references to them.
    assert sizes["warm"] < 0.28 * sizes["cold"], sizes


def messages(kernel: students.Kernel, ident: str) -> Iterator[dict[str, Any]]:
    """Yield a kernel's messages for a request, until the kernel is idle."""
    connection = kernel._connection
    while True:
        found = json.loads(connection.recv(timeout=60))
        if found["parent_header"].get("msg_id") == ident:
            yield found
            if found["msg_type"] == "status" and found["content"]["execution_state"] == "idle":
                return


def execute(kernel: students.Kernel, code: str) -> str:
    content = {"code": code, "silent": False, "allow_stdin": True}
    return kernel.ask("execute_request", content)


@pytest.mark.parametrize("first", ["", "%matplotlib inline\n"], ids=["as it is", "%matplotlib"])
def test_a_plot_is_shown(there: Class, first: str) -> None:
    _, kernel = start(there)
    for _ in range(2):  # the plot is closed, so the second cell shows only its own
        code = f"{first}import matplotlib.pyplot as plt\nplt.plot([1, 2])"
        found = list(messages(kernel, execute(kernel, code)))
        shown = [one for one in found if one["msg_type"] == "display_data"]
        assert [set(one["content"]["data"]) for one in shown] == [{"image/png", "text/plain"}]


def test_a_folders_own_matplotlibrc_counts(there: Class) -> None:
    _, kernel = start(there)
    kernel.run("open('matplotlibrc', 'w').write('lines.linewidth: 7.5')")
    _, other = start(there)
    code = "import os, matplotlib; print(matplotlib.rcParams['lines.linewidth'], os.getppid() > 1)"
    assert other.run(code) == "7.5 True\n"
    kernel.run("import os; os.remove('matplotlibrc')")


def test_input_asks(there: Class) -> None:
    _, kernel = start(there)
    ident, printed = execute(kernel, "print(input('who? ') + '!')"), ""
    for found in messages(kernel, ident):
        if found["msg_type"] == "input_request":
            kernel.ask("input_reply", {"value": "ada", "status": "ok"}, "stdin")
        if found["msg_type"] == "stream":
            printed += found["content"]["text"]
    assert printed == "ada!\n"


def test_it_is_interrupted(there: Class) -> None:
    ident, kernel = start(there)
    asked = execute(kernel, "import time\nprint('now', flush=True)\ntime.sleep(600)")
    kinds = []
    for found in messages(kernel, asked):
        kinds.append(found["content"].get("ename", found["msg_type"]))
        if found["msg_type"] == "stream":
            there.client.post(f"{API}/kernels/{ident}/interrupt").raise_for_status()
    assert "KeyboardInterrupt" in kinds
    assert kernel.run("print(1)") == "1\n"


def test_it_is_restarted_and_shut_down(there: Class) -> None:
    ident, kernel = start(there)
    pid = int(kernel.run("import os; x = 1; print(os.getpid())"))
    there.client.post(f"{API}/kernels/{ident}/restart", timeout=60).raise_for_status()
    again = there.kernel(ident)
    other = int(again.run("import os; print(os.getpid())"))
    assert "NameError" in again.run("x")
    assert other != pid
    there.client.delete(f"{API}/kernels/{ident}").raise_for_status()
    labs.wait_until(lambda: not set(there.lab.pids("", "student")) & {pid, other}, "their end")


RUNS = {
    "a program": (
        "import subprocess\nprint(subprocess.run(['id', '-un'], capture_output=True).stdout)",
        "b'student\\n'\n",
    ),
    "a line of a shell": ("!echo $HOME | cut -d/ -f1-4", "/run/classroom/homes\r\n"),
    "a pool": (
        "from multiprocessing import Pool\nwith Pool(2) as p: print(p.map(len, ['a', 'bc']))",
        "[1, 2]\n",
    ),
    "spawned processes": (
        "import multiprocessing as m\nwith m.get_context('spawn').Pool(2) as p:"
        " print(p.map(len, ['a', 'bc']))",
        "[1, 2]\n",
    ),
    "a fork server of its own": (
        "import multiprocessing as m\nwith m.get_context('forkserver')"
        ".Pool(2) as p: print(p.map(len, ['a', 'bc']))",
        "[1, 2]\n",
    ),
    "threads": (
        "from concurrent.futures import ThreadPoolExecutor as T\nwith T(2) as t:"
        " print(list(t.map(len, ['a', 'bc'])))",
        "[1, 2]\n",
    ),
    "asyncio": (
        "import asyncio\nprint(await asyncio.gather(asyncio.sleep(0, 1), asyncio.sleep(0, 2)))",
        "[1, 2]\n",
    ),
    "C": ("import os\nos.write(1, b'from C\\n')\nimport sys; sys.stdout.flush()", "from C\n"),
    "a fork": (
        "import os, warnings\nwarnings.simplefilter('ignore')\npid = os.fork()\n"
        "if not pid: os._exit(7)\n"
        "print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))",
        "7\n",
    ),
    "linear algebra": ("import numpy\nprint(numpy.linalg.inv(numpy.eye(400)).sum())", "400.0\n"),
    "a frame": ("import pandas\nprint(pandas.DataFrame({'a': [1, 2]}).a.sum())", "3\n"),
    "a timer": (
        "import signal, time\nsignal.signal(signal.SIGALRM, lambda *_: print('late'))\n"
        "signal.setitimer(signal.ITIMER_REAL, 0.05)\ntime.sleep(0.5)",
        "late\n",
    ),
    "a database": (
        "import sqlite3\nprint(sqlite3.connect(':memory:').execute('select 1').fetchall())",
        "[(1,)]\n",
    ),
    "history": ("print('h')\n%history -n 1", None),
    "time": ("%timeit -n 1 -r 1 pass", None),
}


@pytest.mark.parametrize("what", RUNS)
def test_it_runs(there: Class, what: str) -> None:
    code, printed = RUNS[what]
    _, kernel = start(there)
    said = kernel.run(code, until=printed or "")
    assert "Error" not in said
    assert printed is None or said == printed


WHEEL = """
import pathlib, zipfile
name = "ours-1.0"
with zipfile.ZipFile("ours-1.0-py3-none-any.whl", "w") as wheel:
    info = f"{name}.dist-info"
    wheel.writestr("ours.py", "answer = 42")
    wheel.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\\nName: ours\\nVersion: 1.0\\n")
    kind = "Wheel-Version: 1.0\\nGenerator: us\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n"
    wheel.writestr(f"{info}/WHEEL", kind)
    wheel.writestr(f"{info}/RECORD", "ours.py,,\\n")
"""


def test_packages_are_installed_beside_a_notebook(there: Class) -> None:
    _, kernel = start(there)
    assert kernel.run(WHEEL) == ""
    said = kernel.run("%pip install --no-index --target here ours-1.0-py3-none-any.whl")
    assert "Successfully installed ours-1.0" in said
    code = "import sys; sys.path.insert(0, 'here'); import ours; print(ours.answer)"
    assert kernel.run(code) == "42\n"
    kernel.run("import shutil, os; shutil.rmtree('here'); os.remove('ours-1.0-py3-none-any.whl')")


@pytest.mark.parametrize("key", failures.ENDS, ids=", ".join)
def test_who_has_a_kernel_open_reads_how_it_ended(there: Class, key: tuple[str, str]) -> None:
    with students.open_socket(there.client, there.lab, "classroom/api/live") as live:
        _, kernel = start(there)
        assert kernel.run("print(1)") == "1\n"
        kernel.ask("execute_request", {"code": failures.ENDS[key], "silent": False})
        told = notice(live)
        sentence = table()[key][1]
        assert told.endswith(sentence.partition("stopped")[2])


@pytest.mark.parametrize("status", [0, 3])
def test_its_exit_status_is_known(there: Class, status: int) -> None:
    ident, kernel = start(there)
    assert kernel.run("print(1)") == "1\n"
    code = (
        "import os, sys\nos.write(sys.stderr._original_stdstream_copy, b'last words')\n"
        f"os._exit({status})"
    )
    kernel.ask("execute_request", {"code": code, "silent": False})
    if status:
        end = re.compile(rf"kernel {ident} ended with {status}: .*last words")
        labs.wait_until(lambda: end.search(there.said), "the launcher's line")
    labs.wait_until(lambda: f"kernel {ident} restarted" in there.said, "a new one")


def test_a_signal_from_outside_ends_it(there: Class) -> None:
    ident, kernel = start(there)
    kernel.run("1")
    said = "os.write(sys.stderr._original_stdstream_copy, b'x')"
    code = f"import os, sys\n{said}\nos.kill(os.getpid(), 6)"
    kernel.ask("execute_request", {"code": code, "silent": False})
    labs.wait_until(lambda: f"kernel {ident} ended with -6: " in there.said, "its end")


def test_what_it_leaves_behind_ends_with_it(there: Class) -> None:
    ident, kernel = start(there)
    mark = "1234.5"
    kernel.run(f"import subprocess; subprocess.Popen(['setsid', 'nohup', 'sleep', '{mark}'])")
    kernel.run(f"import subprocess; subprocess.Popen(['sleep', '{mark}'])")
    assert len(there.lab.pids(f"sleep {mark}", "student")) == 2
    there.client.delete(f"{API}/kernels/{ident}").raise_for_status()
    labs.wait_until(lambda: not there.lab.pids(f"sleep {mark}", "student"), "the end of both")


def test_it_goes_on_without_the_lab_and_ends_with_the_launcher(there: Class) -> None:
    ident, kernel = start(there)
    pid = int(kernel.run("import os; x = 41; print(os.getpid())"))
    there.kill(LAB)
    there.wait_until_it_answers()
    assert there.kernel(ident).run("print(x + 1)") == "42\n"
    there.client.post(f"{API}/kernels/{ident}/interrupt").raise_for_status()
    servers, there.begun = there.lab.pids(FORK_SERVER), len(there.lab.log)
    there.kill(r"-m classroom\.launcher ?$")
    labs.wait_until(lambda: pid not in there.lab.pids("", "student"), "its end")
    labs.wait_until(lambda: there.lab.pids(r"-m classroom\.launcher ?$"), "the launcher")

    def works() -> bool:
        return there.kernel(ident).run("print(1)") == "1\n"

    labs.wait_until(works, "a new one", 90, ignoring=(Exception,))
    if servers:  # none of the old ones is left
        wait_until_warm(there)
        assert not set(servers) & set(there.lab.pids(FORK_SERVER))


def test_the_fork_server_ends_and_comes_back_and_kernels_go_on(warm: Class) -> None:
    _, kernel = start(warm)
    assert kernel.run(f"{IS_WARM}; x = 41") == "True\n"
    end_the_fork_server(warm)
    _, between = start(warm)
    assert between.run(IS_WARM) == "False\n"
    assert kernel.run("print(x + 1)") == "42\n"
    wait_until_warm(warm)
    _, after = start(warm)
    assert after.run(IS_WARM) == "True\n"
    warm.clear()


def test_a_fork_server_that_hangs_delays_a_kernel_and_forks_it_no_second_time(warm: Class) -> None:
    pid = warm.lab.pid(FORK_SERVER)
    assert warm.lab.run("kill", "-STOP", str(pid))[0] == 0
    _, kernel = start(warm)
    assert kernel.run(IS_WARM) == "False\n"
    before = set(warm.lab.pids("", "student"))
    assert warm.lab.run("kill", "-CONT", str(pid))[0] == 0
    # A kernel that it has forked too late ends once it has forked another one.
    _, other = start(warm)
    assert other.run(IS_WARM) == "True\n"
    more = set(warm.lab.pids("ipykernel_launcher", "student")) - before
    assert more == {int(other.run("import os; print(os.getpid())"))}
    warm.clear()


ATTACKS = """
import ctypes, json, os, signal
libc = ctypes.CDLL(None, use_errno=True)
done = []
for number in (0, signal.SIGTERM, signal.SIGKILL, signal.SIGSTOP):
    try:
        os.kill({pid}, number)
        done.append(f"signal {{number}}")
    except PermissionError:
        pass
if libc.ptrace(16, {pid}, 0, 0) == 0:
    done.append("ptrace")
for name in ("environ", "mem", "maps", "fd/3", "cwd/../run/classroom/warm"):
    try:
        open("/proc/{pid}/" + name, "rb").read(1)
        done.append(name)
    except OSError:
        pass
try:
    os.close(libc.syscall(438, os.pidfd_open({pid}), 3, 0))
    done.append("a descriptor")
except OSError:
    pass
for place in {places}:
    for parent in (place, *[place.rsplit("/", n)[0] for n in range(1, place.count("/"))]):
        try:
            open(parent + "/numpy.py", "w").close()
            done.append(parent)
        except OSError:
            pass
print(json.dumps(done))
"""


def test_a_student_reaches_neither_the_fork_server_nor_what_it_imports(warm: Class) -> None:
    pid = warm.lab.pid(FORK_SERVER)
    _, kernel = start(warm)
    places = say(kernel, "import json, sys; print(json.dumps([p for p in sys.path if p]))")
    places += ["/run/classroom/warm", "/run/classroom/warm/.config"]
    assert say(kernel, ATTACKS.format(pid=pid, places=places)) == []
    assert warm.lab.pid(FORK_SERVER) == pid
    found = warm.lab.process(pid)
    assert {found[one] for one in ("CapEff", "CapPrm")} == {f"{1 << 6 | 1 << 7:016x}"}
    assert (found["NoNewPrivs"], found["Seccomp"]) == ("1", "2")
    warm.clear()
