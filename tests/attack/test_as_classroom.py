"""Code that runs as the lab server does: with its user, its sandbox, its environment.

It got there through an unknown vulnerability. It may do to the class's files and to people's
kernels what the lab server may. It can't reach root, the tutor's folder, the Hub's powers or the
outside.
"""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import docker
import pytest

from tests import lab_servers, labs, students
from tests.container.test_faults import HUB, LAB, LAUNCHER, SUPERVISOR, Class

if TYPE_CHECKING:
    from collections.abc import Iterator

SECRET = "the tutor's client secret"
TOOLS = """
import errno, json, os, pathlib, signal, socket, struct, sys, time, uuid
LAUNCHER = "/run/classroom/launcher/launcher.sock"

def ask(message, *descriptors):
    "Say something to the launcher; return the connection and its answer."
    way = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    way.settimeout(20)
    way.connect(LAUNCHER)
    text = message if isinstance(message, bytes) else json.dumps(message).encode()
    socket.send_fds(way, [text], descriptors)
    return way, json.loads(way.recv(1 << 17) or b"{}")

def start(*command, kind="task", folder="/", environment=None, key=None):
    return {"do": "start", "key": key or uuid.uuid4().hex, "kind": kind, "command": command,
            "environment": environment or {}, "folder": folder, "note": {}}

def run(*command, **options):
    "Have the launcher run something to its end; return the answer and the end."
    way, answer = ask(start(*command, **options))
    return answer, json.loads(way.recv(1 << 17) or b"{}") if "pid" in answer else {}

def why(attempt, *arguments):
    "Say what became of an attempt: the name of the error, or what was got."
    try:
        return repr(attempt(*arguments))[:200]
    except OSError as error:
        return errno.errorcode.get(error.errno or 0, str(error))
"""


def as_classroom(lab: labs.Lab, code: str) -> Any:
    """Run code as the lab server; return the JSON value that it prints."""
    return lab_servers.run(lab, f"{TOOLS}\n{code}")


@pytest.fixture(scope="module", params=["nftables", "sandbox"])
def there(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Class]:
    """A lab with a tutor's folder that everybody on the tutor's machine may read."""
    folder = tmp_path_factory.mktemp("tutor")
    (folder / "secrets").mkdir()
    (folder / "secrets/client").write_text(SECRET)
    (folder / "secrets/client").chmod(0o644)
    folder.chmod(0o755)
    expected = (
        r"40[0-9] |503 |wrote error",
        r"Not authorizing|Only (the lab|a tutor) may",
    )
    with labs.start(folder, plain=request.param == "sandbox", expected=expected) as lab:
        lab.wait_healthy()
        with students.signed_in(lab, "ada") as client:
            yield Class(lab, client)


def health_check(lab: labs.Lab) -> tuple[int, str]:
    """Run the health check exactly as Docker does: as root, with the container's privileges."""
    image = docker.from_env().images.get(labs.IMAGE)
    kind, *words = image.attrs["Config"]["Healthcheck"]["Test"]
    assert kind == "CMD"
    return lab.run(*words)


# ── The launcher ──────────────────────────────────────────────────────────────────────────


def test_no_file_of_roots_changes_hands(there: Class) -> None:
    """Once students got a file that was passed off as a terminal: Docker's next command."""
    code = """
target = "/opt/classroom/bin/classroom"
with open(target) as file:
    first = ask(start("true", kind="terminal"), file.fileno())[1]
    others = [ask(start("true", kind=kind), file.fileno())[1] for kind in ("kernel", "task")]
replace = f"printf '#!/bin/sh\\nnft delete table inet egress; touch /run/replaced\\n' > {target}"
run("sh", "-c", replace)
print(json.dumps({"owner": os.stat(target).st_uid, "first": first}))
"""
    before = there.lab.run("sha256sum", "/opt/classroom/bin/classroom")[1]
    found = as_classroom(there.lab, code)
    assert found["owner"] == 0
    assert there.lab.run("sha256sum", "/opt/classroom/bin/classroom")[1] == before
    status, said = health_check(there.lab)
    assert (status, said) == (0, "Hub: ok, classroom: ok\n")
    assert there.lab.run("test", "-e", "/run/replaced")[0] == 1
    if there.lab.run("test", "-e", "/run/classroom/egress/egress.conf")[0] == 0:
        assert there.lab.run("nft", "list", "table", "inet", "egress")[0] == 0, "the rules hold"


