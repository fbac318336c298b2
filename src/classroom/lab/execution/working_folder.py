"""Find the folder in which a kernel or a terminal starts, among the class's folders."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from classroom.lab.files import reader
from classroom.lab.files.beneath import Root
from classroom.lab.files.directory_entry import NoPathError, parts_of

if TYPE_CHECKING:
    from pathlib import Path


def root_of(app: Any) -> Root:
    """Return a server's class's folder."""
    found = getattr(app.contents_manager, "root", None)
    return found if isinstance(found, Root) else Root(app.root_dir)


def folder_for(root: Root, path: str) -> str:
    """Return the folder in which to start a kernel or terminal.

    Args:
        root: the class's folder.
        path: the folder's path, as a page names it; or an absolute one that leads into the class's.

    Returns:
        The folder's path, or that of the nearest existing folder above it. The launcher enters it
        as `student`, even if it leads elsewhere by then. Nothing outside is looked at.
    """
    return str(_folder(root, path))


def _folder(root: Root, path: str) -> Path:
    inside = root.inside(path) if path.startswith("/") else None
    try:
        parts = parts_of(path if inside is None else "/".join(inside))
    except NoPathError:
        parts = ()
    while parts and reader.kind(root, parts) != "folder":
        parts = parts[:-1]
    return root.path.joinpath(*parts)


def file_for(root: Root, path: str) -> str | None:
    """Return the path of something that a kernel names.

    Args:
        root: the class's folder.
        path: an absolute path.

    Returns:
        Its path; None if it isn't there, or is outside, where nothing is looked at.
    """
    inside = root.inside(path)
    try:
        parts = parts_of("/".join(inside or ()))
    except NoPathError:
        return None
    return str(root.path.joinpath(*parts)) if parts and reader.kind(root, parts) else None
