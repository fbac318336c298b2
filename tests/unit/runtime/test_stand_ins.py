"""Modules that a process leaves out, but gets when somebody really uses them."""

from __future__ import annotations

import importlib
import sys
from types import ModuleType

import pytest

from classroom.runtime.stand_ins import StandIns, left_out

TABLE: StandIns = (
    ("wave", ()),
    ("sndhdr_of_ours", ()),
    ("sndhdr_of_ours.errors", (("SoundError", Exception),)),
)


@pytest.fixture(autouse=True)
def _fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "wave", raising=False)


def test_what_is_left_out_can_be_imported_by_name() -> None:
    with left_out(TABLE):
        import wave  # noqa: PLC0415

        errors = importlib.import_module("sndhdr_of_ours.errors")
        assert not hasattr(wave, "open")
    assert issubclass(errors.SoundError, Exception)


def test_afterwards_the_real_one_is_imported() -> None:
    with left_out(TABLE):
        pass
    assert not {"wave", "sndhdr_of_ours", "sndhdr_of_ours.errors"} & set(sys.modules)
    import wave  # noqa: PLC0415

    assert hasattr(wave, "open")


def test_a_module_can_be_as_if_it_were_not_installed() -> None:
    with left_out((("wave", None),)), pytest.raises(ImportError):
        import wave  # noqa: F401, PLC0415
    importlib.import_module("wave")


def test_a_stand_in_passes_on_what_is_asked_of_it_later() -> None:
    with left_out(TABLE):
        import wave  # noqa: PLC0415

        with pytest.raises(AttributeError, match="left out of this process"):
            _ = wave.open
    assert callable(wave.open)
    assert "wave" in sys.modules


def test_what_is_there_already_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    real = ModuleType("wave")
    monkeypatch.setitem(sys.modules, "wave", real)
    with left_out(TABLE):
        assert sys.modules["wave"] is real
    assert sys.modules["wave"] is real


def test_it_ends_with_an_error_too() -> None:
    with pytest.raises(RuntimeError), left_out(TABLE):
        raise RuntimeError
    assert "wave" not in sys.modules