FORBIDDEN = ("/data/history", "/data/hub", "/srv/jupyterhub/config", "/srv/jupyterhub", "/root")


@pytest.mark.parametrize("folder", FORBIDDEN)
def test_no_folder_is_entered_that_students_may_not(there: Class, folder: str) -> None:
    code = f"""
os.path.lexists("/data/files/way") and os.unlink("/data/files/way")
os.symlink({folder!r}, "/data/files/way")
found = []
for kind in ("kernel", "terminal", "task"):
    for folder in ({folder!r}, "/data/files/way"):
        proof = "/data/files/proof-" + uuid.uuid4().hex
        way, answer = ask(start("sh", "-c", "ls -a . > " + proof, kind=kind, folder=folder))
        if "pid" in answer:
            way.recv(1 << 17)
        found.append([answer.get("error", ""), os.path.exists(proof)])
print(json.dumps(found))
"""
    found = as_classroom(there.lab, code)
    assert len(found) == 6
    for error, proof in found:
        assert not proof
        assert error.startswith("it can't start in “"), error


def test_nor_by_a_link_that_changes(there: Class) -> None:
    """The link leads to the class's folder when checked, and to the tutor's when entered."""
    code = """
import threading, time
place, done = pathlib.Path("/data/files/flip"), []

def flip():
    while not done:
        for target in ("/data/files", "/srv/jupyterhub/config", "/data/history"):
            new = place.with_name("flip.new")
            new.unlink(missing_ok=True)
            new.symlink_to(target)
            new.replace(place)

flipping = threading.Thread(target=flip)
flipping.start()
seen = "/data/files/seen"
look = "pwd -P >> " + seen + "; cat secrets/client documents.db >> " + seen
for number in range(600):
    run("sh", "-c", look, folder=str(place))
    # On a busy machine the link may never have led to the class's folder just then.
    if number >= 60 and pathlib.Path(seen).exists():
        break
done.append(True)
flipping.join()
# Students' programs have the lowest priority: on a busy machine all of them may still wait.
end = time.monotonic() + 60
while not pathlib.Path(seen).exists() and time.monotonic() < end:
    time.sleep(0.1)
print(json.dumps(pathlib.Path(seen).read_text(errors="replace")))
"""
    found = as_classroom(there.lab, code)
    assert "/data/files" in found, "the test looks at nothing"
    assert SECRET not in found
    assert set(found.split()) == {"/data/files"}


def test_no_environment_reaches_a_process_of_roots(there: Class) -> None:
    """Variables that load other code, and PATH, apply to students' own processes only."""
    code = """
place = pathlib.Path("/data/files/tricks")
place.mkdir(exist_ok=True)
place.chmod(0o777)
names = ("env", "setpriv", "setsid", "prlimit", "choom", "chrt", "find", "sh", "true")
for name in names:
    (place / name).write_text(f"#!/bin/sh\\nid -u >> {place}/ran\\n")
    (place / name).chmod(0o755)
environment = {
    "PATH": str(place), "LD_DEBUG": "files", "LD_DEBUG_OUTPUT": str(place / "loaded"),
    "PYTHONPATH": str(place), "PYTHONSTARTUP": str(place / "trap.py"), "BASH_ENV": str(place),
}
for kind in ("kernel", "task"):
    way, answer = ask(start("/bin/true", kind=kind, environment=environment))
    assert "pid" in answer, answer
    way.recv(1 << 17)
owners = {os.stat(one).st_uid for one in place.glob("loaded.*")}
ran = (place / "ran").read_text().split() if (place / "ran").exists() else []
print(json.dumps({"owners": sorted(owners), "ran": sorted(set(ran))}))
"""
    found = as_classroom(there.lab, code)
    assert found["owners"] == [1001], "the loader has said whose process it was"
    assert found["ran"] in ([], ["1001"])


ODD: tuple[tuple[str, Any], ...] = (
    ("nothing", b"x"),
    ("depth", b"[" * 100_000),
    ("a signal that is none", {"do": "signal", "signal": []}),
    ("a lone surrogate", {"command": ["\ud800"]}),
    ("an odd name of a variable", {"environment": {"A=B": "c"}}),
    ("a long note", {"note": {"n": "x" * 50_000}}),
    ("a file for a folder", {"folder": "/etc/passwd"}),
    ("a descriptor of the launcher's", {"folder": "/proc/self/fd/0"}),
    ("a key that leads elsewhere", {"key": "../x"}),
)


