"""Labs are isolated from each other: attempts of one lab's code at another, in both runners.

A row holds if the other lab's code is refused. The same attempt inside the lab itself shows that
there is a target, wherever code of one lab may do it at all. Where two walls protect something,
each is shown to hold while the other is removed (docs/security.md).
"""

from __future__ import annotations

import contextlib
import json
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from classroom.runtime import lab_users
from tests import egress_rules, labs, own_labs, students
from tests.egress_rules import RULES
from tests.own_labs import enter, number

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.labs import Lab
    from tests.pki import Authority
    from tests.students import Student

NEIGHBOURS = (labs.ROOT / "tests/neighbours.py").read_text()
SECRET = "a neighbour's secret"
NO_RIGHT = frozenset({"EACCES", "EPERM"})
NO_ANSWER = frozenset({"TimeoutError", "ECONNREFUSED", "ECONNRESET", "EAFNOSUPPORT"})
GONE = frozenset({"ENOENT", "ESRCH"})
CLASS_FILES = "/data/files"


@dataclass(frozen=True)
class Try:
    """An attempt of one lab's code at another lab.

    Attributes:
        words: the function of tests/neighbours.py and its arguments, with the names of the targets
            that ``prepare`` has created; {number} is the other lab's number, {files} its folder.
        errors: the errors that are allowed.
        inside: whether the lab's own code, from another kernel or terminal, may do it.
        of_class: whether it is also tried at the class.
        by_class: whether it is also refused to the class's code.
    """

    words: str
    errors: frozenset[str] = NO_RIGHT
    inside: bool = True
    of_class: bool = True
    by_class: bool = True

    def __str__(self) -> str:
        """Return the attempt's words for the test's id."""
        return self.words


ROWS = (
    Try("read {file}"),
    Try("write {file}"),
    Try("remove {file}"),
    Try("make {files}"),
    Try("listed {files}"),
    Try("read {homes}"),
    Try("listed {home}"),
    Try("read {temporary}", of_class=False),  # the class's is in /tmp, which the whole class shares
    Try("read {shm}", of_class=False),
    Try("write {shm}", of_class=False),
    Try("remove {shm}"),
    Try("listed /proc/{pid}/fd", inside=False),
    Try("read /proc/{pid}/environ", inside=False),
    Try("read /proc/{pid}/maps", inside=False),
    Try("end {pid}"),
    Try("trace {pid}", inside=False),
    Try("memory {pid}", inside=False),
    Try("tcp 127.0.0.1 {port}", NO_ANSWER),
    Try("tcp ::1 {port6}", NO_ANSWER),
    Try("unix {unix}"),
    Try("abstract {abstract}", NO_RIGHT, inside=False, by_class=False),
    Try("listed /data/labs/{number}/history", inside=False, of_class=False),
    Try("listed {run}/jupyter", inside=False, of_class=False),
    Try("listed {run}/kernels", of_class=False),
    Try("reach {run}/lab/lab.sock", inside=False, of_class=False),
    Try("reach {run}/restoring/restoring.sock", inside=False, of_class=False),
    Try("reach /run/classroom/labs/launcher/launcher.sock", inside=False, of_class=False),
    Try("reach /run/classroom/launcher/launcher.sock", inside=False, of_class=False),
    Try("reach /run/classroom/labs.sock", inside=False, of_class=False),
    Try("reach /run/classroom/hub/hub.sock", inside=False, of_class=False),
    Try("reach /run/classroom/snapshots/snapshots.sock", inside=False, of_class=False),
    Try("listed /tmp", inside=False, of_class=False, by_class=False),
    Try("make /tmp", inside=False, of_class=False, by_class=False),
    Try("make /var/tmp", inside=False, of_class=False, by_class=False),
    Try("listed /dev/shm", inside=False, of_class=False, by_class=False),
    Try("listed /data/files", inside=False, of_class=False, by_class=False),
    Try("listed /data/labs", inside=False, of_class=False),
)


