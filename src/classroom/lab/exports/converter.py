"""Convert one notebook to another format, in a process that has limits and ends with the lab.

Run as ``python -I -m classroom.lab.exports.converter PARENT`` by `classroom.lab.exports.jobs`.
Regular expressions, lexers and templates take as long as who writes the notebook wants them to.
Here that keeps no other thread waiting, and the kernel ends it.
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
"""Of a processor's time."""
MEMORY_BYTES = 1024 * MB
REASON_CHARACTERS = 1000
"""Characters of nbconvert's own reason."""
TEX = {"openin_any": "p", "openout_any": "p", "shell_escape": "f"}
"""A notebook's LaTeX reads and writes text of its own folder only, and runs no program."""
LARGE = gettext_noop("This notebook takes too much memory to export: clear its outputs first.")


class NotConvertedError(Exception):
    """A notebook isn't converted; the text is for the person who asked."""

    def __init__(self, status: int, text: str) -> None:
        """Say why.

        Args:
            status: the HTTP status.
            text: a sentence.
        """
        super().__init__(text)
        self.status = status


def shortened(reason: str) -> str:
    """Leave out the middle of a long reason: LaTeX says at its end what is wrong.

    Args:
        reason: nbconvert's.
    """
    if len(reason) <= REASON_CHARACTERS:
        return reason
    return f"{reason[: REASON_CHARACTERS // 5]} … {reason[-(REASON_CHARACTERS * 4 // 5) :]}"


def zipped(name: str, output: bytes, others: dict[str, bytes]) -> bytes:
    """Pack an exported notebook with its pictures and other files.

    Args:
        name: the notebook's file there.
        output: what is in it.
        others: by their paths, of which the last part counts.
    """
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, output)
        for path, data in others.items():
            archive.writestr(PurePath(path).name, data)
    return packed.getvalue()


def notebook(body: Any) -> tuple[str, Any]:
    """Read a model of the contents: return the notebook's name and what is in it.

    Args:
        body: the JSON body.

    Raises:
        NotConvertedError: 400, it is no notebook.
    """
    from nbformat import from_dict  # noqa: PLC0415 (loads much)

    content = body.get("content") if isinstance(body, dict) else None
    name = body.get("name", "notebook.ipynb") if isinstance(body, dict) else None
    if not isinstance(content, dict) or not isinstance(name, str):
        raise NotConvertedError(HTTPStatus.BAD_REQUEST, gettext("That is no notebook."))
    return os.path.splitext(name)[0], from_dict(content)  # noqa: PTH122 (text only)


def convert(head: dict[str, Any], body: Any) -> bytes:
    """Convert a notebook as nbconvert does; return the message that answers.

    Args:
        head: the request's head: the exporter's name, its configuration and resources.
        body: the model of the notebook.

    Raises:
        NotConvertedError: there is no such format, or that is no notebook.
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
    """Answer a request: with the file, or why there is none.

    Args:
        message: the request, of `framed`.
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
    except Exception as error:  # noqa: BLE001 (nbconvert's reason, whatever it is)
        status, text = (
            HTTPStatus.INTERNAL_SERVER_ERROR,
            f"nbconvert failed: {shortened(str(error))}",
        )
    return framed({"status": status, "text": text}, b"")


def main() -> None:
    """Read the request, and write the answer where nothing else that is printed comes."""
    confine(int(sys.argv[1]), WORK_SECONDS, MEMORY_BYTES)
    os.environ.update(TEX)
    with os.fdopen(os.dup(1), "wb") as out:
        os.dup2(2, 1)
        out.write(answer_to(sys.stdin.buffer.read()))


if __name__ == "__main__":
    main()
