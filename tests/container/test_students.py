"""Students' code can't act as the lab: what a kernel and a terminal can and can't do to it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests import labs, logs, students
from tests.container.test_faults import HUB, LAB, LAUNCHER, SUPERVISOR, Class
from tests.container.test_isolation import OUT_OF_REACH
from tests.container.test_rooms import API, Page, room, saved
from tools.engine import PYTHON

if TYPE_CHECKING:
    from collections.abc import Iterator

PARTS = (SUPERVISOR, LAUNCHER, HUB, LAB, "nginx: master", "nginx: worker", "tini")
FOREIGN = (
    *OUT_OF_REACH[:4],
    "/data/history/documents.db",
    "/run/classroom/lab.json",
    "/run/classroom/handover.json",
    "/run/classroom/limits.json",
    "/run/classroom/standing/standing.json",
    "/run/classroom/jupyter/sessions.db",
)
DOORS = ("lab/lab.sock", "hub/hub.sock", "launcher/launcher.sock")
WRITABLE = (
    "/data/files",
    "/dev",
    "/proc",
    "/run/classroom/homes",
    "/run/classroom/kernels",
    "/run/lock",
    "/sys",
    "/tmp",  # noqa: S108 (in the container)
    "/var/tmp",  # noqa: S108
)
"""Folders that a student's process may write to; no other process loads code from them."""

LOADED = (
    ".ipython/profile_default/ipython_config.py",
    ".ipython/profile_default/startup/trap.py",
    ".jupyter/jupyter_server_config.py",
    f".local/lib/python{PYTHON}/site-packages/usercustomize.py",
    "ipykernel_launcher.py",
    "ipython_config.py",
    "jupyter_config.py",
    "jupyter_server_config.py",
    "random.py",
    "sitecustomize.py",
    "usercustomize.py",
    "zmq.py",
)
SOURCED = (".bash_login", ".bash_profile", ".bashrc", ".inputrc", ".profile")


@pytest.fixture(scope="module", params=[True, False], ids=["sandbox", "nftables"])
def there(request: pytest.FixtureRequest) -> Iterator[Class]:
    options = (r"403 |404 |wrote error|\[front\]|ServerApp\] delete /",)
    with labs.start(plain=request.param, expected=options) as lab:
        lab.wait_healthy()
        with students.signed_in(lab) as client:
            yield Class(lab, client)


@pytest.fixture(scope="module")
def kernel(there: Class) -> students.Kernel:
    Page(students.open_socket(there.client, there.lab, room(there.client, "begin.ipynb")))
    return there.kernel(there.start_kernel())


def ask(kernel: students.Kernel, code: str) -> object:
    """Run code that prints JSON."""
    return json.loads(kernel.run(f"import json, os\n{code}"))


def test_who_they_are(there: Class, kernel: students.Kernel) -> None:
    code = "print(open('/proc/self/status').read())"
    for status in (kernel.run(code), terminal(there).run("cat /proc/self/status")):
        found = dict(line.split(":", 1) for line in status.splitlines() if ":" in line)
        assert set(found["Uid"].split()) == {"1001"}
        assert set(found["Gid"].split()) == {"1100"}
        assert found["Groups"].strip() in {"", "1100"}
        assert found["NoNewPrivs"].strip() == "1"
        for kind in ("CapInh", "CapPrm", "CapEff", "CapAmb"):
            assert int(found[kind], 16) == 0


def terminal(there: Class) -> students.Terminal:
    name = there.client.post(f"{API}/terminals").json()["name"]
    way = f"terminals/websocket/{name}"
    return students.Terminal(students.open_socket(there.client, there.lab, way))


def test_their_environment_has_nothing_of_the_labs(there: Class, kernel: students.Kernel) -> None:
    found = ask(kernel, "print(json.dumps(dict(os.environ)))")
    assert isinstance(found, dict)
    assert not [name for name in found if "JUPYTERHUB" in name or "TOKEN" in name]
    token = json.loads(there.lab.run("cat", "/run/classroom/handover.json")[1])["lab_token"]
    assert len(token) == 64, "the test looks at nothing"
    assert token not in json.dumps(found)
    shown = terminal(there).run("env")
    assert "JUPYTERHUB" not in shown
    assert token not in shown


