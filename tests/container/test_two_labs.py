"""Two labs in one process, as tests and tools may have them: nothing of one is in the other."""

from __future__ import annotations

import docker

from tests import labs


def test_two_servers_in_one_process_share_nothing() -> None:
    program = labs.ROOT / "tests/container/two_labs.py"
    output = docker.from_env().containers.run(
        labs.IMAGE,
        ["/two_labs.py", "/tmp/labs"],  # noqa: S108 (in a container of its own)
        entrypoint="/opt/classroom/bin/python",
        volumes={str(program): {"bind": "/two_labs.py", "mode": "ro"}},
        labels=labs.LABELS,
        remove=True,
    )
    assert output.decode().split()[-1] == "ok"
