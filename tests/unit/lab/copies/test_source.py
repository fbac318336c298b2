"""The files and folders of which a person wants to give a copy."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import pytest

from classroom.lab.copies import source
from classroom.lab.copies.source import CopySource
from classroom.lab.files.beneath import Root
from classroom.lab.files.directory_entry import LeadsOutError
from classroom.lab.files.reader import NoFileError

if TYPE_CHECKING:
    from pathlib import Path


def notebook(text: str, spec: Any) -> str:
    cell = {"cell_type": "markdown", "source": text, "metadata": {}}
    return json.dumps({"cells": [cell], "metadata": {"kernelspec": spec}, "nbformat": 4})


def test_a_notebooks_kernel_is_found_however_large_it_is(tmp_path: Path) -> None:
    spec = {"display_name": "R", "name": "ir"}
    said = '"kernelspec": {"name": "no"}'
    for name, text in (("small", said), ("large", said + "x" * 300_000 + said)):
        (tmp_path / f"{name}.ipynb").write_text(notebook(text, spec))
        assert source.look(Root(tmp_path), (f"{name}.ipynb",)) == CopySource(
            is_folder=False, kernel="ir"
        )


@pytest.mark.parametrize("spec", [None, {}, {"name": 3}, "x", {"name": None}])
def test_a_notebook_may_say_nothing_of_it(tmp_path: Path, spec: Any) -> None:
    (tmp_path / "a.ipynb").write_text(notebook("", spec))
    assert source.look(Root(tmp_path), ("a.ipynb",)).kernel == ""


def test_what_is_no_notebook_has_none(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(notebook("", {"name": "ir"}))
    (tmp_path / "folder").mkdir()
    (tmp_path / "empty.ipynb").write_text("")
    root = Root(tmp_path)
    assert source.look(root, ("a.txt",)) == CopySource(is_folder=False)
    assert source.look(root, ("folder",)) == CopySource(is_folder=True)
    assert source.look(root, ("empty.ipynb",)) == CopySource(is_folder=False)


def test_no_copy_is_made_of_pipes_and_of_what_is_outside(tmp_path: Path) -> None:
    files = tmp_path / "files"
    files.mkdir()
    (tmp_path / "secret").write_text("x")
    (files / "out").symlink_to("../secret")
    os.mkfifo(files / "pipe")
    root = Root(files)
    with pytest.raises(LeadsOutError):
        source.look(root, ("out",))
    with pytest.raises(NoFileError):
        source.look(root, ("pipe",))
    with pytest.raises(FileNotFoundError):
        source.look(root, ("none",))