@pytest.mark.parametrize("asked", [one for _, one in ODD], ids=[name for name, _ in ODD])
def test_the_launcher_goes_on_after_any_message(there: Class, asked: Any) -> None:
    before = there.lab.pid(LAUNCHER)
    message = repr(asked) if isinstance(asked, bytes) else f"{{**start('true'), **{asked!r}}}"
    found = as_classroom(there.lab, f"print(json.dumps(ask({message})[1]))")
    assert "error" in found, found
    found = as_classroom(there.lab, "print(json.dumps(run('true')[1]))")
    assert found["exited"] == 0
    assert there.lab.pid(LAUNCHER) == before


def test_what_nobody_was_told_of_does_not_stay(there: Class) -> None:
    code = """
def runs(key):
    way, answer = ask({"do": "list"})
    found = [answer]
    while "end" not in found[-1]:
        found.append(json.loads(way.recv(1 << 17)))
    return any(one.get("key") == key for one in found)

key = uuid.uuid4().hex
way = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
way.connect(LAUNCHER)
way.send(json.dumps(start("sleep", "300", kind="kernel", key=key)).encode())
way.close()
# Whoever is asked later answers later: what was asked before is done, or about to be.
told, answer = ask(start("sleep", "300", kind="kernel"))
end = time.monotonic() + 20
while runs(key) and time.monotonic() < end:
    pass
print(json.dumps([runs(key), "pid" in answer]))
told.send(json.dumps({"do": "signal", "signal": 9}).encode())
"""
    assert as_classroom(there.lab, code) == [False, True]


def test_the_launcher_keeps_only_what_it_uses(there: Class) -> None:
    pid = there.lab.pid(LAUNCHER)
    _, said = there.lab.run("cat", f"/proc/{pid}/status")
    found = dict(line.split(":\t", 1) for line in said.splitlines() if ":\t" in line)
    kill, setgid, setuid = 5, 6, 7
    kept = sum(1 << bit for bit in (kill, setgid, setuid))
    assert {int(found[name], 16) for name in ("CapPrm", "CapEff")} == {kept}
    assert int(found["CapInh"], 16) == int(found["CapAmb"], 16) == 0
    assert found["NoNewPrivs"] == "1", "and nothing that it runs gets one back"


def test_a_home_is_a_students_from_the_first_and_leads_nowhere(there: Class) -> None:
    """Somebody replaces a folder that root would empty by a link."""
    code = """
run("sh", "-c", "mkdir -p $HOME/a/b; ln -s /data/files $HOME/a/c; ln -s /data/files $HOME/d")
(pathlib.Path("/data/files") / "stays.txt").write_text("stays")
way, answer = ask(start("sh", "-c", "stat -c '%u %g %a' $HOME > /data/files/home; "
    "mv $HOME/lab $HOME/x; ln -s /data/files $HOME/lab"))
way.recv(1 << 17)
print(json.dumps([pathlib.Path("/data/files/home").read_text().split(),
    pathlib.Path("/data/files/stays.txt").exists()]))
"""
    found = as_classroom(there.lab, code)
    assert found == [["1001", "1100", "700"], True]
    labs.wait_until(
        lambda: "task-" not in there.lab.run("ls", "/run/classroom/homes")[1], "homes gone"
    )


def test_what_is_stopped_keeps_no_place(there: Class) -> None:
    """A stopped process doesn't count against the limit, whether or not somebody waits for it."""
    code = """
stopped = start("sh", "-c", "kill -STOP $$; sleep 300")
for _ in range(3):
    way, answer = ask(stopped | {"key": uuid.uuid4().hex})
    assert "pid" in answer, answer
    way.close()
way, answer = ask(stopped)
print(json.dumps(json.loads(way.recv(1 << 17))))
"""
    assert as_classroom(there.lab, code)["exited"] == -9
    labs.wait_until(
        lambda: "task-" not in there.lab.run("ls", "/run/classroom/homes")[1], "homes gone"
    )


