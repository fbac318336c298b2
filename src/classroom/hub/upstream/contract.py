"""Check at the Hub's start that its packages match the table beside this file."""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING

from classroom.runtime import upstream

if TYPE_CHECKING:
    from classroom.runtime.upstream import ContractRow


def table() -> tuple[ContractRow, ...]:
    """Read the table."""
    text = files("classroom.hub.upstream").joinpath("contract.md").read_text(encoding="utf-8")
    return upstream.rows(text)


def check() -> None:
    """Check that upstream matches the table, before or after it is patched.

    Raises:
        ChangedError: it isn't; the Hub must not start on it.
    """
    upstream.check(table())
