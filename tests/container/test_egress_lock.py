"""The egress lock: which kind is used, what stops the start, and that the lock outlasts
failures."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import docker
import pytest
from testcontainers.core.container import DockerContainer

from tests import internet, labs, students, web
from tests.container.conftest import DATA, EGRESS_CONFIG, IN_THE_WORLD, with_student
from tools.engine import PYTHON

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from testcontainers.core.network import Network

    from tests.internet import Internet
    from tests.labs import Lab
    from tests.pki import Authority
    from tests.students import Student

RIGHTS = {"NET_ADMIN": 12, "NET_RAW": 13, "SYS_MODULE": 16, "SYS_PTRACE": 19, "SYS_ADMIN": 21}
RIGHTS |= {"BPF": 39, "PERFMON": 38, "SYS_RAWIO": 17, "NET_BROADCAST": 11, "MKNOD": 27}
NO_SECCOMP = {
    "defaultAction": "SCMP_ACT_ALLOW",
    "syscalls": [
        {"names": ["seccomp"], "action": "SCMP_ACT_ERRNO", "errnoRet": 1},
        {
            "names": ["prctl"],
            "action": "SCMP_ACT_ERRNO",
            "errnoRet": 1,
            "args": [{"index": 0, "value": 22, "op": "SCMP_CMP_EQ"}],
        },
    ],
}
# A service that the Hub starts as root, with the Hub's own privileges; it prints the results.
AS_THE_HUB = """
import ctypes, json, os, subprocess, time
def run(*words):
    return subprocess.run(words, capture_output=True, text=True).returncode
libc = ctypes.CDLL(None, use_errno=True)
os.setuid(0)
found = {
    "nft": run("nft", "delete", "table", "inet", "egress"),
    "flush": run("nft", "flush", "ruleset"),
    "list": run("nft", "list", "ruleset"),
    "namespace": libc.unshare(0x40000000),
    "mount": libc.mount(b"none", b"/mnt", b"tmpfs", 0, None),
}
print("AS THE HUB", json.dumps(found), flush=True)
time.sleep(3600)
"""


def rules(lab: Lab) -> str:
    """List the rules without their counters, as the host's operator can."""
    return lab.shown("nft", "--stateless", "list", "ruleset")


def steps(lab: Lab) -> list[str]:
    """Return the lines of the start, up to the moment when everything runs."""
    start, begun, _ = lab.log.partition("lab: starting on ")
    assert begun
    return [*re.findall(r"classroom\] ([a-z -]+):", start), "lab"]


@IN_THE_WORLD
def test_under_compose_the_lock_is_nftables(locked_lab: Lab) -> None:
    line = next(line for line in locked_lab.log.splitlines() if "egress lock:" in line)
    assert f"nftables: students reach {DATA}" in line
    assert f"the Hub reaches {labs.GITHUB}" in line


def test_of_a_plain_run_it_is_the_sandbox_and_says_what_that_costs(trial_lab: Lab) -> None:
    line = next(line for line in trial_lab.log.splitlines() if "egress lock:" in line)
    assert "sandbox" in line
    assert "no kernel debugger, no Dask" in line
    assert "--cap-add NET_ADMIN" in line


@IN_THE_WORLD
def test_it_is_taken_before_anything_listens(locked_lab: Lab) -> None:
    """The supervisor, which opens every port, starts after this step."""
    assert steps(locked_lab) == ["settings", "tls", "egress lock", "sign-in", "lab"]
    before, _, _ = locked_lab.log.partition("egress lock: ")
    assert "using inherited sockets" not in before


@IN_THE_WORLD
@pytest.mark.parametrize("lab_name", ["locked_lab", "sandboxed_lab"])
def test_no_process_can_get_a_right_back(lab_name: str, request: pytest.FixtureRequest) -> None:
    """No process except tini, which runs nothing, can regain a capability to change the rules."""
    lab: Lab = request.getfixturevalue(lab_name)
    script = "for f in /proc/[0-9]*/status; do cat $f 2>/dev/null; done"
    _, found = lab.run("sh", "-c", script)
    processes = re.findall(r"Name:\t(\S+)\n.*?Pid:\t(\d+)\n.*?CapBnd:\t(\w+)", found, re.DOTALL)
    seen = {int(pid) for _, pid, _ in processes}
    for pattern in ("classroom.hub --config", "classroom.lab --config", "nginx: master"):
        assert lab.pid(pattern) in seen, pattern
    for name, pid, bounding in processes:
        if name in {"tini", "sh", "cat"}:
            continue
        for right, bit in RIGHTS.items():
            assert not int(bounding, 16) & 1 << bit, f"{name} ({pid}) may gain {right}"


