"""Filled-in settings in a file that the lab doesn't read."""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path

import pytest

from classroom.config import config_file, stray_settings
from tests.unit.config import made_files

REPOSITORY = Path(__file__).parents[3]
EXAMPLE = (REPOSITORY / "jupyterhub_config_example.py").read_text(encoding="utf-8")


def test_nothing_of_ours_is_a_stray_file(tmp_path: Path) -> None:
    """Check all files beside the Makefile in a clone, and the example under other names."""
    ours = [one for one in REPOSITORY.iterdir() if one.is_file() and one.name != ".git"]
    assert len(ours) > 10
    for file in ours:
        if file.name != "jupyterhub_config.py":
            shutil.copy(file, tmp_path)
    for name in ("jupyterhub_config_example (1).py", "jupyterhub_config_example.py.txt"):
        (tmp_path / name).write_text(EXAMPLE)
    (tmp_path / "example.docx").write_bytes(made_files.document(EXAMPLE))
    assert stray_settings.beside(tmp_path) == []
    assert not config_file.read(tmp_path / "jupyterhub_config.py").present


@pytest.mark.parametrize(
    "change",
    [
        ('client_id = ""', 'client_id = "Iv1.0123"'),
        ('"<another\'s>"', '"ben"'),
        ("# c.Classroom.chat = False", "c.Classroom.chat = False"),
        ('# c.Classroom.memory_limit = "12G"', 'c.Classroom.memory_limit = "12G"'),
        ("https://<your host>:8443", "https://lab.school.test:8443"),
    ],
)
def test_one_value_is_enough(tmp_path: Path, change: tuple[str, str]) -> None:
    assert change[0] in EXAMPLE
    text = EXAMPLE.replace(*change)
    (tmp_path / "a.txt").write_text(text)
    (tmp_path / "b.docx").write_bytes(made_files.document(text))
    (tmp_path / "c.txt").write_bytes(text.encode("utf-16"))
    assert stray_settings.beside(tmp_path) == ["a.txt", "b.docx", "c.txt"]


def test_damaged_and_unreadable_files_are_none(tmp_path: Path) -> None:
    whole = made_files.document(made_files.SETTINGS)
    (tmp_path / "half.docx").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "folder.py").mkdir()
    (tmp_path / "link.py").symlink_to("/nowhere")
    with zipfile.ZipFile(tmp_path / "large.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.xml", made_files.SETTINGS + " " * stray_settings.MOST_READ_BYTES)
    assert stray_settings.beside(tmp_path) == []
