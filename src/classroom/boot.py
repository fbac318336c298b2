"""Start the container, step by step: settings, data, TLS, egress lock, supervisor.

This runs as root under tini. If a step fails, the start ends; no port is open before the last step.
"""

from __future__ import annotations

import datetime as dt
import errno
import os
import signal
import socket
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from classroom.backup import swap
from classroom.cli import acme_report, sign_in, warnings
from classroom.config import labs, last_good, limits, preload, settings, subdomains
from classroom.egress import apply, lock
from classroom.front import (
    certificate,
    challenges,
    client_addresses,
    hosts,
    local_authority,
    render,
    tls,
)
from classroom.front.acme import account, kept
from classroom.hub.egress import gateway
from classroom.lab import server_config
from classroom.runtime import (
    layout,
    machine,
    privileges,
    volume_format,
    volume_lock,
    volume_reserve,
    words,
)
from classroom.runtime.paths import Paths
from classroom.runtime.problems import EX_CONFIG, Problem, StartRefusedError
from classroom.snapshots import schedule

if TYPE_CHECKING:
    from collections.abc import Mapping

    from classroom.config.settings import Settings

DEADLINE_SECONDS = 60
HERE = ["localhost", "127.0.0.1", "::1"]
"""Names by which the machine itself always reaches the lab."""
FULL = (
    "{} is full: the lab starts, but saves nothing. People can sign in, look, and delete files in"
    " the file browser; as soon as there is room, it saves again by itself."
)


def say(step: str, what: str) -> None:
    """Log one line per step, in the Hub's form."""
    print(f"[I {time.strftime('%F %T')} classroom] {step}: {what}", flush=True)


def warn(what: str) -> None:
    """Log a warning for the person who runs the lab."""
    print(f"[W {time.strftime('%F %T')} classroom] {what}", flush=True)


def prepare_data(paths: Paths, *, several: bool) -> None:
    """Make the directories; warn if they are removed with the container.

    Args:
        paths: where things are.
        several: whether the configuration allows labs besides the class.
    """
    # A restarted container keeps its /run, with sockets of processes that no longer exist.
    layout.clear(paths.run)
    if volume_lock.hold(paths.data) is None:
        warn(f"{paths.data} can't be locked: see to it that no second lab has this volume")
    if volume_reserve.release(paths.reserve):
        warn(FULL.format(paths.data))
    if aside := swap.take_place(paths):
        say("data", f"restored from a backup; the previous data is in {aside}")
    release = volume_format.release(paths.prefix)
    before = volume_format.bring_up(paths, release)
    if before.release not in {"", release}:
        say("data", f"last written by release {before.release}; this is {release}")
    layout.ensure(layout.plan(paths))
    if several:
        layout.ensure(layout.plan_labs(paths))
    if os.path.ismount(paths.data):
        say("data", f"{paths.data} is a volume")
    else:
        warn(
            f"{paths.data} is not a volume: all work is lost when this container is removed; "
            f"add -v classroom-data:{paths.data} to keep it."
        )


def prepare_tls(loaded: Settings, addresses: str) -> None:
    """Install the front's certificate: the tutor's, one that the lab has got, or one that it makes.

    Args:
        loaded: the settings.
        addresses: by which others reach this machine, as far as ``make up`` knows them.
    """
    now = dt.datetime.now(dt.UTC)
    supplied, own = tls.read(loaded.paths.secrets, now), b""
    for sentence in warnings.of_certificate(loaded, supplied, now):
        warn(sentence)
    got = kept.wanted(loaded.paths.acme, loaded.acme)
    if supplied is not None:
        found, kind = supplied, "from secrets/"
    elif got is not None and loaded.acme is not None:
        names = " and ".join(loaded.acme.names)
        found, kind = got.pair, f"for {names}, which the lab has got by itself"
    else:
        authority = local_authority.ensure(loaded.paths.hub, now)
        here = [*HERE, *local_authority.vouched(addresses)]
        found = local_authority.ensure_certificate(loaded.paths.hub, authority, here, now)
        own, kind = authority.pem, "of the lab's own authority"
        if loaded.acme is not None:
            say("tls", acme_report.standing(loaded))
    certificate.install(loaded.paths.front, found, own)
    say("tls", f"certificate {kind}, valid until {found.expires:%Y-%m-%d}")


