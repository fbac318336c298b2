"""Pages that come back to a lab that was started anew: whether they can go on without a reload."""

from __future__ import annotations

from typing import Any

import jupyter_server_ydoc.handlers
from jupyter_server_ydoc.utils import check_session_compatibility, save_current_session


def compare_sessions(version: str) -> None:
    """Have pages come back to a lab that was started anew, whatever kinds of documents they have.

    Upstream notes with a session the version of the kind that was opened last, and has the pages
    reload every document of a kind with another.

    Args:
        version: of all kinds together.
    """

    async def save(*args: Any, **kwargs: Any) -> None:
        await save_current_session(*args, **{**kwargs, "document_version": version})

    def check(*args: Any, **kwargs: Any) -> tuple[bool, str]:
        found: tuple[bool, str] = check_session_compatibility(
            *args, **{**kwargs, "current_document_version": version}
        )
        return found

    jupyter_server_ydoc.handlers.save_current_session = save
    jupyter_server_ydoc.handlers.check_session_compatibility = check
