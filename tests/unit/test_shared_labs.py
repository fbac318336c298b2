"""Tests of different modules share labs, so that each document's name is one module's alone.

A module that wrote a notebook which another one had written before changed its file: the log said
so, and the test that looked at the log failed, whenever both came to the same lab.
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
"""The lab's own and the tutor's, and what isn't there."""


def owners(lab: str) -> dict[str, list[str]]:
    """List the modules that name a document, of those whose tests take a lab, by the document."""
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
