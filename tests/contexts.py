"""Make the state of a lab for a test: each has its own and shares nothing with another."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from classroom.lab.api.usage import Usage
from classroom.lab.context import LabContext
from classroom.lab.pages.content_security_policy import Policies


def make(**parts: Any) -> LabContext:
    """Make the state of a lab.

    Args:
        **parts: the parts that a test inspects, by name.
    """
    return LabContext(Usage(Path("/")), Policies("/"), **parts)
