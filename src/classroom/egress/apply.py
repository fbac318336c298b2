"""Take the egress lock: choose it, apply it, prove that it holds, and describe it for the Hub."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from classroom.config import hosts
from classroom.egress import detect, lock, nflog, nftables, probe, resolv
from classroom.egress.lock import Lock, LockKind
from classroom.runtime import lab_users
from classroom.runtime.problems import Problem, StartRefusedError

if TYPE_CHECKING:
    from classroom.config.egress_settings import EgressSettings
    from classroom.config.settings import Settings

RESOLV = Path("/etc/resolv.conf")
HOSTS = Path("/etc/hosts")


def rewrite(file: Path, text: str) -> None:
    """Write a file that Docker has mounted, in place, because a mount can't be replaced.

    Raises:
        StartRefusedError: the file can't be written.
    """
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        what = f"can't be written ({error.strerror})"
        cure = "the egress lock keeps names in it: leave it writable for root"
        raise StartRefusedError([Problem(str(file), what, cure)]) from None


def check_nameservers(wanted: EgressSettings, found: resolv.Nameservers) -> None:
    """Refuse a start in which the proxy could not look up any name.

    Raises:
        StartRefusedError: hosts may be reached, but the container has no nameserver.
    """
    proxy = wanted.upstream
    if proxy is not None and hosts.is_address(proxy.host):
        return  # the upstream proxy looks up names
    if (wanted.hub or wanted.allow or wanted.endpoints) and not found.asked:
        first = (*wanted.hub, *wanted.allow, *wanted.endpoints)[0]
        what = f"{first} may be reached, but no nameserver is named"
        raise StartRefusedError([Problem(str(RESOLV), what, "give the container one with --dns")])


def take_nftables(wanted: EgressSettings, *, labs: bool) -> Lock:
    """Load the rules, prove that they hold, and point all names at our own ports.

    Args:
        wanted: what may be reached.
        labs: whether there may be labs besides the class.

    Raises:
        StartRefusedError: one of these steps failed.
    """
    before = RESOLV.read_text(encoding="utf-8")
    nameservers = resolv.parse(before)
    check_nameservers(wanted, nameservers)
    last = lab_users.LAST if labs else lab_users.CLASS
    nftables.load(wanted, nameservers, last)
    probe.nftables((lab_users.server(last).uid, lab_users.code(last).uid))
    try:
        refusals = nflog.subscribe()
    except OSError as error:
        what = f"{error.strerror or error}"
        cure = "use a host whose kernel has it, or leave NET_ADMIN out for the sandbox lock"
        raise StartRefusedError([Problem("egress lock", what, cure)]) from None
    rewrite(RESOLV, resolv.render(nameservers, before))
    rewrite(HOSTS, resolv.render_hosts(HOSTS.read_text(encoding="utf-8"), resolv.doors(wanted)))
    # The Hub gets this descriptor, and no other process does (runtime/handover.py).
    os.set_inheritable(refusals.fileno(), True)  # noqa: FBT003
    return Lock(
        LockKind.NFTABLES,
        tuple(map(resolv.as_nginx, nameservers.asked)),
        detect.ipv6(),
        refusals.detach(),
    )


def lead_the_hub(kind: LockKind, wanted: EgressSettings) -> Lock:
    """Without rules, configure the Hub to use the school's proxy, if there is one.

    Args:
        kind: how the lock is held.
        wanted: what may be reached.
    """
    before = HOSTS.read_text(encoding="utf-8")
    nameservers = resolv.parse(RESOLV.read_text(encoding="utf-8"))
    names = resolv.doors(wanted) if wanted.upstream is not None else {}
    if names or resolv.BEGIN in before:
        rewrite(HOSTS, resolv.render_hosts(before, names))
    return Lock(kind, tuple(map(resolv.as_nginx, nameservers.asked)), detect.ipv6())


def take(settings: Settings, *, labs: bool) -> Lock:
    """Take the strongest lock that this container can have.

    Args:
        settings: as loaded and checked.
        labs: whether there may be labs besides the class.

    Raises:
        StartRefusedError: no lock holds, and the tutor has not set `egress` to "open".
    """
    kind = lock.choose(settings.egress, detect.look())
    if kind is LockKind.NFTABLES:
        taken = take_nftables(settings.egress, labs=labs)
    else:
        if kind is LockKind.SANDBOX:
            probe.sandboxed(sys.executable)
        taken = lead_the_hub(kind, settings.egress)
    lock.write(settings.paths, taken)
    return taken
