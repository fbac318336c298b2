"""List modules that a lab server imports and never uses; most of them are for the Hub.

The modules that a single-user server needs import the Hub's database (SQLAlchemy, Alembic) and all
the Hub's pages for a few names. No single-user server uses these. They would cost 30 MB, and half a
second of each start.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from classroom.runtime.stand_ins import StandIns

HUB_ONLY: StandIns = (
    # For a format in newer JSON schemas than those of our events.
    ("isoduration", None),
    # For lists of extensions that people may install, which the lab doesn't have.
    ("requests", ()),
    ("sqlalchemy", ()),
    # An exception that the Hub's handlers catch.
    ("sqlalchemy.exc", (("SQLAlchemyError", Exception),)),
    ("jupyterhub.orm", ()),
    ("jupyterhub.roles", ()),
    ("jupyterhub.handlers", ()),
    # A class whose requests are logged at another level.
    ("jupyterhub.handlers.pages", (("HealthCheckHandler", object),)),
)