def test_row_21_the_hub_itself_cannot_change_the_rules(tmp_path: Path) -> None:
    config = f"""
c.Authenticator.allowed_users = {{"octocat"}}
c.JupyterHub.authenticator_class = "dummy"
c.JupyterHub.services = [
    {{"name": "as-the-hub", "command": ["python", "-c", {AS_THE_HUB!r}]}},
]
"""
    folder = labs.write_folder(tmp_path / "tutor", config, None)
    with labs.start(folder, expected=("DummyAuthenticator|dummy",)) as lab:
        lab.wait_healthy()
        before = rules(lab)
        line = labs.wait_until(lambda: re.search(r"AS THE HUB (.*)", lab.log), "its report")
        found: dict[str, int] = json.loads(line.group(1))
        assert all(status != 0 for status in found.values()), found
        assert rules(lab) == before
        assert "table inet egress" in before


@IN_THE_WORLD
def test_row_5_a_connection_from_before_the_lock(world: Internet, network: Network) -> None:
    """A connection is open when the rules are loaded: it is reset, and nothing more gets out.

    The lab's user opens it, whose packets pass the same rules: a student's process would be killed.
    """
    early = f"""
import errno, socket, time
way = socket.create_connection(({world.ip!r}, 8080), timeout=20)
print("EARLY connected", way.recv(8), flush=True)
try:
    for _ in range(200):
        way.sendall(b"late")
        time.sleep(0.1)
except OSError as error:
    print("EARLY", errno.errorcode[error.errno], flush=True)
time.sleep(60)
"""
    script = (
        'setpriv --reuid=classroom --regid=classroom --clear-groups python -c "$EARLY" &'
        " until grep -q ':1F90 01' /proc/net/tcp; do sleep 0.05; done; exec tini -- classroom boot"
    )
    made = (
        DockerContainer(labs.IMAGE)
        .with_kwargs(
            entrypoint=["sh", "-c", script],
            labels=labs.LABELS,
            cap_drop=["ALL"],
            cap_add=labs.CAPABILITIES,
        )
        .with_env("EARLY", early)
        .with_network(network)
    )
    with made:
        lab = labs.Lab(made.get_wrapped_container(), network.name)
        labs.wait_until(lambda: "EARLY E" in lab.log, "the end of the early connection")
        assert "EARLY connected" in lab.log
        assert re.search(r"EARLY (ECONNRESET|EPIPE|ECONNREFUSED)", lab.log), lab.log
        assert "egress lock: nftables" in lab.log
        world.forget()
        lab.wait_healthy()
        assert world.heard_from(lab) == []


@IN_THE_WORLD
def test_row_16_inbound_is_8443_alone(student: Student, locked_lab: Lab, world: Internet) -> None:
    """A neighbour connects to a student's server that listens everywhere, and to internal ports."""
    student.kernel.run(
        "import socket; everywhere = [socket.create_server(('0.0.0.0', 5000)),"
        " socket.create_server(('::', 5001), family=socket.AF_INET6)]"
    )
    for address in (locked_lab.ip, locked_lab.ip6):
        for port in (5000, 5001, 443, 53, 22, 80, 40000):
            assert world.knock(address, port) == "timeout", (address, port)
        assert world.knock(address, 8443) == "connected"
    student.kernel.run("[one.close() for one in everywhere]")


@IN_THE_WORLD
def test_row_26_a_network_that_is_added_later(student: Student) -> None:
    """locked_lab was connected to two more networks after its rules were loaded."""
    for port in ("443", "80"):
        for address in ("10.77.0.77", "10.78.0.78"):
            found = student.kernel.attempt("tcp", address, port)
            assert found["error"] == "ECONNREFUSED", "told so, rather than left to wait"


