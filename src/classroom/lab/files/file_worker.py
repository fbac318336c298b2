"""Read or write one large file's content in a process that has limits and ends with the lab.

Run as ``python -I -m classroom.lab.files.file_worker REQUEST PARENT`` by
`classroom.lab.files.file_process`. A megabyte of a notebook takes tenths of a second, and while
json parses or encodes it, no other thread of its process runs.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from http import HTTPStatus
from typing import Any

from tornado import web

from classroom.lab.files import document_encoding, models, size_limits
from classroom.runtime.words import gettext, gettext_noop
from classroom.runtime.worker import MB, confine, framed

WORK_SECONDS = 30
"""Most CPU time of a worker."""
MEMORY_BYTES = 1024 * MB
NICE = 5
"""Niceness: between the lab server and exports, because somebody waits to type."""
HARD = gettext_noop(
    "{name} takes too much memory to be opened here: clear its outputs, or split it."
)


def notebook_lines(notebook: dict[str, Any]) -> bytes:
    """Encode a notebook as JSON with a line for each cell, for `notebook_of`.

    Args:
        notebook: a notebook of nbformat 4.
    """
    cells = ",\n".join(json.dumps(cell, ensure_ascii=False) for cell in notebook["cells"])
    rest = {name: notebook[name] for name in notebook if name != "cells"}
    ending = json.dumps(rest, ensure_ascii=False)[1:]
    text = f'{{"cells": [\n{cells}\n]{"" if ending == "}" else ", "}{ending}'
    return text.encode(errors="replace")


def notebook_of(lines: bytes) -> Any:
    """Parse a notebook cell by cell, so that other threads run in between.

    Args:
        lines: the result of `notebook_lines`.
    """
    first, *cells, last = lines.split(b"\n")
    found = json.loads(first + last)
    found["cells"] = [json.loads(cell.removesuffix(b",")) for cell in cells if cell]
    return found


def _why(problem: dict[str, Any]) -> str:
    return str(problem.get("ValidationError", ""))


def read(request: dict[str, Any], data: bytes) -> tuple[dict[str, Any], bytes]:
    """Read a file; return its description, and its content as JSON.

    Args:
        request: ``path``, ``kind`` ("notebook" or "file"), ``format`` (as for `models.with_text`),
            ``most`` (most bytes of the file), ``answer`` (most bytes of the content), and the
            file's ``size``.
        data: the file's bytes; one more than ``most`` if the file is larger.

    Raises:
        HTTPError: the file can't be read.
    """
    path, kind, most = request["path"], request["kind"], request["most"]
    if len(data) > most:
        size = max(len(data), request.get("size", 0))
        raise web.HTTPError(413, size_limits.too_large(path, kind, size, most))
    told = {"hash": hashlib.sha256(data).hexdigest(), "size": len(data)}
    if kind == "notebook":
        if why := size_limits.refusal(path, data):
            raise web.HTTPError(413, why)
        problem: dict[str, Any] = {}
        notebook = document_encoding.notebook(data, path, problem)
        if why := size_limits.too_many(path, document_encoding.parts_in(notebook)):
            raise web.HTTPError(413, why)
        document_encoding.forget(notebook)
        body = notebook_lines(notebook)
        return {**told, "format": "json", "mimetype": None, "problem": _why(problem)}, body
    size = models.answer_size(data, request["format"])
    if size > request["answer"]:
        raise web.HTTPError(413, size_limits.too_large(path, kind, size, request["answer"]))
    bare = {"name": path.rpartition("/")[2], "mimetype": request["mimetype"]}
    found = models.with_text(bare, data, request["format"])
    told |= {"format": found["format"], "mimetype": found["mimetype"], "problem": ""}
    return told, json.dumps(found["content"]).encode()


def clear(request: dict[str, Any], data: bytes) -> tuple[dict[str, Any], bytes]:
    """Return a notebook without its outputs, even if it is too large to open.

    Args:
        request: ``path``, ``most`` (most bytes of the file), and ``size``, as for `read`.
        data: the file's bytes; one more than ``most`` if the file is larger.

    Raises:
        HTTPError: the file can't be read.
    """
    path, most = request["path"], request["most"]
    if len(data) > most:
        raise web.HTTPError(413, size_limits.too_large_to_clear(path, most))
    notebook = document_encoding.notebook(data, path, {})
    document_encoding.forget(notebook)
    for cell in notebook["cells"]:
        if cell.get("cell_type") == "code":
            cell["outputs"], cell["execution_count"] = [], None
    if why := size_limits.too_many(path, document_encoding.parts_in(notebook)):
        raise web.HTTPError(413, why)
    return {}, notebook_lines(notebook)


def write(request: dict[str, Any], data: bytes) -> tuple[dict[str, Any], bytes]:
    """Parse a request to save; return the model without its content, and the file's bytes.

    Args:
        request: has the ``path``.
        data: the request's body, in JSON.

    Raises:
        HTTPError: it can't be saved.
    """
    try:
        model = json.loads(data)
    except ValueError as error:
        raise web.HTTPError(400, "Invalid JSON in body of request") from error
    if not isinstance(model, dict):
        raise web.HTTPError(400, "A body of JSON that is no object can't be saved")
    problem: dict[str, Any] = {}
    if "content" not in model or model.get("type") not in {"notebook", "file"}:
        raise web.HTTPError(400, "A body of that size must be of a notebook or a file")
    if model["type"] == "notebook":
        content = model["content"]
        cells = content.get("cells") if isinstance(content, dict) else None
        if isinstance(cells, list) and all(isinstance(cell, dict) for cell in cells):
            why = size_limits.too_many(request["path"], document_encoding.parts_in(content))
            if why:
                raise web.HTTPError(413, why)
        document_encoding.forget(content)
    written = document_encoding.encoded(model, problem)
    told = {
        name: model[name] for name in ("type", "format", "chunk", "name", "path") if name in model
    }
    return {"model": told, "problem": _why(problem)}, written


DO = {"read": read, "clear": clear, "write": write}


def answer(request: dict[str, Any], data: bytes) -> bytes:
    """Answer a request with a result, or with the reason why there is none.

    Args:
        request: has ``do``, "read", "clear" or "write"; the rest is as for that function.
        data: the bytes for that function.
    """
    try:
        head, body = DO[request["do"]](request, data)
        return framed({"status": HTTPStatus.OK, **head}, body)
    except web.HTTPError as error:
        said = {"text": error.get_message(), "reason": error.reason}
        return framed({"status": error.status_code, **said}, b"")
    except (MemoryError, RecursionError):
        words = gettext(HARD).format(name=request["path"].rpartition("/")[2])
        return framed({"status": HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "text": words}, b"")


def main() -> None:
    """Read the request, and write the answer to a descriptor that no library prints to."""
    request = json.loads(sys.argv[1])
    confine(int(sys.argv[2]), WORK_SECONDS, MEMORY_BYTES, NICE)
    with os.fdopen(os.dup(1), "wb") as out:
        os.dup2(2, 1)
        request["size"] = os.fstat(0).st_size
        out.write(answer(request, sys.stdin.buffer.read(request["most"] + 1)))


if __name__ == "__main__":
    main()
