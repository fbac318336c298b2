"""A school as docs/operate/school.md describes it: six classes on three machines of a swarm."""

from __future__ import annotations

import json
import re
import uuid
from typing import TYPE_CHECKING

import pytest

from tests import engines, labs, students
from tests.container.test_rooms import room, saved
from tests.students import until_closed
from tests.swarm.conftest import ALL, CONFIG, MOVING
from tests.swarm.pages import page_of
from tests.swarm.schools import DOMAIN, api, person
from tools.school import stacks

if TYPE_CHECKING:
    from tests.swarm.schools import School


def written(school: School, name: str, text: str) -> None:
    """Save a text in a class's notebook."""
    with person(school, name, "ada") as ada:
        room(ada, "kept.ipynb", api(name))
        page = page_of(school, name, ada, "kept.ipynb")
        page.type(text)
        labs.wait_until(lambda: saved(ada, "kept.ipynb", api(name)) == text, "it is saved")


def kept(school: School, name: str) -> str:
    """Return that text, as saved in the class."""
    with person(school, name, "ada") as ada:
        return saved(ada, "kept.ipynb", api(name))


@pytest.mark.parametrize("name", ALL)
def test_each_class_is_live(school: School, name: str) -> None:
    """Two people use different machines, and see each other's letters."""
    with person(school, name, "ada") as ada, person(school, name, "grace", by=1) as grace:
        room(ada, "both.ipynb", api(name))
        hers = page_of(school, name, ada, "both.ipynb")
        theirs = page_of(school, name, grace, "both.ipynb", by=1)
        hers.type("x = 1843")
        theirs.listen_until(lambda: str(theirs.source) == "x = 1843")
        labs.wait_until(lambda: saved(ada, "both.ipynb", api(name)) == "x = 1843", "it is saved")


def test_students_reach_no_other_class_and_no_machine(school: School) -> None:
    """Swarm ignores security_opt, but the lab drops its privileges by itself."""
    others = {
        "another class": (address_of(school, "biology"), "8443"),
        "the manager": (school.nodes[0].ip, "2377"),
        "a front": (school.nodes[1].ip, "8443"),
        "the machine itself": (engines.OUTSIDE, "22"),
    }
    with person(school, "algebra", "ada") as ada:
        made = ada.post(f"{api('algebra')}/kernels", json={"name": "python3"}).json()["id"]
        path = f"api/kernels/{made}/channels?session_id={uuid.uuid4().hex}"
        host = f"algebra.{DOMAIN}"
        origin = f"https://{host}:8443"
        with students.open_socket(ada, school.nodes[0], path, origin, host=host) as socket:
            kernel = students.Kernel(socket)
            kernel.run(f"open({students.PLACE!r}, 'w').write({students.ATTEMPTS!r})")
            for what, (address, port) in others.items():
                found = kernel.attempt("tcp", address, port)
                assert found["error"] is not None, (what, found)
            status = kernel.run("print(open('/proc/self/status').read())")
    assert re.search(r"^NoNewPrivs:\t1$", status, re.MULTILINE)
    assert re.search(r"^CapPrm:\t0+$", status, re.MULTILINE)


def address_of(school: School, name: str) -> str:
    """Return a class's address on the network that all classes share."""
    node = next(one for one in school.nodes if one.name == school.node_of(name))
    ident = school.container(stacks.name_of_service(name), node)
    (found,) = json.loads(node.docker("inspect", ident))
    return str(found["NetworkSettings"]["Networks"][stacks.NETWORK]["IPAddress"])


