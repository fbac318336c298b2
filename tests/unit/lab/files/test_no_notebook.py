"""What a file really is that has a notebook's name but isn't one."""

from __future__ import annotations

import json

import pytest
from tornado import web

from classroom.lab.files import document_encoding

EMPTY, PAGE, INVALID = "is empty", "is a web page", "isn't a valid notebook"


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", EMPTY),
        (b" \r\n\t\n", EMPTY),
        (b"\xef\xbb\xbf", EMPTY),
        ("\n".encode("utf-16"), EMPTY),
        (b"<!DOCTYPE html>\n<html lang='en'>", PAGE),
        (b"\n\n  <HTML><head>", PAGE),
        (b"<!-- saved from url=(0020)https://site.test/ -->\n<!-- x -->\n<html>", PAGE),
        (b'<?xml version="1.0"?>\n<!doctype  html PUBLIC "-//W3C//DTD XHTML 1.0">', PAGE),
        (b"<script>location.href='/login'</script>", PAGE),
        ("<!doctype html>".encode("utf-16"), PAGE),
        (b"<notebook/>", INVALID),
        (b"<!-- never closed " + b"<" * 10000, INVALID),
        (b'{"cells": 5', INVALID),
        (b"[1, 2]", INVALID),
        (b"print('<html>')", INVALID),
        (b"\x00" * 100, INVALID),
    ],
)
def test_a_file_is_called_what_it_is(data: bytes, said: str) -> None:
    with pytest.raises(web.HTTPError) as refused:
        document_encoding.notebook(data, "a/b.ipynb", {})
    assert refused.value.status_code == 400
    found = str(refused.value.log_message)
    assert found.startswith(f"“a/b.ipynb” {said}")
    assert len(found) <= 140


def test_a_notebook_about_web_pages_is_one() -> None:
    cell = {"cell_type": "markdown", "metadata": {}, "source": "<html>", "id": "a"}
    whole = {"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    found = document_encoding.notebook(json.dumps(whole).encode(), "a.ipynb", {})
    assert found["cells"][0]["source"] == "<html>"
