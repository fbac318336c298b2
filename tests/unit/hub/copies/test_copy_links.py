"""Links to copies: decided from plain values, and kept."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from classroom.hub.copies import copy_links, kept_copies
from classroom.hub.copies.copy_links import CopyLink, NotMadeError, WantedCopies
from classroom.hub.copies.environment import Environment
from classroom.hub.copies.kept_copies import KeptCopies
from classroom.runtime.problems import StartRefusedError

if TYPE_CHECKING:
    from pathlib import Path

WANTED = WantedCopies("secret/plan.ipynb", is_folder=False, seconds=60.0, kernel="python3")
ADA = ("ada", "7 first")
ACCOUNTS = {"ada": "7 first", "bob": "8 x"}
BODY = {"path": "a/b.txt", "folder": False, "kernel": "ir", "seconds": 3600}


def link(**other: Any) -> CopyLink:
    made, _ = copy_links.made(WANTED, ADA, 3, "image", 100.0)
    return replace(made, **other)


def test_what_a_lab_asks_for_is_read() -> None:
    assert copy_links.read(BODY) == WantedCopies(
        "a/b.txt", is_folder=False, seconds=3600.0, kernel="ir"
    )
    assert copy_links.read({**BODY, "folder": True, "kernel": None}).is_folder
    assert len(copy_links.read({**BODY, "kernel": "x" * 5000}).kernel) == 200
    assert copy_links.read({**BODY, "kernel": "\ud800"}).kernel == "?"


@pytest.mark.parametrize(
    "wrong",
    [
        *({"path": path} for path in ("", None, 3, "x" * 5000, "..", "../a", "a/../b", "/a", "a/")),
        *({"path": path} for path in ("a//b", ".git/config", "a/.b", "a\0b", "\ud800")),
        *({"seconds": one} for one in (0, -1, 7 * 86400 + 1, "60", None, True, float("nan"))),
    ],
)
def test_what_is_not_clear_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(NotMadeError):
        copy_links.read({**BODY, **wrong})


def test_everything_but_an_object_is_refused() -> None:
    bodies: tuple[Any, ...] = (None, [], "x", 3)
    for body in bodies:
        with pytest.raises(NotMadeError):
            copy_links.read(body)


def test_a_link_keeps_no_code_and_says_nothing_of_what_it_is_for() -> None:
    made, code = copy_links.made(WANTED, ADA, 3, "image", 100.0)
    other, another = copy_links.made(WANTED, ADA, 3, "image", 100.0)
    assert len(code) * 6 >= 128
    assert code != another
    assert made.key != other.key
    kept = kept_copies.encode(KeptCopies((made,))).decode()
    assert code not in kept
    for told in ("plan", "secret", "ada", made.key):
        assert told not in code
    assert (made.since, made.until, made.name) == (100.0, 160.0, "plan.ipynb")


def test_a_link_is_found_by_its_code_and_by_nothing_else() -> None:
    made, code = copy_links.made(WANTED, ADA, 3, "image", 100.0)
    links = [link(), made, link()]
    assert copy_links.find(links, code) == made
    for wrong in ("", "x", made.digest, made.key, code[:-1], f"{code} ", "ü", "\ud800", "x" * 201):
        assert copy_links.find(links, wrong) is None
    assert copy_links.find([], code) is None


def test_a_link_ends_with_its_time_and_with_its_maker() -> None:
    made = link()
    assert copy_links.alive([made], ACCOUNTS, 159.9) == [made]
    assert copy_links.alive([made], ACCOUNTS, 160.0) == []
    assert copy_links.alive([made], {}, 100.0) == [], "they are gone"
    assert copy_links.alive([made], {"ada": "7 second"}, 100.0) == [], "another has the name"
    assert copy_links.alive([made], {"eve": "7 first"}, 100.0) == [], "they have another name"


def test_each_sees_their_own_the_newest_first() -> None:
    old, new, bobs = link(since=1.0), link(since=2.0), link(maker="bob")
    assert copy_links.of_maker([old, bobs, new], "ada") == [new, old]
    assert copy_links.of_maker([old], "eve") == []


def test_copies_are_counted() -> None:
    assert link().counted().counted().used == 2


def test_what_is_kept_is_read_again(tmp_path: Path) -> None:
    file = tmp_path / "copies.json"
    assert kept_copies.COPIES.read(file) == KeptCopies()
    here = Environment("image", {"pandas": "2.1"})
    kept = KeptCopies().with_links((link(used=3), link(path="\u202ename\n")), here)
    kept_copies.COPIES.write(file, kept)
    assert kept_copies.COPIES.read(file) == kept
    assert file.stat().st_mode & 0o777 == 0o600
    assert kept.environment("image") == here
    assert kept.environment("unknown") == Environment("unknown")


def test_environments_are_kept_as_long_as_a_link_is_of_them() -> None:
    old, new = Environment("old", {"a": "1"}), Environment("new", {"a": "2"})
    of_old, of_new = link(environment="old"), link(environment="new")
    both = KeptCopies().with_links((of_old,), old).with_links((of_old, of_new), new)
    assert set(both.packages) == {"old", "new"}
    assert set(both.with_links((of_new,), None).packages) == {"new"}


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "{}", '{"links": [{}], "packages": {}}', '{"links": 3, "packages": {}}']
)
def test_what_is_damaged_is_said_at_the_start(tmp_path: Path, text: str) -> None:
    file = tmp_path / "copies.json"
    file.write_text(text)
    with pytest.raises(StartRefusedError) as refused:
        kept_copies.COPIES.read(file)
    assert "all links to copies are dead" in str(refused.value)