def test_a_launcher_that_does_not_answer_keeps_nobody_waiting(there: Class) -> None:
    """A request for a terminal waits, then says why; the lab server answers others meanwhile."""
    api = f"{labs.ADDRESS}{students.BASE}/api"
    pid = str(there.lab.pid(LAUNCHER))
    there.lab.run("kill", "-STOP", pid)
    try:
        with (
            students.signed_in(there.lab, "bob") as other,
            ThreadPoolExecutor(1) as pool,
        ):
            asked = pool.submit(there.client.post, f"{api}/terminals", timeout=30)
            took = []

            def is_answered() -> bool:
                begun = time.monotonic()
                assert other.get(f"{api}/me").is_success
                took.append(time.monotonic() - begun)
                return asked.done()

            # Ask as often as the front allows one person.
            labs.wait_until(is_answered, "the other one's answer", every=0.05)
            answer = asked.result()
    finally:
        there.lab.run("kill", "-CONT", pid)
    assert (answer.status_code, "try again" in answer.text) == (503, True), answer.text
    assert len(took) > 5
    assert max(took) < 5, "the event loop waited for the launcher"
    assert there.client.post(f"{api}/terminals").is_success


# ── Processes, rules, and what root starts ────────────────────────────────────────────────


def test_no_process_of_another_users_is_reached(there: Class) -> None:
    pids = {what: there.lab.pid(what) for what in (SUPERVISOR, LAUNCHER, HUB, LAB, "nginx: worker")}
    code = f"""
import ctypes
libc = ctypes.CDLL(None, use_errno=True)

def trace(pid):
    if libc.ptrace(16, pid, 0, 0):
        raise OSError(ctypes.get_errno(), "ptrace")

found = {{}}
for what, pid in {pids!r}.items():
    found[what] = [why(os.kill, pid, 0), why(trace, pid), why(open, f"/proc/{{pid}}/environ")]
way, answer = ask(start("sleep", "60", kind="kernel"))
for number in {list(pids.values())!r}:
    way.send(json.dumps({{"do": "signal", "signal": 9, "pid": number}}).encode())
found["nft"] = os.spawnlp(os.P_WAIT, "nft", "nft", "list", "ruleset")
print(json.dumps(found))
"""
    found = as_classroom(there.lab, code)
    assert found.pop("nft") != 0
    assert found == {what: ["EPERM", "EPERM", "EACCES"] for what in pids}
    assert {what: there.lab.pid(what) for what in pids} == pids


def test_the_health_check_has_no_right_and_loads_what_is_roots(there: Class) -> None:
    image = docker.from_env().images.get(labs.IMAGE)
    words = image.attrs["Config"]["Healthcheck"]["Test"][1:]
    assert words[-3:] == ["-m", "classroom", "health"]
    look = "print(open('/proc/self/status').read()); import sys; print('PATH', *sys.path)"
    status, said = there.lab.run(*words[:-3], "-c", look)
    assert status == 0, said
    found = dict(line.split(":\t", 1) for line in said.splitlines() if ":\t" in line)
    assert set(found["Uid"].split()) == {"65534"}
    assert found["Groups"].strip() in {"", "65534"}
    assert found["NoNewPrivs"] == "1"
    for kind in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
        assert int(found[kind], 16) == 0, kind
    (path,) = (line.split()[1:] for line in said.splitlines() if line.startswith("PATH"))
    for place in (*words[0:1], "/opt/classroom/bin/python", "/opt/classroom/bin/classroom", *path):
        others = r"-maxdepth 2 \( -not -user 0 -o -perm /022 \) -print"
        _, foreign = there.lab.run("sh", "-c", f"test ! -e {place} || find -L {place} {others}")
        assert foreign == ""


@pytest.mark.parametrize("word", ["health", "users", "egress", "snapshots", "sign-in"])
def test_what_docker_execs_keeps_no_right_of_the_containers(there: Class, word: str) -> None:
    """``docker exec`` gives root NET_ADMIN: the command drops what it doesn't need."""
    assert there.lab.run("head", "-1", "/opt/classroom/bin/classroom")[1].split()[1:] == ["-I"]
    script = """
import os, sys
from classroom import __main__ as command
command.COMMANDS[sys.argv[1]] = lambda _: print(open("/proc/self/status").read()) or 0
sys.exit(command.main())
"""
    status, said = there.lab.run("/opt/classroom/bin/python", "-I", "-c", script, word)
    assert status == 0, said
    found = dict(line.split(":\t", 1) for line in said.splitlines() if ":\t" in line)
    kept = int(found["CapPrm"], 16) | int(found["CapBnd"], 16)
    net_admin, chown = 12, 0
    assert not kept & (1 << net_admin | 1 << chown)
    assert found["NoNewPrivs"] == "1"


