"""People's own labs: open them, admit only their owner and tutors, stop them, start them again."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from websockets.exceptions import InvalidStatus

from classroom.runtime import lab_users
from classroom.runtime.paths import Paths
from tests import lab_servers, labs, own_labs, students, web
from tests.own_labs import ask, base, enter, is_open, look, number, token_of
from tests.students import open_socket, until_closed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.labs import Lab
    from tests.own_labs import People
    from tests.pki import Authority

IDLE_SECONDS = 8


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
def people(lab: Lab, github: Lab, authority: Authority) -> Iterator[People]:
    """Two students and a tutor, signed in; each student has opened a lab."""
    with own_labs.signed_in(lab, github, authority, "Octocat", "hubot", "mona") as found:
        for name in ("octocat", "hubot"):
            enter(found[name], name)
        yield found


def test_each_has_a_lab_with_files_and_users_of_its_own(lab: Lab, people: People) -> None:
    numbers = set()
    for name in ("octocat", "hubot"):
        told = ask(
            people[name],
            name,
            "PUT",
            f"api/contents/{name}.txt",
            json={
                "type": "file",
                "format": "text",
                "content": name,
            },
        )
        assert told.status_code == 201, told.text
        own = number(lab, name)
        numbers.add(own)
        assert lab.read(f"/data/labs/{own}/files/{name}.txt") == name
        shown = lab.process(lab.pid("classroom.lab --config", f"lab{own}-server"))
        assert set(shown["Uid"].split()) == {str(20000 + 4 * own)}
        assert shown["NoNewPrivs"] == "1"
        assert int(shown["CapEff"], 16) == 0
    assert len(numbers) == 2


THEMES = "lab/api/settings/@jupyterlab/apputils-extension:themes"


def test_each_lab_has_settings_of_its_own(people: People) -> None:
    chosen = {"octocat": "JupyterLab Dark", "hubot": "JupyterLab Dark High Contrast"}
    for name, theme in chosen.items():
        told = ask(people[name], name, "PUT", THEMES, json={"raw": json.dumps({"theme": theme})})
        assert told.is_success, told.text
    for name, theme in chosen.items():
        found = ask(people[name], name, "GET", THEMES)
        assert found.is_success, found.text
        assert json.loads(found.json()["raw"]) == {"theme": theme}


def test_a_labs_file_from_the_front_allows_only_scripts_of_that_lab(people: People) -> None:
    """A web worker has the policy of its file; with the class's it could load none of its lab's."""
    for name in ("octocat", "hubot"):
        found = ask(people[name], name, "GET", "static/lab/package.json")
        assert found.is_success, found.text
        (policy,) = found.headers.get_list("content-security-policy")
        (scripts,) = [part for part in policy.split("; ") if part.startswith("script-src ")]
        lab = f"{labs.ADDRESS}{base(name)}"
        assert scripts.split()[1:] == [f"{lab}/static/", f"{lab}/lab/extensions/", "'unsafe-eval'"]


def test_kernels_and_terminals_are_the_labs_own_users(lab: Lab, people: People) -> None:
    student = own_labs.student(people["octocat"], lab, "octocat")
    own = number(lab, "octocat")
    code = "import os, getpass, pathlib; print(os.getuid(), os.getgroups(), getpass.getuser())"
    assert student.kernel.run(code) == f"{20001 + 4 * own} [] lab{own}\n"
    shown = student.terminal.run("id -u; whoami; echo $TMPDIR")
    assert str(20001 + 4 * own) in shown
    assert f"lab{own}" in shown
    # The lab's server can change the file that the kernel makes.
    student.kernel.run("pathlib.Path('made.txt').write_text('made')")
    told = ask(
        people["octocat"],
        "octocat",
        "PUT",
        "api/contents/made.txt",
        json={
            "type": "file",
            "format": "text",
            "content": "changed",
        },
    )
    assert told.status_code == 200, told.text
    assert student.kernel.run("print(open('made.txt').read())") == "changed\n"


WORK = """
import multiprocessing, os, subprocess, tempfile
with tempfile.NamedTemporaryFile() as file:
    print(os.path.dirname(file.name) == os.environ["TMPDIR"])
lock = multiprocessing.Lock()
with multiprocessing.get_context("fork").Pool(2) as pool:
    print(pool.map(abs, [-1, -2]))
