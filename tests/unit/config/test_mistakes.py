"""The table of mistakes: what a tutor writes, and the sentence about it.

Each file in ``mistakes/`` is a group of rows. A row has a tutor's folder (``config`` is
jupyterhub_config.py, ``files`` other files, ``made`` those of `made_files`, ``modes`` their modes),
an environment, and the outcome: sentences with which the start is ``refused``, sentences of which
it ``warns``, or settings that are ``taken``. Sentences are compared word for word.
"""

from __future__ import annotations

import json
import tomllib
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any

import pytest

from classroom.cli import check, warnings
from classroom.cli.check import Findings
from classroom.cli.sign_in import Published
from classroom.runtime import cgroup
from classroom.runtime.paths import Paths
from tests.unit.config import made_files
from tools import remembered

TABLES = Path(__file__).parent / "mistakes"
FEWEST = 185
"""The least number of rows: the mistakes that tutors made when they tried the lab."""
GITHUB = {
    "GITHUB_CLIENT_ID": "Iv1.0123456789abcdef",
    "GITHUB_CLIENT_SECRET": "0123456789abcdef0123456789abcdef01234567",
    "OAUTH_CALLBACK_URL": "https://lab.classroom.test:8443/hub/oauth_callback",
}
CERTIFICATE = {"secrets/ssl.crt": "certificate and chain", "secrets/ssl.key": "key"}
OF_CERTIFICATES, OF_MAKE = "certificate", "make"
MANY_FILES = 1 << 20


@dataclass(frozen=True)
class Row:
    """A mistake and its outcome; the attributes are those of the table."""

    mistake: str
    config: str | None = None
    files: dict[str, str] = field(default_factory=dict)
    made: dict[str, str] = field(default_factory=dict)
    modes: dict[str, str] = field(default_factory=dict)
    encoding: str = "utf-8"
    environ: dict[str, str] = field(default_factory=lambda: dict(GITHUB))
    port: int = 8443
    certificate: bool = True
    refused: list[str] = field(default_factory=list)
    warns: list[str] = field(default_factory=list)
    taken: dict[str, Any] = field(default_factory=dict)


def read(file: Path) -> list[Row]:
    """Read a group of rows; ``more`` is the environment in addition to GitHub's."""
    rows = tomllib.loads(file.read_text(encoding="utf-8"))["row"]
    # Rows that are not about the certificate have a good one.
    certificate = file.stem != OF_CERTIFICATES
    for row in rows:
        if more := row.pop("more", None):
            row["environ"] = GITHUB | more
    return [Row(certificate=certificate, **row) for row in rows]


GROUPS = {file.stem: read(file) for file in sorted(TABLES.glob("*.toml"))}
ROWS = [
    pytest.param(row, id=f"{group}: {row.mistake}")
    for group, rows in GROUPS.items()
    for row in rows
    if group != OF_MAKE
]


def lay_out(row: Row, folder: Path) -> Paths:
    """Write a tutor's folder that nobody else may read, unless the row says otherwise."""
    paths = Paths(config=folder)
    paths.secrets.mkdir(parents=True)
    texts = row.files | ({} if row.config is None else {paths.config_file.name: row.config})
    for name, text in texts.items():
        file = folder / name
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(text.encode(row.encoding))
    pair = dict(CERTIFICATE) if row.certificate else {}
    for name, what in (pair | row.made).items():
        made_files.make(folder / name, what)
    for place in (folder, *folder.rglob("*")):
        if not place.is_symlink():
            place.chmod(0o700 if place.is_dir() else 0o600)
    for name, mode in row.modes.items():
        (folder / name).chmod(int(mode, 8))
    return paths


def shown(value: Any) -> Any:
    """Return a setting's value as the table writes it."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, frozenset | tuple):
        return sorted(map(str, value))
    return value


def looked_up(found: Any, name: str) -> Any:
    """Return a setting's value by its name, which may have dots."""
    for part in name.split("."):
        found = getattr(found, part)
    return shown(found)


def filled_in(sentence: str) -> str:
    """Fill in the parts of a sentence that depend on the machine and on the date."""
    words = {"memory": f"{cgroup.memory() / 1024**3:.1f}", "soon": f"{made_files.SOON:%Y-%m-%d}"}
    for name, word in words.items():
        sentence = sentence.replace(f"{{{name}}}", word)
    return sentence


@pytest.mark.parametrize("row", ROWS)
def test_a_mistake_gets_its_sentence(row: Row, tmp_path: Path) -> None:
    found = Findings()
    paths = lay_out(row, tmp_path / "tutor")
    loaded = check.of_files(paths, row.environ, Published(row.port), found)
    found.warned += warnings.of_machine(row.environ, MANY_FILES)
    assert found.refused == [filled_in(one) for one in row.refused]
    assert found.warned == [filled_in(one) for one in row.warns]
    assert {name: looked_up(loaded, name) for name in row.taken} == row.taken
    secret = row.environ.get("GITHUB_CLIENT_SECRET")
    assert not secret or secret not in json.dumps([*found.refused, *found.warned])


@pytest.mark.parametrize("row", GROUPS[OF_MAKE], ids=lambda row: row.mistake)
def test_a_mistake_in_what_make_reads(row: Row, tmp_path: Path) -> None:
    lay_out(row, tmp_path)
    file = tmp_path / ".env"
    if row.refused:
        with pytest.raises(remembered.SettingError) as refused:
            remembered.remember(row.environ, file)
        assert [str(refused.value).replace(f"{tmp_path}/", "")] == row.refused
    else:
        port, name = remembered.given(row.environ, file)
        assert {"port": port, "class": name} == {"port": 8443, "class": ""} | row.taken


def test_every_row_says_something_and_there_are_enough() -> None:
    rows = [row for group in GROUPS.values() for row in group]
    assert len(rows) >= FEWEST
    assert [row.mistake for row in rows if not (row.refused or row.warns or row.taken)] == []
    for name, group in GROUPS.items():
        mistakes = [row.mistake for row in group]
        assert len(mistakes) == len(set(mistakes)), f"{name}: two rows of one name"