@IN_THE_WORLD
def test_row_26_after_a_restart(
    tmp_path: Path, network: Network, world: Internet, authority: Authority, github: Lab
) -> None:
    """The test starts it twice, because the second start finds what the first one has written."""
    folder = labs.write_folder(tmp_path / "tutor", EGRESS_CONFIG, authority)
    # The log mentions a browser that left, and one that returns with its old cookies.
    expected = ("Token stored in cookie|No Hub user identified|403 GET ",)
    options = {"dns": [world.ip]}
    with labs.start(folder, network=network, options=options, expected=expected) as lab:
        for start in range(3):
            if start:
                lab.container.restart(timeout=60)
            lab.wait_healthy()
            with with_student(lab, github, authority, "Octocat") as student:
                assert student.kernel.attempt("tls", DATA, DATA, DATA)["got"] == f"hello {DATA}"
                world.forget()
                assert student.kernel.attempt("tcp", world.ip, "80")["error"] == "ECONNREFUSED"
                assert student.kernel.attempt("udp", world.ip, "80")["error"] == "EPERM"
                assert world.heard_from(lab) == []


def test_row_28_hosts_to_open_and_no_right_to(tmp_path: Path, authority: Authority) -> None:
    folder = labs.write_folder(tmp_path / "tutor", EGRESS_CONFIG, authority)
    with labs.start(folder, plain=True, check_log=False) as lab:
        assert lab.wait_exit() == 78
        (line,) = [line for line in lab.log.splitlines() if line.startswith("Not started.")]
        assert "Classroom.egress_allow" in line
        assert "--cap-add NET_ADMIN" in line


def test_row_28_neither_lock_is_to_be_had() -> None:
    options = {"security_opt": [f"seccomp={json.dumps(NO_SECCOMP)}"]}
    with labs.start(plain=True, options=options, check_log=False) as lab:
        assert lab.wait_exit() == 78
        (line,) = [line for line in lab.log.splitlines() if line.startswith("Not started.")]
        for cure in ("--cap-add NET_ADMIN", "seccomp", "EGRESS=open"):
            assert cure in line


RULES = (labs.ROOT / "nftables/egress.nft").read_text()
PACKAGED = f"/opt/classroom/lib/python{PYTHON}/site-packages/classroom/nftables/egress.nft"


@pytest.fixture(scope="module")
def not_started(
    network: Network, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Lab, Path]]:
    """A container that has started nothing, and its file of rules."""
    rules_file = tmp_path_factory.mktemp("rules") / "egress.nft"
    rules_file.write_text(RULES)
    mounted = docker.types.Mount(PACKAGED, str(rules_file), type="bind", read_only=True)
    options = {"entrypoint": ["sleep", "infinity"], "init": True, "mounts": [mounted]}
    with labs.start(network=network, options=options, check_log=False) as lab:
        yield lab, rules_file


@pytest.mark.parametrize(
    ("rule", "instead", "said"),
    [
        (
            "chain lab {\n",
            "chain lab {\n accept\n",
            "a packet of 'classroom' to 192.88.99.1 was not",
        ),
        ("chain root {\n", "chain root {\n accept\n", "a packet of 'root' to 192.88.99.1 was not"),
        ("chain egress {\n", "chain egress {\n accept\n", "a packet of 'egress' to 192.88.99.1"),
        ("chain nobody {\n", "chain nobody {\n accept\n", "a packet of 'nobody' to 192.88.99.1"),
        ("meta skuid 0-4294967295 goto refuse", "accept", "a packet of 'daemon' to 192.88.99.1"),
        (
            "chain lab {\n",
            "chain lab {\n meta nfproto ipv6 accept\n",
            "a packet of 'classroom' to 3fff::1 was not refused",
        ),
        (
            "oif lo ip daddr { 127.0.0.2, 127.0.0.3 } tcp dport 443 accept",
            "",
            "the Hub can't reach the egress proxy's door",
        ),
        ("chain lab {", "chain lab ", "the rules can't be loaded"),
    ],
)
def test_rules_that_do_not_hold_end_the_start(
    rule: str, instead: str, said: str, not_started: tuple[Lab, Path]
) -> None:
    """The start tries a denied packet of each user and an allowed connection to find mistakes."""
    assert rule in RULES
    lab, rules_file = not_started
    rules_file.write_text(RULES.replace(rule, instead, 1))
    status, found = lab.run("classroom", "boot")
    assert status == 78, found
    (line,) = [line for line in found.splitlines() if line.startswith("Not started.")]
    assert said in line
    assert "JupyterHub" not in found


