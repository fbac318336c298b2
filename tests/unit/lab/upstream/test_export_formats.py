"""The export formats that are offered."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from classroom.lab.upstream import export_formats

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_formats_that_nothing_can_make_are_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    answer = json.dumps({name: {} for name in ("html", "latex", "pdf", "qtpdf", "custom", "own")})
    assert set(json.loads(export_formats.made(answer))) == {"html", "own"}
    (tmp_path / "pandoc").write_text("#!/bin/sh\n")
    (tmp_path / "pandoc").chmod(0o755)
    assert set(json.loads(export_formats.made(answer))) == {"html", "latex", "own"}
    (tmp_path / "xelatex").symlink_to(tmp_path / "pandoc")
    assert "pdf" in json.loads(export_formats.made(answer)), "a tutor has added both"
