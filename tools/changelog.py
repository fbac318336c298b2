"""Read the unreleased part of the changelog, and give it a version."""

from __future__ import annotations

import re

UNRELEASED = "## Unreleased"
SECTION = re.compile(rf"^{UNRELEASED}[ \t]*\n(?P<text>.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
ENTRY = re.compile(r"^[-*] \S", re.MULTILINE)


def unreleased(text: str) -> str:
    """Return the changelog's entries since the last release; "" for none.

    Headings without entries do not count.

    Args:
        text: the text of CHANGELOG.md.
    """
    found = SECTION.search(text)
    return found["text"].strip() if found and ENTRY.search(found["text"]) else ""


def cut(text: str, version: str, date: str) -> str:
    """Give the part *Unreleased* a version, and add a new empty one.

    Args:
        text: the text of CHANGELOG.md, in which `unreleased` finds entries.
        version: the release's version.
        date: the release's date, such as 2026-11-27.
    """
    heading = f"{UNRELEASED}\n\n## {version} - {date}\n"
    return SECTION.sub(lambda found: f"{heading}{found['text']}", text, count=1)
