"""Check nftables/egress.nft with the image's nft, so that this machine needs no nft.

Run as ``python -m tools.check_rules`` (``make lint``).
"""

from __future__ import annotations

import ipaddress
import subprocess
import sys
from pathlib import Path

from classroom.config.egress_settings import EgressSettings
from classroom.config.upstream import Upstream
from classroom.egress import nftables, resolv
from classroom.runtime import lab_users

IMAGE = "collaborative_jupyterlab"
RULES = Path("nftables/egress.nft")
# Values for all definitions in the rules, as in a lab that uses all settings.
WANTED = EgressSettings(
    private=(ipaddress.ip_network("10.1.2.0/24"), ipaddress.ip_network("fd00::/8")),
    services=(9000,),
    upstream=Upstream("proxy.example.org", 3128),
    plain_http=True,
)
NAMESERVERS = resolv.parse("nameserver 127.0.0.11\n# ExtServers: [10.0.0.1 fd00::1]\n")
UIDS = {name: 1000 + number for number, name in enumerate(nftables.USERS)}


def main() -> int:
    """Check the rules with values for all definitions, and without any; return nft's status."""
    every, none = (WANTED, NAMESERVERS, lab_users.LAST), (EgressSettings(), resolv.Nameservers(), 0)
    for wanted, nameservers, last in (every, none):
        values = nftables.values(wanted, nameservers, UIDS, last)
        docker = ["docker", "run", "--rm", "--interactive", "--network", "none"]
        volume = ["--volume", f"{RULES.parent.resolve()}:/rules:ro"]
        nft = ["--cap-add", "NET_ADMIN", "--entrypoint", "nft", IMAGE, "--check", "--file", "-"]
        batch = nftables.definitions(values, Path("/rules") / RULES.name)
        status = subprocess.run(
            [*docker, *volume, *nft], input=batch, text=True, check=False
        ).returncode
        if status != 0:
            return status
    print(f"{RULES}: nft finds nothing wrong")
    return 0


if __name__ == "__main__":
    sys.exit(main())
