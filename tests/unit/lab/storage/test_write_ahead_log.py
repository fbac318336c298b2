"""The write-ahead log: records that write(2) has accepted are read again, and nothing else."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classroom.lab.storage import log_records, log_segments
from classroom.lab.storage.log_records import Row
from classroom.lab.storage.write_ahead_log import Log, files_beside

ROWS = st.lists(
    st.builds(
        Row,
        st.text(st.characters(codec="utf-8"), max_size=20),
        st.binary(),
        st.binary(),
        st.floats(0, 1e10),
    ),
    max_size=6,
)


@given(ROWS, st.integers(0, 1000))
def test_whole_records_are_read_beside_torn_ones(rows: list[Row], cut: int) -> None:
    records = [log_records.encode(number, row) for number, row in enumerate(rows)]
    data = b"".join(records)
    assert list(log_records.decode(data)) == list(enumerate(rows))
    torn = data[: len(data) - cut] if cut else data
    whole = list(log_records.decode(torn))
    assert whole == list(enumerate(rows))[: len(whole)]
    assert sum(map(len, records[: len(whole)])) <= len(torn)
    assert len(whole) == len(rows) or sum(map(len, records[: len(whole) + 1])) > len(torn)


@given(st.binary(max_size=200))
def test_garbage_is_nothing(data: bytes) -> None:
    assert list(log_records.decode(data)) == []


def row(text: str) -> Row:
    return Row("a", text.encode(), b"", 1.0)


def left(database: Path) -> list[str]:
    return [one.update.decode() for one in Log(database).rows]


def test_two_files_take_turns_and_the_order_stays(tmp_path: Path) -> None:
    database = tmp_path / "j.db"
    log = Log(database)
    log.append(row("1"))
    log.rotate()  # there is no second file yet
    log.release()
    for number in range(2, 8):
        log.append(row(str(number)))
        log.rotate()
        log.append(row(f"{number}b"))
        # Don't release it, as if the commit had failed.
    assert left(database) == ["1", "2", "2b", "3", "3b", "4", "4b", "5", "5b", "6", "6b", "7", "7b"]
    log.release()  # all records of the first file are committed
    assert left(database)[0] == "2b"
    log.rotate()
    log.release()
    assert left(database) == []
    log.append(row("8"))
    assert left(database) == ["8"]


def test_what_an_earlier_process_has_left_comes_first(tmp_path: Path) -> None:
    database = tmp_path / "j.db"
    Log(database).append(row("first"))
    second = Log(database)
    second.append(row("second"))  # before the first one is committed
    assert left(database) == ["first", "second"]
    second.forget()
    assert left(database) == ["second"]
    second.clear()
    second.close()
    assert [one.name for one in files_beside(database)] == ["j-log.0"], "the reserve stays"
    assert left(database) == []


def test_a_backup_reads_it_before_the_database(tmp_path: Path) -> None:
    """The log files sort before the database, so its copy has all commits made in between."""
    database = tmp_path / "documents.db"
    database.touch()
    Log(database).append(row("x"))
    names = sorted(one.name for one in tmp_path.iterdir())
    assert names == ["documents-log.0", "documents-log.1", "documents.db"]


def test_half_a_record_hides_none_that_comes_after(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = tmp_path / "j.db"
    log = Log(database)
    log.append(row("before"))
    pwrite = os.pwrite
    taken = iter([10])

    def full(descriptor: int, data: bytes, at: int) -> int:
        if (room := next(taken, 0)) == 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        return pwrite(descriptor, data[:room], at)

    with monkeypatch.context() as patch:
        patch.setattr(os, "pwrite", full)
        with pytest.raises(OSError, match="No space left"):
            log.append(row("lost" * 100))
    log.append(row("after"))
    assert left(database) == ["before", "after"]


def test_a_log_that_cannot_be_read_is_put_aside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is the only place with the last words of all documents, so it is never deleted."""
    database = tmp_path / "j.db"
    first = Log(database)
    first.append(Row("a", b"x", b"", 1.0))
    first.close()
    _, left = files_beside(database)
    data, read = left.read_bytes(), Path.read_bytes

    def refuse(_: Path) -> bytes:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(Path, "read_bytes", refuse)
    second = Log(database)
    second.append(Row("a", b"y", b"", 2.0))
    second.forget()
    second.close()
    monkeypatch.setattr(Path, "read_bytes", read)
    aside = (tmp_path / "put-aside").iterdir()
    assert data in [one.read_bytes() for one in aside], "beside the reserve"
    assert [row.update for row in Log(database).rows] == [b"y"]


def test_the_reserve_keeps_its_blocks_and_no_records_of_before(tmp_path: Path) -> None:
    """Old records of the same length would begin where the next ones end, and follow them."""
    database = tmp_path / "j.db"
    log = Log(database)
    (reserve,) = files_beside(database)
    for number in range(5):
        log.append_reserved(row(f"before {number}"))
    taken = reserve.stat().st_blocks * 512
    assert taken >= log_segments.RESERVED_BYTES
    log.empty_reserve()
    assert left(database) == []
    log.append_reserved(row("after  0"))
    log.append_reserved(row("after  1"))
    assert left(database) == ["after  0", "after  1"]
    assert reserve.stat().st_blocks * 512 == taken
    log.close()
    assert left(database) == ["after  0", "after  1"]
    assert reserve.stat().st_blocks * 512 == taken, "nor does a start give them away"


def test_the_next_process_adds_to_what_is_in_the_reserve(tmp_path: Path) -> None:
    database = tmp_path / "j.db"
    Log(database).append_reserved(row("first"))
    second = Log(database)
    second.append_reserved(row("second"))
    assert left(database) == ["first", "second"]
    second.forget()  # the first is committed, the second isn't
    assert left(database) == ["first", "second"]
    second.empty_reserve()
    assert left(database) == []


def test_what_an_earlier_process_left_in_the_reserve_is_only_forgotten_when_it_is_committed(
    tmp_path: Path,
) -> None:
    database = tmp_path / "j.db"
    Log(database).append_reserved(row("first"))
    second = Log(database)
    second.clear()
    second.close()
    third = Log(database)
    assert [one.update for one in third.rows] == [b"first"]
    third.forget()
    assert left(database) == []


def test_the_reserve_takes_no_more_than_it_has(tmp_path: Path) -> None:
    database = tmp_path / "j.db"
    log = Log(database)
    log.append_reserved(Row("a", bytes(log_segments.RESERVED_BYTES - 200), b"", 1.0))
    with pytest.raises(OSError, match="No space left"):
        log.append_reserved(Row("a", bytes(200), b"", 1.0))
    assert len(Log(database).rows) == 1
    assert (tmp_path / "j-log.0").stat().st_size == log_segments.RESERVED_BYTES
