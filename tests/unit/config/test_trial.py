"""Passphrases: long enough, readable aloud, kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from classroom.config import trial

if TYPE_CHECKING:
    from pathlib import Path


def test_passphrases_are_made_once(tmp_path: Path) -> None:
    first, again = trial.ensure(tmp_path), trial.ensure(tmp_path)
    assert first.student.reveal() == again.student.reveal()
    assert first.tutor.reveal() == again.tutor.reveal()
    assert len(first.student.reveal()) >= 8
    assert len(first.tutor.reveal()) >= 32
    assert first.student.reveal() not in repr(first)


def test_a_start_that_was_cut_short_leaves_no_empty_passphrase(tmp_path: Path) -> None:
    trial.ensure(tmp_path)
    assert [file.name for file in tmp_path.iterdir() if file.name.startswith(".")] == []
    assert all(file.stat().st_size > 8 for file in tmp_path.iterdir())


def test_only_root_can_read_them(tmp_path: Path) -> None:
    trial.ensure(tmp_path)
    assert {file.stat().st_mode & 0o777 for file in tmp_path.iterdir()} == {0o600}


def test_they_can_be_read_aloud() -> None:
    made = trial.make(200)
    assert set(made) - {"-"} <= set("bcdfghjkmnpqrstvwxz23456789")


def test_the_paragraph_says_what_to_do(tmp_path: Path) -> None:
    passphrases = trial.ensure(tmp_path)
    text = trial.paragraph(passphrases, "https://localhost:9443")
    for word in (
        "TRIAL",
        "https://localhost:9443",
        passphrases.student.reveal(),
        "jupyterhub_config",
    ):
        assert word in text


def test_the_certificate_is_trusted_by_the_machines_own_address(tmp_path: Path) -> None:
    """The address for other machines may change tomorrow."""
    passphrases = trial.ensure(tmp_path)
    here = "https://localhost:9443"
    text = trial.paragraph(passphrases, "https://10.1.2.3:9443", here, [here])
    assert f"trust {here}/authority.crt" in text
