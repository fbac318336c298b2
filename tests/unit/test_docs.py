"""The documentation names only what exists: tests, settings, files, layers, commands."""

from __future__ import annotations

import re
import tomllib

import pytest

from classroom.config.traits import Classroom
from tests import labs

DOCS = labs.ROOT / "docs"
AT_THE_ROOT = ("README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md")
PAGES = sorted([*DOCS.rglob("*.md"), *(labs.ROOT / name for name in AT_THE_ROOT)])
WRITTEN = {page.relative_to(labs.ROOT).as_posix(): page.read_text() for page in PAGES}
FILES = sorted((labs.ROOT / "tests").rglob("*.py"))
FUNCTIONS = {
    name
    for file in FILES
    for name in re.findall(r"^(?:async )?def (test_\w+)", file.read_text(), re.MULTILINE)
}
MODULES = {file.name for file in FILES}
# Rows of the bypass matrix: a number, then the rest of the test's name.
SHORT = re.compile(r"(test_\w+_)…")


def named_tests(text: str) -> set[str]:
    """Return the names of tests, of their modules, and of groups of them (`test_row_5_…`)."""
    return set(re.findall(r"\btest_\w+(?:\.py|…)?", text))


def exists(name: str) -> bool:
    """Say whether a test, a module of tests, or a group of tests exists."""
    if name.endswith(".py"):
        return name in MODULES
    if begun := SHORT.fullmatch(name):
        return any(one.startswith(begun.group(1)) for one in FUNCTIONS)
    return name in FUNCTIONS


@pytest.mark.parametrize("page", WRITTEN)
def test_every_test_that_is_named_exists(page: str) -> None:
    named = named_tests(WRITTEN[page])
    assert sorted(name for name in named if not exists(name)) == []


def test_security_names_the_tests_that_prove_it() -> None:
    assert len(named_tests(WRITTEN["docs/security.md"])) > 200


@pytest.mark.parametrize("trait", sorted(Classroom.class_own_traits(config=True)))
def test_every_setting_is_described(trait: str) -> None:
    assert f"| `c.Classroom.{trait}` |" in WRITTEN["docs/operate/configuration.md"]


@pytest.mark.parametrize("page", WRITTEN)
def test_every_file_that_is_named_exists(page: str) -> None:
    """Check every file of our own: below a folder of the repository, or of ``src/classroom``."""
    ours = labs.ROOT / "src/classroom"
    folders = [one.name for one in ours.iterdir() if one.is_dir()]
    folders += ["src", "tests", "tools", "nginx", "nftables", "requirements", "labextension"]
    found = re.findall(rf"`((?:{'|'.join(folders)})/[\w./-]+\.\w+)`", WRITTEN[page])
    roots = (labs.ROOT, ours, ours / "lab", labs.ROOT / "tests", labs.ROOT / "labextension")
    missing = [path for path in found if not any((root / path).exists() for root in roots)]
    assert missing == []


def anchors(text: str) -> set[str]:
    """Return a page's headings as GitHub and the site write them in addresses."""
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", AT_THE_ROOT)
def test_links_of_pages_outside_the_site_lead_somewhere(page: str) -> None:
    """The build of the site checks the site's own links."""
    for path, anchor in re.findall(r"\]\((?!https?:)([^)#]+)#?([^)]*)\)", WRITTEN[page]):
        assert (labs.ROOT / path).exists(), path
        assert not anchor or anchor in anchors((labs.ROOT / path).read_text()), anchor


@pytest.mark.parametrize("page", WRITTEN)
def test_every_make_command_exists(page: str) -> None:
    targets = re.findall(r"^([a-z-]+):", (labs.ROOT / "Makefile").read_text(), re.MULTILINE)
    named = re.findall(r"(?:^|`)make ([a-z][a-z-]+)", WRITTEN[page], re.MULTILINE)
    assert sorted(set(named) - set(targets)) == []


def test_the_picture_of_the_layers_is_the_contract() -> None:
    """The picture has the layers from top to bottom as in the contract that `make lint` checks."""
    tool = tomllib.loads((labs.ROOT / "pyproject.toml").read_text())["tool"]
    (lab,) = (one for one in tool["importlinter"]["contracts"] if one["name"] == "The lab")
    layers = [layer.replace(" | ", " · ") for layer in lab["layers"] if layer != "__main__"]
    drawn = re.findall(r'x="40"[^>]*>([^<]+)<', (DOCS / "images/layers.svg").read_text())
    assert drawn == layers


def test_the_table_of_packages_is_the_contract() -> None:
    tool = tomllib.loads((labs.ROOT / "pyproject.toml").read_text())["tool"]
    contracts = tool["importlinter"]["contracts"]
    (container,) = (one for one in contracts if one["name"] == "The container")
    layers = [name for layer in container["layers"] for name in layer.split(" | ")]
    rows = re.findall(r"^\| (`[^|]+`) \|", WRITTEN["docs/develop/architecture.md"], re.MULTILINE)
    assert [name for row in rows for name in re.findall(r"`(\w+)`", row)] == layers


@pytest.mark.parametrize("picture", sorted(path.name for path in (DOCS / "images").iterdir()))
def test_every_picture_is_small_and_shown(picture: str) -> None:
    assert (DOCS / "images" / picture).stat().st_size <= 200_000
    assert any(f"images/{picture})" in text for text in WRITTEN.values())
