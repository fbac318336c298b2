"""Records that a lab's log may have: any unknown record of level WARNING or worse fails a test."""

from __future__ import annotations

import re

EXPECTED = (
    # The user role is narrower than JupyterHub's on purpose: no own servers, no tokens.
    r"user role overridden with scopes=",
    # People sign in once, without a second page for confirmation: the issue asks for it.
    r"Allowing service classroom to complete OAuth without confirmation",
    # jupyterhub-singleuser sets a trait for the classic notebook, which isn't installed.
    r"'extra_template_paths' was found in both NotebookApp and ServerApp",
    # A service has no server for which it could report activity.
    r"Activity events disabled",
    # A test's folder has an ssl.crt only if the test is about one; a trial never has one.
    r"secrets/ssl.crt and secrets/ssl.key are missing",
    r"/data is not a volume",
    # The modes of a test's folder are those of the user who runs it, unless the test is about them.
    r"can be read by others on this machine: chmod 600 ",
    # Somebody opened the lab and didn't finish signing in.
    r"Detected unused OAuth state cookies",
    # jupyter_server's own defaults: it closes a socket after three missed pings of 30 s each.
    r"The websocket_ping_timeout \(90000\) cannot be longer than the websocket_ping_interval",
    # A browser closed a socket while the lab was sending it a message.
    r"(?s)Task exception was never retrieved.*WebSocketClosedError",
    # The same, during an answer.
    r"(?s)Uncaught exception GET .*tornado\.iostream\.StreamClosedError",
    # jupyter_server logs this if a browser leaves while it opens a kernel connection.
    r"(?s)object has no attribute 'kernel_ws_protocol'",
    r"500 GET /services/classroom/api/kernels/[^ ]+/channels",
    r'(?s)^\[E [^\n]* ServerApp\] \{\n.*"Sec-Websocket-Protocol": "v1.kernel.websocket',
    # JupyterHub's watchdog: the machine was busy, for example because another test builds an image.
    # Tests check what could block the Hub itself by value (long requests, floods), not by time.
    r"Event loop was unresponsive for at least",
    # The summary of one person's refused requests; earlier lines list the unexpected ones.
    r"\d+ more refused requests? of .+ in \d+ s \((4\d\d: \d+(, )?)+\)",
    # The page of a person who has just signed out sends one more request, and the lab asks the Hub
    # who the person is.
    r"403 GET /hub/api/user \(@0\.0\.0\.0\)",
    # jupyter_server: a page connects to its kernel again before the old connection's end has
    # arrived.
    r"Replacing stale connection: [\w-]+:[\w-]+",
    # jupyter_server: a kernel took longer than ten nudges of half a second to start.
    r"Nudge: attempt \d+ on kernel",
    # After docker stop, right after a start or on a busy machine: the last periodic snapshot must
    # do.
    r"The last snapshot took too long",
    # The log of docker stop.
    r"Received signal SIGTERM, initiating shutdown",
    r"received signal 15, stopping",
    # pyzmq logs this if a page leaves just after its kernel has sent something.
    r"Got events for closed stream",
)
"""Log records that mean no fault."""

CUT = (
    r"(?s)(Task exception was never retrieved|Exception in).*"
    r"(StreamClosedError|WebSocketClosedError|Connection(Reset|Refused)Error|BrokenPipeError)"
)
"""What a part logs if another part ends while the two are communicating."""

FALLEN = (
    "The lab ended with -9: restarting it|The lab is back",
    # The request that nginx was just sending or reading.
    r"\[(error|crit)\] .*(connect|recv|send|writev)\(\) .*failed .*lab\.sock",
    r"\[error\] .* upstream prematurely closed connection .*lab\.sock",
    "Recovered what was typed last in",
)
"""What the log says after the lab's server was killed."""

# nginx's access log comes through another pipe, so its lines appear between any two others.
ANSWER = re.compile(r"^\[front\] .*\n?", re.MULTILINE)
# A record is a line with a level, or one of nginx's, with the unlabelled lines that follow it.
RECORD = re.compile(
    r"^(?=\[[A-Z] |\d{4}/\d\d/\d\d |Task exception|\S+:\d+: \w+Warning: )", re.MULTILINE
)
# pyzmq warns once if a socket is closed under the event loop, or is about to be. The next user of
# that descriptor number fails, somewhere else and much later.
ALARMING = re.compile(
    r"^\[[WEC] |\[(warn|error|crit|alert|emerg)\]|^Traceback|^Task exc"
    r"|Warning: (ZMQStream only supports|Unregistering FD)",
    re.MULTILINE,
)


def unexpected(log: str, also: tuple[str, ...] = ()) -> list[str]:
    """Find the records of a log that mean trouble.

    Args:
        log: the log of a whole container.
        also: patterns of records that are allowed besides `EXPECTED`.
    """
    known = [re.compile(pattern) for pattern in EXPECTED + also]
    return [
        record.rstrip()
        for record in RECORD.split(ANSWER.sub("", log))
        if ALARMING.search(record) and not any(pattern.search(record) for pattern in known)
    ]
