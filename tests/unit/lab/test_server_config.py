"""The lab server's configuration."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest
from traitlets.config import Config

from classroom.config.settings import Settings
from classroom.config.sign_in_mode import SignInMode
from classroom.lab import server_config
from classroom.lab.storage import migration
from classroom.runtime.paths import Paths
from tests import labs

RENDERED = server_config.render(Settings(Paths(), SignInMode.TRIAL, Config()))


def test_nothing_of_the_labs_state_is_among_the_classs_files() -> None:
    for section, trait in (
        ("ClassYStore", "db_path"),
        ("LabApp", "workspaces_dir"),
        ("LabApp", "user_settings_dir"),
    ):
        assert Path(RENDERED[section][trait]).is_relative_to("/data/history")


def test_a_class_disk_keeps_something_free() -> None:
    settings = Settings(Paths(), SignInMode.TRIAL, Config())
    wanted = dataclasses.replace(settings, limits=dataclasses.replace(settings.limits, disk=5))
    assert server_config.render(wanted)["ClassContents"]["disk_reserve"] == 5


def test_an_old_folder_that_is_broken_keeps_no_lab_from_starting(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    history = tmp_path / "history"
    (history / "cookie_secret").mkdir(parents=True)
    (history / "config").touch()
    migration.settle(Paths(data=tmp_path))
    assert "cookie_secret is no longer used, and can't be removed" in caplog.text
    assert "config/lab/workspaces stays where it is" in caplog.text


def test_nothing_listens_on_a_port() -> None:
    assert RENDERED["ServerApp"]["sock"] == "/run/classroom/lab/lab.sock"
    assert RENDERED["KernelManager"]["transport"] == "ipc"


def test_it_is_json_without_secrets() -> None:
    text = json.dumps(RENDERED)
    assert "token" not in text
    assert "password" not in text


def test_the_page_offers_nothing_that_calls_out_or_leaks() -> None:
    folder = labs.ROOT / "src/classroom/lab/settings"
    page = json.loads((folder / "page_config.json").read_text())
    assert page["disabledExtensions"]["@jupyter/collaboration-extension:shared-link"] is True
    assert page["buildCheck"] is False
    overrides = json.loads((folder / "overrides.json").read_text())
    assert overrides["@jupyterlab/apputils-extension:notification"]["fetchNews"] == "false"


@pytest.mark.parametrize(
    "extension",
    [
        "@jupyterlab/apputils-extension:workspaces",  # it applies a file's layout as one's own
        "@jupyterlab/htmlviewer-extension",  # its button runs a file's scripts in the page
        "@jupyterlab/javascript-extension",  # it runs outputs by eval
    ],
)
def test_what_acts_for_others_is_off_even_where_our_own_extension_is_missing(
    extension: str,
) -> None:
    page = json.loads((labs.ROOT / "src/classroom/lab/settings/page_config.json").read_text())
    assert page["disabledExtensions"][extension] is True
