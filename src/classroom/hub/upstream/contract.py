"""Check at the Hub's start that its packages match the table beside this file."""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING

from classroom.runtime import contract_rows, upstream

if TYPE_CHECKING:
    from classroom.runtime.contract_rows import ContractRow


GITHUB = "Sign-in with GitHub"
"""The section about a package that a trial does not load."""


def table(*, github: bool = True) -> tuple[ContractRow, ...]:
    """Read the table.

    Args:
        github: whether to include the rows about sign-in with GitHub.
    """
    text = files("classroom.hub.upstream").joinpath("contract.md").read_text(encoding="utf-8")
    return contract_rows.rows(text, leave_out=() if github else (GITHUB,))


def check(*, github: bool) -> None:
    """Check that upstream matches the table, before or after it is patched.

    Args:
        github: whether people sign in with GitHub.

    Raises:
        ChangedError: it does not match; the Hub must not start.
    """
    upstream.check(table(github=github))
