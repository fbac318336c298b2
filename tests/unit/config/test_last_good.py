"""The last good configuration is the one that was checked, even if the files have changed since."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from classroom.config import last_good, settings
from classroom.runtime.paths import Paths
from classroom.runtime.problems import StartRefusedError

if TYPE_CHECKING:
    from pathlib import Path

RIGHT = """
USERS = ["ada"]
c.Authenticator.allowed_users = USERS
c.GitHubOAuthenticator.client_id = "Iv1.x"
c.GitHubOAuthenticator.oauth_callback_url = "https://lab.test:8443/hub/oauth_callback"
load_subconfig("more.py")
"""


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    made = replace(Paths(), config=tmp_path / "config", run=tmp_path / "run")
    made.secrets.mkdir(parents=True)
    made.run.mkdir()
    made.config_file.write_text(RIGHT)
    (made.config / "more.py").write_text('c.Authenticator.admin_users = {"grace"}\n')
    (made.secrets / "github_client_secret").write_text("right\n")
    return made


def test_what_was_checked_is_kept_though_all_files_change_right_after(paths: Paths) -> None:
    """This happens if an editor saves, or a tutor replaces the client secret, at that moment."""
    loaded = settings.load(paths, {})
    paths.config_file.write_text("c.Authenticator.allowed_users = [")
    (paths.config / "more.py").write_text("c.Authenticator.admin_users = {")
    (paths.secrets / "github_client_secret").write_text("half")
    last_good.keep(loaded)
    found, why = last_good.load(paths, {})
    assert "jupyterhub_config.py:1" in why
    assert found.allowed == {"ada"}
    assert found.tutors == {"grace"}
    assert found.oauth is not None
    assert found.oauth.client_secret.reveal() == "right"
    assert found.paths == paths


def test_the_newest_is_kept_and_no_other(paths: Paths) -> None:
    for name in ("ada", "bob", "cleo"):
        paths.config_file.write_text(RIGHT.replace("ada", name))
        last_good.keep(settings.load(paths, {}))
    paths.config_file.write_text("(")
    assert last_good.load(paths, {})[0].allowed == {"cleo"}
    kept = [one for one in paths.run.iterdir() if not one.is_symlink()]
    assert len(kept) == 1
    assert {one.stat().st_mode & 0o077 for one in kept[0].rglob("*")} == {0}


def test_what_was_kept_stays_when_the_next_cannot_be(
    paths: Paths, monkeypatch: pytest.MonkeyPatch
) -> None:
    last_good.keep(settings.load(paths, {}))
    paths.config_file.write_text(RIGHT.replace("ada", "bob"))
    loaded = settings.load(paths, {})

    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("pathlib.Path.write_bytes", full)
        with pytest.raises(OSError, match="No space left"):
            last_good.keep(loaded)
    paths.config_file.write_text("(")
    assert last_good.load(paths, {})[0].allowed == {"ada"}


def test_without_anything_kept_the_refusal_stands(paths: Paths) -> None:
    paths.config_file.write_text("(")
    with pytest.raises(StartRefusedError):
        last_good.load(paths, {})


def test_no_secret_is_shown(paths: Paths) -> None:
    assert "right" not in repr(settings.load(paths, {}))