print(subprocess.run(["ls", "/usr"], capture_output=True).returncode)
import pandas, matplotlib.pyplot as plt
plt.plot([1, 2])
print(pandas.Series([1, 2]).sum())
"""


def test_what_students_use_works(lab: Lab, people: People) -> None:
    """The file sandbox allows temporary files, one's own processes, semaphores and a plot."""
    student = own_labs.student(people["hubot"], lab, "hubot")
    assert student.kernel.run(WORK).splitlines()[:4] == ["True", "[1, 2]", "0", "3"]


def test_the_owner_drives_and_tutors_are_let_in(people: People) -> None:
    for name in ("octocat", "mona"):
        entered = is_open(people[name], "octocat")
        assert entered is not None, name
        mode = ask(people[name], "octocat", "GET", "classroom/api/driving")
        assert mode.status_code == 200, mode.text
    # The owner of a lab can't drive the class's lab.
    address = f"{labs.ADDRESS}/services/classroom/classroom/api/driving"
    assert people["octocat"].get(address, headers={"Sec-Fetch-Mode": "cors"}).status_code == 403


def test_nobody_else_is_let_in(lab: Lab, people: People) -> None:
    assert is_open(people["hubot"], "octocat") is None
    assert look(people["hubot"], "octocat").status_code in {403, 404}
    for path in ("api/contents", "api/kernels", "classroom/api/known"):
        found = ask(people["hubot"], "octocat", "GET", path)
        assert found.status_code in {302, 401, 403}, (path, found.text)
    with pytest.raises(InvalidStatus):
        open_socket(people["hubot"], lab, "classroom/api/live", base=base("octocat"))


def test_a_cookie_of_one_lab_opens_no_other(lab: Lab, people: People) -> None:
    """A cookie for one's own lab, or for the class's, is sent under the other lab's name."""
    jar = {one.name: one for one in people["hubot"].cookies.jar}
    own = next(name for name in jar if name.startswith("jupyterhub-user-hubot-"))
    of_class = next(name for name in jar if name.startswith("service-classroom-"))
    theirs = own.replace("hubot", "octocat")
    for value in (jar[own].value, jar[of_class].value):
        with web.browser(lab.hosts) as client:
            client.cookies.set(theirs, str(value), domain=labs.HOST, path=f"{base('octocat')}/")
            found = ask(client, "octocat", "GET", "api/contents")
            assert found.status_code == 403, found.text
    # In its own place the cookie is valid.
    with web.browser(lab.hosts) as client:
        client.cookies.set(own, str(jar[own].value), domain=labs.HOST, path=f"{base('hubot')}/")
        assert ask(client, "hubot", "GET", "api/contents").status_code == 200


def test_a_token_of_one_lab_opens_no_other(lab: Lab, people: People) -> None:
    """Even the token of a person who may enter both is valid only for the lab it was made for."""
    mona = people["mona"]
    lab.expected.append("403 GET /services/classroom/api/contents")
    for client in (mona, people["hubot"]):
        assert client.get(f"{labs.ADDRESS}{students.BASE}/lab").is_success
    assert enter(mona, "octocat").is_success
    of_class, guests, owners = (
        (students.BASE, token_of(mona, f"{students.BASE}/")),
        (base("octocat"), token_of(mona, f"{base('octocat')}/")),
        (base("hubot"), token_of(people["hubot"], f"{base('hubot')}/")),
    )
    all_bases = (students.BASE, base("octocat"), base("hubot"))
    with web.browser(lab.hosts) as nobody:
        for where, token in (of_class, guests, owners):
            headers = {"Authorization": f"token {token}", "Sec-Fetch-Mode": "cors"}
            found = {
                one: nobody.get(f"{labs.ADDRESS}{one}/api/contents", headers=headers).status_code
                for one in all_bases
            }
            assert found == {one: 200 if one == where else 403 for one in all_bases}, where
            assert not nobody.cookies


CONNECT = """
import errno, json, socket
def reach(place):
    for kind in (socket.SOCK_STREAM, socket.SOCK_SEQPACKET):
        try:
            socket.socket(socket.AF_UNIX, kind).connect(place)
        except OSError as error:
            if error.errno != errno.EPROTOTYPE:
                return errno.errorcode[error.errno]
        else:
            return "connected"
print(json.dumps({place: reach(place) for place in PLACES}))
"""


