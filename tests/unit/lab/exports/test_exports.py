"""Exports of notebooks: a process's request and answer, and the order of people's turns."""

from __future__ import annotations

import asyncio
import base64
import io
import json
import signal
import sys
import zipfile
from typing import Any

import pytest
from tornado.web import Application

from classroom.lab.exports import converter, jobs
from classroom.lab.exports.converter import NotConvertedError, answer_to
from classroom.lab.exports.handlers import Exporting
from classroom.lab.exports.jobs import EACH, TOGETHER, ExportQueue, read
from classroom.runtime import worker_process
from classroom.runtime.worker import framed, parted
from tests import labs

HEAD: dict[str, Any] = {"format": "html", "config": {}, "metadata": {}, "sanitize": None}
HEAD["config_dir"] = "/nowhere"
PNG = base64.b64encode(b"a picture").decode()
PICTURE = {"output_type": "display_data", "metadata": {}, "data": {"image/png": PNG}}


def model(*sources: str, outputs: tuple[dict[str, Any], ...] = ()) -> bytes:
    cells: list[dict[str, Any]] = [
        {
            "cell_type": "code",
            "id": f"cell{number}",
            "metadata": {},
            "source": source,
            "execution_count": None,
            "outputs": list(outputs),
        }
        for number, source in enumerate(sources)
    ]
    content = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps({"name": "unit.x.ipynb", "content": content}).encode()


def test_what_is_framed_is_parted_again() -> None:
    head, body = parted(framed({"a": "1\n2"}, b"3\n4"))
    assert head == {"a": "1\n2"}
    assert bytes(body) == b"3\n4"


@pytest.mark.parametrize("text", [b"", b"{}", b"[]\n", b"no\n", b'{"status": 200}\n'])
@pytest.mark.parametrize("status", [0, 1, None])
def test_half_an_answer_is_none(text: bytes, status: int | None) -> None:
    with pytest.raises(NotConvertedError, match="can't be exported"):
        read(text, status)


@pytest.mark.parametrize("number", [signal.SIGXCPU, signal.SIGKILL])
def test_who_was_ended_took_too_long(number: int) -> None:
    with pytest.raises(NotConvertedError, match="takes too long to export"):
        read(framed({"status": 200}, b""), -number)


def test_an_ordinary_notebook() -> None:
    exported = read(answer_to(framed(HEAD, model("the = 'source'"))), 0)
    assert (exported.name, exported.extension) == ("unit.x", ".html")
    assert exported.mimetype == "text/html"
    assert b"<title>unit.x</title>" in bytes(exported.data)
    assert not exported.zipped


def test_pictures_come_along_in_a_zip() -> None:
    body = model("a plot", outputs=(PICTURE,))
    exported = read(answer_to(framed({**HEAD, "format": "markdown"}, body)), 0)
    assert exported.zipped
    with zipfile.ZipFile(io.BytesIO(exported.data)) as archive:
        assert sorted(archive.namelist()) == ["output_0_0.png", "unit.x.md"]


@pytest.mark.parametrize(
    ("kind", "body", "status", "words"),
    [
        ("nothing", model(), 404, "No exporter for format: nothing"),
        ("html", b"{", 400, "Invalid JSON"),
        ("html", b"", 400, "Invalid JSON"),
        ("html", b"[]", 400, "no notebook"),
        ("html", b'{"content": 1}', 400, "no notebook"),
        ("html", b'{"content": {}, "name": 1}', 400, "no notebook"),
        ("html", b'{"content": {"cells": 1}}', 500, "nbconvert failed"),
    ],
)
def test_what_is_not_converted_says_why(kind: str, body: bytes, status: int, words: str) -> None:
    with pytest.raises(NotConvertedError, match=words) as found:
        read(answer_to(framed({**HEAD, "format": kind}, body)), 0)
    assert found.value.status == status


def test_no_memory_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> bytes:
        raise MemoryError

    monkeypatch.setattr(converter, "convert", fail)
    with pytest.raises(NotConvertedError, match="too much memory"):
        read(answer_to(framed(HEAD, model())), 0)


def test_the_process_learns_little() -> None:
    told = worker_process.environment({"PATH": "/bin", "JUPYTERHUB_API_TOKEN": "t", "HOME": "/h"})
    assert told == {"PATH": "/bin", "HOME": "/h"}
    config = {"HTMLExporter": {"embed_images": False}, "HubOAuth": {"api_token": "t"}}
    assert jobs.configured(config) == {"HTMLExporter": {"embed_images": False}}


