"""Describe Docker Swarm's stacks: one for the front, one for each class, and their files.

Swarm never changes a configuration or a secret. The name of each contains a hash of its content, so
that a change makes a new one, and only classes with changed files restart.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tools.school.plan import School, SchoolClass

LABEL = "classroom.school"
"""The label, with the school's domain, of all objects that were made from a school's file."""
NETWORK = "school"
FRONT = "front"
PREFIX = "class-"
"""The beginning of the names of classes' stacks; deploy/swarm/front.conf contains it, too."""
SERVICE = "lab"
FOLDER = "/srv/jupyterhub/config"
HTTPS, HTTP = 8443, 8444
CAPABILITIES = ["CHOWN", "DAC_OVERRIDE", "SETUID", "SETGID", "KILL", "SETPCAP", "NET_ADMIN"]
"""The same as in docker-compose.yml, which explains each."""
SHARED_MEMORY_BYTES = 2**30
FRONT_MEMORY = "512M"
"""The memory of a front with all its connections (see front.conf); each needs some 22 kB."""
LOG = {"driver": "json-file", "options": {"max-size": "10m", "max-file": "5"}}


@dataclass(frozen=True)
class Stack:
    """The input of ``docker stack deploy``.

    Attributes:
        name: the stack's name.
        content: the content of its file, as YAML's types.
        files: the files to which it refers, by their names beside it.
    """

    name: str
    content: dict[str, Any]
    files: dict[str, bytes] = field(default_factory=dict)


def name_of(one: SchoolClass) -> str:
    """Return the name of a class's stack."""
    return f"{PREFIX}{one.name}"


def name_of_service(name: str) -> str:
    """Return the name of a class's service.

    Args:
        name: the class's name.
    """
    return f"{PREFIX}{name}_{SERVICE}"


def configuration(school: School, one: SchoolClass, more: str = "") -> str:
    """Return the text of a class's jupyterhub_config.py.

    Args:
        school: the class's school.
        one: the class.
        more: the text of the class's own file, whose settings win.
    """
    lists = {
        "Authenticator.allowed_users": {*one.users, *one.tutors},
        "Authenticator.admin_users": {*one.tutors},
        "GitHubOAuthenticator.allowed_organizations": {*one.organizations},
    }
    # Sorted: the order of a set differs each time, and the file would change.
    lines = [f"c.{key} = set({sorted(names)!r})" for key, names in lists.items() if names]
    if one.client_id:
        callback = f"{school.address(one)}/hub/oauth_callback"
        lines += [
            f"c.GitHubOAuthenticator.client_id = {one.client_id!r}",
            f"c.GitHubOAuthenticator.oauth_callback_url = {callback!r}",
        ]
    if school.acme:
        acme = {"host": school.host(one), "email": school.acme}
        lines.append(f"c.Classroom.acme = {acme!r}")
    lines += [
        # Only fronts and classes have addresses in it, and students' code can't reach it.
        f"c.Classroom.trusted_proxies = [{school.network!r}]",
        "c.Classroom.proxy_protocol = True",
        more,
    ]
    return "\n".join(line for line in lines if line).rstrip() + "\n"


