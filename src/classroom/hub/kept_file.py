"""A file on the volume for data that has no place in JupyterHub's database."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from classroom.runtime import files
from classroom.runtime.problems import Problem, StartRefusedError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

T = TypeVar("T")


@dataclass(frozen=True)
class KeptFile(Generic[T]):
    """The format of such a file.

    Attributes:
        encode: turns the data into a text.
        decode: reads that text; raises ValueError if it is damaged.
        nothing: returns the data for a missing file.
        what: says what is wrong with a damaged file, for the person who starts the Hub.
        cure: says what to do then.
    """

    encode: Callable[[T], bytes]
    decode: Callable[[bytes], T]
    nothing: Callable[[], T]
    what: str
    cure: str

    def read(self, file: Path) -> T:
        """Read the data.

        Args:
            file: the file.

        Raises:
            StartRefusedError: the file is damaged.
        """
        if not file.exists():
            return self.nothing()
        try:
            return self.decode(file.read_bytes())
        except ValueError:
            raise StartRefusedError([Problem(str(file), self.what, self.cure)]) from None

    def write(self, file: Path, kept: T) -> None:
        """Write the data, in one step.

        Args:
            file: the file, in a folder that only root can enter.
            kept: the data.

        Raises:
            OSError: the file can't be written.
        """
        files.write_private(file, self.encode(kept))