def test_what_others_may_read_of_the_tutors_is_said(there: Class) -> None:
    said = "secrets/client can be read by others on this machine: chmod 600 secrets/client"
    assert there.lab.log.count(said) == 1


# ── Files ─────────────────────────────────────────────────────────────────────────────────

UNREACHED = (
    "/proc/self/environ",
    "/proc/1/status",
    "/proc",
    "/srv/jupyterhub/config/secrets/client",
    "/run/classroom/handover.json",
    "/run/classroom/homes",
    "/data",
    "/tmp",  # noqa: S108 (students can write there)
    "/var/tmp",  # noqa: S108
    "/dev/shm",  # noqa: S108
    "/etc/shadow",
)


def test_what_the_lab_server_does_not_need_it_cannot_open(there: Class) -> None:
    code = f"""
found = {{}}
for path in {UNREACHED!r}:
    os.path.lexists("/data/files/link") and os.unlink("/data/files/link")
    os.symlink(path, "/data/files/link")
    found[path] = [why(os.open, one, os.O_RDONLY) for one in (path, "/data/files/link")]
print(json.dumps(found))
"""
    assert as_classroom(there.lab, code) == {path: ["EACCES", "EACCES"] for path in UNREACHED}


def test_the_server_that_runs_is_confined_too(there: Class) -> None:
    """Even if the lab server followed a student's link to /proc, the kernel would refuse it."""
    kernel = there.kernel(there.start_kernel())
    kernel.run("import os; os.symlink('/proc/self/environ', '/home/classroom/env.txt')")
    for way in ("api/contents/env.txt", "files/env.txt", "api/contents/env.txt?hash=1"):
        answer = there.client.get(f"{labs.ADDRESS}{students.BASE}/{way}")
        assert "PATH=" not in answer.text
        assert not answer.is_success, answer.text


def test_nothing_that_is_loaded_can_be_written(there: Class) -> None:
    code = """
from jupyter_core import paths
import site
places = {*paths.jupyter_path(), *paths.jupyter_config_path(), *sys.path, *site.getsitepackages(),
    *paths.jupyter_path("kernels"), *paths.jupyter_path("nbconvert", "templates"),
    *paths.jupyter_path("labextensions"), os.path.expanduser("~"), os.path.expanduser("~/.ipython"),
    os.environ["JUPYTER_CONFIG_DIR"], os.environ["JUPYTER_DATA_DIR"], "/etc/jupyter",
    "/opt/classroom/share/jupyter/lab/settings", "/usr/local/share/jupyter", "/etc/ipython"}
found = {}
for place in sorted(filter(None, places)):
    target = os.path.join(place, "planted")
    outcome = why(os.makedirs, target)
    if os.path.isdir(target):
        found[place] = outcome
    elif outcome not in ("EACCES", "ENOTDIR", "EPERM"):
        found[place] = outcome
    for name in ("jupyter_server_config.py", "page_config.json", "overrides.json"):
        target = os.path.join(place, name)
        if why(open, target, "w") not in ("EACCES", "ENOTDIR", "ENOENT"):
            found[target] = "written"
print(json.dumps([found, sorted(filter(None, places))]))
"""
    written, places = as_classroom(there.lab, code)
    assert len(places) > 12, "the test looks at nothing"
    assert written == {}


def test_it_runs_nothing_that_it_has_written(there: Class) -> None:
    code = """
found = []
for place in ("/data/files", "/data/history", os.environ["TMPDIR"]):
    target = pathlib.Path(place) / "program"
    target.write_text("#!/bin/sh\\n")
    target.chmod(0o755)
    found.append(why(os.execv, str(target), [str(target)]))
print(json.dumps(found))
"""
    assert as_classroom(there.lab, code) == ["EACCES"] * 3


def test_nor_a_program_that_is_in_memory_alone(there: Class) -> None:
    """Landlock, which protects files, does not see such a program."""
    code = """
def run_by_descriptor(file):
    held = os.open(file, os.O_RDONLY)
    os.execve(held, ["true"], {})
print(json.dumps([why(os.memfd_create, "program"), why(run_by_descriptor, "/usr/bin/true")]))
"""
    assert as_classroom(there.lab, code) == ["EPERM", "EPERM"]


