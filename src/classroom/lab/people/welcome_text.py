"""The text of our own welcome notebook, for a class or for the owner of a personal lab."""

from __future__ import annotations

import json
from typing import Any

from classroom.runtime.words import gettext, gettext_noop

COMMON = gettext_noop("""\
**What is where.** The files are on the left: double-click one to open it. *File → New → Notebook*
makes a new one.

**Run a cell.** Click into it and press `Shift+Enter`. Try the one below, with your own
name in it.""")
CLASS = gettext_noop("""\
# Welcome

You are in one JupyterLab with your whole class. Everybody sees what you type while you type it, and
it is saved by itself: there is nothing to save, and nothing to send. This page is everybody's, too.
It has opened by itself this once, and will not again.""")
OWN = gettext_noop("""\
# Welcome to your own lab

This lab is yours: its files, its kernels, its settings. Your tutors can enter it, and whom you let
in. Everything is saved by itself. This page has opened by itself this once, and will not again:
delete it when you no longer need it.""")
TOGETHER = gettext_noop("""\
**Work together.** Open the same notebook as somebody else and type: their cursor shows where they
are. *Who is here*, at the left edge, lists everybody. *Share link*, at the top, copies a link to
the cell that you are in.

**Follow your tutor.** *Follow*, at the top, takes you to where your tutor is, from place to place.
Press it again to step out.""")
CHAT = gettext_noop("""\
**Chat.** The speech bubble at the right edge opens the class's chat. Everybody can answer.""")
HAND_IN = gettext_noop("""\
**Material, and handing in.** What your tutor hands out is in the folder `materials`, to be read.
*My copy*, above such a file, makes a copy in a folder with your name: work there. When you have
done, *Hand In…* in the menu *File* gives your tutor a copy that nobody changes any more.""")
BACK = gettext_noop("""\
**Something went wrong?** *Edit → Undo* takes back your own steps. A tutor can bring back any file
as it was before.""")
OWN_BACK = gettext_noop("""\
**Something went wrong?** *Edit → Undo* takes back your own steps. With a right click on a file in
the list, *Restore an Earlier Version…* brings it back as it was before.""")
CODE = gettext_noop('name = "everybody"\nprint(f"Hello, {name}!")')


def cells(*, own: bool, chat: bool) -> list[tuple[str, str]]:
    """Return the notebook's cells, each with its type.

    Args:
        own: whether the notebook is for the owner of a personal lab.
        chat: whether there is a chat.
    """
    if own:
        said = [gettext(OWN), gettext(COMMON)]
        after = [gettext(OWN_BACK)]
    else:
        said = [gettext(CLASS), gettext(COMMON)]
        talk = [gettext(CHAT)] if chat else []
        after = [gettext(TOGETHER), *talk, gettext(HAND_IN), gettext(BACK)]
    return [
        *(("markdown", text) for text in said),
        ("code", gettext(CODE)),
        ("markdown", "\n\n".join(after)),
    ]


def notebook(*, own: bool, chat: bool) -> str:
    """Write the notebook; the arguments are those of `cells`."""
    made = []
    for number, (kind, text) in enumerate(cells(own=own, chat=chat)):
        cell: dict[str, Any] = {
            "cell_type": kind,
            "id": f"welcome-{number}",
            "metadata": {},
            "source": text,
        }
        if kind == "code":
            cell |= {"execution_count": None, "outputs": []}
        made.append(cell)
    kernel = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
    metadata = {"kernelspec": kernel, "language_info": {"name": "python"}}
    whole = {"cells": made, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(whole, indent=1, ensure_ascii=False) + "\n"
