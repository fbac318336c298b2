"""Keep the hash of a saved file out of its document: pages would ask for the file each time.

A page that sees another hash in a document asks for the file, its checkpoints and its folder, and
writes its layout. After each save of a live document all of its pages did, in the same moment. They
have what was saved already, and the document says itself that it is saved (its `dirty`).
"""

from __future__ import annotations

from typing import Any

from jupyter_ydoc.ybasedoc import YBaseDoc


def _leave_out(_: YBaseDoc, __: str) -> None:
    """Write nothing; the hash is the lab's own to know (`classroom.lab.storage.saved_hashes`)."""


def use() -> None:
    """Have rooms keep it out from now on."""
    upstreams: Any = YBaseDoc.hash
    setattr(YBaseDoc, "hash", property(upstreams.fget, _leave_out))  # noqa: B010 (a property)