@IN_THE_WORLD
def test_students_cannot_use_up_the_hubs_door(
    student: Student, locked_lab: Lab, github: Lab, authority: Authority
) -> None:
    """Each door has its own limit: a class that uses up its own door locks nobody else out."""
    held = student.kernel.run("""
import socket, time
many = []
for _ in range(900):
    try:
        many.append(socket.create_connection(("127.0.0.3", 443), timeout=2))
    except OSError:
        break
def is_open(way):
    way.setblocking(False)
    try:
        return way.recv(1) != b""
    except BlockingIOError:
        return True
    except OSError:
        return False
end = time.monotonic() + 60
while sum(map(is_open, many)) > 384 and time.monotonic() < end:
    time.sleep(0.1)
print(len(many), sum(map(is_open, many)))
""")
    opened, left = map(int, held.split())
    assert 384 <= opened < 900, "new ones are let in at a rate"
    assert 0 < left <= 384
    hosts = {**locked_lab.hosts, labs.GITHUB: github.ip}
    with web.browser(hosts, authority.crt) as client:
        page = web.sign_in_with_github(client, labs.ADDRESS, "hubot")
        assert page.url.path == "/services/classroom/lab"
    student.kernel.run("[way.close() for way in many]")


def test_the_hosts_own_network_is_never_locked(network: Network) -> None:
    """--network host with NET_ADMIN would lock the host; a bridge interface shows that case."""
    made = (
        DockerContainer(labs.IMAGE)
        .with_kwargs(entrypoint="sleep", labels=labs.LABELS, privileged=True)
        .with_command("infinity")
        .with_network(network)
    )
    with made:
        other = made.get_wrapped_container()
        # Make a bridge without iproute2: RTM_NEWLINK for an interface "br0" of kind "bridge".
        script = (
            "import socket, struct; a = lambda k, v: struct.pack('=HH', 4 + len(v), k) + v"
            " + bytes(-len(v) % 4);"
            "b = struct.pack('=BxHiII', 0, 0, 0, 0, 0) + a(3, b'br0\\0') + a(18, a(1, b'bridge'));"
            "s = socket.socket(16, 3, 0); s.bind((0, 0));"
            "s.send(struct.pack('=IHHII', 16 + len(b), 16, 0x605, 1, 0) + b);"
            "print(struct.unpack_from('=i', s.recv(4096), 16)[0])"
        )
        inside = labs.Lab(other, network.name)
        assert inside.run("python", "-c", script) == (0, "0\n")
        options = {"network_mode": f"container:{other.id}"}
        with labs.start(options=options, check_log=False) as lab:
            assert lab.wait_exit() == 78
            assert "shares its host's network (br0)" in lab.log
            assert "-p 8443:8443" in lab.log
        assert "egress" not in inside.run("nft", "list", "tables")[1]


@IN_THE_WORLD
def test_open_is_the_tutors_explicit_word(
    tmp_path: Path, network: Network, world: Internet, github: Lab, authority: Authority
) -> None:
    """An environment variable opens the lock; the log and the Hub's pages say so."""
    folder = labs.write_folder(tmp_path / "tutor", labs.GITHUB_CONFIG, authority)
    environment, expected = {"EGRESS": "open"}, ("egress lock: OPEN",)
    with labs.start(folder, network=network, environment=environment, expected=expected) as lab:
        lab.wait_healthy()
        assert "egress lock: OPEN, as configured" in lab.log
        with web.browser(lab.hosts, authority.crt) as client:
            assert "The network of this lab is open" in client.get(labs.ADDRESS).text
        with with_student(lab, github, authority, "Octocat") as student:
            assert student.kernel.attempt("tcp", world.ip, "80")["got"] == "connected"
            assert student.terminal.attempt("udp", world.ip, "9999")["got"] == "sent"
            assert "none" in student.terminal.run("echo ${PIP_RETRIES-none}"), "pip tries again"