def test_one_of_each_person_and_some_of_all() -> None:
    async def scenario() -> None:
        turns, running = ExportQueue(), list[str]()
        ends = [asyncio.Event() for _ in range(6)]

        async def export(name: str, end: asyncio.Event) -> None:
            async with turns.turn(name):
                running.append(name)
                await end.wait()
                running.remove(name)

        async def settle() -> list[str]:
            for _ in range(20):
                await asyncio.sleep(0)
            return running

        names = ("ada", "ada", "bob", "cleo", "dan")
        work = [
            asyncio.create_task(export(name, end)) for name, end in zip(names, ends, strict=False)
        ]
        assert await settle() == ["ada", "bob"]
        assert len(running) == TOGETHER
        ends[0].set()
        assert await settle() == ["bob", "cleo"], "first come first, and ada's second comes last"
        work[4].cancel()
        ends[2].set()
        assert await settle() == ["cleo", "ada"]
        for end in ends:
            end.set()
        await asyncio.gather(*work, return_exceptions=True)
        assert not turns._own
        assert not turns._asked

    asyncio.run(scenario())


def test_nobody_waits_with_any_number() -> None:
    async def scenario() -> None:
        turns, end = ExportQueue(), asyncio.Event()

        async def export() -> None:
            async with turns.turn("ada"):
                await end.wait()

        work = [asyncio.create_task(export()) for _ in range(EACH)]
        await asyncio.sleep(0)
        with pytest.raises(NotConvertedError, match="under way") as found:
            await export()
        assert found.value.status == 429
        end.set()
        await asyncio.gather(*work)

    asyncio.run(scenario())


@pytest.fixture
def program(monkeypatch: pytest.MonkeyPatch) -> None:
    """Use the converter process with this checkout's code."""
    code = f"import sys; sys.path.insert(0, {str(labs.ROOT / 'src')!r})"
    code = f"{code}; from classroom.lab.exports import converter; converter.main()"
    monkeypatch.setattr(jobs, "PROGRAM", (sys.executable, "-c", code))


@pytest.mark.usefixtures("program")
def test_a_process_is_ended_that_takes_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "SECONDS", 0.05)
    with pytest.raises(NotConvertedError, match="takes too long"):
        asyncio.run(jobs.convert(HEAD, model("a")))


@pytest.mark.usefixtures("program")
def test_no_more_is_read_than_may_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "MOST_BYTES", 1000)
    with pytest.raises(NotConvertedError, match="has more than") as found:
        asyncio.run(jobs.convert(HEAD, model("a")))
    assert found.value.status == 413


@pytest.mark.usefixtures("program")
def test_a_process_converts() -> None:
    exported = asyncio.run(jobs.convert({**HEAD, "format": "python"}, model("x = 'here'")))
    assert b"x = 'here'" in bytes(exported.data)
    assert exported.extension == ".py"


class Export(Exporting):
    """An export that waits as long as its person does."""

    begun, ended, over = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def _execute(self, *arguments: Any, **named: Any) -> None:
        """Signal the end of everything that could be logged as an error."""
        try:
            await super()._execute(*arguments, **named)
        finally:
            self.over.set()

    async def prepare(self) -> None:  # type: ignore[override]
        """Skip the check of the user."""

    def set_default_headers(self) -> None:
        """Set no headers."""

    async def get(self) -> None:
        assert await self.answer(self.wait()) is None

    async def wait(self) -> None:
        try:
            self.begun.set()
            await asyncio.Event().wait()
        finally:
            self.ended.set()


def test_nothing_goes_on_when_its_person_has_gone(caplog: pytest.LogCaptureFixture) -> None:
    async def scenario() -> None:
        server = Application([("/", Export)]).listen(0, "127.0.0.1")
        port = next(iter(server._sockets.values())).getsockname()[1]
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET / HTTP/1.1\r\nHost: here\r\n\r\n")
        await asyncio.wait_for(Export.begun.wait(), 10)
        assert not Export.ended.is_set()
        writer.close()
        await asyncio.wait_for(Export.ended.wait(), 10)
        await asyncio.wait_for(Export.over.wait(), 10)
        server.stop()

    asyncio.run(scenario())
    assert not [record for record in caplog.records if record.levelname == "ERROR"]
