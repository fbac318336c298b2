"""The changelog's text: what is new since the last release, and how that gets its version."""

from __future__ import annotations

import re

UNRELEASED = "## Unreleased"
SECTION = re.compile(rf"^{UNRELEASED}[ \t]*\n(?P<text>.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
ENTRY = re.compile(r"^[-*] \S", re.MULTILINE)


def unreleased(text: str) -> str:
    """Return what the changelog says of the time since the last release; "" if it says nothing.

    Headings without a line below them are nothing.

    Args:
        text: of CHANGELOG.md.
    """
    found = SECTION.search(text)
    return found["text"].strip() if found and ENTRY.search(found["text"]) else ""


def cut(text: str, version: str, date: str) -> str:
    """Give the part *Unreleased* a version, and put an empty one in its place.

    Args:
        text: of CHANGELOG.md, in which `unreleased` finds something.
        version: of the release.
        date: of the release, as 2026-11-27.
    """
    heading = f"{UNRELEASED}\n\n## {version} - {date}\n"
    return SECTION.sub(lambda found: f"{heading}{found['text']}", text, count=1)
