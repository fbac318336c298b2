"""Recover files that are older than their documents, after a crash or a full disk."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from classroom.lab import services
from classroom.lab.context import LabContext
from classroom.lab.files import recovery
from classroom.lab.files.contents_manager import ClassContents
from classroom.lab.files.missing_files import MissingFiles
from classroom.lab.rooms import room_names
from classroom.lab.rooms.outside_changes import GONE, KEPT
from classroom.lab.storage import client_owners, ystore
from classroom.runtime import background_tasks
from classroom.runtime.words import gettext, gettext_noop

if TYPE_CHECKING:
    from jupyter_server.serverapp import ServerApp

    from classroom.lab.connections.notifications import Notifications
    from classroom.lab.files.recovery import Recovery
    from classroom.lab.storage.disk_report import DiskTrouble
    from classroom.lab.storage.ystore import ClassYStore

UNKEPT = "journal"
# JupyterLab cuts a message off after 140 characters.
UNKEPT_TEXT = gettext_noop(
    "What you type is not being saved: {why}. It will be saved once this ends; a restart of the lab"
    " before then loses it."
)
RESERVED_TEXT = gettext_noop(
    "What you type is not being saved: {why}. Delete files to make room. Until then it is only in a"
    " small reserve."
)


def follow_disk(app: ServerApp, lab: LabContext, trouble: DiskTrouble) -> None:
    """Show disk trouble on all pages; when it ends, recover the files that are behind.

    Args:
        app: the lab's server.
        lab: the lab's context.
        trouble: what is wrong with the disk; its `why` is "" when it works again.
    """
    warn(lab.notifications, trouble)
    if not trouble.why and isinstance(app.contents_manager, ClassContents):
        what = "Recovering documents after the disk was full"
        background_tasks.start(recover(app, app.contents_manager), what, app.log)


def warn(notifications: Notifications, trouble: DiskTrouble) -> None:
    """Warn on all pages that typed text isn't being saved, and why; end the warning after that.

    Args:
        notifications: the lab's notifications.
        trouble: what is wrong with the disk; its `why` is "" when it works again.
    """
    if not trouble.why:
        notifications.end(UNKEPT)
        return
    full = any(words in trouble.why for words in ("No space left", "is full", "quota"))
    if full and trouble.is_kept:
        notifications.warn(UNKEPT, gettext(RESERVED_TEXT).format(why=gettext("the disk is full")))
        return
    why = gettext("the disk is full") if full else gettext("the disk can't be written")
    notifications.warn(UNKEPT, gettext(UNKEPT_TEXT).format(why=why))


async def _put_right(
    put_right: Recovery, missing: MissingFiles, path: str | None, file_type: str, store: ClassYStore
) -> str:
    """Recover one document's file, also when it was moved.

    Args:
        put_right: recovers files from the journal.
        missing: finds files that were moved.
        path: where the file was last; None if that isn't known.
        file_type: the document's type.
        store: the document's store.

    Returns:
        The sentence for people who wrote in the document; "" if there is none.

    Raises:
        HTTPError: the file can't be read or written.
        sqlite3.Error: the journal can't be read.
    """
    file_format = room_names.format_of(file_type)
    if path is not None and not await missing.is_there(path):
        found = await missing.find(path, store)
    else:
        found = path
    if found is not None:
        recovered = await put_right.recover(file_format, file_type, found, store)
        return gettext(KEPT).format(copy=recovered.kept) if recovered.kept else ""
    if (saved := await missing.keep(file_format, file_type, path, store)) is None:
        return ""
    was, place = saved
    return gettext(GONE).format(path=was, place=place)


async def recover(app: ServerApp, contents: ClassContents) -> None:
    """Recover the files of documents that were open when the last lab server crashed.

    Args:
        app: the lab's server.
        contents: the lab's files.
    """
    assert contents.saves is not None  # noqa: S101 (the extension sets it)
    journal = contents.saves.journal
    if journal.disk.is_in_trouble:
        return  # it is called again when the disk works
    store = ystore.of(journal)
    lab: LabContext = app.web_app.settings[services.KEY][LabContext]
    put_right = recovery.Recovery(contents, app.log)
    missing = MissingFiles(contents, put_right, app.log)
    for name in await contents.saves.recent():
        file_type, file_id = recovery.document_of(name)
        path = app.web_app.settings["file_id_manager"].get_path(file_id)
        if name in journal.live:
            continue  # its room saves the file
        work = partial(
            _put_right, put_right, missing, path, file_type, store(name, config=app.config)
        )
        try:
            sentence = await recovery.even_if_moved(work)
            if sentence and (writers := await client_owners.names(journal, name)):
                lab.notifications.tell(writers, sentence)  # when their pages are back
            elif sentence:
                journal.opening.kept[name] = sentence
        except Exception as error:  # noqa: BLE001 (the other documents are still recovered)
            app.log.warning("%s could not be recovered before it is opened: %s", path, error)
