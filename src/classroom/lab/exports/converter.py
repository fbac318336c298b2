"""Convert one notebook to another format, in a process that has limits and ends with the lab.

Run as ``python -I -m classroom.lab.exports.converter PARENT`` by `classroom.lab.exports.jobs`.
The author of a notebook decides how long regular expressions, lexers and templates take. In a
process of its own a slow one delays no other thread, and Linux ends it at the limit.
"""

from __future__ import annotations

import io
import json
import os
import sys
import zipfile
from http import HTTPStatus
from pathlib import PurePath
from typing import Any

from classroom.runtime.words import gettext, gettext_noop
from classroom.runtime.worker import MB, confine, framed, parted

WORK_SECONDS = 30
"""Processor time that a conversion may use."""
MEMORY_BYTES = 1024 * MB
REASON_CHARACTERS = 1000
"""How much of nbconvert's error message is passed on."""
TEX = {"openin_any": "p", "openout_any": "p", "shell_escape": "f"}
"""Environment of LaTeX: it reads and writes only in its own folder, and runs no program."""
LARGE = gettext_noop("This notebook takes too much memory to export: clear its outputs first.")


class NotConvertedError(Exception):
    """A notebook can't be converted; the text is for the person who exports it."""

    def __init__(self, status: int, text: str) -> None:
        """Initialise the error.

        Args:
            status: the HTTP status.
            text: the reason, as a sentence.
        """
        super().__init__(text)
        self.status = status


def shortened(reason: str) -> str:
    """Leave out the middle of a long error message: LaTeX names the error at the end.

    Args:
        reason: nbconvert's error message.
    """
    if len(reason) <= REASON_CHARACTERS:
        return reason
    return f"{reason[: REASON_CHARACTERS // 5]} … {reason[-(REASON_CHARACTERS * 4 // 5) :]}"


def zipped(name: str, output: bytes, others: dict[str, bytes]) -> bytes:
    """Pack an exported notebook with its pictures and other files.

    Args:
        name: the name of the exported notebook in the zip.
        output: the exported notebook.
        others: the other files, by path; the zip gets only the file names.
    """
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, output)
        for path, data in others.items():
            archive.writestr(PurePath(path).name, data)
    return packed.getvalue()


def notebook(body: Any) -> tuple[str, Any]:
    """Read a contents model; return the notebook's name and content.

    Args:
        body: the JSON body.

    Raises:
        NotConvertedError: 400, the body isn't a notebook's model.
    """
    from nbformat import from_dict  # noqa: PLC0415 (loads much)

    content = body.get("content") if isinstance(body, dict) else None
    name = body.get("name", "notebook.ipynb") if isinstance(body, dict) else None
    if not isinstance(content, dict) or not isinstance(name, str):
        raise NotConvertedError(HTTPStatus.BAD_REQUEST, gettext("That is no notebook."))
    return os.path.splitext(name)[0], from_dict(content)  # noqa: PTH122 (text only)


def convert(head: dict[str, Any], body: Any) -> bytes:
    """Convert a notebook with nbconvert; return the framed answer.

    Args:
        head: the request's head: the exporter's name, its configuration and resources.
        body: the model of the notebook.

    Raises:
        NotConvertedError: the format is unknown, or the body isn't a notebook's model.
    """
    from nbconvert.exporters import base  # noqa: PLC0415 (loads much)
    from traitlets.config import Config  # noqa: PLC0415

    config = Config(head["config"])
    try:
        made = base.get_exporter(head["format"], config=config)(config=config)
    except (base.ExporterNameError, base.ExporterDisabledError) as error:
        words = f"No exporter for format: {head['format']}"
        raise NotConvertedError(HTTPStatus.NOT_FOUND, words) from error
    if head["sanitize"] is not None:
        made.sanitize_html = head["sanitize"]
    name, content = notebook(body)
    resources = {
        "metadata": {"name": name, **head["metadata"]},
        "config_dir": head["config_dir"],
    }
    output, found = made.from_notebook_node(content, resources=resources)
    data = output.encode() if isinstance(output, str) else output
    extension, others = str(found["output_extension"]), found.get("outputs")
    if others:
        data = zipped(name + extension, data, others)
    answer = {
        "status": HTTPStatus.OK,
        "name": name,
        "extension": extension,
        "mimetype": str(made.output_mimetype or ""),
        "zipped": bool(others),
    }
    return framed(answer, data)


def answer_to(message: bytes) -> bytes:
    """Answer a request with the exported file, or with the reason why there is none.

    Args:
        message: the request, as `framed` packs it.
    """
    try:
        head, rest = parted(message)
        try:
            body = json.loads(bytes(rest))
        except ValueError as error:
            words = "Invalid JSON in body of request"
            raise NotConvertedError(HTTPStatus.BAD_REQUEST, words) from error
        return convert(head, body)
    except NotConvertedError as error:
        status, text = error.status, str(error)
    except MemoryError:
        status, text = HTTPStatus.REQUEST_ENTITY_TOO_LARGE, gettext(LARGE)
    except Exception as error:  # noqa: BLE001 (nbconvert may raise anything)
        status, text = (
            HTTPStatus.INTERNAL_SERVER_ERROR,
            f"nbconvert failed: {shortened(str(error))}",
        )
    return framed({"status": status, "text": text}, b"")


def main() -> None:
    """Answer the request on stdin; send everything that is printed meanwhile to stderr."""
    confine(int(sys.argv[1]), WORK_SECONDS, MEMORY_BYTES)
    os.environ.update(TEX)
    with os.fdopen(os.dup(1), "wb") as out:
        os.dup2(2, 1)
        out.write(answer_to(sys.stdin.buffer.read()))


if __name__ == "__main__":
    main()