@IN_THE_WORLD
def test_a_locked_labs_pages_say_nothing_of_it(locked_lab: Lab, authority: Authority) -> None:
    with web.browser(locked_lab.hosts, authority.crt) as client:
        assert "is open" not in client.get(labs.ADDRESS).text


@IN_THE_WORLD
@pytest.mark.parametrize("lab_name", ["locked_lab", "sandboxed_lab"])
def test_github_sign_in_works_under_the_lock(
    lab_name: str, request: pytest.FixtureRequest, github: Lab, authority: Authority
) -> None:
    lab: Lab = request.getfixturevalue(lab_name)
    with web.browser({**lab.hosts, labs.GITHUB: github.ip}, authority.crt) as client:
        page = web.sign_in_with_github(client, labs.ADDRESS, "mona")
        assert page.url.path == "/services/classroom/lab"


@IN_THE_WORLD
def test_the_proxy_is_back_when_it_dies(locked_lab: Lab, github: Lab, authority: Authority) -> None:
    """Meanwhile the Hub holds its port: people who sign in just then wait a moment, and get in."""
    locked_lab.expected.append(r"The egress proxy \(nginx\) ended with -9: restarting it")
    for _ in range(3):
        assert locked_lab.run("pkill", "-KILL", "-u", "egress")[0] == 0
        hosts = {**locked_lab.hosts, labs.GITHUB: github.ip}
        with web.browser(hosts, authority.crt) as client:
            page = web.sign_in_with_github(client, labs.ADDRESS, "hubot")
            assert page.url.path == "/services/classroom/lab"


@IN_THE_WORLD
def test_nobody_can_take_a_dead_proxys_port(locked_lab: Lab, student: Student) -> None:
    """Row 15, from the moment when the proxy dies."""
    locked_lab.expected.append(r"The egress proxy \(nginx\) ended with -9: restarting it")
    student.kernel.run("""
import socket, threading, time
taken, rounds, stop = [], 0, False
def squat():
    global rounds
    while not stop:
        rounds += 1
        for address in ("127.0.0.2", "127.0.0.3", "0.0.0.0"):
            way = socket.socket()
            way.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            way.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            try:
                way.bind((address, 443)); way.listen(); taken.append(address)
            except OSError:
                pass
            way.close()
threading.Thread(target=squat).start()
""")
    assert locked_lab.run("pkill", "-KILL", "-u", "egress")[0] == 0
    labs.wait_until(lambda: locked_lab.pids("nginx", "egress"), "the proxy's return")
    more = "seen = rounds\nwhile rounds < seen + 100: time.sleep(0.01)\nstop = True; print(taken)"
    assert student.kernel.run(more) == "[]\n"


STUDENTS_ATTEMPTS: list[tuple[list[str], set[str]]] = [
    # Rows 13 and 22, with the user that students' code runs as.
    (["unix", "/run/classroom/hub/hub.sock"], {"EACCES"}),
    (["unix", "/run/classroom/lab/lab.sock"], {"EACCES"}),
    (["kill", "classroom.lab --config"], {"EPERM"}),
    (["ptrace", "classroom.lab --config"], {"EPERM"}),
    (["environ", "classroom.lab --config"], {"EACCES", "EPERM"}),
    (["environ", "nginx: worker"], {"EACCES", "EPERM"}),
    (["kill", "nginx: worker"], {"EPERM"}),
    (["tcp", "127.0.0.2", "443"], {"ECONNREFUSED"}),
    (["udp", "127.0.0.11", "53"], {"EPERM"}),
]


@IN_THE_WORLD
@pytest.mark.parametrize("words", STUDENTS_ATTEMPTS, ids=lambda words: " ".join(words[0]))
@pytest.mark.usefixtures("student")
def test_what_the_user_student_cannot_reach(
    words: tuple[list[str], set[str]], locked_lab: Lab
) -> None:
    arguments, errors = words
    found = locked_lab.answer("python", students.PLACE, *arguments, user="student")
    assert found["error"] in errors, found


