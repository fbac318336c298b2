"""Load other nftables rules into a running lab, as the tests that remove a rule do."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from classroom.runtime import lab_users
from tests import labs

if TYPE_CHECKING:
    from tests.labs import Lab

RULES = (labs.ROOT / "nftables/egress.nft").read_text()
LOAD = """
import base64, os, pathlib, pickle, sys
from classroom.egress import nftables, resolv
from classroom.runtime.paths import Paths
# What may be reached is read once: that checks the configuration, for which it imports JupyterHub.
read = pathlib.Path("/run/egress-settings")
if not read.exists():
    from classroom.config import settings
    read.write_bytes(pickle.dumps(settings.load(Paths(), os.environ).egress))
nftables.RULES = pathlib.Path("/tmp/mutated.nft")
nftables.RULES.write_bytes(base64.b64decode(sys.argv[1]))
resolved = resolv.parse(pathlib.Path("/etc/resolv.conf").read_text())
nftables.load(pickle.loads(read.read_bytes()), resolved, int(sys.argv[2]))
"""


def load(lab: Lab, rules: str, last: int = lab_users.CLASS) -> None:
    """Load rules; the rules' record of senders is lost.

    Args:
        lab: a lab under nftables; its configuration stays unchanged.
        rules: `RULES`, or others in the same form.
        last: the highest number of a lab; the class's number if it is the only one.
    """
    encoded = base64.b64encode(rules.encode()).decode()
    status, said = lab.run("python", "-c", LOAD, encoded, str(last))
    assert status == 0, said
