"""Remember the ports and the class's name in ``.env``, where docker compose reads them too."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

FILE = Path(".env")
PORT, CLASS, HTTP_PORT = "PORT", "CLASS", "HTTP_PORT"
DEFAULT_PORT = 8443
EXAMPLES = {PORT: 9443, HTTP_PORT: 80}
HIGHEST_PORT = 65535
LINE = re.compile(r"^\s*(?:export\s+)?([A-Za-z_]\w*)\s*=\s*(.*?)\s*$")
NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,40}")


class SettingError(Exception):
    """A value can't be used; the text is the whole sentence."""


def read(text: str) -> dict[str, str]:
    """Read the variables of a ``.env`` file.

    Args:
        text: the file's text.
    """
    found = (LINE.match(line) for line in text.removeprefix("\ufeff").splitlines())
    return {one[1]: one[2].strip("\"'") for one in found if one is not None}


def with_values(text: str, values: Mapping[str, str]) -> str:
    """Return the text of a ``.env`` file with other values; the rest stays unchanged.

    Args:
        text: the file's text.
        values: the values by name.
    """
    missing = dict(values)
    lines = []
    for line in text.splitlines(keepends=True):
        found = LINE.match(line.removeprefix("\ufeff"))
        if found is not None and found[1] in values:
            end = "\r\n" if line.endswith("\r\n") else "\n"
            lines.append(f"{found[1]}={values[found[1]]}{end}")
            missing.pop(found[1], None)
        else:
            lines.append(line)
    if missing and lines and not lines[-1].endswith("\n"):
        lines[-1] += "\n"
    return "".join([*lines, *(f"{name}={value}\n" for name, value in missing.items())])


def port_of(text: str, name: str = PORT) -> int:
    """Read a port.

    Args:
        text: the value as a person wrote it.
        name: the variable's name.

    Raises:
        SettingError: it is no port.
    """
    if not text.isdecimal() or not 0 < int(text) <= HIGHEST_PORT:
        raise SettingError(
            f"{name}={text} is not a port: give a number from 1 to {HIGHEST_PORT}, such as"
            f" make up {name}={EXAMPLES[name]}."
        )
    return int(text)


def checked_class(name: str) -> str:
    """Check the name of a class, which becomes a part of Docker's names.

    Args:
        name: the name as a person wrote it; "" for the only class of a machine.

    Raises:
        SettingError: Docker would refuse it.
    """
    if name and not NAME.fullmatch(name):
        raise SettingError(
            f"CLASS={name} can't be used: give small letters, digits, - and _, such as"
            " make up CLASS=physics."
        )
    return name


def text_of(file: Path = FILE) -> str:
    """Return the file's text; "" if there is no file.

    Raises:
        SettingError: it can't be read.
    """
    try:
        return file.read_bytes().decode("utf-8") if file.exists() else ""
    except (OSError, UnicodeDecodeError) as error:
        raise SettingError(f"{file} can't be read ({error}): save it as text in UTF-8.") from None


def given(environ: Mapping[str, str], file: Path = FILE) -> tuple[int, str]:
    """Read the port and the class's name from the command line, or else from the file.

    Args:
        environ: the process environment, into which make puts the command line's variables.
        file: the ``.env`` file.

    Returns:
        The port, and the class's name.

    Raises:
        SettingError: a value can't be used, or the file can't be read.
    """
    kept = read(text_of(file))
    port = port_of(environ.get(PORT) or kept.get(PORT) or str(DEFAULT_PORT))
    return port, checked_class(environ.get(CLASS) or kept.get(CLASS) or "")


def http_port(environ: Mapping[str, str], file: Path = FILE) -> int | None:
    """Read the port for plain http as `given` reads the other port; None for no such port.

    Args:
        environ: the process environment.
        file: the ``.env`` file.

    Raises:
        SettingError: it can't be used, or is the same as the other port; or the file can't be read.
    """
    text = environ.get(HTTP_PORT) or read(text_of(file)).get(HTTP_PORT) or ""
    if not text:
        return None
    found = port_of(text, HTTP_PORT)
    if found == given(environ, file)[0]:
        raise SettingError(
            f"HTTP_PORT={text} is PORT as well: give two, as in make up PORT=443 HTTP_PORT=80."
        )
    return found


def remember(environ: Mapping[str, str], file: Path = FILE) -> tuple[int, str]:
    """Store the command line's values in the file; arguments, result and errors are `given`'s."""
    port, name = given(environ, file)
    http_port(environ, file)
    text = text_of(file)
    kept = read(text)
    new = {one: environ[one] for one in (PORT, CLASS, HTTP_PORT) if environ.get(one)}
    changed = {one: value for one, value in new.items() if kept.get(one) != value}
    # The default port alone needs no file.
    if changed and (kept.get(PORT) or changed.keys() - {PORT} or port != DEFAULT_PORT):
        file.touch(mode=0o600)  # it may contain a client secret
        with file.open("w", encoding="utf-8", newline="") as stream:
            stream.write(with_values(text, changed))
        print(f"{', '.join(f'{one}={value}' for one, value in changed.items())}: kept in {file}.")
    return port, name