def test_the_lab_is_restricted_before_it_is_a_students_equal() -> None:
    """Until then, a leftover process of an earlier lab could trace it, and use its privileges."""
    script = """
import sys
from classroom.sandbox import seccomp
seccomp.become = lambda user: print(open("/proc/self/status").read(), flush=True)
sys.argv = ["seccomp", "classroom", "unix", "true"]
seccomp.main()
"""
    found = docker.from_env().containers.run(
        labs.IMAGE, ["-c", script], entrypoint="python", remove=True
    )
    status = dict(line.split(":\t", 1) for line in found.decode().splitlines() if ":\t" in line)
    assert status["Uid"].split() == ["0"] * 4
    assert status["NoNewPrivs"] == "1"
    assert status["Seccomp"] == "2"
    assert int(status["Seccomp_filters"]) >= 2, "Docker's and ours"


@IN_THE_WORLD
@pytest.mark.parametrize("lab_name", ["locked_lab", "sandboxed_lab"])
def test_the_lab_server_itself_is_restricted(lab_name: str, request: pytest.FixtureRequest) -> None:
    lab: Lab = request.getfixturevalue(lab_name)
    found = lab.process(lab.pid("classroom.lab --config"))
    assert found["Uid"].split() == ["1000"] * 4
    assert set(found["Gid"].split()) == {"1000"}
    assert set(found["Groups"].split()) == {"903", "1100"}
    assert int(found["Seccomp_filters"]) >= 2


def test_a_host_that_both_may_reach(
    tmp_path: Path, network: Network, github: Lab, authority: Authority
) -> None:
    """The Hub uses its own door all the same, even after the host is closed to students again."""
    both = f"{labs.GITHUB_CONFIG}\nc.Classroom.egress_allow = [{labs.GITHUB!r}]\n"
    folder = labs.write_folder(tmp_path / "tutor", both, authority)
    with labs.start(folder, network=network) as lab:
        lab.wait_healthy()
        assert f"127.0.0.3\t{labs.GITHUB}" in lab.run("cat", "/etc/hosts")[1]
        with with_student(lab, github, authority, "Octocat") as student:
            tls = ("tls", labs.GITHUB, labs.GITHUB, labs.GITHUB)
            assert student.kernel.attempt(*tls)["error"] is None
            (folder / "jupyterhub_config.py").write_text(labs.GITHUB_CONFIG)
            labs.wait_until(lambda: student.kernel.attempt(*tls)["error"], "its closing")
        with web.browser({**lab.hosts, labs.GITHUB: github.ip}, authority.crt) as client:
            page = web.sign_in_with_github(client, labs.ADDRESS, "hubot")
            assert page.url.path == "/services/classroom/lab"


def test_what_a_student_leaves_in_the_labs_place_does_not_outlive_a_start(tmp_path: Path) -> None:
    """Root can't empty another user's sticky directory without the capability FOWNER."""
    folder = labs.write_folder(tmp_path / "tutor", None, None)
    expected = (r"\[crit\]|\[error\]|\[front\]|No Hub user|No such file",)
    with labs.start(folder, expected=expected) as lab:
        lab.wait_healthy()
        place = "/run/classroom/lab/lab.sock"
        script = f"rm {place}; mkdir {place}; touch {place}/x; chmod 1777 {place}"
        assert lab.run("sh", "-c", script, user="classroom") == (0, "")
        lab.container.restart(timeout=60)
        lab.wait_healthy()


@IN_THE_WORLD
def test_the_tutor_sees_what_was_refused(
    student: Student, locked_lab: Lab, world: Internet, github: Lab, authority: Authority
) -> None:
    """A command without privileges, the log and the Hub's metrics show it."""
    student.kernel.attempt("tcp", world.ip, "4242")
    student.kernel.attempt("tcp", world.ip6, "4343")
    student.kernel.attempt("resolve", "wanted.example.org")

    def report() -> str:
        return locked_lab.run("classroom", "egress", user="egress")[1]

    # The kernel reports packets with a delay, and the Hub reports names with a delay.
    four = rf"\d\d:\d\d:\d\d +\d+  student +tcp {re.escape(world.ip)}:4242$"
    labs.wait_until(lambda: re.search(four, report(), re.MULTILINE), "a packet of IPv4")
    labs.wait_until(lambda: f"tcp [{world.ip6}]:4343" in report(), "one of IPv6")
    labs.wait_until(lambda: "name wanted.example.org" in report(), "a name")
    found = report()
    total = int(re.search(r"(\d+) packets out", found).group(1))  # type: ignore[union-attr]
    assert total >= 2
    assert re.search(r"Egress lock: refused .*make egress", locked_lab.log)

    hosts = {**locked_lab.hosts, labs.GITHUB: github.ip}
    with web.browser(hosts, authority.crt) as client:
        web.sign_in_with_github(client, labs.ADDRESS, "mona")
        metrics = client.get(f"{labs.ADDRESS}/hub/metrics").text
    out = re.search(r'refused_packets_total\{direction="out"\} (\S+)', metrics)
    assert out is not None
    assert float(out.group(1)) >= total
    assert 'classroom_egress_lock{kind="nftables"} 1.0' in metrics
    assert re.search(r"refused_names_total [1-9]", metrics)


