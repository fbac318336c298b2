"""Put the last tables of benchmarks into their places in docs/performance.md.

Invisible comments mark a place: ``<!-- measured: NAME -->``, lines, and ``<!-- end -->``. A
benchmark that prints sections (``### name``) has a place for each.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

PLACE = re.compile(
    r"(?P<begin><!-- measured: (?P<name>[^>]+) -->\n).*?(?P<end><!-- end -->\n)", re.DOTALL
)
SECTION = re.compile(r"^### (.+)$", re.MULTILINE)


def tables(name: str, printed: str) -> dict[str, str]:
    """Find the tables in a benchmark's output.

    Args:
        name: the benchmark's name.
        printed: its whole output.

    Returns:
        Markdown tables by the names of their places: the benchmark's name, with the section's name
        if it has sections. Other lines, and sections without a table, are left out.
    """
    pieces = SECTION.split(printed)
    named = {name: pieces[0]}
    named |= {
        f"{name}, {title}": piece for title, piece in zip(pieces[1::2], pieces[2::2], strict=True)
    }
    found = {
        place: "".join(line for line in piece.splitlines(keepends=True) if line.startswith("|"))
        for place, piece in named.items()
    }
    return {place: table for place, table in found.items() if table}


def places(page: str) -> list[str]:
    """List the places of a page, in order.

    Args:
        page: the page's text.
    """
    return [found["name"] for found in PLACE.finditer(page)]


def filled(page: str, found: Mapping[str, str], when: str) -> str:
    """Put tables into their places; all other places stay unchanged.

    Args:
        page: the page's text.
        found: tables by the names of their places.
        when: a sentence about the time and the machine of the benchmark.

    Raises:
        ValueError: a table has no place on the page.
    """
    if unknown := found.keys() - set(places(page)):
        raise ValueError(f"the page has no place for: {', '.join(sorted(unknown))}")

    def put(place: re.Match[str]) -> str:
        table = found.get(place["name"])
        if table is None:
            return place[0]
        return f"{place['begin']}{when}\n\n{table}\n{place['end']}"

    return PLACE.sub(put, page)
