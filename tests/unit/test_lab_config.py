"""What the lab server is told."""

from __future__ import annotations

import json
from pathlib import Path

from traitlets.config import Config

from classroom.lab import config
from classroom.paths import Paths
from classroom.settings import Mode, Settings
from tests import labs

RENDERED = config.render(Settings(Paths(), Mode.TRIAL, Config()))


def test_nothing_of_the_labs_state_is_among_the_classs_files() -> None:
    for section, trait in (
        ("ClassYStore", "db_path"),
        ("LabApp", "workspaces_dir"),
        ("LabApp", "user_settings_dir"),
    ):
        assert Path(RENDERED[section][trait]).is_relative_to("/data/history")


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
