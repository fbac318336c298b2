"""Make the trial's passphrases once, keep them on the volume, and show them in the log."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from classroom.runtime import files
from classroom.runtime.paths import AUTHORITY
from classroom.runtime.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

TUTOR = "tutor"
# Easy to read out: without vowels, which would make words, and without characters that look alike.
ALPHABET = "bcdfghjkmnpqrstvwxz23456789"
STUDENT_GROUPS, TUTOR_GROUPS = 3, 7
"""Groups of five characters: 71 and 166 bits; JupyterHub wants 8 and 32 characters at least."""


@dataclass(frozen=True)
class Passphrases:
    """The passphrases of a trial.

    Attributes:
        student: for any name.
        tutor: for the name `tutor`, who is admin.
    """

    student: Secret
    tutor: Secret


def make(groups: int) -> str:
    """Make a passphrase of the given number of groups of five characters."""
    return "-".join("".join(secrets.choice(ALPHABET) for _ in range(5)) for _ in range(groups))


def ensure(folder: Path) -> Passphrases:
    """Read the passphrases in a folder, and make missing ones.

    Args:
        folder: on the volume; only root can read it.
    """
    kept = []
    for name, groups in (("student", STUDENT_GROUPS), ("tutor", TUTOR_GROUPS)):
        file = folder / f"trial_{name}_passphrase"
        if not file.exists():
            files.write_private(file, make(groups).encode())
        kept.append(Secret(file.read_text(encoding="utf-8").strip()))
    return Passphrases(*kept)


def paragraph(
    passphrases: Passphrases, address: str, here: str = "", others: Sequence[str] = ()
) -> str:
    """Describe the trial; the first two lines say what students and the tutor do.

    Args:
        passphrases: the trial's passphrases.
        address: the lab's address for students, as far as it is known.
        here: its address for a browser on the machine itself, if that is another.
        others: further addresses of the lab.
    """
    same = f"\nThe same lab: {', '.join(others)}" if others else ""
    return f"""\
Students     open {address}, type any name, passphrase  {passphrases.student.reveal()}
Tutor        the same address, name {TUTOR}, passphrase  {passphrases.tutor.reveal()}

This is a TRIAL: anybody who has the passphrase gets in, under any name they type. Browsers warn
about the certificate, which the lab has made itself: choose “Advanced”, then go on. On your own
machine, trust {here or address}{AUTHORITY} instead (docs/operate/configuration.md).{same}
To set up your class: cp jupyterhub_config_example.py jupyterhub_config.py, put your students'
GitHub names into USERS, fill in the three GitHub OAuth values, put ssl.crt and ssl.key into
secrets/, and start again (README.md, “Set up your class”)."""
