"""Let the launcher start kernels, as `student` and without the lab server's environment."""

from __future__ import annotations

import asyncio
import os
import time
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from jupyter_client.provisioning.local_provisioner import LocalProvisioner

from classroom.lab.execution import working_folder
from classroom.launcher import client
from classroom.launcher.client import NoLauncherError
from classroom.launcher.protocol import ProcessKind, Start
from classroom.runtime.paths import own

if TYPE_CHECKING:
    from collections.abc import Mapping

GROUP_READABLE = 0o640
LAUNCHER_SECONDS = 10
"""How long a kernel's start waits for a launcher that restarts."""
PASSED_ON = ("JPY_SESSION_NAME",)
"""The only variables of the lab server's environment, which has its token, that a kernel gets."""


def environment(given: Mapping[str, str], spec: Mapping[str, str]) -> dict[str, str]:
    """Choose the variables of a kernel's environment.

    Args:
        given: jupyter_client's environment for it: the lab server's, and that of the kernel's spec.
        spec: the spec's variables; their values are taken from `given`.
    """
    wanted = (*PASSED_ON, *spec)
    return {name: str(given[name]) for name in wanted if name in given}


class StudentProvisioner(LocalProvisioner):
    """Starts a kernel through the launcher."""

    process: Any
    parent: Any

    async def pre_launch(self, **kwargs: Any) -> dict[str, Any]:
        """Write the connection file as upstream does, and let students' group read it."""
        found = await super().pre_launch(**kwargs)
        os.chmod(self.parent.connection_file, GROUP_READABLE)  # noqa: PTH101 (on tmpfs or overlay)
        return dict(found)

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> Any:
        """Start the kernel.

        Raises:
            NotLaunchedError: the launcher couldn't start it.
        """
        env = kwargs.get("env") or {}
        folder = str(kwargs.get("cwd") or own().files_link)
        start = Start(
            self.kernel_id,
            ProcessKind.KERNEL,
            tuple(cmd),
            environment(env, self.kernel_spec.env),
            folder,
            {
                "kernel_name": self.parent.kernel_name,
                "connection_file": self.parent.connection_file,
                "folder": folder,
                "environment": environment(env, {}),
            },
        )
        end = time.monotonic() + LAUNCHER_SECONDS
        while True:
            try:
                self.process = await client.start(start)
            except NoLauncherError:
                # Kernels often restart because the launcher has died.
                if time.monotonic() > end:
                    raise
                await asyncio.sleep(0.1)
            else:
                self._know(folder)
                return self.connection_info

    def resolve_path(self, path_str: str) -> str | None:
        """Return the path of a file that the kernel names; None outside the class's folder.

        Upstream searches anywhere, with the lab server's permissions.

        Args:
            path_str: an absolute path, or one below the kernel's folder.
        """
        root = working_folder.root_of(self.parent.parent.parent)
        return working_folder.file_for(root, str(PurePosixPath(self.cwd or "/", path_str)))

    async def poll(self) -> int | None:
        """Say whether the kernel has ended, as upstream; tell people why, unless it was shut down.

        A kernel that is shut down may crash in compiled code at its end, which does no harm.
        """
        status = await super().poll()
        if status is not None and self.process is not None and self.process.why:
            why, self.process.why = self.process.why, ""
            if not self.parent.shutting_down:
                self.parent.why_it_ended = why
                self.parent.parent.tell_end(self.kernel_id, why)
        return status

    async def adopt(self, folder: str) -> None:
        """Take over a kernel that runs already.

        Raises:
            NotLaunchedError: it doesn't run.
        """
        self.process = await client.adopt(self.kernel_id)
        self._know(folder)

    def _know(self, folder: str) -> None:
        self.pid = self.process.pid
        self.pgid = None  # upstream would signal the group itself, and may not
        self.cwd = folder