def test_without_landlock_it_starts_and_says_so_once() -> None:
    """The test imitates an older kernel: the calls fail as if the kernel did not have them."""
    denied = {"names": ["landlock_create_ruleset"], "action": "SCMP_ACT_ERRNO", "errnoRet": 38}
    profile = {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [denied]}
    options = {"security_opt": [f"seccomp={json.dumps(profile)}"]}
    expected = ("this machine's kernel has no Landlock",)
    with labs.start(plain=True, options=options, expected=expected) as lab:
        lab.wait_healthy()
        assert lab.log.count("files: this machine's kernel has no Landlock") == 1
        with students.signed_in(lab) as client:
            assert client.get(f"{labs.ADDRESS}{students.BASE}/api/me").is_success


# ── The token ─────────────────────────────────────────────────────────────────────────────


def token(lab: labs.Lab) -> str:
    found = json.loads(lab.read("/run/classroom/handover.json"))["lab_token"]
    assert len(found) == 64
    return str(found)


def test_the_token_is_in_no_environment_and_no_file(there: Class) -> None:
    secret = token(there.lab)
    _, cookies = there.lab.run("cat", "/data/hub/lab_cookie_secret")
    pid = there.lab.pid(LAB)
    _, environ = there.lab.run("cat", f"/proc/{pid}/environ", user="classroom")
    assert "JUPYTERHUB_SERVICE_PREFIX" in environ, "the test looks at nothing"
    _, arguments = there.lab.run("cat", f"/proc/{pid}/cmdline")
    for one in (secret, cookies):
        assert one not in environ + arguments
        status, found = there.lab.run(
            *("grep", "-rlsF", one, "/data", "/run", "/var", "/home"), user="classroom"
        )
        assert found == "", status
    assert "JUPYTERHUB_API_TOKEN" not in environ


ASK = """
import http.client, json, socket, sys
def ask(method, path, **headers):
    way = http.client.HTTPConnection("hub")
    way.sock = socket.socket(socket.AF_UNIX)
    way.sock.connect("/run/classroom/hub/hub.sock")
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    way.request(method, path, headers=named)
    answer = way.getresponse()
    return [answer.status, answer.read().decode()[:200]]
"""


def test_the_labs_token_alone_removes_nobody(there: Class) -> None:
    """It can't even in a tutor's name: the Hub requires proof that a tutor asks."""
    secret = token(there.lab)
    with students.signed_in(there.lab, "tutor", there.lab.passphrase("Tutor")):
        code = f"""{ASK}
mine = {{"Authorization": "token {secret}"}}
print(json.dumps([
    ask("DELETE", "/hub/api/classroom/people/ada?by=tutor", **mine),
    ask("DELETE", "/hub/api/classroom/people/ada?by=tutor", X_Classroom_Tutor="tutor", **mine),
    ask("DELETE", "/hub/api/classroom/people/ada", X_Classroom_Tutor="{secret}", **mine),
    ask("GET", "/hub/api/users", **mine),
]))
"""
        answers = as_classroom(there.lab, code)
    assert [status for status, _ in answers] == [403] * 4, answers
    assert there.client.get(f"{labs.ADDRESS}{students.BASE}/api/me").is_success, "is still here"


def test_the_token_is_new_at_each_start_and_the_old_one_is_void(volume: str) -> None:
    expected = (r"40[0-9] ", r"Not authorizing", "ended with -9|is back", r"\[error\]")
    with labs.start(volume=volume, expected=expected) as lab:
        lab.wait_healthy()
        former = token(lab)
        code = f"""{ASK}
print(json.dumps(ask("GET", "/hub/api/user", Authorization="token %s")))
"""
        assert as_classroom(lab, code.replace("%s", former))[0] == 200, "it is the lab's"
        # Kill each by itself: afterwards the two still know each other's token.
        for part in (LAB, HUB):
            assert lab.run("pkill", "-KILL", "-f", part)[0] == 0
            labs.wait_until(lambda: health_check(lab)[0] == 0, "both again")
        assert token(lab) == former
        with students.signed_in(lab) as client:
            assert client.get(f"{labs.ADDRESS}{students.BASE}/api/me").is_success
        lab.container.restart()
        labs.wait_until(lambda: health_check(lab)[0] == 0, "the lab again", 120)
        assert token(lab) != former
        assert as_classroom(lab, code.replace("%s", former))[0] in {401, 403}
        assert as_classroom(lab, code.replace("%s", token(lab)))[0] == 200
