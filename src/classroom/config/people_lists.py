"""Check the lists that a tutor edits during lessons: names, organizations, hosts.

If a comma is missing, or a text stands in place of a list, Python reads other names than the tutor
meant, and people can't sign in. This module finds and names such slips.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
import unicodedata
from typing import TYPE_CHECKING, Any

from classroom.runtime.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

LOGIN = re.compile(r"(?=.*[a-z0-9])[a-z0-9_-]{1,39}", re.IGNORECASE)
"""Account names that GitHub allows or once allowed. New names have only single hyphens inside, and
an underscore only if a company manages the account, but older names are still in use."""
PROFILE = re.compile(r"(?:https?://)?(?:www\.)?github\.com/([^/?#]+)")
COPY_IT = (
    "GitHub's have letters, digits and hyphens, 39 at most: copy it from that person's profile page"
)
ORGANIZATION = re.compile(r"([^/:\s]+)(?:[/:]([^/:\s]+))?")
LIKE_THIS = 'write a list of names: ["ada", "grace"]'
SHOWN_CHARACTERS = 60


def missing_commas(name: str, source: bytes) -> Iterator[Problem]:
    """Find texts in a list that have no comma between them: Python joins them into one.

    Args:
        name: the file's name, for the sentence.
        source: its bytes, which are valid Python.
    """
    encoding, _ = tokenize.detect_encoding(io.BytesIO(source).readline)
    text = source.decode(encoding, errors="replace")  # a comment may be in another one
    lists = [
        element
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.List | ast.Set | ast.Tuple)
        for element in node.elts
        if isinstance(element, ast.Constant) and isinstance(element.value, str)
    ]
    tokens = tokenize.generate_tokens(io.StringIO(text).readline) if lists else ()
    texts = [one for one in tokens if one.type == tokenize.STRING]
    lines = text.splitlines()
    for element in lists:
        begin = element.lineno, _column(lines, element.lineno, element.col_offset)
        end_line, end_offset = element.end_lineno or 0, element.end_col_offset or 0
        end = end_line, _column(lines, end_line, end_offset)
        inside = [one for one in texts if begin <= one.start and one.end <= end]
        if len(inside) > 1:
            first, second = (short(one.string) for one in inside[:2])
            yield Problem(
                f"{name}:{inside[0].end[0]}",
                f"there is no comma between {first} and {second}",
                f"write {first}, {second}",
            )


def _column(lines: list[str], line: int, offset: int) -> int:
    """Convert an offset of ast, in bytes of UTF-8, into one of tokenize, in characters."""
    text = lines[line - 1] if 0 < line <= len(lines) else ""
    return len(text.encode()[:offset].decode(errors="replace"))


def short(text: str) -> str:
    """Shorten a tutor's text, for a sentence."""
    return text if len(text) <= SHOWN_CHARACTERS else f"{text[:SHOWN_CHARACTERS]}…"


def no_texts(where: str, value: Any) -> Iterator[Problem]:
    """Refuse a list with entries that are not texts, such as another list.

    Args:
        where: the setting, for the sentence.
        value: a list, tuple or set.
    """
    for one in value:
        if not isinstance(one, str):
            what = f"{short(repr(one))} is not a name in quotes"
            yield Problem(where, what, LIKE_THIS)
            return


LONGEST_PERSON_CHARACTERS = 64


IN_A_LIST = "write one name between each pair of quotes"


def normal(name: str) -> str:
    """Normalise a name as the Hub does: case and spaces make no difference.

    Args:
        name: the name as written.
    """
    return " ".join(unicodedata.normalize("NFC", name).lower().split())


def visible(name: str) -> str:
    """Return a name without invisible characters, which copies from web pages may have."""
    return "".join(one for one in name if unicodedata.category(one) != "Cf")


def wrong_logins(where: str, found: Iterable[str], apart: str = IN_A_LIST) -> Iterator[Problem]:
    """Refuse names that no GitHub account can have, such as several names in one text.

    Args:
        where: the setting, for the sentence.
        found: the names.
        apart: the cure for several names in one text.
    """
    for name in sorted(found):
        if LOGIN.fullmatch(name):
            continue
        shown = repr(short(name))
        if name.startswith("<") and name.endswith(">"):
            what = f"{shown} stands for a name of yours"
            yield Problem(where, what, "write that person's GitHub name in its place")
        elif name.startswith("@") and LOGIN.fullmatch(name[1:]):
            yield Problem(where, f"{shown} has an @ in front", f"write {name[1:]!r}")
        elif (profile := PROFILE.match(name)) and LOGIN.fullmatch(profile[1]):
            yield Problem(where, f"{shown} is an address", f"write the name alone: {profile[1]!r}")
        elif "@" in name:
            what = f"{shown} is an e-mail address, not a GitHub user name"
            yield Problem(where, what, "ask that person for the name of their GitHub account")
        elif LOGIN.fullmatch(visible(name)):
            what = f"{shown} has a character that nobody sees"
            yield Problem(where, what, f"type the name: {visible(name)!r}")
        else:
            parts = [part for part in re.split(r"[,;\s]+", name) if LOGIN.fullmatch(part)]
            what = f"{shown} is not a GitHub user name"
            yield Problem(where, what, apart if len(parts) > 1 else COPY_IT)


def wrong_people(where: str, found: Iterable[str]) -> Iterator[Problem]:
    """Refuse names that can't be a person's here: a name is part of addresses and of the log.

    Args:
        where: the setting, for the sentence.
        found: the names.
    """
    for name in sorted(found):
        shown = repr(short(name))
        if name.startswith("<") and name.endswith(">"):
            what = f"{shown} stands for a name of yours"
            yield Problem(where, what, "write that person's name in its place")
        elif (
            len(name) > LONGEST_PERSON_CHARACTERS
            or not name.isprintable()
            or set(name) & set("/\\")
        ):
            what = f"{shown} can't be a name here"
            cure = f"write letters and spaces, {LONGEST_PERSON_CHARACTERS} characters at most"
            yield Problem(where, what, cure)
        elif not any(letter.isalnum() for letter in name):
            yield Problem(where, f"{shown} has no letter", "write the person's name")


def wrong_organizations(where: str, found: Iterable[str]) -> Iterator[Problem]:
    """Refuse names that no GitHub organization or team can have.

    Args:
        where: the setting, for the sentence.
        found: the names as written: "my-school", or "my-school:team-a".
    """
    for name in sorted(found):
        shown = repr(short(name))
        if "github.com/" in name:
            parts = [part for part in name.split("github.com/", 1)[1].split("/") if part]
            parts = parts[1:] if parts[:1] == ["orgs"] else parts
            wanted = ":".join([*parts[:1], *(parts[2:3] if parts[1:2] == ["teams"] else [])])
            yield Problem(where, f"{shown} is an address", f"write {wanted!r}")
            continue
        known = ORGANIZATION.fullmatch(name)
        if known is None or not LOGIN.fullmatch(known[1]):
            what = f"{shown} is not a GitHub organization"
            yield Problem(where, what, 'write its name: "my-school", or "my-school:team-a"')
        elif "/" in name:
            what = f"{shown} has a slash, and a team is written with a colon"
            yield Problem(where, what, f"write {name.replace('/', ':')!r}")
