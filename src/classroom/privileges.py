"""Which Linux capabilities each process keeps (capabilities(7), setpriv(1))."""

from __future__ import annotations

HUB = ("chown", "dac_override", "kill", "setgid", "setuid")
"""What the Hub and nginx's master need: become and signal other users, read the tutor's files
whoever owns them, and own their directories. Nothing that touches the network or the kernel."""


def keep(capabilities: tuple[str, ...]) -> tuple[str, ...]:
    """Build the command prefix that drops every other capability for good.

    Out of the bounding set, a capability can't come back in this process or its children.

    Args:
        capabilities: what to keep, without ``CAP_``.
    """
    kept = ",".join(["-all", *(f"+{name}" for name in capabilities)])
    return ("setpriv", f"--bounding-set={kept}", "--inh-caps=-all", "--")
