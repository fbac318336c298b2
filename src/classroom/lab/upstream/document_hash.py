"""Keep the hash of a saved file out of its document, or pages would request the file each time.

A page that sees a new hash in a document requests the file, its checkpoints and its folder, and
writes its layout. After each save all pages of a live document would do so at the same moment. They
have the saved content already, and the document's `dirty` says that it is saved.
"""

from __future__ import annotations

from typing import Any

from jupyter_ydoc.ybasedoc import YBaseDoc


def _leave_out(_: YBaseDoc, __: str) -> None:
    """Write nothing; only the lab needs the hash (`classroom.lab.storage.saved_hashes`)."""


def use() -> None:
    """Make rooms leave the hash out from now on."""
    upstreams: Any = YBaseDoc.hash
    setattr(YBaseDoc, "hash", property(upstreams.fget, _leave_out))  # noqa: B010 (a property)
