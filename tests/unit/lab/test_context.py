"""Everything that a lab has once is in one object: two labs in one process share nothing."""

from __future__ import annotations

import ast
from collections import Counter
from dataclasses import fields
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast
from weakref import WeakKeyDictionary, WeakSet, WeakValueDictionary

import pytest

import classroom.lab
from classroom.lab.connections.memory_budget import EACH_BYTES
from classroom.lab.connections.registry import Connections
from classroom.lab.context import LabContext
from classroom.lab.permissions.mode import Mode
from classroom.lab.permissions.mode_service import ModeService
from classroom.lab.services import Services
from classroom.lab.storage.journal import Journal
from tests import contexts, loops

if TYPE_CHECKING:
    from collections.abc import Iterator

KEPT = {
    "connections.cpu_budget._readers": "threads keep nothing between two calls",
    "storage.threads._pool": "threads keep nothing between two calls",
    "storage.threads._long": "threads keep nothing between two calls",
    "execution.iopub_reconnect._numbers": "names of ZeroMQ's sockets, which are the process's",
    "extension.HISTORY": "a metric of Prometheus is of the process",
    "starting.LONGEST_STALL": "a metric of Prometheus is of the process",
    "starting.STALLS": "a metric of Prometheus is of the process",
    "extension._patch": "upstream is patched once, for all labs of the process",
    "files.beneath._libc": "the C library",
    "files.link_atomically._libc": "the C library",
    "files.contents_saver._new": "a ContextVar is of one task",
    "files.large_files._has_turn": "a ContextVar is of one task",
    "files.notebook_validity._check": "of nbformat's schema, which comes with the image",
    "files.notebook_validity._schema": "of nbformat's schema, which comes with the image",
    "storage.saved_hashes.saving": "a ContextVar is of one task",
    "protocol.awareness_state.WRONG": "a value of its own, without content",
    "merging.notebooks.MISSING": "a value of its own, without content",
    "protocol.participant.ENCODER": "it keeps nothing between two calls",
    "rooms.hooks.NO_HOOKS": "a chain that has no hooks, and gets none",
    "protocol.decoder.DECODING": "it has no state",
    "protocol.kernel_outputs._remembered": "what the same bytes always say",
    "storage.document_indexes._followed": "by document, weakly: a document is of one lab",
    "upstream.page_cache._known_overrides": "of files that come with the image",
    "upstream.page_cache._known_page_config": "of files that come with the image",
    "upstream.page_cache._known_schema": "of files that come with the image",
}
"""Mutable objects in the lab's modules and classes, and why each may be there."""
FIXED = frozenset(
    {"frozenset", "getLogger", "compile", "bytes", "range", "tuple", "Struct", "type"}
    | {
        "TypeVar",
        "ParamSpec",
        "replace",
        "files",
        "joinpath",
        "read_text",
        "staticmethod",
        "property",
    }
    | {"auto", "items", "len"}
    | {"Batch", "Location", "Mode", "Style"}  # frozen dataclasses of ours
    | {"Bool", "Instance", "Int", "List", "Type", "Unicode"}  # traits: each object has its values
    | {"field"}  # of dataclasses, the same
    | {"gettext_noop", "frame"}  # they return texts
    | {"_by_method"}  # rules by handler, written in the module
)
"""The functions that module-level code may call: their values don't change."""
EMPTY = frozenset({"Counter", "OrderedDict", "WeakKeyDictionary", "WeakSet", "WeakValueDictionary"})
CHANGING = frozenset(
    {"add", "append", "appendleft", "clear", "discard", "extend", "insert", "pop", "popitem"}
    | {"popleft", "remove", "setdefault", "update"}
)
"""Names of methods that change a container."""


def sources() -> Iterator[tuple[str, ast.Module]]:
    """Yield all modules of the lab: their names below ``classroom.lab``, and their syntax trees."""
    (folder,) = (Path(one) for one in classroom.lab.__path__)
    for file in sorted(folder.rglob("*.py")):
        name = ".".join(file.relative_to(folder).with_suffix("").parts)
        yield name, ast.parse(file.read_text(encoding="utf-8"))


def assigned(body: list[ast.stmt]) -> Iterator[tuple[str, ast.expr]]:
    """Yield the assignments in the body of a module or a class."""
    for one in body:
        if isinstance(one, ast.Assign):
            for target in one.targets:
                yield ast.unparse(target), one.value
        elif isinstance(one, ast.AnnAssign) and one.value is not None:
            yield ast.unparse(one.target), one.value


def called(one: ast.expr) -> str:
    """Return the name of a called function, without anything before the last dot."""
    found = one.func if isinstance(one, ast.Call) else one
    return found.attr if isinstance(found, ast.Attribute) else getattr(found, "id", "")


def may_change(value: ast.expr) -> bool:
    """Say whether a value can hold state, judging by its expression."""
    if isinstance(value, ast.Dict | ast.List | ast.Set):
        elements = value.values if isinstance(value, ast.Dict) else value.elts
        return not elements  # a table counts only if some code changes it
    calls = [one for one in ast.walk(value) if isinstance(one, ast.Call)]
    inner = {
        id(one)
        for lazy in ast.walk(value)
        if isinstance(lazy, ast.Lambda)
        for one in ast.walk(lazy)
    }
    return any(called(one) not in FIXED for one in calls if id(one) not in inner)


