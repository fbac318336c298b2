"""Files of the image are read once, and each caller gets a copy of its own."""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from tornado import web

from classroom.lab.upstream import page_cache

if TYPE_CHECKING:
    from pathlib import Path

SCHEMA = {"title": "T", "type": "object", "properties": {"a": {"type": "integer", "default": 1}}}


def write(folder: Path, text: str) -> None:
    place = folder / "@some" / "extension" / "plugin.json"
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(text)


def test_a_schema_is_read_once_and_each_asker_has_their_own(tmp_path: Path) -> None:
    write(tmp_path, json.dumps(SCHEMA))
    first, version = page_cache.get_schema(str(tmp_path), "@some/extension:plugin", {}, None)
    assert (first, version) == (SCHEMA, "N/A")
    first["properties"]["a"]["default"] = 2
    write(tmp_path, "no longer looked at")
    again, _ = page_cache.get_schema(str(tmp_path), "@some/extension:plugin", {}, None)
    assert again == SCHEMA


def test_other_defaults_are_another_schema(tmp_path: Path) -> None:
    write(tmp_path, json.dumps(SCHEMA))
    name = "@some/extension:plugin"
    overrides = {name: {"a": 3}}
    found, _ = page_cache.get_schema(str(tmp_path), name, overrides, None)
    assert found["properties"]["a"]["default"] == 3
    found, _ = page_cache.get_schema(str(tmp_path), name, {}, None)
    assert found["properties"]["a"]["default"] == 1


@pytest.mark.parametrize("broken", ["", "[", '{"type": "nonsense"}'])
def test_a_broken_one_is_said_to_be_until_it_is_mended(tmp_path: Path, broken: str) -> None:
    write(tmp_path, broken)
    for _ in range(2):
        with pytest.raises(web.HTTPError, match="500"):
            page_cache.get_schema(str(tmp_path), "@some/extension:plugin", {}, None)
    write(tmp_path, json.dumps(SCHEMA))
    found, _ = page_cache.get_schema(str(tmp_path), "@some/extension:plugin", {}, None)
    assert found == SCHEMA


def test_extensions_are_looked_for_once(tmp_path: Path) -> None:
    package = {"name": "one", "version": "1", "jupyterlab": {"_build": {"load": "one.js"}}}
    (tmp_path / "one").mkdir()
    (tmp_path / "one" / "package.json").write_text(json.dumps(package))
    first = page_cache.get_page_config([str(tmp_path)], None, logger=None)
    assert [one["name"] for one in first["federated_extensions"]] == ["one"]
    first["federated_extensions"].clear()
    (tmp_path / "one" / "package.json").unlink()
    again = page_cache.get_page_config([str(tmp_path)], None, logger=None)
    assert [one["name"] for one in again["federated_extensions"]] == ["one"]


def test_what_a_class_asks_at_once_is_found_out_once() -> None:
    together, found = threading.Barrier(8), []

    def find(locale: str) -> str:
        found.append(locale)
        return locale.upper()

    known = page_cache.once(find)

    def ask(_: int) -> str:
        together.wait()
        return str(known("de"))

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(ask, range(8))) == ["DE"] * 8
    assert found == ["de"]