def test_a_class_more_and_a_class_less_disturb_nobody(school: School) -> None:
    classes = school.classes
    less = classes.pop("drama")
    classes["geometry"] = school.shared("geometry")
    with person(school, "algebra", "ada") as ada:
        room(ada, "calm.ipynb", api("algebra"))
        page = page_of(school, "algebra", ada, "calm.ipynb")
        status, said = school.command()
        assert status == 0, said
        assert "geometry: started." in said
        assert "drama: stopped, because it is no longer in the file; its work stays." in said
        page.type("still here")
        labs.wait_until(
            lambda: saved(ada, "calm.ipynb", api("algebra")) == "still here", "it is saved"
        )
    with person(school, "geometry", "ada"):
        pass
    assert (school.folder / "shared/drama").is_dir()
    del classes["geometry"]
    classes["drama"] = less
    status, said = school.command()
    assert status == 0, said
    with person(school, "drama", "ada") as ada:
        assert saved(ada, "both.ipynb", api("drama")) == "x = 1843"


def test_a_new_image_comes_class_by_class_with_people_in_it(school: School) -> None:
    for node in school.nodes:
        node.docker("tag", labs.IMAGE, f"{labs.IMAGE}:next")
    with person(school, "algebra", "ada") as ada:
        room(ada, "upgraded.ipynb", api("algebra"))
        page = page_of(school, "algebra", ada, "upgraded.ipynb")
        page.type("typed before")
        school.content["image"] = f"{labs.IMAGE}:next"
        status, said = school.command()
        assert status == 0, said
        assert [f"{name}: changed." in said for name in ALL] == [True] * len(ALL), said
        until_closed(page.connection)
        labs.wait_until(
            lambda: saved(ada, "upgraded.ipynb", api("algebra")) == "typed before",
            "the class is back",
            ignoring=labs.AWAY,
        )


def test_a_change_that_a_lab_refuses_leaves_the_class_as_it_was(school: School) -> None:
    written(school, "biology", "cells")
    (school.folder / "wrong.py").write_text(f"{CONFIG}\nc.Classroom.memory_limit = 'lots'\n")
    classes = school.classes
    before = dict(classes["biology"])
    classes["biology"]["config"] = "wrong.py"
    try:
        status, said = school.command()
    finally:
        classes["biology"] = before
    assert status == 1
    assert "biology does not start. It runs as it did before." in said
    assert "memory_limit" in said, "the lab's own sentence"
    assert kept(school, "biology") == "cells"
    assert school.command()[0] == 0


def test_a_class_on_a_machine_that_is_cut_off_is_never_there_twice(school: School) -> None:
    """It keeps running on its machine; a second one must not write to its folder."""
    written(school, "chemistry", "before")
    if (place := school.node_of("chemistry")) == school.nodes[0].name:
        school.nodes[0].docker("node", "update", "--availability", "drain", place)
        labs.wait_until(lambda: school.node_of("chemistry") not in {"", place}, "it has moved")
        school.nodes[0].docker("node", "update", "--availability", "active", place)
    cut = next(one for one in school.nodes if one.name == school.node_of("chemistry"))
    cut.cut()
    try:
        labs.wait_until(
            lambda: "is the volume of another lab" in school.line_of("chemistry"),
            "a second lab is refused",
            seconds=180,
        )
    finally:
        cut.mend()
    labs.wait_until(lambda: school.node_of("chemistry"), "one is there", seconds=180)
    assert kept(school, "chemistry") == "before"


def test_classes_of_a_machine_that_dies_come_up_elsewhere(school: School) -> None:
    """One class stays down, because its work is on the dead machine's disk; the command says so."""
    victim = school.nodes[2]
    for name in ALL:
        written(school, name, f"of {name}")
    moving = [name for name in MOVING if school.node_of(name) == victim.name]
    assert moving, "Swarm puts two classes on each machine"
    victim.kill()
    labs.wait_until(
        lambda: all(school.node_of(name) not in {"", victim.name} for name in MOVING),
        "the others take its classes",
        seconds=180,
    )
    for name in (*MOVING, "english"):
        assert kept(school, name) == f"of {name}"
    status, said = school.command("status")
    assert status == 1
    assert "french: down: its volume is on node-3, which Swarm does not reach." in said
    victim.start()
    labs.wait_until(lambda: school.node_of("french") == victim.name, "it is back", seconds=180)
    assert kept(school, "french") == "of french"