def changed(tree: ast.AST) -> Iterator[str]:
    """Yield the names of objects that a module's functions change, by method, item or attribute."""
    for one in ast.walk(tree):
        if isinstance(one, ast.Call) and isinstance(one.func, ast.Attribute):
            if one.func.attr in CHANGING:
                yield called(one.func.value)
        elif isinstance(one, ast.Subscript) and isinstance(one.ctx, ast.Store | ast.Del):
            yield called(one.value)
        elif isinstance(one, ast.Attribute) and isinstance(one.ctx, ast.Store | ast.Del):
            yield f"{called(one.value)}."


def found_in(name: str, tree: ast.Module) -> Iterator[str]:
    """Yield a module's mutable or caching objects."""
    bodies = [(name, tree.body)]
    bodies += [
        (f"{name}.{one.name}", one.body) for one in tree.body if isinstance(one, ast.ClassDef)
    ]
    classes = {one.name for one in ast.walk(tree) if isinstance(one, ast.ClassDef)}
    functions = (one for one in ast.walk(tree) if isinstance(one, ast.FunctionDef))
    changes = {what for one in functions for what in changed(one)}
    for where, body in bodies:
        for target, value in assigned(body):
            if may_change(value) or (target in changes and target.isupper()):
                yield f"{where}.{target}"
    for one in ast.walk(tree):
        if isinstance(one, ast.Global):
            yield f"{name}.{','.join(one.names)}"
        elif isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef) and any(
            called(decorator) in {"cache", "lru_cache"} for decorator in one.decorator_list
        ):
            yield f"{name}.{one.name}"
    for what in changes:
        if what.removesuffix(".") in classes and what.endswith("."):
            yield f"{name}.{what}*"


def test_no_module_keeps_anything_of_a_labs() -> None:
    """Move each new object of a module into `LabContext`, or explain it here."""
    found = {one for name, tree in sources() for one in found_in(name, tree)}
    assert found - KEPT.keys() == set()
    assert KEPT.keys() - found == set(), "it isn't there any more"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("seen = {}", {"m.seen"}),
        ("NAMES = {'a': 1}", set()),
        ("NAMES = {'a': 1}\ndef f():\n NAMES['b'] = 2", {"m.NAMES"}),
        ("NAMES = ['a']\ndef f():\n NAMES.append('b')", {"m.NAMES"}),
        ("OPEN = Connections()", {"m.OPEN"}),
        ("class A:\n turns = Turns()", {"m.A.turns"}),
        ("class A:\n def f(self):\n  A.answer = 1", {"m.A.*"}),
        ("x = 1\ndef f():\n global x", {"m.x"}),
        ("@functools.lru_cache(3)\ndef f(): ...", {"m.f"}),
        ("WORD = re.compile('a')\nBOTH = (1, frozenset({2}))", set()),
    ],
)
def test_it_is_seen(text: str, found: set[str]) -> None:
    assert set(found_in("m", ast.parse(text))) == found


CONTAINERS = (
    *(bytearray, dict, list, set, Counter, WeakKeyDictionary, WeakSet, WeakValueDictionary),
)


def reached(part: Any, seen: dict[int, Any]) -> None:
    """Collect the mutable objects below an object: our own objects, and containers."""
    if id(part) in seen or isinstance(part, type):
        return
    if isinstance(part, CONTAINERS):
        seen[id(part)] = part
    elif type(part).__module__.startswith("classroom."):
        seen[id(part)] = part
        if hasattr(part, "__dict__"):
            for one in vars(part).values():
                reached(one, seen)


def test_two_labs_share_no_object(tmp_path: Path) -> None:
    labs = [contexts.make(journal=Journal(tmp_path / name)) for name in ("one.db", "other.db")]
    found: list[dict[int, Any]] = [{}, {}]
    for lab, seen in zip(labs, found, strict=True):
        reached(lab, seen)
        lab.close()
    for one in fields(LabContext):
        assert id(getattr(labs[0], one.name)) in found[0], one.name
    assert [found[0][ident] for ident in found[0].keys() & found[1].keys()] == []


def test_what_happens_in_one_lab_is_not_seen_in_another(tmp_path: Path) -> None:
    async def main() -> None:
        one, other = (contexts.make(journal=Journal(tmp_path / name)) for name in ("a", "b"))
        assert one.journal is not None
        assert other.journal is not None
        socket = SimpleHandler()
        one.connections.add(cast("Any", socket))
        one.modes.switch(Mode("ada"))
        one.notifications.warn("disk", "The disk is full.")
        one.history.add("book", "book.ipynb", "cell", "ada")
        one.participants.asking = "ada"
        one.cpu.add("eve", 100, 0.0)
        assert one.memory.take("eve", EACH_BYTES)
        one.journal.append("document", b"\0\0")
        await one.journal.written()
        assert list(one.connections.open()) == [socket]
        assert list(other.connections.open()) == []
        assert one.modes.is_view_only("eve")
        assert not other.modes.is_view_only("eve")
        assert not other.notifications.are_standing()
        assert list(other.history.of("book")) == []
        assert other.participants.asking == ""
        assert not other.cpu.is_too_much("eve", 0.0)
        assert other.memory.take("eve", EACH_BYTES)
        assert len(await one.journal.read("document")) == 1
        assert await other.journal.read("document") == []
        for lab in (one, other):
            lab.close()

    loops.run(main())


class SimpleHandler(SimpleNamespace):
    """An open socket."""

    ws_connection = object()
    current_user = SimpleNamespace(username="eve")
    __hash__ = object.__hash__  # type: ignore[assignment]


def test_a_service_is_found_by_its_class() -> None:
    lab = contexts.make()
    found = lab.services()
    assert found[ModeService] is lab.modes
    assert found[Connections] is lab.connections
    assert found[LabContext] is lab
    assert found.get(Journal) is None
    with pytest.raises(KeyError):
        Services()[ModeService]