@pytest.mark.parametrize("part", PARTS)
def test_no_part_can_be_signalled_traced_or_looked_into(
    there: Class, kernel: students.Kernel, part: str
) -> None:
    pid = there.lab.pid(part)
    code = f"""
import ctypes
found = {{}}
try:
    os.kill({pid}, 0)
except OSError as error:
    found["kill"] = error.errno
libc = ctypes.CDLL(None, use_errno=True)
if libc.ptrace(16, {pid}, 0, 0):
    found["ptrace"] = ctypes.get_errno()
for name in ("environ", "mem", "maps", "fd", "cwd", "root"):
    try:
        os.listdir("/proc/{pid}/fd") if name == "fd" else os.readlink("/proc/{pid}/" + name) \\
            if name in ("cwd", "root") else open("/proc/{pid}/" + name, "rb").read(1)
    except OSError as error:
        found[name] = error.errno
print(json.dumps(found))
"""
    found = ask(kernel, code)
    assert isinstance(found, dict)
    assert found == dict.fromkeys(
        ("kill", "ptrace", "environ", "mem", "maps", "fd", "cwd", "root"), 1
    ) | {name: 13 for name in ("environ", "mem", "maps", "fd", "cwd", "root") if name in found}
    assert set(found) == {"kill", "ptrace", "environ", "mem", "maps", "fd", "cwd", "root"}


@pytest.mark.parametrize("path", FOREIGN)
def test_what_is_not_theirs_they_cannot_read(
    there: Class, kernel: students.Kernel, path: str
) -> None:
    if "jupyterhub_config" not in path and "secrets" not in path:
        assert there.lab.run("test", "-e", path)[0] == 0, "the test looks at nothing"
    assert "PermissionError" in kernel.run(f"open({path!r})")


@pytest.mark.parametrize("door", DOORS)
def test_no_socket_of_the_labs_takes_them(there: Class, kernel: students.Kernel, door: str) -> None:
    path = f"/run/classroom/{door}"
    assert there.lab.run("test", "-S", path)[0] == 0, "the test looks at nothing"
    kind = "SOCK_SEQPACKET" if "launcher" in door else "SOCK_STREAM"
    code = f"import socket; socket.socket(socket.AF_UNIX, socket.{kind}).connect({path!r})"
    assert "PermissionError" in kernel.run(code)


def test_where_they_can_write_nobody_loads_anything_from(
    there: Class, kernel: students.Kernel
) -> None:
    code = """
import subprocess
found = subprocess.run(
    ["find", "/", "-xdev", "-not", "-type", "l", "-writable", "-print"],
    capture_output=True, text=True)
print(json.dumps(found.stdout.splitlines()))
"""
    found = ask(kernel, code)
    assert isinstance(found, list)
    others = [path for path in found if not path.startswith(WRITABLE)]
    assert others == []
    # List the folders from which the lab server, kernels and shells load code.
    script = "import sys, jupyter_core.paths as p; print(*sys.path, *p.jupyter_path(), "
    script += "*p.jupyter_config_path(), sep='\\n')"
    python = (
        f"HOME=/nowhere JUPYTER_CONFIG_DIR=/run/classroom/lab-home/config python -P -c {script!r}"
    )
    places = there.lab.run("bash", "-lc", f"echo $PATH | tr : '\\n'; {python}", user="classroom")[1]
    loaded = {place for place in places.split() if place.startswith("/")}
    assert "/opt/classroom/bin" in loaded, "the test looks at nothing"
    assert not [place for place in loaded if place.startswith(WRITABLE)]


def test_the_debugger_and_programs_of_ones_own(there: Class, kernel: students.Kernel) -> None:
    """They work as in stock JupyterLab if there is loopback; the sandbox has none (see docs)."""
    assert kernel.run("import subprocess; print(subprocess.getoutput('echo $((6 * 7))'))") == "42\n"
    shared = "from multiprocessing import Pool\nprint(Pool(2).map(abs, [-1, -2]))"
    assert kernel.run(shared) == "[1, 2]\n"
    if not there.lab.run("test", "-e", "/run/classroom/egress/egress.conf")[0]:
        body = {"type": "request", "seq": 1, "command": "initialize", "arguments": ARGUMENTS}
        answer = kernel.debug(body)
        assert answer["success"], answer


