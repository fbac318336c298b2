"""Which of the tutor's files everybody on the tutor's machine may read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from classroom.config import exposure
from classroom.runtime.paths import Paths
from tests import kubelet
from tools import up

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(("mode", "said"), [(0o600, 0), (0o640, 0), (0o644, 1), (0o604, 1)])
def test_a_sentence_for_each_file_that_others_may_read(mode: int, said: int) -> None:
    found = exposure.warnings({"jupyterhub_config.py": 0o100000 | mode})
    assert len(found) == said
    for sentence in found:
        assert sentence.endswith("chmod 600 jupyterhub_config.py")


def test_certificates_are_no_secret_and_keys_are(tmp_path: Path) -> None:
    paths = Paths(config=tmp_path)
    assert exposure.found(Paths(config=tmp_path / "none")) == {}, "there is no folder at all"
    paths.secrets.mkdir()
    for name in ("ssl.crt", "ssl.key", "client", "README.md"):
        (paths.secrets / name).touch()
    paths.config_file.touch()
    assert set(exposure.found(paths)) == {
        ".",
        "jupyterhub_config.py",
        "secrets",
        "secrets/client",
        "secrets/ssl.key",
    }


def test_folders_in_folders_and_what_compose_reads_are_looked_at(tmp_path: Path) -> None:
    paths = Paths(config=tmp_path)
    inner = paths.secrets / "old"
    inner.mkdir(parents=True)
    for file in (inner / "ssl.key", tmp_path / ".env"):
        file.touch()
        file.chmod(0o644)
    assert ".env" not in exposure.found(paths), "there is no secret in it"
    (tmp_path / ".env").write_text("PORT=443\nGITHUB_CLIENT_SECRET=x\n")
    tmp_path.chmod(0o755)
    paths.secrets.chmod(0o777)
    inner.chmod(0o755)
    assert exposure.warnings(exposure.found(paths)) == [
        "secrets/old/ssl.key can be read by others on this machine: chmod 600 secrets/old/ssl.key",
        ".env can be read by others on this machine: chmod 600 .env",
        "secrets can be changed by others on this machine: chmod o-w secrets",
    ]


def test_what_kubernetes_mounts_is_in_a_folder_of_roots(tmp_path: Path) -> None:
    """Kubernetes makes the folder world-writable, but only root of the node can enter it."""
    paths = Paths(config=tmp_path)
    paths.secrets.mkdir()
    for folder, name in ((tmp_path, "jupyterhub_config.py"), (paths.secrets, "ssl.key")):
        kubelet.write(folder, {name: b"text"}, mode=0o644)
    assert exposure.warnings(exposure.found(paths)) == []
    (paths.secrets / "..data").unlink()
    assert exposure.warnings(exposure.found(paths)), "as anybody else's folder"


def test_make_up_prints_what_the_start_has_warned_of_once() -> None:
    log = """[I 2026-11-25 18:30:28 classroom] tls: fine
[W 2026-11-25 18:30:28 classroom] mend this
[W 2026-11-25 18:30:29 JupyterHub app:1] not ours
[W 2026-11-25 18:30:30 classroom] mend this
"""
    assert up.warnings(log) == ["mend this"]
