"""Load nftables/egress.nft: the whole table in one batch, or nothing."""

from __future__ import annotations

import pwd
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from classroom.runtime import lab_users
from classroom.runtime.paths import HTTP_PORT, PORT
from classroom.runtime.problems import Problem, StartRefusedError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from classroom.config.egress_settings import EgressSettings
    from classroom.egress.resolv import Nameservers

RULES = Path(__file__).parent.parent / "nftables/egress.nft"
HTTPS = 443
USERS = ("classroom", "student", "front", "egress", "nobody")


def as_set(values: Iterable[object]) -> str:
    """Write a set in nft's syntax."""
    return f"{{ {', '.join(map(str, values))} }}"


def apart(last: int) -> dict[str, str]:
    """List the users of labs that the rules separate from each other.

    Args:
        last: the highest number of a lab; the class's number if there is no other lab.
    """
    if last == lab_users.CLASS:
        return dict.fromkeys(("APART", "OTHERS"), as_set(()))
    own = f"{lab_users.server(lab_users.CLASS).uid}-{lab_users.code(lab_users.CLASS).uid}"
    others = f"{lab_users.server(1).uid}-{lab_users.code(last).uid}"
    return {"APART": as_set((own, others)), "OTHERS": as_set((others,))}


def values(
    wanted: EgressSettings,
    nameservers: Nameservers,
    uids: Mapping[str, int],
    last: int = lab_users.CLASS,
) -> dict[str, str]:
    """Collect the values with which the rules are loaded.

    Args:
        wanted: what may be reached.
        nameservers: the nameservers.
        uids: user ids by name.
        last: the highest number of a lab; the class's number if there is no other lab.
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
    outward = {HTTPS, *((wanted.upstream.port,) if wanted.upstream else ())}
    found["OUTWARD"] = as_set(sorted(outward))
    found["PUBLISHED"] = as_set((PORT, HTTP_PORT) if wanted.plain_http else (PORT,))
    return {**found, **apart(last)}


def definitions(found: Mapping[str, str], rules: Path) -> str:
    """Write the text that nft loads: the values, and the rules.

    The values are in the text because they can be longer than an argument of a command may be.

    Args:
        found: the values.
        rules: the file with the rules.
    """
    defined = "".join(f"define {name} = {value}\n" for name, value in found.items())
    return f'{defined}include "{rules}"\n'


def load(wanted: EgressSettings, nameservers: Nameservers, last: int = lab_users.CLASS) -> None:
    """Load the rules.

    Args:
        wanted: what may be reached.
        nameservers: the nameservers.
        last: the highest number of a lab; the class's number if there is no other lab.

    Raises:
        StartRefusedError: the kernel or nft rejects them; nothing has changed then.
    """
    uids = {name: pwd.getpwnam(name).pw_uid for name in USERS}
    batch = definitions(values(wanted, nameservers, uids, last), RULES)
    words = ["nft", "--file", "-"]
    done = subprocess.run(words, input=batch, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        said = (done.stderr.strip().splitlines() or ["nft said nothing"])[0]
        cure = "use a host whose kernel has nf_tables, or leave NET_ADMIN out for the sandbox lock"
        raise StartRefusedError(
            [Problem("egress lock", f"the rules can't be loaded ({said})", cure)]
        )
