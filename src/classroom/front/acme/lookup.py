"""Look up the TXT records of one name and print them, in a process of the user `egress`.

Only this user may ask nameservers while the egress lock holds (nftables/egress.nft).
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import dns.exception
import dns.resolver

from classroom.egress import resolv

RESOLV = Path("/etc/resolv.conf")
LOOKUP_SECONDS = 10.0
AS_EGRESS = (
    *("setpriv", "--reuid=egress", "--regid=egress", "--clear-groups"),
    *("--inh-caps=-all", "--no-new-privs", "--"),
)


@dataclass(frozen=True)
class TextAnswer:
    """The nameservers' answer.

    Attributes:
        texts: the records' values; none if there is no record.
        trouble: why no nameserver has answered; "" if one has.
    """

    texts: tuple[str, ...] = ()
    trouble: str = ""


def ask(name: str, nameservers: list[str]) -> TextAnswer:
    """Ask nameservers.

    Args:
        name: the name to look up.
        nameservers: the addresses of the nameservers.
    """
    if not nameservers:
        return TextAnswer(trouble="no nameserver is named")
    resolver = dns.resolver.Resolver(configure=False)
    resolver.nameservers = list(nameservers)
    resolver.lifetime = LOOKUP_SECONDS
    try:
        found = resolver.resolve(f"{name}.", "TXT", search=False)
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return TextAnswer()
    except (dns.exception.DNSException, OSError) as error:
        return TextAnswer(trouble=str(error) or type(error).__name__)
    return TextAnswer(tuple(b"".join(one.strings).decode(errors="replace") for one in found))


def look_up(name: str) -> TextAnswer:
    """Have a process of the user `egress` ask the container's nameservers.

    Args:
        name: the name to look up.
    """
    command = (*AS_EGRESS, sys.executable, "-I", "-m", "classroom.front.acme.lookup", name)
    try:
        asked = resolv.parse(RESOLV.read_text(encoding="utf-8")).asked
        done = subprocess.run(
            (*command, *map(str, asked)),
            capture_output=True,
            check=True,
            timeout=2 * LOOKUP_SECONDS,
            cwd="/",
        )
        said = json.loads(done.stdout)
        return TextAnswer(tuple(said["texts"]), said["trouble"])
    except (OSError, subprocess.SubprocessError, ValueError, KeyError, TypeError) as error:
        return TextAnswer(trouble=type(error).__name__)


if __name__ == "__main__":
    answer = ask(sys.argv[1], sys.argv[2:])
    print(json.dumps({"texts": answer.texts, "trouble": answer.trouble}))
