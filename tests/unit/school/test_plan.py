"""What a school's file requests, and the messages about a wrong one."""

from __future__ import annotations

import re
from dataclasses import fields
from typing import Any

import pytest
import yaml

from tests import labs
from tools.school.plan import School, SchoolClass, SchoolError, plan

EXAMPLE = labs.ROOT / "deploy/swarm/school.example.yml"
GOOD: dict[str, Any] = {"folder": "/shared/a", "client_id": "one", "users": ["ada"]}


def school(**given: Any) -> dict[str, Any]:
    return {"domain": "school.example", "classes": {"algebra": GOOD}, **given}


def of_class(**given: Any) -> dict[str, Any]:
    return school(classes={"algebra": {**GOOD, **given}})


def test_the_example_is_a_school() -> None:
    found = plan(yaml.safe_load(EXAMPLE.read_text()))
    algebra, physics = found.classes
    assert found.address(algebra) == "https://algebra.school.example.org"
    assert (algebra.tutors, algebra.memory, physics.memory) == (("mona",), "4G", "8G")
    assert (algebra.folder, physics.node) == ("/shared/classes/algebra", "node-2")


def test_the_pages_example_is_the_same_school() -> None:
    page = (labs.ROOT / "docs/operate/school.md").read_text()
    found = re.search(r"```yaml\n(.*?)```", page, re.DOTALL)
    assert found is not None
    shown, given = plan(yaml.safe_load(found[1])), plan(yaml.safe_load(EXAMPLE.read_text()))
    assert shown == given


def test_the_page_names_every_setting() -> None:
    page = (labs.ROOT / "docs/operate/school.md").read_text()
    for kind in (School, SchoolClass):
        for one in fields(kind):
            assert f"`{one.name}`" in page or one.name in {"name", "classes"}


def test_what_all_classes_have_is_said_once() -> None:
    usual = {"node": "node-1", "client_id": "one", "organizations": ["school"], "cpus": 1.5}
    classes = {"algebra": None, "biology": {"folder": "/shared/b"}}
    algebra, biology = plan(school(defaults=usual, classes=classes)).classes
    assert (algebra.node, algebra.folder, algebra.cpus) == ("node-1", "", 1.5)
    assert (biology.node, biology.folder) == ("", "/shared/b"), "never both"


def test_an_unusual_port_is_in_the_address() -> None:
    found = plan(school(https=8443))
    assert found.address(found.classes[0]) == "https://algebra.school.example:8443"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (None, "no domain and no classes"),
        ([], "no domain and no classes"),
        (school(classes=["algebra"]), "classes must be a table"),
        (school(defaults="mona"), "defaults must be a table"),
        (school(classes={"algebra": "mona"}), "The class algebra must be a table"),
        (school(classes={}), "There are no classes"),
        (school(domain="school"), "domain must be a name such as"),
        (school(domain=7), "domain, of the school, must be a text, not 7."),
        (school(netwrok="10.0.0.0/20"), "netwrok, of the school, is not known. Is network meant?"),
        (school(network="10.0.0.1/20"), "network must be an address range such as"),
        (school(https=70000), "https must be a port between 1 and 65535, not 70000."),
        (school(https=True), "https, of the school, must be a number"),
        (school(http=443), "https and http cannot both have port 443."),
        (of_class(colour="red"), "colour, of the class algebra, is not known. There are tutors,"),
        (of_class(users="ada"), "users, of the class algebra, must be a list of names, not 'ada'."),
        (of_class(users=["ada", 7]), "users, of the class algebra, must be a list of names"),
        (of_class(memory="4 GB"), "The class algebra has memory 4 GB: write it as 4G or 700M."),
        (of_class(cpus=-1), "The class algebra has -1 cpus"),
        (of_class(folder="shared/a"), "write its whole path, from / on"),
        (of_class(node="node-1"), "The class algebra has both a folder and a node."),
        (of_class(folder=""), "The class algebra has neither a folder nor a node."),
        (of_class(client_id=""), "has no client_id, so nobody can sign in"),
        (of_class(users=[]), "The class algebra lets nobody in"),
        (school(classes={"Algebra": GOOD}), "The class Algebra cannot have this name"),
        (school(classes={"front": GOOD}), "The class front cannot have this name"),
        (school(classes={1: GOOD}), "The class 1 cannot have this name"),
        (school(classes={"a": GOOD, "b": GOOD}), "The classes a and b have the same folder"),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence(given: Any, said: str) -> None:
    with pytest.raises(SchoolError) as refused:
        plan(given)
    (problem,) = refused.value.problems
    assert said in problem
    assert problem.endswith((".", "?"))


def test_all_that_is_wrong_is_said_at_once() -> None:
    with pytest.raises(SchoolError) as refused:
        plan(school(domain="", classes={"a": {}, "b": {**GOOD, "memory": "much"}}))
    assert len(refused.value.problems) == 5
