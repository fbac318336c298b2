"""One name for one thing: no two classes in the source tree have the same name."""

from __future__ import annotations

import ast
from collections import defaultdict

from tests import labs

BOTH: dict[str, str] = {}
"""Names that two modules may share, and why."""


def test_no_two_classes_have_one_name() -> None:
    found = defaultdict(list)
    for file in sorted((labs.ROOT / "src/classroom").rglob("*.py")):
        for one in ast.parse(file.read_text(encoding="utf-8")).body:
            if isinstance(one, ast.ClassDef) and not one.name.startswith("_"):
                found[one.name].append(str(file.relative_to(labs.ROOT)))
    twice = {name: where for name, where in found.items() if len(where) > 1 and name not in BOTH}
    assert twice == {}
