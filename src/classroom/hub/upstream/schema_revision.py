"""Check the revision of the Hub's database without Alembic, unless a migration is needed.

Alembic, with the template engine and the highlighter that it imports, takes 10 MB of memory, only
to compare two short texts once.
"""

from __future__ import annotations

import importlib
import re
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jupyterhub
from sqlalchemy import inspect, text

from classroom.runtime.stand_ins import ALEMBIC

if TYPE_CHECKING:
    from collections.abc import Iterable

TABLE = "alembic_version"
MADE = (
    f"CREATE TABLE {TABLE} (version_num VARCHAR(32) NOT NULL,"
    f" CONSTRAINT {TABLE}_pkc PRIMARY KEY (version_num))"
)
"""The statement with which Alembic makes its table."""
LINE = re.compile(r"^(revision|down_revision) *= *['\"](\w+)['\"]", re.MULTILINE)


def head(scripts: Iterable[str]) -> str:
    """Return the newest revision, which no other revision follows.

    Args:
        scripts: the texts of the migration scripts.

    Returns:
        The revision; "" if there is not exactly one.
    """
    found = [LINE.findall(script) for script in scripts]
    former = {value for lines in found for name, value in lines if name == "down_revision"}
    newest = {value for lines in found for name, value in lines if name == "revision"} - former
    return newest.pop() if len(newest) == 1 else ""


def installed() -> str:
    """Return the newest revision of the installed JupyterHub, "" if that can't be read."""
    folder = Path(jupyterhub.__file__).parent / "alembic/versions"
    return head(file.read_text(encoding="utf-8") for file in folder.glob("*.py"))


def is_current(engine: Any, newest: str, hubs_own: Iterable[str]) -> bool:
    """Say whether a database has a revision; set the revision of an empty database.

    Args:
        engine: SQLAlchemy's engine.
        newest: the revision, not "".
        hubs_own: names of the Hub's tables.
    """
    tables = set(inspect(engine).get_table_names())
    with engine.begin() as connection:
        if TABLE in tables:
            kept = connection.execute(text(f"SELECT version_num FROM {TABLE}")).all()  # noqa: S608 (ours)
            return [row[0] for row in kept] == [newest]
        if tables.intersection(hubs_own):
            return False
        connection.execute(text(MADE))
        connection.execute(text(f"INSERT INTO {TABLE} VALUES (:newest)"), {"newest": newest})  # noqa: S608 (ours)
    return True


def use() -> None:
    """Make JupyterHub check here first, and use Alembic only for a migration or an error."""
    from jupyterhub import orm  # noqa: PLC0415 (once ALEMBIC is left out of it)

    upstreams = orm.check_db_revision
    newest = installed()

    @wraps(upstreams)
    def check_db_revision(engine: Any) -> None:
        if newest and is_current(engine, newest, orm.Base.metadata.tables):
            return
        for name, _ in ALEMBIC:
            importlib.import_module(name)
        orm.ScriptDirectory = importlib.import_module("alembic.script").ScriptDirectory
        upstreams(engine)

    orm.check_db_revision = check_db_revision
