"""Load nftables/egress.nft: the whole table in one batch, or nothing."""

from __future__ import annotations

import pwd
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from classroom.runtime.problems import Problem, StartRefusedError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from classroom.config.egress_settings import EgressSettings
    from classroom.egress.resolv import Nameservers

RULES = Path(__file__).parent.parent / "nftables/egress.nft"
USERS = ("classroom", "student", "front", "egress", "nobody")


def as_set(values: Iterable[object]) -> str:
    """Write a set as nft reads it."""
    return f"{{ {', '.join(map(str, values))} }}"


def values(
    wanted: EgressSettings, nameservers: Nameservers, uids: Mapping[str, int]
) -> dict[str, str]:
    """Collect the values that the rules are loaded with.

    Args:
        wanted: what may be reached.
        nameservers: who knows names.
        uids: user ids by name.
    """
    found = {name.upper(): str(uid) for name, uid in uids.items()}
    for name, items in (
        ("RESOLVER", nameservers.asked),
        ("FORWARDER", nameservers.forwarders),
        ("PRIVATE", wanted.private),
    ):
        for version in (4, 6):
            found[f"{name}{version}"] = as_set(i for i in items if i.version == version)
    found["SERVICES"] = as_set(wanted.services)
    return found


def command(rules: Path, found: Mapping[str, str], *options: str) -> list[str]:
    """Build the command that loads the rules.

    Args:
        rules: the file.
        found: its values.
        options: more of nft's own, such as ``--check``.
    """
    defines = [word for item in found.items() for word in ("--define", "=".join(item))]
    return ["nft", *options, *defines, "--file", str(rules)]


def load(wanted: EgressSettings, nameservers: Nameservers) -> None:
    """Load the rules.

    Args:
        wanted: what may be reached.
        nameservers: who knows names.

    Raises:
        StartRefusedError: the kernel or nft refuses; nothing has changed then.
    """
    uids = {name: pwd.getpwnam(name).pw_uid for name in USERS}
    words = command(RULES, values(wanted, nameservers, uids))
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        said = (done.stderr.strip().splitlines() or ["nft said nothing"])[0]
        cure = "use a host whose kernel has nf_tables, or leave NET_ADMIN out for the sandbox lock"
        raise StartRefusedError(
            [Problem("egress lock", f"the rules can't be loaded ({said})", cure)]
        )
