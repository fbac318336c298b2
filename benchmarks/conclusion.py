"""End a benchmark: store its results, and choose its exit status by the missed targets."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


def conclude(found: Iterable[Any], missed: list[str], where: Path | None) -> int:
    """Store the results, and print the missed targets.

    Args:
        found: the results, dataclasses.
        missed: a line for each target that was missed.
        where: a file for the results, as JSON; None for none.

    Returns:
        The exit status: 1 if a target was missed.
    """
    if where:
        where.write_text(json.dumps([asdict(one) for one in found]), encoding="utf-8")
    for words in missed:
        print(f"missed: {words}")
    return 1 if missed else 0
