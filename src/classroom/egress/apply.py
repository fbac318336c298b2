"""Take the lock: choose it, apply it, prove it, and leave word for the Hub."""

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
    """Write a file of Docker's in place: it is a mount, which can't be replaced.

    Raises:
        StartRefusedError: it can't be written.
    """
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        what = f"can't be written ({error.strerror})"
        cure = "the egress lock keeps names in it: leave it writable for root"
        raise StartRefusedError([Problem(str(file), what, cure)]) from None


def check_nameservers(wanted: EgressSettings, found: resolv.Nameservers) -> None:
    """Refuse a start in which the proxy could find nobody.

    Raises:
        StartRefusedError: something may be reached, and there is nobody to ask for its address.
    """
    proxy = wanted.upstream
    if proxy is not None and hosts.is_address(proxy.host):
        return  # who knows names is the proxy
    if (wanted.hub or wanted.allow or wanted.endpoints) and not found.asked:
        first = (*wanted.hub, *wanted.allow, *wanted.endpoints)[0]
        what = f"{first} may be reached, but no nameserver is named"
        raise StartRefusedError([Problem(str(RESOLV), what, "give the container one with --dns")])


def take_nftables(wanted: EgressSettings, *, labs: bool) -> Lock:
    """Load the rules, prove them, and point all names at our doors.

    Args:
        wanted: what may be reached.
        labs: whether there may be others than the class.

    Raises:
        StartRefusedError: any of it failed.
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
    # Handed on to the Hub; nothing else inherits it (runtime/handover.py).
    os.set_inheritable(refusals.fileno(), True)  # noqa: FBT003
    return Lock(
        LockKind.NFTABLES,
        tuple(map(resolv.as_nginx, nameservers.asked)),
        detect.ipv6(),
        refusals.detach(),
    )


def lead_the_hub(kind: LockKind, wanted: EgressSettings) -> Lock:
    """Where there are no rules, have the Hub go by the school's proxy, if there is one.

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
    """Take the strongest lock that there is.

    Args:
        settings: as loaded and checked.
        labs: whether there may be others than the class.

    Raises:
        StartRefusedError: none holds, and the tutor hasn't said that none need.
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