def class_stack(
    school: School, one: SchoolClass, more: str = "", secrets: Mapping[str, bytes] | None = None
) -> Stack:
    """Describe a class.

    Args:
        school: the class's school.
        one: the class.
        more: the text of the class's own file, which is added to its configuration.
        secrets: the contents of its secret files, by their names in ``secrets/``.
    """
    name, label = name_of(one), {LABEL: school.domain}
    open_files = {"jupyterhub_config.py": configuration(school, one, more).encode()}
    secret_files = {f"secrets/{key}": value for key, value in (secrets or {}).items()}
    kept: dict[str, Any] = {"type": "volume", "source": "data", "target": "/data"}
    if one.folder:
        kept = {"type": "bind", "source": one.folder, "target": "/data"}
    shared = {"type": "tmpfs", "target": "/dev/shm", "tmpfs": {"size": SHARED_MEMORY_BYTES}}  # noqa: S108
    limits: dict[str, str] = {}
    if one.memory:
        limits["memory"] = one.memory
    if one.cpus:
        limits["cpus"] = str(one.cpus)
    deploy: dict[str, Any] = {
        "labels": label,
        "replicas": 1,
        "endpoint_mode": "dnsrr",
        "placement": {"constraints": [f"node.hostname == {one.node}"] if one.node else []},
        "resources": {"limits": limits},
        # Two labs must never use one volume: the old lab saves and ends before the new one starts.
        # Swarm regards a new container as running once it is healthy.
        "update_config": {"order": "stop-first", "failure_action": "rollback", "monitor": "5s"},
        "rollback_config": {"order": "stop-first"},
        "restart_policy": {"condition": "any", "delay": "5s"},
    }
    service = {
        "image": school.image,
        "cap_drop": ["ALL"],
        "cap_add": CAPABILITIES,
        "stop_grace_period": "30s",
        "environment": {"HTTP_PORT": str(school.http)} if school.acme else {},
        "networks": {NETWORK: {"aliases": [name]}},
        "volumes": [kept, shared],
        "configs": [_mounted(place) for place in open_files],
        "secrets": [_mounted(place) for place in secret_files],
        "deploy": deploy,
        "logging": LOG,
    }
    content = {
        "services": {SERVICE: service},
        "networks": {NETWORK: {"external": True, "name": NETWORK}},
        "volumes": {} if one.folder else {"data": {"labels": label}},
        "configs": _all_named(name, open_files, label),
        "secrets": _all_named(name, secret_files, label),
    }
    return Stack(name, content, open_files | secret_files)


def front_stack(school: School, template: str) -> Stack:
    """Describe the front, which leads people to their class on each machine.

    Args:
        school: the school.
        template: the template of the front's configuration (deploy/swarm/front.conf).
    """
    label = {LABEL: school.domain}
    conf = template.replace("@DOMAIN@", school.domain.replace(".", r"\."))
    conf = conf.replace("@PORT@", school.port)
    files = {"front.conf": conf.encode()}
    ports = ((school.https, HTTPS), (school.http, HTTP))
    service = {
        "image": school.image,
        "entrypoint": ["nginx", "-c", "/etc/front.conf", "-g", "daemon off;"],
        "user": "front",
        "cap_drop": ["ALL"],
        "read_only": True,
        "healthcheck": {"disable": True},  # the image's health check needs a lab
        "volumes": [{"type": "tmpfs", "target": "/tmp"}],  # noqa: S108
        # Publish on each machine itself: Swarm's own routing mesh hides people's addresses.
        "ports": [
            {"target": target, "published": port, "protocol": "tcp", "mode": "host"}
            for port, target in ports
        ],
        "networks": [NETWORK],
        "configs": [{"source": _key("front.conf"), "target": "/etc/front.conf"}],
        "deploy": {
            "labels": label,
            "mode": "global",
            "endpoint_mode": "dnsrr",
            "update_config": {"order": "stop-first", "failure_action": "rollback"},
            "resources": {"limits": {"memory": FRONT_MEMORY}},
        },
        "logging": LOG,
    }
    network = {
        "name": NETWORK,
        "driver": "overlay",
        "labels": label,
        "ipam": {"config": [{"subnet": school.network}]},
    }
    content = {
        "services": {FRONT: service},
        "networks": {NETWORK: network},
        "configs": _all_named(FRONT, files, label),
    }
    return Stack(FRONT, content, files)


def _key(place: str) -> str:
    """Return the name of a file within its stack."""
    return place.replace("/", "_").replace(".", "_")


def _named(stack: str, place: str, content: bytes, labels: dict[str, str]) -> dict[str, Any]:
    """Describe a file of a stack; its name changes with its content."""
    digest = hashlib.sha256(content).hexdigest()[:12]
    return {"name": f"{stack}-{_key(place)}-{digest}", "file": f"./{place}", "labels": labels}


def _all_named(stack: str, files: Mapping[str, bytes], labels: dict[str, str]) -> dict[str, Any]:
    """Describe files by their names within their stack."""
    return {_key(place): _named(stack, place, content, labels) for place, content in files.items()}


def _mounted(place: str) -> dict[str, Any]:
    """Describe the mount of a file in a class, where only root can read it."""
    return {"source": _key(place), "target": f"{FOLDER}/{place}", "mode": 0o400}
