"""The list of a release's parts, from this repository's locks, in a standard format."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
from typing import Any

import pytest

from tests import labs
from tools import engine, lockfile, sbom
from tools.sbom import SbomError, Sources

WHEN = dt.datetime(2026, 11, 28, tzinfo=dt.UTC)
DEBIAN = """\
installed libssl3t64 3.5.4-1~deb13u1 amd64
installed tini 1:0.19.0-3 amd64
installed tzdata 2025b-5 all
config-files gone 1.0 amd64
"""


def read(name: str) -> str:
    return (labs.ROOT / name).read_text()


SOURCES = Sources(
    image=read("requirements/image.txt"),
    build=read("requirements/build.txt"),
    npm=read("labextension/package-lock.json"),
    debian=DEBIAN,
    python=engine.PYTHON,
    suite=engine.SUITE,
)


@pytest.fixture(scope="module")
def listed() -> dict[str, Any]:
    """Return the whole document; it was checked against CycloneDX's own schema."""
    found: dict[str, Any] = json.loads(sbom.document("1.2.0", WHEN, SOURCES))
    return found


def of(listed: dict[str, Any], kind: str) -> dict[str, dict[str, Any]]:
    """Return the parts of a kind by their names."""
    parts = (one for one in listed["components"] if one["purl"].startswith(f"pkg:{kind}/"))
    return {
        f"{one['group']}/{one['name']}" if "group" in one else one["name"]: one for one in parts
    }


def test_it_says_of_what_it_is_the_list(listed: dict[str, Any]) -> None:
    assert (listed["bomFormat"], listed["specVersion"]) == ("CycloneDX", "1.6")
    whole = listed["metadata"]["component"]
    assert (whole["name"], whole["version"]) == ("collaborative_jupyterlab", "1.2.0")
    assert whole["licenses"] == [{"license": {"id": "BSD-3-Clause"}}]
    (made_of,) = [one for one in listed["dependencies"] if one["ref"] == whole["bom-ref"]]
    assert set(made_of["dependsOn"]) == {one["bom-ref"] for one in listed["components"]}


def test_every_python_package_of_the_image_is_there_and_none_for_other_systems(
    listed: dict[str, Any],
) -> None:
    found = of(listed, "pypi")
    there = {name: one["version"] for name, one in found.items() if one["scope"] == "required"}
    locked = lockfile.python(SOURCES.image)
    assert set(locked) - set(there) == {"appnope", "colorama", "pywinpty"}
    assert {name: locked[name] for name in there} == there


def test_what_builds_the_image_is_not_said_to_be_in_it(listed: dict[str, Any]) -> None:
    apart = {name for name, one in of(listed, "pypi").items() if one["scope"] == "excluded"}
    assert apart == set(lockfile.python(SOURCES.build)) - set(lockfile.python(SOURCES.image))
    assert {"uv", "hatchling"} <= apart


def test_the_labextensions_packages_are_there_without_those_of_its_tests(
    listed: dict[str, Any],
) -> None:
    found = of(listed, "npm")
    locked = lockfile.npm(SOURCES.npm)
    assert found["@lumino/widgets"]["version"] == locked["@lumino/widgets"]
    assert found["@lumino/widgets"]["licenses"] == [{"license": {"id": "BSD-3-Clause"}}]
    assert found["@lumino/widgets"]["purl"].startswith("pkg:npm/%40lumino/widgets@")
    assert not {"jest", "@biomejs/biome"} & set(found)


def test_debians_packages_are_there_as_installed(listed: dict[str, Any]) -> None:
    found = of(listed, "deb")
    assert set(found) == {"libssl3t64", "tini", "tzdata"}
    url = "pkg:deb/debian/tini@1:0.19.0-3?arch=amd64&distro="
    assert found["tini"]["purl"] == f"{url}{engine.SUITE}"


@pytest.mark.parametrize("part", ["image", "build", "npm", "debian"])
def test_a_part_without_packages_is_a_sentence(part: str) -> None:
    empty = '{"packages": {}}' if part == "npm" else ""
    with pytest.raises(SbomError, match="no package"):
        sbom.document("1.2.0", WHEN, dataclasses.replace(SOURCES, **{part: empty}))
