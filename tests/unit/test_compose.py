"""The promises of docker-compose.yml, and that the tests start labs in the same way."""

from __future__ import annotations

from typing import Any

import yaml

from tests import labs

COMPOSE: dict[str, Any] = yaml.safe_load((labs.ROOT / "docker-compose.yml").read_text())
SERVICE = COMPOSE["services"]["classroom"]


def test_the_tests_use_composes_capabilities() -> None:
    assert SERVICE["cap_drop"] == ["ALL"]
    assert SERVICE["cap_add"] == labs.CAPABILITIES
    assert SERVICE["security_opt"] == ["no-new-privileges:true"]


def test_it_comes_back_and_ends_in_order() -> None:
    assert SERVICE["restart"] == "unless-stopped"
    assert SERVICE["stop_grace_period"] == "30s"
    assert SERVICE["logging"]["options"] == {"max-size": "10m", "max-file": "5"}


def test_it_takes_the_machines_time_zone_and_enough_shared_memory() -> None:
    assert "TZ" in SERVICE["environment"]
    assert SERVICE["shm_size"] == "1gb"


def test_names_that_peoples_notes_depend_on() -> None:
    assert COMPOSE["name"] == "collaborative-jupyterlab${CLASS:+-${CLASS:-}}"
    assert SERVICE["image"] == "collaborative_jupyterlab${CLASS:+-${CLASS:-}}"
    assert SERVICE["ports"] == ["${PORT:-8443}:8443", "${HTTP_PORT:-127.0.0.1:0}:8444"]
    assert "CACHE_INVALIDATE" in SERVICE["build"]["args"]
    assert "ARG CACHE_INVALIDATE" in (labs.ROOT / "Dockerfile").read_text()


def test_the_tutors_folder_is_read_only() -> None:
    mounts = {mount.split(":")[1]: mount.split(":")[2:] for mount in SERVICE["volumes"]}
    assert mounts["/srv/jupyterhub/config"] == ["ro,z"]
    assert mounts["/home/classroom/materials"] == ["ro,z"]


def test_secrets_stay_out_of_the_build() -> None:
    """.dockerignore lists the files that may go in; everything else stays out."""
    rules = [
        line
        for line in (labs.ROOT / ".dockerignore").read_text().splitlines()
        if line and not line.startswith("#")
    ]
    assert rules[0] == "*"
    assert not any("secrets" in rule or "config" in rule for rule in rules)
