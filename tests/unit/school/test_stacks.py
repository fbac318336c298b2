"""The configuration that Docker Swarm gets for a school."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import yaml

from classroom.config.settings import Settings
from tests import labs
from tools.school import stacks
from tools.school.plan import School, SchoolClass

ALGEBRA = SchoolClass(
    "algebra", tutors=("mona",), users=("grace", "ada"), client_id="one", folder="/shared/algebra"
)
PHYSICS = SchoolClass("physics", organizations=("school",), client_id="two", node="node-2")
SCHOOL = School("school.example", (ALGEBRA, PHYSICS))
FRONT = (labs.ROOT / "deploy/swarm/front.conf").read_text()


def service(one: SchoolClass, school: School = SCHOOL) -> dict[str, Any]:
    return dict(stacks.class_stack(school, one).content["services"][stacks.SERVICE])


def test_a_class_has_the_rights_that_compose_gives_it() -> None:
    compose = yaml.safe_load((labs.ROOT / "docker-compose.yml").read_text())["services"][
        "classroom"
    ]
    ours = service(ALGEBRA)
    for key in ("cap_drop", "cap_add", "stop_grace_period", "logging"):
        assert ours[key] == compose[key]


def test_two_labs_never_have_one_volume() -> None:
    """A new lab starts only after the old one has ended; Swarm's default would not wait."""
    for one in SCHOOL.classes:
        deploy = service(one)["deploy"]
        assert deploy["replicas"] == 1
        assert (
            deploy["update_config"]["order"] == deploy["rollback_config"]["order"] == "stop-first"
        )


def test_work_is_in_the_folder_or_on_the_machine() -> None:
    assert service(ALGEBRA)["volumes"][0]["source"] == "/shared/algebra"
    assert service(ALGEBRA)["deploy"]["placement"] == {"constraints": []}
    assert service(PHYSICS)["volumes"][0] == {"type": "volume", "source": "data", "target": "/data"}
    found = service(PHYSICS)["deploy"]["placement"]
    assert found == {"constraints": ["node.hostname == node-2"]}


def test_limits_are_given_only_if_they_are_set() -> None:
    assert service(ALGEBRA)["deploy"]["resources"] == {"limits": {}}
    limited = replace(ALGEBRA, memory="4G", cpus=1.5)
    limits = {"memory": "4G", "cpus": "1.5"}
    assert service(limited)["deploy"]["resources"] == {"limits": limits}


def test_the_configuration_is_the_same_each_time_and_python() -> None:
    text = stacks.configuration(SCHOOL, ALGEBRA, "c.Classroom.chat = False\n")
    assert text == stacks.configuration(
        SCHOOL, replace(ALGEBRA, users=("ada", "grace")), text[-25:]
    )
    assert "set(['ada', 'grace', 'mona'])" in text
    assert "'https://algebra.school.example/hub/oauth_callback'" in text
    assert text.endswith("c.Classroom.chat = False\n"), "the class's own file wins"
    compile(text, "jupyterhub_config.py", "exec")
    known = set(dir(Settings)) | {"trusted_proxies", "proxy_protocol", "chat"}
    assert set(re.findall(r"c\.Classroom\.(\w+)", text)) <= known


def test_a_class_gets_its_own_certificate_where_the_school_asks_for_it() -> None:
    school = replace(SCHOOL, acme="it@school.example")
    text = stacks.configuration(school, ALGEBRA)
    assert "{'host': 'algebra.school.example', 'email': 'it@school.example'}" in text
    assert service(ALGEBRA, school)["environment"] == {"HTTP_PORT": "80"}


def names(one: SchoolClass, **secrets: bytes) -> set[str]:
    content = stacks.class_stack(SCHOOL, one, "", secrets).content
    return {given["name"] for kind in ("configs", "secrets") for given in content[kind].values()}


def test_what_changes_gets_another_name_and_nothing_else_does() -> None:
    before = names(ALGEBRA, github_client_secret=b"one")
    assert len(before) == 2
    assert names(ALGEBRA, github_client_secret=b"one") == before
    assert len(names(ALGEBRA, github_client_secret=b"two") & before) == 1
    assert len(names(replace(ALGEBRA, users=("ada",)), github_client_secret=b"one") & before) == 1


def test_a_secret_is_no_configuration_and_only_roots() -> None:
    stack = stacks.class_stack(SCHOOL, ALGEBRA, "", {"github_client_secret": b"hush"})
    (secret,) = stack.content["services"][stacks.SERVICE]["secrets"]
    assert secret["mode"] == 0o400
    assert secret["target"] == "/srv/jupyterhub/config/secrets/github_client_secret"
    assert "hush" not in yaml.safe_dump(stack.content)
    assert b"hush" not in stack.files["jupyterhub_config.py"]


def test_the_front_leads_to_classes_of_the_domain_only() -> None:
    """Use nginx's own expression, as nginx interprets it."""
    conf = stacks.front_stack(SCHOOL, FRONT).files["front.conf"].decode()
    assert "@" not in re.sub(r"#.*", "", conf)
    (expression,) = set(re.findall(r'"~(\^[^"]+\$)"', conf))
    rule = re.compile(expression.replace("(?<", "(?P<"))
    assert rule.match("algebra.school.example")
    for name in (
        "school.example",
        "a.b.school.example",
        "algebra.schoolxexample",
        "-.school.example",
    ):
        assert not rule.match(name), name


def test_no_address_has_more_than_half_of_a_fronts_connections() -> None:
    """A person's connection takes two of a worker's; kernels count each one as a file."""

    def number(of: str) -> int:
        (found,) = re.findall(rf"{of} (\d+);", FRONT)
        return int(found)

    places = number("worker_processes") * number("worker_connections") // 2
    assert number("limit_conn address") <= places // 2
    assert number("worker_rlimit_nofile") > number("worker_connections")


def test_an_unusual_port_is_in_the_fronts_redirect() -> None:
    text = stacks.front_stack(replace(SCHOOL, https=8443), FRONT).files["front.conf"].decode()
    assert "return 308 https://$host:8443$request_uri;" in text
    text = stacks.front_stack(SCHOOL, FRONT).files["front.conf"].decode()
    assert "return 308 https://$host$request_uri;" in text


def test_the_front_keeps_peoples_addresses_and_has_no_rights() -> None:
    front = stacks.front_stack(SCHOOL, FRONT).content["services"][stacks.FRONT]
    assert [(one["published"], one["mode"]) for one in front["ports"]] == [
        (443, "host"),
        (80, "host"),
    ]
    assert (front["cap_drop"], front["user"], front["read_only"]) == (["ALL"], "front", True)
    assert "cap_add" not in front
