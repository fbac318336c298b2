"""Our code uses upstream beyond its public hooks only with a row in a contract."""

from __future__ import annotations

import ast
import importlib
import re
import sys
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest

from classroom.hub.upstream import contract as hub
from classroom.lab.upstream import contract as lab
from classroom.runtime import code_names, contract_rows, packages
from tests import labs
from tools import bump

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from classroom.runtime.contract_rows import ContractRow

SOURCE = labs.ROOT / "src/classroom"
LAB, HUB = lab.table(), hub.table()
NOT_UPSTREAMS = {
    "_CONFIG_VARS": "Python's own; test_warm_kernels.py compares what it says",
    "_CONFIG_VARS_INITIALIZED": "likewise",
    "_counter": "Python's own, of threads without a name; test_warm_kernels.py compares it",
    "_exit": "os: documented, ends a process without waiting for threads",
    "_create_unverified_context": "ssl: of Python's own, named in PEP 476",
    "_replace": "NamedTuple: documented, the underscore keeps fields' names free",
    "_validate": "traitlets: the check that it runs on assignment; config says so beside it",
    "_fields_": "ctypes: documented",
    "_pack_": "ctypes: documented",
    "_read_file_as_dict": "traitlets: the one hook of its loader; config_file's tests show it",
    "_log": "tornado: one row for all handlers",
}
"""Private names that need no row of their own, each with its reason."""
GENERATED = {
    *("__module__", "__doc__", "__dict__", "__weakref__", "__annotations__", "__qualname__"),
    *("__abstractmethods__", "__orig_bases__", "__parameters__"),
    *("_traits", "_descriptors", "_instance_inits", "_all_trait_default_generators"),
    *("_static_immutable_initial_values", "_trait_default_generators"),
    *("__slots__", "_fields", "_orig_slots"),
}
"""Attributes that Python, traitlets and josepy add to each class."""
NOT_ON_THE_HOST = {"classroom.lab.chat.document"}
"""Modules whose packages only the image has: the lab's start checks their rows there."""
DOCUMENTED = (
    # Base classes that are meant to be overridden; their public names need no rows.
    *("tornado.web:RequestHandler", "tornado.websocket:WebSocketHandler"),
    *("tornado.httputil:HTTPMessageDelegate", "tornado.web:ErrorHandler"),
    *("acme.challenges:Challenge", "acme.challenges:ChallengeResponse"),
    "josepy.json_util:TypedJSONObjectWithFields",
)
FREE = ("traitlets", "builtins", "typing", "enum", "ctypes", "collections", "abc", "asyncio")
STANDARD = ("http", "io", "_io", "logging", "dataclasses", "threading", "json")
"""Packages with base classes that aren't upstream's."""
BESIDE = ("lab/upstream/", "hub/upstream/", "runtime/body_limits.py")
"""Where patches are. Both servers limit bodies, through an instance's documented method."""


def sources() -> Iterator[tuple[str, ast.Module]]:
    for file in sorted(SOURCE.rglob("*.py")):
        yield str(file.relative_to(SOURCE)), parsed(file)


