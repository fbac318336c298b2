"""The Hub's database gets the same revision as from Alembic, which is loaded only to migrate."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from jupyterhub import orm
from jupyterhub.dbutil import _temp_alembic_ini

from classroom.hub.upstream import schema_revision
from tests import labs

if TYPE_CHECKING:
    from pathlib import Path

# Do what the Hub does at its start; then print which modules it has loaded.
OPEN = """
import sys
from classroom.hub.upstream import schema_revision
from classroom.runtime import stand_ins
with stand_ins.left_out(schema_revision.ALEMBIC):
    from jupyterhub import orm
schema_revision.use()
try:
    orm.new_session_factory(sys.argv[1])
except orm.DatabaseSchemaMismatch as error:
    print(str(error).partition(".")[0])
print(*sorted({"alembic.command", "mako"} & set(sys.modules)))
"""


def opened(database: Path) -> list[str]:
    """Open a database as the Hub does, in a separate process; return what it prints."""
    words = [sys.executable, "-c", OPEN, f"sqlite:///{database}"]
    environment = {**os.environ, "PYTHONPATH": str(labs.ROOT / "src")}
    ran = subprocess.run(words, check=True, capture_output=True, text=True, env=environment)
    return ran.stdout.splitlines()


def revision(database: Path) -> list[tuple[str, ...]]:
    """Return how the revision is stored, and the revision."""
    with sqlite3.connect(database) as connection:
        made = connection.execute(
            "SELECT type, name, tbl_name FROM sqlite_master WHERE tbl_name = 'alembic_version'"
            " ORDER BY name"
        ).fetchall()
        columns = connection.execute("PRAGMA table_info(alembic_version)").fetchall()
        return [
            *made,
            *columns,
            *connection.execute("SELECT * FROM alembic_version").fetchall(),
        ]


def test_the_newest_revision_is_alembics(tmp_path: Path) -> None:
    with _temp_alembic_ini(f"sqlite:///{tmp_path}/x.sqlite") as ini:
        heads = ScriptDirectory.from_config(Config(ini)).get_heads()
    assert [schema_revision.installed()] == heads


@pytest.mark.parametrize(
    ("scripts", "newest"),
    [
        (["revision = 'a'\ndown_revision = None\n", 'revision = "b"\ndown_revision = "a"\n'], "b"),
        (["revision = 'a'\n", "revision = 'b'\n"], ""),  # two branches, which Alembic can handle
        ([], ""),
    ],
)
def test_only_one_newest_revision_counts(scripts: list[str], newest: str) -> None:
    assert schema_revision.head(scripts) == newest


def test_a_new_database_is_as_alembic_makes_it(tmp_path: Path) -> None:
    assert opened(tmp_path / "ours.sqlite") == [""]
    orm.new_session_factory(f"sqlite:///{tmp_path}/theirs.sqlite")
    assert revision(tmp_path / "ours.sqlite") == revision(tmp_path / "theirs.sqlite")
    # Open it again, as a restarting Hub does.
    assert opened(tmp_path / "ours.sqlite") == [""]
    assert opened(tmp_path / "theirs.sqlite") == [""]


def test_another_revision_is_alembics_to_judge(tmp_path: Path) -> None:
    database = tmp_path / "old.sqlite"
    opened(database)
    with sqlite3.connect(database) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '4621fec11365'")
    said, loaded = opened(database)
    assert said.startswith("Found database schema version 4621fec11365 != ")
    assert loaded == "alembic.command mako"


def test_a_database_without_a_revision_is_alembics_to_judge(tmp_path: Path) -> None:
    database = tmp_path / "untagged.sqlite"
    opened(database)
    with sqlite3.connect(database) as connection:
        connection.execute("DROP TABLE alembic_version")
    assert opened(database)[-1] == "alembic.command mako"
    with sqlite3.connect(database) as connection:
        found = connection.execute("SELECT version_num FROM alembic_version").fetchall()
    assert found == [(schema_revision.installed(),)]
