"""The message of a contract's row if upstream has renamed, removed or changed what it names."""

from __future__ import annotations

import asyncio
import sys
import textwrap
from functools import wraps
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest

from classroom.runtime import contract_rows, upstream
from classroom.runtime.contract_rows import Shape
from classroom.runtime.upstream import ChangedError

if TYPE_CHECKING:
    from collections.abc import Callable

UPSTREAM = """
import functools

LIMIT = 1

def authenticated(method):
    @functools.wraps(method)
    def wrapper(self, *args, **kwargs):
        return method(self, *args, **kwargs)
    return wrapper

class Base:
    def __init__(self):
        self._lock = object()

    async def _save(self, document, now=False):
        async with self._lock:
            self._write(document)

    def _write(self, document):
        pass

class Room(Base):
    delay: float

    @property
    def size(self):
        return self._lock

    @classmethod
    def of(cls, *names, key, **options):
        return cls

    @authenticated
    async def get(self, path):
        return LIMIT

def make(room_id, *, ready):
    def later():
        return Room
    return later
"""
ROWS = """
# Title

| name | must be | and use | where | what for | issue |
| --- | --- | --- | --- | --- | --- |
| `fake_upstream.rooms:Room` | `class` | | `lab/a.py` | subclassed | |
| `fake_upstream.rooms:Room._save` | `coroutine(self, document, now)` | `_lock` `_write` | `lab/a.py` | overridden | |
| `fake_upstream.rooms:Room._lock` | `attribute` | | `lab/a.py` `lab/b.py` | held | jupyterlab/jupyterlab#1 |
| `fake_upstream.rooms:Room.delay` | `attribute` | | `lab/a.py` | read | |
| `fake_upstream.rooms:Room.size` | `attribute` | | `lab/a.py` | read | |
| `fake_upstream.rooms:Room.of` | `function(cls, key, *names, **options)` | | `lab/a.py` | called | |
| `fake_upstream.rooms:Room.get` | `coroutine(self, path)` | `LIMIT` | `lab/a.py` | patched | |
| `fake_upstream.rooms:make` | `function(room_id, ready)` | `Room` | `lab/a.py` | patched | |
| `fake_upstream.rooms:LIMIT` | `attribute` | | `lab/a.py` | replaced | |

## Chat

| `fake_chat:Chat._said` | `attribute` | | `lab/chat.py` | read | |
"""  # noqa: E501 (a table's)