@IN_THE_WORLD
def test_a_flood_is_counted_and_floods_no_log(student: Student, locked_lab: Lab) -> None:
    """Every packet counts, even those that nobody had time to look at."""

    def total() -> int:
        found = locked_lab.run("classroom", "egress", user="egress")[1]
        return int(re.search(r"(\d+) packets out", found).group(1))  # type: ignore[union-attr]

    before, lines = total(), locked_lab.log.count("Egress lock: refused")
    student.kernel.run("""
import socket
way = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for _ in range(200_000):
    try:
        way.sendto(b"x", ("192.88.99.1", 9))
    except OSError:
        pass
""")
    # Send one more packet: the total comes with it.
    labs.wait_until(
        lambda: student.kernel.attempt("udp", "192.88.99.1", "9") and total() >= before + 200_000,
        "the count",
    )
    assert locked_lab.log.count("Egress lock: refused") <= lines + 2


@IN_THE_WORLD
@pytest.mark.parametrize("user", ["student", "classroom"])
def test_students_cannot_see_what_others_tried(user: str, locked_lab: Lab) -> None:
    assert locked_lab.run("classroom", "egress", user=user)[0] != 0


@IN_THE_WORLD
def test_the_sandbox_says_that_it_does_not_count(sandboxed_lab: Lab) -> None:
    said = sandboxed_lab.run("classroom", "egress", user="egress")[1]
    assert said.startswith("Egress lock: sandbox")
    assert "not counted" in said


def test_a_nameserver_without_dockers_resolver(tmp_path: Path, authority: Authority) -> None:
    """On the default bridge, as with ``docker run``, the proxy asks the nameserver itself."""
    config = f"""{labs.GITHUB_CONFIG}
c.Classroom.egress_allow = ["{DATA}"]
c.Classroom.egress_private = ["172.16.0.0/12", "10.0.0.0/8", "192.168.0.0/16"]
"""
    folder = labs.write_folder(tmp_path / "tutor", config, authority)
    with (
        internet.start(tmp_path, None, authority, {}, (DATA,)) as nearby,
        labs.start(folder, options={"dns": [nearby.ip]}) as lab,
    ):
        lab.wait_healthy()
        assert f"nameserver {nearby.ip}" in lab.run("cat", "/etc/resolv.conf")[1]
        script = (
            "import ssl, urllib.request as u; c = ssl._create_unverified_context();"
            f"print(u.urlopen('https://{DATA}', context=c, timeout=10).read())"
        )
        assert lab.run("python", "-c", script, user="student")[1] == f"b'hello {DATA}'\n"
        nearby.forget()
        script = f"import socket as s; s.socket(2, 2).sendto(b'x', ({nearby.ip!r}, 53))"
        status, said = lab.run("python", "-c", script, user="student")
        assert status != 0
        assert "PermissionError" in said
        assert nearby.heard_from(lab) == []


def test_no_nameserver_and_somebody_to_reach(tmp_path: Path, authority: Authority) -> None:
    folder = labs.write_folder(tmp_path / "tutor", labs.GITHUB_CONFIG, authority)
    empty = tmp_path / "resolv.conf"
    empty.write_text("# nothing\n")
    options = {"mounts": [docker.types.Mount("/etc/resolv.conf", str(empty), type="bind")]}
    with labs.start(folder, options=options, check_log=False) as lab:
        assert lab.wait_exit() == 78
        assert "/etc/resolv.conf" in lab.log
        assert "--dns" in lab.log
