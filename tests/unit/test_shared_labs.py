"""Tests of different modules share labs, so each document's name must belong to one module.

If two modules wrote a notebook with the same name in the same lab, the second changed the first
one's file: the log said so, and the test that checks the log failed.
"""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parent.parent
FOLDERS = ("attack", "browser", "container")
NAMED = re.compile(r'["/]([\w -]+\.(?:ipynb|txt|py|csv|md|chat))"')
NOBODYS = frozenset({"Classroom.chat", "Welcome.ipynb", "jupyterhub_config.py", "missing.ipynb"})
"""Documents of the lab and of the tutor, and one that does not exist."""


def owners(lab: str) -> dict[str, list[str]]:
    """Return the modules that name a document, by document, if their tests use this lab."""
    found = defaultdict(list)
    for folder in FOLDERS:
        for module in sorted((TESTS / folder).glob("test_*.py")):
            text = module.read_text(encoding="utf-8")
            if re.search(rf"\b{lab}\b", text):
                for name in sorted(set(NAMED.findall(text)) - NOBODYS):
                    found[name].append(f"{folder}/{module.name}")
    return found


@pytest.mark.parametrize("lab", ["trial_lab", "github_lab"])
def test_no_two_modules_name_a_document_alike(lab: str) -> None:
    found = owners(lab)
    assert found, "nobody shares this lab any more"
    assert {name: modules for name, modules in found.items() if len(modules) > 1} == {}
