"""Read the tutor's jupyterhub_config.py: its values, and the line of each."""

from __future__ import annotations

import ast
import contextlib
import itertools
import sys
import traceback
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from traitlets.config import Config
from traitlets.config.loader import ConfigFileNotFound, PyFileConfigLoader

from classroom.config import file_names, people_lists, python_slips
from classroom.runtime import files
from classroom.runtime.problems import Problem, StartRefusedError
from classroom.runtime.tutors_text import utf8

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping


@dataclass(frozen=True)
class ConfigFile:
    """The tutor's configuration as evaluated.

    Attributes:
        name: the file's name, for messages.
        present: whether the file exists.
        config: every ``c.Class.trait = value`` in it.
        lines: the line on which each ``Class.trait`` was first assigned.
        sources: the bytes that were evaluated, by path in the folder: of the file itself, and of
            the files that it loads.
    """

    name: str
    present: bool = False
    config: Config = field(default_factory=Config)
    lines: Mapping[str, int] = field(default_factory=dict)
    sources: Mapping[str, bytes] = field(default_factory=dict, repr=False)

    @property
    def unused_lists(self) -> list[str]:
        """Name the lists of texts that the file defines but never uses."""
        source = self.sources.get(self.name)
        return python_slips.unused_lists(utf8(source)) if source else []

    def where(self, setting: str) -> str:
        """Name a setting with its file and line, as editors understand them."""
        line = self.lines.get(setting) or self.lines.get(setting.partition(".")[0])
        return f"{self.name}:{line}: {setting}" if line else f"{self.name}: {setting}"

    def first(self, sections: Iterable[str], trait: str) -> tuple[str, Any]:
        """Look up a setting that several classes of one family may have.

        Args:
            sections: the classes, in the order in which traitlets lets them win.
            trait: the setting's name.

        Returns:
            The first class that sets it, and the value; "" and None if no class does.
        """
        for section in sections:
            if value := self.config.get(section, {}).get(trait):
                return section, value
        return "", None

    def settings(self) -> Iterator[tuple[str, str, object]]:
        """Yield class name, trait name and value of everything that was set."""
        for section, traits in self.config.items():
            if isinstance(traits, Config):
                for trait, value in traits.items():
                    yield section, trait, value


def assigned_lines(source: bytes) -> dict[str, int]:
    """Find the lines on which ``c.Class.trait`` is mentioned first.

    Args:
        source: the file's bytes, which must be valid Python.

    Returns:
        Line numbers by ``Class.trait`` and, for whole sections, by ``Class``.
    """
    lines: dict[str, int] = {}
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Attribute(
                attr=trait, value=ast.Attribute(attr=section, value=ast.Name(id="c"))
            ):
                lines.setdefault(f"{section}.{trait}", node.lineno)
                lines.setdefault(section, node.lineno)
    return lines


class Loader(PyFileConfigLoader):
    """Load files as traitlets does, and keep the bytes that were evaluated."""

    def __init__(self, filename: str, path: str | None = None, **kwargs: Any) -> None:
        super().__init__(filename, path, **kwargs)
        self.sources: dict[str, bytes] = {}

    def load_subconfig(self, fname: str, path: str | None = None) -> None:
        """Load another file into this one.

        Raises:
            StartRefusedError: it is missing. Upstream treats a missing file as an empty one.
        """
        loader = Loader(fname, self.path if path is None else path)
        loader.sources = self.sources
        try:
            self.config.merge(loader.load_config())
        except ConfigFileNotFound:
            caller = traceback.extract_stack(limit=2)[0]
            where = f"{Path(caller.filename).name}:{caller.lineno}: load_subconfig"
            there = file_names.instead(file_names.meant(Path(self.path or "."), fname))
            what = f"there is no file {fname} beside the configuration"
            cure = f"put it there, correct the name{there}, or remove the line"
            raise StartRefusedError([Problem(where, what, cure)]) from None

    def _read_file_as_dict(self) -> None:
        place = Path(self.full_filename)
        source = files.read(place, place.name)
        python_slips.refuse_foreign(place.name, utf8(source))
        if path := self.path:
            with contextlib.suppress(ValueError):  # of another folder
                self.sources[str(place.relative_to(path))] = source
        namespace = {
            "c": self.config,
            "load_subconfig": self.load_subconfig,
            "get_config": lambda: self.config,
            "__file__": self.full_filename,
        }
        exec(compile(utf8(source), self.full_filename, "exec"), namespace, namespace)  # noqa: S102 (the tutor's)


def read(file: Path) -> ConfigFile:
    """Evaluate the tutor's configuration.

    Args:
        file: its path; a missing file is an empty configuration.

    Raises:
        StartRefusedError: the file cannot be read, or raises an exception; the sentence names file
            and line. Or it is missing, and a file beside it has a similar name.
    """
    if not files.present(file, file.name):
        if problems := list(file_names.misnamed(file)):
            raise StartRefusedError(problems)
        return ConfigFile(name=file.name)
    sys.dont_write_bytecode = True  # The folder is mounted read-only, and it is not ours.
    files.read(file, file.name)  # refuses a folder, for which the loader would look elsewhere
    try:
        loader = Loader(file.name, path=str(file.parent))
        config = loader.load_config()
    except StartRefusedError:
        raise
    except (Exception, SystemExit) as error:  # noqa: BLE001 (it is the tutor's code: anything)
        raise StartRefusedError([python_slips.stopped_at(error, file)]) from None
    sources = {name: utf8(source) for name, source in loader.sources.items()}
    slips = [
        slip(name, source)
        for name, source in sources.items()
        for slip in (people_lists.missing_commas, python_slips.without_effect)
    ]
    if found := list(itertools.chain.from_iterable(slips)):
        raise StartRefusedError(found)
    lines = assigned_lines(sources[file.name])
    return ConfigFile(file.name, present=True, config=config, lines=lines, sources=loader.sources)
