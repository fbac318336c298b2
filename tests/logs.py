"""What a lab's log may say: everything of level WARNING or worse that is not known fails a test."""

from __future__ import annotations

import re

EXPECTED = (
    # The user role is narrower than JupyterHub's on purpose: no personal servers, no tokens.
    r"user role overridden with scopes=",
    # One sign-in, no second confirmation page: the issue asks for it.
    r"Allowing service classroom to complete OAuth without confirmation",
    # jupyterhub-singleuser sets a trait for the classic notebook, which isn't installed.
    r"'extra_template_paths' was found in both NotebookApp and ServerApp",
    # A service has no server of its own to report activity for.
    r"Activity events disabled",
    # A test's folder has no ssl.crt unless it is about one; a trial never has.
    r"secrets/ssl.crt and secrets/ssl.key are missing",
    r"/data is not a volume",
    # A test's folder has the modes of whoever runs it, unless it is about them.
    r"can be read by others on this machine: chmod 600 ",
    # Somebody opened the lab and didn't finish signing in.
    r"Detected unused OAuth state cookies",
    # jupyter_server's own defaults: three missed pings of 30 s each.
    r"The websocket_ping_timeout \(90000\) cannot be longer than the websocket_ping_interval",
    # A browser was closed while the lab was telling it something.
    r"(?s)Task exception was never retrieved.*WebSocketClosedError",
    # The same, of an answer.
    r"(?s)Uncaught exception GET .*tornado\.iostream\.StreamClosedError",
    # jupyter_server, when a browser leaves while its kernel connection is being opened.
    r"(?s)object has no attribute 'kernel_ws_protocol'",
    r"500 GET /services/classroom/api/kernels/[^ ]+/channels",
    r'(?s)^\[E [^\n]* ServerApp\] \{\n.*"Sec-Websocket-Protocol": "v1.kernel.websocket',
    # JupyterHub's clock: the machine was busy, as while another test builds an image. What could
    # keep the Hub busy by itself is tested as a value (long questions, floods), not by time.
    r"Event loop was unresponsive for at least",
    # The sum of what one person was refused; what isn't expected of it is told by lines before.
    r"\d+ more refused requests? of .+ in \d+ s \((4\d\d: \d+(, )?)+\)",
    # A page of somebody who has just signed out asks once more, and the lab asks the Hub who it is.
    r"403 GET /hub/api/user \(@0\.0\.0\.0\)",
    # jupyter_server: a page connects to its kernel anew before the end of the last connection came.
    r"Replacing stale connection: [\w-]+:[\w-]+",
    # jupyter_server: a kernel took more than ten of its half seconds to start.
    r"Nudge: attempt \d+ on kernel",
    # docker stop, right after a start or on a busy machine: the one of the beat must do.
    r"The last snapshot took too long",
    # docker stop
    r"Received signal SIGTERM, initiating shutdown",
    r"received signal 15, stopping",
    # pyzmq, when a page goes and its kernel has just said something.
    r"Got events for closed stream",
)
"""What says that nothing is wrong."""

CUT = (
    r"(?s)(Task exception was never retrieved|Exception in).*"
    r"(StreamClosedError|WebSocketClosedError|Connection(Reset|Refused)Error|BrokenPipeError)"
)
"""What is said when a part falls that another was just speaking to."""

FALLEN = (
    "The lab ended with -9: restarting it|The lab is back",
    # What nginx was just asking of it, or telling it.
    r"\[(error|crit)\] .*(connect|recv|send|writev)\(\) .*failed .*lab\.sock",
    r"\[error\] .* upstream prematurely closed connection .*lab\.sock",
    "Recovered what was typed last in",
)
"""What it says when the lab's server is killed."""

# nginx's answers are told on another pipe, and come between any two lines of the others.
ANSWER = re.compile(r"^\[front\] .*\n?", re.MULTILINE)
# A record is a line with a level, or nginx's, and whatever follows it unlabelled.
RECORD = re.compile(
    r"^(?=\[[A-Z] |\d{4}/\d\d/\d\d |Task exception|\S+:\d+: \w+Warning: )", re.MULTILINE
)
# pyzmq warns once of a socket that is closed under the event loop, or is going to be: whatever gets
# its descriptor's number fails, somewhere else and much later.
ALARMING = re.compile(
    r"^\[[WEC] |\[(warn|error|crit|alert|emerg)\]|^Traceback|^Task exc"
    r"|Warning: (ZMQStream only supports|Unregistering FD)",
    re.MULTILINE,
)


def unexpected(log: str, also: tuple[str, ...] = ()) -> list[str]:
    """Pick the records of a log that mean trouble.

    Args:
        log: of a whole container.
        also: patterns of what may be said besides `EXPECTED`.
    """
    known = [re.compile(pattern) for pattern in EXPECTED + also]
    return [
        record.rstrip()
        for record in RECORD.split(ANSWER.sub("", log))
        if ALARMING.search(record) and not any(pattern.search(record) for pattern in known)
    ]