@pytest.fixture
def install(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Return a function that makes an upstream package, with some of its source changed."""

    def make(*changes: tuple[str, str]) -> Any:
        text = UPSTREAM
        for before, after in changes:
            assert before in text
            text = text.replace(before, after)
        module = ModuleType("fake_upstream.rooms")
        exec(textwrap.dedent(text), vars(module))  # noqa: S102
        monkeypatch.setitem(sys.modules, "fake_upstream", ModuleType("fake_upstream"))
        monkeypatch.setitem(sys.modules, "fake_upstream.rooms", module)
        return module

    return make


def differences() -> list[str]:
    rows = contract_rows.rows(ROWS, leave_out=("Chat",))
    return [sentence for row in rows if (sentence := upstream.difference(row))]


def test_a_table_is_read() -> None:
    rows = contract_rows.rows(ROWS)
    assert len(rows) == 10
    assert rows[1] == contract_rows.ContractRow(
        "fake_upstream.rooms:Room._save",
        ("lab/a.py",),
        "overridden",
        Shape.COROUTINE,
        ("self", "document", "now"),
        ("_lock", "_write"),
    )
    assert rows[2].used_in == ("lab/a.py", "lab/b.py")
    assert rows[2].public == "jupyterlab/jupyterlab#1"
    assert rows[-1].module == "fake_chat"
    assert len(contract_rows.rows(ROWS, leave_out=("Chat",))) == 9


@pytest.mark.parametrize(
    "line", ["| `a:b` | `method(self)` | | `c` | d | |", "| `a` | `class` | | | | |"]
)
def test_a_row_that_cannot_be_read_is_an_error(line: str) -> None:
    with pytest.raises(ValueError, match="can't be read"):
        contract_rows.rows(line)


def test_upstream_as_we_know_it_has_no_differences(install: Callable[..., Any]) -> None:
    install()
    assert differences() == []
    upstream.check(contract_rows.rows(ROWS, leave_out=("Chat",)))


@pytest.mark.parametrize(
    ("changes", "name", "what"),
    [
        # Renamed or removed, for each kind.
        (
            (("class Room(", "class DocumentRoom("), ("return Room", "return 1")),
            "Room",
            "is no longer there",
        ),
        ((("_save(", "_store("),), "Room._save", "is no longer there"),
        ((("_lock", "_mutex"),), "Room._lock", "is no longer there"),
        ((("delay: float", "pause: float"),), "Room.delay", "is no longer there"),
        ((("def size", "def length"),), "Room.size", "is no longer there"),
        ((("def make", "def create"),), "make", "is no longer there"),
        ((("LIMIT = 1", "MOST = 1"),), "LIMIT", "is no longer there"),
        # Replaced by something else.
        ((("class Room(Base):", "Room = 1\nclass Other(Base):"),), "Room", "is no longer a class"),
        (
            (("async def _save", "def _save"), ("async with", "with")),
            "Room._save",
            "is no longer a coroutine function",
        ),
        (
            (("    def of", "    async def of"),),
            "Room.of",
            "is no longer a function that isn't awaited",
        ),
        ((("def make(room_id", "make = 1\ndef other(room_id"),), "make", "is no longer a function"),
        # Other parameters.
        (
            (("document, now=False", "document"),),
            "Room._save",
            "takes (self, document) and no longer (self, document, now)",
        ),
        (
            (("*names, key", "names, key"),),
            "Room.of",
            "takes (cls, names, key, **options) and no longer",
        ),
        (
            (("async def get(self, path)", "async def get(self, room_id)"),),
            "Room.get",
            "takes (self, room_id) and no longer (self, path)",
        ),
        # The function that our code replaces is no longer called.
        ((("self._write(document)", "pass"),), "Room._save", "no longer uses _write"),
        ((("        return Room", "        return 1"),), "make", "no longer uses Room"),
    ],
)
def test_each_change_is_a_sentence(
    install: Callable[..., Any], changes: tuple[tuple[str, str], ...], name: str, what: str
) -> None:
    install(*changes)
    found = [one for one in differences() if one.startswith(f"fake_upstream.rooms:{name} ")]
    assert len(found) == 1, differences()
    assert what in found[0]
    assert "classroom/lab/a.py" in found[0]


def test_a_module_that_is_gone_is_a_sentence(install: Callable[..., Any]) -> None:
    install()
    del sys.modules["fake_upstream.rooms"]
    found = differences()
    assert len(found) == 9
    assert all("can't be imported" in one for one in found)


def test_all_differences_are_told_at_once(install: Callable[..., Any]) -> None:
    install(("_lock", "_mutex"), ("def make", "def create"))
    with pytest.raises(ChangedError) as raised:
        upstream.check(contract_rows.rows(ROWS), describe=lambda module: f"{module}, 2.0")
    said = str(raised.value)
    assert "in 4 places" in said
    lines = said.splitlines()[1:-1]
    assert lines == [
        "- fake_upstream.rooms, 2.0: fake_upstream.rooms:Room._save no longer uses"
        " _lock. classroom/lab/a.py needs it: overridden.",
        "- fake_upstream.rooms, 2.0: fake_upstream.rooms:Room._lock is no longer there."
        " classroom/lab/a.py and classroom/lab/b.py needs it: held.",
        "- fake_upstream.rooms, 2.0: fake_upstream.rooms:make is no longer there."
        " classroom/lab/a.py needs it: patched.",
        "- fake_chat, 2.0: fake_chat:Chat._said can't be imported (No module named"
        " 'fake_chat'). classroom/lab/chat.py needs it: read.",
    ]


def test_a_patch_of_ours_is_looked_through(install: Callable[..., Any]) -> None:
    """The tables still hold after the patches: several labs may start in one process."""
    module = install()
    theirs = module.Room._save

    @wraps(theirs)
    async def save(self: Any, *args: Any) -> None:
        await theirs(self, *args)

    module.Room._save = save
    assert differences() == []
    assert asyncio.iscoroutinefunction(module.Room._save)


def test_a_class_of_ours_that_stands_in_is_looked_through(install: Callable[..., Any]) -> None:
    module = install()
    methods = {"_save": lambda: None, "__module__": "classroom.lab.rooms"}
    module.Room = type("Room", (module.Room,), methods)
    assert differences() == []
