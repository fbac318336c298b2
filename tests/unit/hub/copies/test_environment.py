"""The software that a copy runs with, and what differs from the time its link was made."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from classroom.hub.copies import environment
from classroom.hub.copies.environment import Changed, Environment

if TYPE_CHECKING:
    from pathlib import Path

THEN = Environment("a", {"pandas": "2.1", "gone": "1.0", "same": "3"}, frozenset({"python3"}))
NOW = Environment("b", {"pandas": "2.2", "new": "5.0", "same": "3"}, frozenset({"python3"}))


def test_the_same_image_has_no_differences() -> None:
    found = environment.compare(THEN, THEN, "python3")
    assert (found.is_other, found.packages, found.kernel) == (False, (), "")


def test_packages_that_differ_are_listed() -> None:
    found = environment.compare(THEN, NOW, "")
    assert found.is_other
    assert found.packages == (
        Changed("gone", "1.0", ""),
        Changed("new", "", "5.0"),
        Changed("pandas", "2.1", "2.2"),
    )


def test_a_kernel_that_is_not_there_is_named() -> None:
    assert environment.compare(THEN, THEN, "ir").kernel == "ir"


@pytest.fixture
def image(tmp_path: Path) -> Path:
    """An image with two packages of its own, one of the tutor's, and a kernel."""
    site = tmp_path / "opt/lib/python3.9/site-packages"
    for name in ("Jupyter_Core-5.9", "numpy-2.5", "my.tools-1.0", "classroom-0.1.0"):
        (site / f"{name}.dist-info").mkdir(parents=True)
    (tmp_path / "opt/image.txt").write_text("# made by uv\njupyter-core==5.9\nnumpy==2.5 ; x\n")
    kernel = tmp_path / "opt/share/jupyter/kernels/python3"
    kernel.mkdir(parents=True)
    (kernel / "kernel.json").write_text("{}")
    debian = tmp_path / "var/lib/dpkg"
    debian.mkdir(parents=True)
    (debian / "status").write_text("Package: git")
    return tmp_path


def look(image: Path) -> Environment:
    return environment.look(image / "opt", image)


def test_of_the_packages_those_that_a_tutor_has_added_are_told(image: Path) -> None:
    found = look(image)
    assert found.packages == {"my-tools": "1.0"}
    assert found.kernels == {"python3"}
    assert found == look(image)


@pytest.mark.parametrize("what", ["a package", "of the image's own", "Debian's"])
def test_another_installation_makes_it_another(image: Path, what: str) -> None:
    before = look(image)
    site = image / "opt/lib/python3.9/site-packages"
    if what == "a package":
        (site / "more-1.0.dist-info").mkdir()
    elif what == "Debian's":
        (image / "var/lib/dpkg/status").write_text("Package: graphviz")
    else:
        (site / "numpy-2.5.dist-info").rename(site / "numpy-2.6.dist-info")
    after = look(image)
    assert after.id != before.id
    assert ("more" in after.packages) == (what == "a package")


def test_our_own_code_makes_it_no_other(image: Path) -> None:
    before = look(image)
    site = image / "opt/lib/python3.9/site-packages"
    (site / "classroom-0.1.0.dist-info").rename(site / "classroom-0.2.0.dist-info")
    assert look(image) == before


def test_an_image_without_anything_is_one_too(tmp_path: Path) -> None:
    assert look(tmp_path).packages == {}
