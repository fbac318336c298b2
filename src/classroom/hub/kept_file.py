"""A file on the Hub's volume for what JupyterHub's database has no place for."""

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
    """How something is kept in a file.

    Attributes:
        encode: returns what `decode` reads.
        decode: reads that; raises ValueError for something else.
        nothing: returns what is kept before there is a file.
        what: says what a damaged file is not, for whoever starts the Hub.
        cure: says what to do then.
    """

    encode: Callable[[T], bytes]
    decode: Callable[[bytes], T]
    nothing: Callable[[], T]
    what: str
    cure: str

    def read(self, file: Path) -> T:
        """Read what is kept.

        Args:
            file: where it is kept.

        Raises:
            StartRefusedError: it is damaged.
        """
        if not file.exists():
            return self.nothing()
        try:
            return self.decode(file.read_bytes())
        except ValueError:
            raise StartRefusedError([Problem(str(file), self.what, self.cure)]) from None

    def write(self, file: Path, kept: T) -> None:
        """Write what is kept, as a whole or not at all.

        Args:
            file: in a folder that is root's.
            kept: all of it.

        Raises:
            OSError: it can't be written.
        """
        files.write_private(file, self.encode(kept))