@cache
def parsed(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"))


def is_private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__")


@cache
def defined(node: ast.AST) -> frozenset[str]:
    """Return the names that a module or class assigns: functions, variables, attributes of self."""
    found = set[str]()
    # "name: type" without a value only declares what upstream has.
    declared = {
        id(one.target)
        for one in ast.walk(node)
        if isinstance(one, ast.AnnAssign) and one.value is None
    }
    for one in ast.walk(node):
        if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.add(one.name)
        elif isinstance(getattr(one, "ctx", None), ast.Store) and id(one) not in declared:
            found.add(ast.unparse(one).removeprefix("self."))
    return frozenset(found)


@cache
def classes() -> dict[str, tuple[set[str], set[str]]]:
    """Return our classes: the names that each one defines, and its bases."""
    found: dict[str, tuple[set[str], set[str]]] = {}
    for _, tree in sources():
        for one in ast.walk(tree):
            if isinstance(one, ast.ClassDef):
                names, bases = found.setdefault(one.name, (set(), set()))
                names |= defined(one)
                bases |= {base.id for base in one.bases if isinstance(base, ast.Name)}
    return found


def inherited(name: str) -> set[str]:
    names, bases = classes().get(name, (set(), set()))
    return names.union(*map(inherited, bases - {name}))


def private_uses(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Yield the private names that a module uses of objects that aren't ours."""
    of_module = defined(tree)
    owners = {
        id(inner): one
        for one in ast.walk(tree)
        if isinstance(one, ast.ClassDef)
        for inner in ast.walk(one)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and is_private(node.attr):
            whose = node.value
            if isinstance(whose, ast.Name) and whose.id in {"self", "cls"} and id(node) in owners:
                owner = owners[id(node)]
                if node.attr not in defined(owner) | inherited(owner.name):
                    yield node.lineno, node.attr
            elif isinstance(whose, ast.Call) or node.attr not in of_module:
                yield node.lineno, node.attr
        elif isinstance(node, ast.Call) and getattr(node.func, "id", "") in {"getattr", "hasattr"}:
            name = str(getattr(node.args[1], "value", ""))
            if is_private(name) and name not in of_module:
                yield node.lineno, name
        elif isinstance(node, ast.ImportFrom) and not (node.module or "").startswith("classroom"):
            parts = [*(node.module or "").split("."), *(one.name for one in node.names)]
            yield from ((node.lineno, part) for part in parts if is_private(part))


def known(rows: tuple[ContractRow, ...]) -> set[str]:
    """Return all private names in rows: in what they name, or in what that code still uses."""
    return {part for row in rows for part in (*re.split(r"[.:]", row.name), *row.uses)}


def without_row(tree: ast.Module, rows: tuple[ContractRow, ...]) -> list[str]:
    names = known(rows) | NOT_UPSTREAMS.keys()
    return [f"{line}: {name}" for line, name in private_uses(tree) if name not in names]


def test_every_private_name_has_a_row() -> None:
    missing = [
        f"{place}:{one}"
        for place, tree in sources()
        for one in without_row(tree, HUB if place.startswith("hub/") else LAB)
    ]
    assert not missing, f"add rows to upstream/contract.md for {missing}"


@pytest.mark.parametrize(
    "text",
    [
        "def f(room):\n    return room._gone",
        "class A(YRoom):\n    def f(self):\n        return self._gone",
        "class A(YRoom):\n    _gone: int\n    def f(self):\n        return self._gone",
        "class A(YRoom):\n    def _gone(self):\n        super()._gone()",
        "def f(room):\n    return getattr(room, '_gone', None)",
        "from jupyter_server._gone import utcnow",
        "from jupyter_server import _gone",
        "YRoom._gone = None",
    ],
)
def test_a_new_one_is_found(text: str) -> None:
    assert [line.split(": ")[1] for line in without_row(ast.parse(text), LAB)] == ["_gone"]


@pytest.mark.parametrize(
    "text",
    [
        "class A:\n    def f(self): self._own = 1\n    def g(self): return self._own",
        "class A:\n    _own = 1\ndef f(a):\n    return a._own",
        "class A(YRoom):\n    def f(self):\n        return self._task_group",
    ],
)
def test_ours_and_those_with_rows_are_none(text: str) -> None:
    assert without_row(ast.parse(text), LAB) == []


def ours() -> Iterator[tuple[str, type]]:
    """Yield every class of ours, with its module."""
    for place, _ in sources():
        name = f"classroom.{place[:-3].replace('/', '.')}".removesuffix(".__init__")
        if name in NOT_ON_THE_HOST or name.endswith(("__main__", "hub.entry")):
            continue
        for one in vars(importlib.import_module(name)).values():
            if isinstance(one, type) and one.__module__ == name:
                yield name, one


def overridden(mine: type) -> Iterator[tuple[str, type]]:
    """Yield the names that a class defines and an upstream class has, with the upstream class."""
    for name in vars(mine).keys() - GENERATED:
        for base in mine.__mro__[1:]:
            top = base.__module__.partition(".")[0]
            if name not in vars(base) or top in {"classroom", *FREE, *STANDARD}:
                continue
            full = f"{base.__module__}:{base.__qualname__}"
            is_hook = full in DOCUMENTED and (not is_private(name) or name in NOT_UPSTREAMS)
            if not is_hook and not name.startswith("_abc"):
                yield name, base
            break


def test_every_override_has_a_row() -> None:
    members = {(row.name.rpartition(".")[2], id(defined_by(row))) for row in (*LAB, *HUB)}
    missing = [
        f"{module}.{mine.__name__}.{name} of {base.__module__}:{base.__qualname__}"
        for module, mine in ours()
        for name, base in overridden(mine)
        if (name, id(base)) not in members
    ]
    assert not missing, "\n".join(sorted(missing))


def defined_by(row: ContractRow) -> Any:
    """Return the upstream class that defines what a row names; None if no class does."""
    if row.module.partition(".")[0] == "jupyterlab_chat":  # it isn't installed on the host
        return None
    owner: Any = importlib.import_module(row.module)
    *parents, last = row.name.partition(":")[2].split(".")
    for parent in parents:
        owner = code_names.member(owner, parent)
    if not isinstance(owner, type):
        return None
    return next((base for base in owner.__mro__ if last in vars(base)), None)


def patched(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Yield the imported objects to which a module assigns other values."""
    foreign = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and not (node.module or "").startswith("classroom"):
            foreign |= {one.asname or one.name for one in node.names}
        elif isinstance(node, ast.Import):
            roots = {(one.asname or one.name).partition(".")[0] for one in node.names}
            foreign |= roots - sys.stdlib_module_names
    for node in ast.walk(tree):
        if not isinstance(node, ast.Attribute) or not isinstance(node.ctx, ast.Store):
            continue
        if (root := re.match(r"[\w.]+", ast.unparse(node))) is not None:
            method = ast.unparse(node).rpartition(".")[2]
            is_foreign = root[0].partition(".")[0] in foreign
            if is_foreign or method in {"on_message", "flush", "prepare", "get_handler_delegate"}:
                yield node.lineno, ast.unparse(node)


def test_patches_live_beside_the_contract() -> None:
    elsewhere = [
        f"{place}:{line} {what}"
        for place, tree in sources()
        if not place.startswith(BESIDE)
        for line, what in patched(tree)
    ]
    assert not elsewhere


def test_a_patch_elsewhere_is_found() -> None:
    tree = ast.parse("import tornado.web\ntornado.web.RequestHandler.prepare = None")
    assert [what for _, what in patched(tree)] == ["tornado.web.RequestHandler.prepare"]


def flaws(row: ContractRow) -> Iterator[str]:
    """List a row's mistakes that do not depend on upstream."""
    name = re.split(r"[.:]", row.name)[-1]
    for place in row.used_in:
        text = (SOURCE / place).read_text(encoding="utf-8")
        # "it still ..." is about code that is patched or read there, which another row names.
        if not row.why.startswith("it still") and re.search(rf"\b{name}\b", text) is None:
            yield f"{place} has no {name}"
    if not row.why or row.why.endswith("."):
        yield f"why {row.name}?"
    if row.public and not re.fullmatch(r"[\w.-]+/[\w.-]+#\d+", row.public):
        yield f"{row.public} is no issue"


def test_each_row_is_of_use_where_it_says() -> None:
    assert [flaw for row in (*LAB, *HUB) for flaw in flaws(row)] == []
    (bad,) = contract_rows.rows(
        "| `a:gone_in_six` | `class` | | `lab/extension.py` | for it. | it |"
    )
    assert len(list(flaws(bad))) == 3


def test_upstream_is_as_we_know_it() -> None:
    lab.check(chat=False)
    hub.check(github=True)
    hub.check(github=False)


def test_the_versions_are_those_of_the_lock() -> None:
    lock = (labs.ROOT / "requirements/image.txt").read_text(encoding="utf-8")
    file = SOURCE / "runtime" / packages.VERSIONS
    assert file.read_text(encoding="utf-8") == bump.versions(lock), "run make lock"
