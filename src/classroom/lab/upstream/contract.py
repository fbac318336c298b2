"""Check at the lab's start that upstream's packages match the table beside this file.

If an upgrade changes something that the lab relies on, the lab stops with a sentence for each
difference, instead of losing keystrokes.
"""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING

from classroom.runtime import contract_rows, upstream

if TYPE_CHECKING:
    from classroom.runtime.contract_rows import ContractRow

CHAT = "Chat"
"""The table's section about a package that is missing if only the rooms are measured."""


def table(*, chat: bool = True) -> tuple[ContractRow, ...]:
    """Read the table.

    Args:
        chat: whether to include the rows about the chat.
    """
    text = files("classroom.lab.upstream").joinpath("contract.md").read_text(encoding="utf-8")
    return contract_rows.rows(text, leave_out=() if chat else (CHAT,))


def check(*, chat: bool) -> None:
    """Check that upstream matches the table, before or after it is patched.

    Args:
        chat: whether jupyterlab-chat must be installed.

    Raises:
        ChangedError: upstream is different; the lab must not start with it.
    """
    upstream.check(table(chat=chat))