class Neighbour:
    """A lab in which a student runs code."""

    def __init__(self, student: Student, lab: Lab, files: str, number: int | None) -> None:
        """Create the targets that others may try to reach."""
        self.student, self.lab, self.files, self.number = student, lab, files, number
        place = f"{files}/neighbours.py"
        student.kernel.run(f"import pathlib; pathlib.Path({place!r}).write_text({NEIGHBOURS!r})")
        code = (
            f"import sys; sys.path.insert(0, {files!r}); import attempts, neighbours;"
            " attempts.__dict__.update(neighbours.rows())"
        )
        student.kernel.run(code)
        shown = student.kernel.run(f"print(neighbours.prepare({files!r}))")
        assert shown.startswith("{"), shown
        run = f"/run/classroom/labs/{number}"
        own = {"files": files, "number": number, "run": run}
        self.left: dict[str, Any] = {**json.loads(shown), **own}

    def attempt(self, where: str, words: list[str]) -> dict[str, Any]:
        """Run an attempt in this lab."""
        if where == "kernel":
            shown = self.student.kernel.run(f"attempts.run(*{words!r})")
        else:
            shown = self.student.terminal.run(
                f"python {self.files}/neighbours.py {' '.join(words)}"
            )
        return students.read(shown)


@pytest.fixture(scope="module", params=["nftables", "sandbox"])
def lab(
    request: pytest.FixtureRequest,
    network: object,
    github: Lab,
    authority: Authority,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Lab]:
    """A lab in which everybody may have a lab of their own, under each egress lock."""
    del github
    folder = tmp_path_factory.mktemp("tutor")
    with own_labs.started(folder, authority, network, request.param) as made:
        yield made


@pytest.fixture(scope="module")
def neighbours(lab: Lab, github: Lab, authority: Authority) -> Iterator[dict[str, Neighbour]]:
    """Two people's own labs, a room and the class's lab, with code running in each."""
    with contextlib.ExitStack() as closing:
        found = {}
        for name, login in (("octocat", "Octocat"), ("hubot", "hubot")):
            client = closing.enter_context(own_labs.sign_in(lab, github, authority.crt, login))
            if name == "hubot":
                in_class = students.Student(client, lab, place=f"{CLASS_FILES}/attempts.py")
                found["class"] = Neighbour(in_class, lab, CLASS_FILES, None)
            for owner in (name, *([own_labs.ROOM] if name == "octocat" else [])):
                enter(client, owner)
                own = number(lab, owner)
                student = own_labs.student(client, lab, owner)
                found[owner] = Neighbour(student, lab, f"/data/labs/{own}/files", own)
        yield found