def doors(number: int) -> set[str]:
    """Return the paths of the sockets of a lab's server and its helpers."""
    paths = Paths().of_lab(number)
    found = (paths.lab_socket, paths.restoring_socket, paths.snapshots_socket)
    return {*map(str, found), str(paths.launcher_socket)}


def test_a_labs_server_that_was_taken_over_reaches_no_other_lab(lab: Lab, people: People) -> None:
    """Inside its sandbox, as its user, it can connect to its own sockets, but to no other lab's."""
    del people  # the fixture has started their labs
    first, second = (number(lab, name) for name in ("octocat", "hubot"))
    for own, others in (
        (first, (second, lab_users.CLASS)),
        (lab_users.CLASS, (first, second)),
    ):
        reached = doors(own)
        closed = set().union(*map(doors, others)) - reached
        places = sorted(reached | closed)
        found = lab_servers.run(lab, f"PLACES = {places!r}\n{CONNECT}", own)
        assert {place for place in reached if found[place] != "connected"} == set(), found
        assert {found[place] for place in closed} <= {"EACCES", "EPERM"}, found


def test_the_hubs_home_page_lists_the_labs_that_one_may_enter(people: People) -> None:
    home = people["octocat"].get(f"{labs.ADDRESS}/hub/home").text
    assert 'href="/user/octocat/lab"' in home
    assert "/user/hubot/" not in home
    tutors = people["mona"].get(f"{labs.ADDRESS}/hub/home").text
    assert 'href="/user/octocat/lab"' in tutors
    assert 'href="/user/hubot/lab"' in tutors


def test_a_hub_that_ends_ends_no_lab(lab: Lab, people: People) -> None:
    own = number(lab, "octocat")
    before = lab.pid("classroom.lab --config", f"lab{own}-server")
    lab.expected += [r"The Hub ended with -9", r"is back", r"\[crit\]|\[error\]|\[front\]"]
    assert lab.run("pkill", "-KILL", "-f", "classroom.hub --")[0] == 0
    labs.wait_until(lambda: is_open(people["octocat"], "octocat"), "the lab", ignoring=labs.AWAY)
    assert lab.pid("classroom.lab --config", f"lab{own}-server") == before


def test_a_lab_that_is_killed_is_back_with_its_kernels(lab: Lab, people: People) -> None:
    student = own_labs.student(people["octocat"], lab, "octocat")
    student.kernel.run("kept = 42")
    own = number(lab, "octocat")
    lab.expected += [rf"Lab {own} .*ended with -9", r"\[crit\]|\[error\]|\[front\]"]
    kernels = ask(people["octocat"], "octocat", "GET", "api/kernels").json()
    lab.run("kill", "-9", str(lab.pid("classroom.lab --config", f"lab{own}-server")))
    found = labs.wait_until(
        lambda: (
            is_open(people["octocat"], "octocat")
            and ask(people["octocat"], "octocat", "GET", "api/kernels").json()
        ),
        "the lab and its kernels",
        ignoring=(*labs.AWAY, json.JSONDecodeError),
    )
    assert {one["id"] for one in found} >= {one["id"] for one in kernels}


def test_who_is_removed_is_out_of_every_lab(lab: Lab, people: People) -> None:
    """Their sockets are cut, in their own lab too, and that lab's server ends; their files stay."""
    own = number(lab, "hubot")
    with open_socket(people["hubot"], lab, "classroom/api/live", base=base("hubot")) as socket:
        page = people["mona"].get(f"{labs.ADDRESS}/hub/admin")  # a tutor removes them on this page
        xsrf = page.text.split('xsrf_token: "')[1].split('"')[0]
        told = people["mona"].delete(
            f"{labs.ADDRESS}/hub/api/users/hubot",
            headers={"X-XSRFToken": xsrf, "Sec-Fetch-Mode": "cors", "Referer": str(page.url)},
        )
        assert told.status_code == 204, told.text
        until_closed(socket)
    labs.wait_until(
        lambda: not lab.pids("classroom.lab --config", f"lab{own}-server"), "the lab has ended"
    )
    assert lab.run("test", "-e", f"/data/labs/{own}/files/hubot.txt")[0] == 0
    assert is_open(people["hubot"], "hubot") is None
