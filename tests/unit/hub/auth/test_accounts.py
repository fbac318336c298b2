"""Names that pass to another account."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

import pytest

from classroom.hub.auth.accounts import Accounts

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "accounts.json"


def test_a_name_belongs_to_who_came_first(file: Path) -> None:
    accounts = Accounts(file)
    assert not accounts.is_another("octocat", 1), "nobody was here"
    accounts.remember("octocat", 1)
    for known in (accounts, Accounts(file)):  # also after a restart
        assert not known.is_another("octocat", 1)
        assert known.is_another("octocat", 2)
        assert not known.is_another("hubot", 2)
    assert file.stat().st_mode & 0o777 == 0o600


def test_a_tutor_lets_the_next_one_have_it(file: Path) -> None:
    accounts = Accounts(file)
    accounts.remember("octocat", 1)
    accounts.forget("octocat")
    accounts.forget("nobody")
    assert not Accounts(file).is_another("octocat", 2)


def test_who_has_a_new_name_was_here(file: Path) -> None:
    accounts = Accounts(file)
    accounts.remember("octocat", 1)
    assert accounts.former_name("octocat-new", 1) == "octocat"
    assert accounts.former_name("octocat", 1) == accounts.former_name("stranger", 2) == ""
    accounts.remember("octocat-new", 1)
    assert accounts.former_name("octocat-new", 1) == ""


def test_only_the_last_name_of_an_account_counts(file: Path) -> None:
    """It counts even if it comes first in the alphabet, and if the account had it before."""
    accounts = Accounts(file)
    for name, former in (("octocat", "another"), ("another", "octocat"), ("octocat", "another")):
        accounts.remember(name, 1)
        for known in (accounts, Accounts(file)):
            assert not known.is_former(name)
            assert known.is_former(former) is (known.number(former) is not None)
    assert not accounts.is_former("nobody")


def test_a_damaged_file_is_no_empty_one(file: Path) -> None:
    """Otherwise a person who takes over a name could enter."""
    file.write_text("{")
    with pytest.raises(ValueError, match="Expecting"):
        Accounts(file)


def test_on_a_full_disk_a_person_signs_in_and_is_written_down_later(
    file: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    accounts = Accounts(file)
    with monkeypatch.context() as patch:
        patch.setattr("os.fsync", full)
        accounts.remember("octocat", 1)
    assert accounts.is_another("octocat", 2)
    assert "not written down" in caplog.text
    assert list(file.parent.iterdir()) == [], "and nothing unfinished is left"
    accounts.remember("hubot", 3)
    assert Accounts(file).is_another("octocat", 2)
