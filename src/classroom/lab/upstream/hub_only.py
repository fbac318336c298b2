"""What a lab server imports and never uses, most of it for the Hub.

The modules that a single-user server needs import the Hub's database (SQLAlchemy, Alembic) and all
the Hub's pages for a few names. No single-user server uses them: they would take 30 MB, and half a
second of each start.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from classroom.runtime.stand_ins import StandIns

HUB_ONLY: StandIns = (
    # A format of JSON schemas newer than those of our events.
    ("isoduration", None),
    # Lists of extensions that somebody may install: loaded when there are any.
    ("requests", ()),
    ("sqlalchemy", ()),
    # What the Hub's own handlers catch.
    ("sqlalchemy.exc", (("SQLAlchemyError", Exception),)),
    ("jupyterhub.orm", ()),
    ("jupyterhub.roles", ()),
    ("jupyterhub.handlers", ()),
    # Its requests are logged at another level.
    ("jupyterhub.handlers.pages", (("HealthCheckHandler", object),)),
)