ARGUMENTS = {"clientID": "test", "adapterID": "", "pathFormat": "path"}
MAKING = {
    "a kernel": "kernel",
    "a terminal": "terminal",
    "the browser": "upload",
    "a copy of what is shut": "copy",
}


@pytest.mark.parametrize("how", MAKING.values(), ids=MAKING)
def test_what_one_makes_all_can_edit(there: Class, kernel: students.Kernel, how: str) -> None:
    folder, name = f"by-{how}", f"by-{how}/file.txt"
    place = f"/home/classroom/{name}"
    if how == "kernel":
        code = f"os.makedirs('/home/classroom/{folder}'); open({place!r}, 'w').write('begun')"
        kernel.run(f"import os; {code}")
    elif how == "terminal":
        terminal(there).run(f"mkdir {folder}; echo -n begun > {name}; cd /tmp")
    elif how == "upload":
        made = there.client.put(f"{API}/contents/{folder}", json={"type": "directory"})
        assert made.is_success
        body = {"type": "file", "format": "text", "content": "begun"}
        assert there.client.put(f"{API}/contents/{name}", json=body).is_success
    else:
        shell = f"cd /home/classroom; umask 077; mkdir {folder}; echo -n begun > {name}"
        terminal(there).run(f"{shell}; chmod 755 {folder}; chmod 644 {name}; cd /tmp")
    # In the browser: open it, save it, rename it, and put a notebook next to it.
    assert there.client.get(f"{API}/contents/{name}").json()["content"] == "begun"
    body = {"type": "file", "format": "text", "content": "saved"}
    assert there.client.put(f"{API}/contents/{name}", json=body).is_success
    moved = there.client.patch(f"{API}/contents/{name}", json={"path": f"{folder}/new.txt"})
    assert moved.is_success, moved.text
    assert there.client.post(f"{API}/contents/{folder}", json={"type": "notebook"}).is_success
    # Change it in a kernel, and in a terminal.
    place = place.replace("file.txt", "new.txt")
    assert kernel.run(f"f = open({place!r}, 'a'); f.write('+'); f.close()") == ""
    terminal(there).run(f"echo -n ! >> {place}; mv {place} {place}.bak; cd /tmp")
    assert there.lab.run("cat", f"{place}.bak")[1] == "saved+!"
    assert there.client.delete(f"{API}/contents/{folder}/new.txt.bak").status_code == 204


def test_a_notebook_that_was_copied_is_saved_while_people_type(there: Class) -> None:
    """A copy of the tutor's materials has their mode, which gives the group no write access."""
    where = room(there.client, "original.ipynb")
    shell = "cd /home/classroom; mkdir lesson; cp original.ipynb lesson/copy.ipynb"
    terminal(there).run(f"{shell}; chmod 644 lesson/copy.ipynb; chmod 755 lesson; cd /tmp")
    body = {"format": "json", "type": "notebook"}
    found = there.client.put(f"{API}/collaboration/session/lesson/copy.ipynb", json=body).json()
    ident = where.replace(where.split(":")[2].split("?")[0], found["fileId"])
    page = there.open(ident)
    page.type("typed")
    labs.wait_until(lambda: saved(there.client, "lesson/copy.ipynb") == "typed", "a save")


def test_what_one_leaves_behind_no_other_kernel_or_shell_loads(
    there: Class, kernel: students.Kernel
) -> None:
    code = f"""
import pathlib
trap = "open('/tmp/trapped', 'a').write(__file__)"
for place in (pathlib.Path.home(), pathlib.Path("/home/classroom")):
    for name in {LOADED!r}:
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (place / name).write_text(trap)
    for name in {SOURCED!r}:
        (place / name).write_text("touch /tmp/trapped")
print(1)
"""
    assert ask(kernel, code) == 1
    another = there.kernel(there.client.post(f"{API}/kernels").json()["id"])
    assert another.run("import random; print(random.__file__)").startswith("/usr/lib/python3")
    assert "bash" in terminal(there).run("echo $0")
    there.kill(LAB)
    there.wait_until_it_answers()
    assert there.lab.run("test", "-e", "/tmp/trapped")[0] == 1  # noqa: S108
    there.lab.expected += [*logs.FALLEN, "Task exception"]
    there.lab.run("sh", "-c", "rm /home/classroom/*.py", user="student")