def acme_account(loaded: Settings) -> str:
    """Return the thumbprint of the lab's account key at the authority; "" without `acme`.

    Args:
        loaded: the settings.
    """
    if loaded.acme is None:
        return ""
    return account.thumbprint(account.ensure(loaded.paths.acme))


def run(paths: Paths, environ: Mapping[str, str]) -> tuple[str, ...]:
    """Take every step up to the supervisor and return its command.

    Args:
        paths: where things are.
        environ: the process environment.

    Raises:
        StartRefusedError: with a sentence for each thing to fix first.
    """
    loaded = settings.load(paths, environ)
    words.use(loaded.language)
    say("settings", f"{loaded.mode.value} mode, {len(loaded.allowed)} names on the allowlist")
    short = warnings.of_machine(environ, machine.open_files())
    closed = acme_report.not_published(loaded, environ)
    for sentence in (*warnings.of_settings(loaded), *short, *closed):
        warn(sentence)
    apart = subdomains.of(loaded.config)
    if loaded.has_labs:
        labs.check_kernel()
        say("labs", labs.describe(loaded))
    several = labs.may_come(loaded)
    prepare_data(paths, several=several)
    prepare_tls(loaded, environ.get("ADDRESSES", ""))
    last_good.keep(loaded)
    server_config.install(loaded)
    if several:
        server_config.install_labs(loaded)
    limits.write(paths, loaded.limits)
    preload.write(paths, loaded.preload)
    schedule.write(paths, loaded.snapshot_interval)
    # Before anything listens, while this process still has the capability.
    taken = apply.take(loaded, labs=several)
    if taken.kind is not lock.LockKind.OPEN:
        say("egress lock", lock.describe(taken.kind, loaded.egress))
    for sentence in (*warnings.of_locks(loaded, taken.kind), *warnings.of_sign_in(loaded)):
        warn(sentence)
    say("sign-in", f"{loaded.mode.value}\n{sign_in.describe(loaded)}")
    hosts.write(paths.front, loaded)
    client_addresses.write(paths.front, loaded)
    challenges.write(paths.front, loaded, acme_account(loaded))
    subdomains.write(paths.front, apart)
    render.install(paths, {})
    gateway.install(paths, taken, loaded.egress)
    supervisor = (str(paths.prefix / "bin/python"), "-I", "-m", "classroom.supervisor")
    return (*privileges.keep(privileges.HUB), *supervisor)


def deadline(*_: object) -> NoReturn:
    """End a start that hangs, so that Docker tries again."""
    # Not through Python's buffer: the signal may have interrupted code that writes to it.
    os.write(2, f"The start took more than {DEADLINE_SECONDS} s: giving up.\n".encode())
    os._exit(1)


def refuse(refused: StartRefusedError) -> int:
    """Print why the container does not start, a sentence for each problem; return the exit code."""
    for problem in refused.problems:
        print(f"Not started. {problem}", file=sys.stderr, flush=True)
    return EX_CONFIG


def main() -> int:
    """Start the container; return only if the start is refused."""
    signal.signal(signal.SIGALRM, deadline)
    signal.alarm(DEADLINE_SECONDS)
    os.umask(0o022)
    try:
        command = run(Paths(), os.environ)
    except StartRefusedError as refused:
        return refuse(refused)
    except OSError as error:
        where = Path(error.filename or "the container's files")
        if error.errno in {*volume_reserve.FULL, errno.EROFS}:
            return refuse(StartRefusedError([layout.problem(where, error)]))
        what = f"{error.strerror or error}"
        cure = "let root in the container use it"
        return refuse(StartRefusedError([Problem(str(where), what, cure)]))
    say("lab", f"starting on {socket.gethostname()}")
    signal.alarm(0)  # exec keeps a pending alarm
    return os.execvp(command[0], command)  # noqa: S606 (the point: the supervisor is tini's child)


if __name__ == "__main__":
    sys.exit(main())
