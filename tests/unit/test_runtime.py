"""The user that a program in a container starts as."""

from __future__ import annotations

from tests import runtime

PASSWD = """root:x:0:0:root:/root:/bin/bash
student:x:1001:1001::/home/classroom:/bin/bash
"""
GROUPS = """root:x:0:
student:x:1001:
class:x:2000:classroom,student
others:x:2001:students
"""


def test_a_user_has_their_groups() -> None:
    found = runtime.identity(PASSWD, GROUPS, "student")
    assert found == {"uid": 1001, "gid": 1001, "additionalGids": [1001, 2000]}


def test_nobody_is_started_as_somebody_else() -> None:
    assert runtime.identity(PASSWD, GROUPS, "studen") is None
    assert runtime.identity(PASSWD, GROUPS, "1001") is None
