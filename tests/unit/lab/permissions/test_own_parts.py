from typing import Any

from classroom.lab.files.contents_manager import ClassContents
from classroom.lab.permissions import own_parts
from classroom.lab.permissions.own_parts import PARTS, replaced, shadowed


class Pairing(ClassContents):
    """Derived from our contents manager, as jupytext's is."""


def whole(contents: object) -> dict[str, Any]:
    return {
        "contents_manager": contents,
        "contents_manager of the server": contents,
        "contents_manager of the sessions": contents,
        "authorizer": "ours",
        "authorizer of the server": None,
    }


def test_parts_that_stay_are_none() -> None:
    ours = object.__new__(ClassContents)
    assert replaced(whole(ours), whole(ours)) == []


def test_another_part_is_named_in_words() -> None:
    ours = object.__new__(ClassContents)
    assert replaced(whole(ours), whole(object())) == [PARTS["contents_manager"]]
    assert replaced(whole(ours), {**whole(ours), "authorizer": "theirs"}) == [PARTS["authorizer"]]
    both = {**whole(object()), "authorizer": "theirs"}
    assert replaced(whole(ours), both) == [PARTS["contents_manager"], PARTS["authorizer"]]


def test_what_comes_new_replaces_nothing() -> None:
    ours = object.__new__(ClassContents)
    assert replaced({**whole(ours), "terminal_manager": None}, whole(ours)) == []


def test_what_derives_from_ours_is_none_if_it_is_everywhere() -> None:
    ours, derived = object.__new__(ClassContents), object.__new__(Pairing)
    assert replaced(whole(ours), whole(derived)) == []
    half = {**whole(derived), "contents_manager of the sessions": ours}
    assert replaced(whole(ours), half) == [], "the sessions only look for files with it"
    assert replaced(whole(derived), whole(ours)) == [PARTS["contents_manager"]]


def test_a_patched_method_is_a_replaced_part() -> None:
    class Part:
        __module__ = "classroom.test"

        def work(self) -> None:
            """Do the work."""

    part = Part()
    before = {f"authorizer.{key}": each for key, each in own_parts._methods(part).items()}
    part.work = lambda: None  # type: ignore[method-assign]
    after = {f"authorizer.{key}": each for key, each in own_parts._methods(part).items()}
    assert replaced(before, after) == [PARTS["authorizer"]]


def test_an_address_of_the_labs_is_not_answered_by_others() -> None:
    lab = {1: ("/lab/api/contents$", object)}
    assert shadowed(lab, {**lab, 2: ("/lab/other$", int)}) == ""
    assert shadowed(lab, {**lab, 2: ("/lab/api/contents$", int)}) == "/lab/api/contents$"


def test_a_package_is_named_as_requirements_name_it() -> None:
    assert own_parts.package("jupyter_server_ydoc.app") == "jupyter-server-ydoc"
    assert own_parts.package("not_installed.extension") == "not_installed"