@pytest.fixture(params=["kernel", "terminal"])
def where(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def filled_in(row: Try, neighbour: Neighbour) -> list[str]:
    return [word.format(**neighbour.left) for word in row.words.split()]


def check_refused(row: Try, found: dict[str, Any]) -> None:
    assert found["got"] is None, found
    assert found["error"] in row.errors, found


PAIRS = [("hubot", "octocat"), ("hubot", own_labs.ROOM), (own_labs.ROOM, "octocat")]
"""The attacking lab and its target; some pairs have a person in common."""


@pytest.mark.parametrize("pair", PAIRS, ids=" at ".join)
@pytest.mark.parametrize("row", ROWS, ids=str)
def test_between_two_labs(
    row: Try, where: str, pair: tuple[str, str], neighbours: dict[str, Neighbour]
) -> None:
    ours, theirs = pair
    words = filled_in(row, neighbours[theirs])
    check_refused(row, neighbours[ours].attempt(where, words))


def is_without_network(lab: Lab) -> bool:
    return "egress lock: sandbox" in lab.log


@pytest.mark.parametrize("row", [row for row in ROWS if row.inside], ids=str)
def test_in_the_lab_itself(row: Try, lab: Lab, neighbours: dict[str, Neighbour]) -> None:
    """The terminal tries it at the kernel's targets: else the rows above would prove nothing."""
    if row.words.startswith("tcp ") and is_without_network(lab):
        assert neighbours["octocat"].left["port"] == 9
        return
    found = neighbours["octocat"].attempt("terminal", filled_in(row, neighbours["octocat"]))
    assert found["error"] is None, found


@pytest.mark.parametrize("row", [row for row in ROWS if row.of_class], ids=str)
def test_from_a_lab_at_the_class(row: Try, where: str, neighbours: dict[str, Neighbour]) -> None:
    words = filled_in(row, neighbours["class"])
    check_refused(row, neighbours["hubot"].attempt(where, words))


@pytest.mark.parametrize("row", [row for row in ROWS if row.by_class], ids=str)
def test_from_the_class_at_a_lab(row: Try, where: str, neighbours: dict[str, Neighbour]) -> None:
    words = filled_in(row, neighbours["octocat"])
    check_refused(row, neighbours["class"].attempt(where, words))


def test_the_class_serves_itself(lab: Lab, neighbours: dict[str, Neighbour]) -> None:
    """It also works next to other labs, where the rules track the class's connections."""
    if is_without_network(lab):
        assert neighbours["class"].left["port"] == 9
        return
    for words in ("tcp 127.0.0.1 {port}", "tcp ::1 {port6}"):
        found = neighbours["class"].attempt("terminal", filled_in(Try(words), neighbours["class"]))
        assert found["got"] == SECRET, found


OF_FILES = [
    row for row in ROWS if row.words.split()[-1] in {"{file}", "{files}", "{homes}", "{home}"}
]


def by_hand(lab: Lab, user: str, neighbour: Neighbour, words: list[str]) -> dict[str, Any]:
    """Run an attempt as a user outside of any Landlock domain, as the host's operator can."""
    status, said = lab.run("sh", "-c", f"cp {neighbour.files}/*.py /tmp/ && chmod a+r /tmp/*.py")
    assert status == 0, said
    return students.read(lab.run("python", "/tmp/neighbours.py", *words, user=user)[1])  # noqa: S108


def open_for(lab: Lab, neighbour: Neighbour, mode: str, *places: str) -> None:
    """Change the mode of a lab's files as their owners: root, which lacks FOWNER, can't."""
    first = 20000 + 4 * int(neighbour.number or 0)
    for user in (first, first + 1):
        lab.run("chmod", "-R", mode, *places, user=f"{user}:{first}")


def code_of(neighbour: Neighbour) -> str:
    """Return the user and group that a lab's code runs as."""
    own = int(neighbour.number or 0)
    return f"{20001 + 4 * own}:{20000 + 4 * own}"


@pytest.mark.parametrize("row", OF_FILES, ids=str)
def test_each_of_two_walls_holds_alone(
    row: Try, lab: Lab, neighbours: dict[str, Neighbour]
) -> None:
    """First users without Landlock, then Landlock with open modes; without both it succeeds."""
    theirs, ours = neighbours["octocat"], neighbours["hubot"]
    words = filled_in(row, theirs)
    user = code_of(ours)
    check_refused(row, by_hand(lab, user, ours, words))
    places = (theirs.files, theirs.left["home"])
    open_for(lab, theirs, "a+rwX", *places)
    try:
        check_refused(row, ours.attempt("kernel", words))
        found = by_hand(lab, user, ours, words)
        assert found["error"] is None, found
    finally:
        open_for(lab, theirs, "o-rwx", *places)


OF_PROCESSES = ("end {pid}", "trace {pid}", "read /proc/{pid}/environ", "listed /proc/{pid}/fd")


@pytest.mark.parametrize("row", [row for row in ROWS if row.words in OF_PROCESSES], ids=str)
def test_the_rows_of_processes_notice(row: Try, lab: Lab, neighbours: dict[str, Neighbour]) -> None:
    """Outside of Landlock another lab's user is refused, and the lab's own user is not."""
    theirs, ours = neighbours["octocat"], neighbours["hubot"]
    words = filled_in(row, theirs)
    check_refused(row, by_hand(lab, code_of(ours), ours, words))
    found = by_hand(lab, code_of(theirs), ours, words)
    assert found["error"] is None, found


def test_the_row_of_abstract_sockets_notices(lab: Lab, neighbours: dict[str, Neighbour]) -> None:
    """Only Landlock prevents it: outside of Landlock another lab's socket answers."""
    theirs, ours = neighbours["octocat"], neighbours["hubot"]
    row = Try("abstract {abstract}")
    words = filled_in(row, theirs)
    assert by_hand(lab, code_of(ours), ours, words)["got"] == SECRET
    check_refused(row, ours.attempt("kernel", words))


SAME = "        goto same\n"
TRACKED = "        meta skuid @others return\n"
AWAKE = "        meta skuid { $CLASSROOM, $STUDENT } meta nfproto @awake return\n"
MUTATIONS = {
    "anybody's answer": (SAME, f"        accept\n{SAME}"),
    "nobody is kept track of": (TRACKED, f"#{TRACKED}"),
}


PORTS = ("tcp 127.0.0.1 {port}", "tcp ::1 {port6}")
load = partial(egress_rules.load, last=lab_users.LAST)


@pytest.mark.parametrize("words", PORTS)
@pytest.mark.parametrize("mutation", MUTATIONS.values(), ids=MUTATIONS)
def test_the_rows_of_ports_notice(
    mutation: tuple[str, str], words: str, lab: Lab, neighbours: dict[str, Neighbour]
) -> None:
    """Without a rule the refused attempt succeeds; once the rules are back it is refused again."""
    if is_without_network(lab):
        assert neighbours["octocat"].left["port"] == 9
        return
    rule, instead = mutation
    assert rule in RULES, "the mutation changes nothing"
    row = Try(words, NO_ANSWER)
    place = filled_in(row, neighbours["octocat"])
    try:
        load(lab, RULES.replace(rule, instead))
        assert neighbours["hubot"].attempt("kernel", place)["got"] == SECRET
    finally:
        load(lab, RULES)
    check_refused(row, neighbours["hubot"].attempt("kernel", place))


BITS = """
import contextlib, os, socket

def made(uid, make):
    os.seteuid(uid)
    try:
        return make()
    finally:
        os.seteuid(0)

def answers(server, client):
    with made(server, lambda: socket.create_server(("127.0.0.1", 0))) as door:
        try:
            with made(client, lambda: socket.create_connection(door.getsockname(), timeout=0.3)):
                return True
        except OSError:
            return False

def labs_that_differ_in(bit):
    uids = range(20004, 65530, 4)
    return next((one, one ^ bit) for one in uids if (one ^ bit) in uids and not one & bit)

reached = [
    server ^ client
    for at in range(2, 16)
    for pair in [labs_that_differ_in(1 << at)]
    for server, client in (pair, pair[::-1])
    if answers(server, client)
]
own = all(answers(server, server + 1) and answers(server + 1, server) for server in (20004, 65528))
print(reached, own)
"""


def test_ports_of_labs_whose_numbers_differ_in_any_bit_are_apart(lab: Lab) -> None:
    """The rules compare bit by bit; without one bit's rules, labs that differ in it connect."""
    if is_without_network(lab):
        pytest.skip("under the sandbox lock students have no ports")
    assert lab.run("python", "-c", BITS)[1].strip() == "[] True"
    of_one = [line for line in RULES.splitlines(keepends=True) if "0x0400" in line]
    assert len(of_one) == 2
    try:
        load(lab, "".join(line for line in RULES.splitlines(keepends=True) if line not in of_one))
        found = lab.run("python", "-c", BITS)[1].strip()
        assert found == "[1024, 1024] True", found
    finally:
        load(lab, RULES)


@pytest.mark.parametrize("words", PORTS)
def test_ports_are_apart_from_another_labs_first_packet_on(
    words: str, lab: Lab, neighbours: dict[str, Neighbour]
) -> None:
    """Until then the rules don't track the class's connections.

    Without that rule an answer comes: no connection, but others learn that a server listens.
    """
    if is_without_network(lab):
        assert neighbours["class"].left["port"] == 9
        return
    row, of_class = Try(words, NO_ANSWER), neighbours["class"]
    for ours, theirs in (("class", "octocat"), ("octocat", "class")):
        load(lab, RULES)  # the state after a start, before anybody has sent anything
        place = filled_in(row, of_class)
        assert of_class.attempt("terminal", place)["got"] == SECRET
        place = filled_in(row, neighbours[theirs])
        check_refused(row, neighbours[ours].attempt("kernel", place))
    assert AWAKE in RULES
    try:
        load(lab, RULES.replace(AWAKE, ""))
        assert neighbours["octocat"].attempt("kernel", place)["error"] == "ECONNRESET"
    finally:
        load(lab, RULES)
    assert neighbours["octocat"].attempt("kernel", place)["error"] == "TimeoutError"
