"""Sets of capabilities, and the lab server's secrets, as plain values."""

from __future__ import annotations

import os
from pathlib import Path
from types import SimpleNamespace

import pytest
from jupyterhub.singleuser.extension import JupyterHubSingleUser

from classroom.cli import health
from classroom.lab import hub_credentials
from classroom.lab.storage import migration
from classroom.runtime import credentials, privileges
from classroom.runtime.credentials import Secrets
from classroom.runtime.paths import Paths
from classroom.sandbox import lab_server, landlock

GIVEN = Secrets("t0ken", "ab" * 32)


def test_sets_are_bits() -> None:
    assert privileges.bits(()) == 0
    assert privileges.bits(privileges.LAUNCHER) == 1 << 5 | 1 << 6 | 1 << 7
    assert set(privileges.LAUNCHER) < set(privileges.HUB)


def test_secrets_are_handed_over_more_than_once_and_are_in_no_text(tmp_path: Path) -> None:
    made = credentials.make(tmp_path)
    again = credentials.make(tmp_path)
    assert made.token != again.token, "new at each start"
    assert made.cookies == again.cookies, "pages come back"
    assert made.token not in repr(made)
    descriptor = credentials.hand(made)
    for _ in range(2):  # the lab server dies and is restarted
        assert credentials.take(os.dup(descriptor)) == made
    os.close(descriptor)


def test_the_token_leaves_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(hub_credentials.TOKEN, raising=False)
    app = SimpleNamespace(load_server_extensions=lambda: None)
    monkeypatch.setattr(JupyterHubSingleUser, "make_serverapp", lambda: app)
    hub_credentials.use(GIVEN)
    assert os.environ[hub_credentials.TOKEN] == GIVEN.token
    made = JupyterHubSingleUser.make_serverapp()
    assert made.cookie_secret == bytes.fromhex(GIVEN.cookies)
    assert made.write_server_info_file() is None
    hub_credentials.forget(SimpleNamespace(api_token=GIVEN.token))
    assert hub_credentials.TOKEN not in os.environ
    with pytest.raises(RuntimeError):
        hub_credentials.forget(SimpleNamespace(api_token=""))


def test_nothing_that_is_loaded_is_among_what_may_be_written() -> None:
    paths = Paths()
    rights = {Path(place.path): place.rights for place in lab_server.places(paths)}
    for loaded in (paths.prefix, paths.lab_home, paths.lab_config, Path("/usr")):
        assert not rights[loaded] & landlock.WRITE
    for written, right in rights.items():
        if right & landlock.WRITE:
            assert not right & landlock.EXECUTE
            assert not written.is_relative_to("/proc")
    for foreign in ("/proc", "/srv", "/data/hub", "/tmp", "/run/classroom/front"):  # noqa: S108
        assert not [one for one in rights if Path(foreign) in (one, *one.parents)]
        assert not [one for one in rights if one in Path(foreign).parents]


@pytest.mark.parametrize("version", range(1, 8))
def test_rights_are_those_that_the_kernel_knows(version: int) -> None:
    every = landlock.rights(version)
    assert every & landlock.FIRST == landlock.FIRST
    assert every <= landlock.EVERY
    assert bool(every & landlock.TRUNCATE) == (version >= 3)


def test_what_was_kept_where_things_are_loaded_from_is_moved(tmp_path: Path) -> None:
    paths = Paths(data=tmp_path)
    settings = paths.history / "config/lab/user-settings/of-ada"
    settings.mkdir(parents=True)
    (paths.history / "cookie_secret").write_text("old")
    trap = paths.history / "share/nbconvert/templates"
    trap.mkdir(parents=True)
    for _ in range(2):
        migration.settle(paths)
    assert (paths.history / migration.SETTINGS / "of-ada").is_dir()
    assert not (paths.history / "cookie_secret").exists()
    assert trap.is_dir(), "nothing looks there, and nothing is deleted"


def test_which_sockets_are_listened_on() -> None:
    table = """Num       RefCount Protocol Flags    Type St Inode Path
0000000000000000: 00000002 00000000 00010000 0001 01 17 /run/classroom/hub/hub.sock
0000000000000000: 00000003 00000000 00000000 0001 03 18
"""
    assert health.listening(table) == {"/run/classroom/hub/hub.sock"}
