"""Our own settings: ``c.Classroom.…`` in the tutor's jupyterhub_config.py."""

from __future__ import annotations

from traitlets import Unicode
from traitlets.config import Configurable


class Classroom(Configurable):
    """The classroom's own settings. Each has one home for its default: here."""

    contact = Unicode(
        "",
        help="""Whom somebody without access should ask, for the page they see: a name, an
        e-mail address, a room. Empty: the tutors' GitHub names.""",
    ).tag(config=True)
