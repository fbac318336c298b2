"""The key of snapshots without a container: encrypted anew, and the same as before."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from typing import TYPE_CHECKING

import pytest
from cryptography.exceptions import InvalidSignature

from classroom.snapshots import key_file, restic

if TYPE_CHECKING:
    from pathlib import Path

MASTER = b'{"mac":{"k":"...","r":"..."},"encrypt":"..."}'
DEAR = {"N": 1 << 10, "r": 8, "p": 1}


def key(salt: bytes = bytes(64), **changed: object) -> bytes:
    """Write a key's file as restic does; what restic itself reads is in test_snapshots.py."""
    derived, nonce = key_file.derive(DEAR, salt), secrets.token_bytes(key_file.NONCE)
    secret = key_file.encrypt(derived, nonce, MASTER)
    proof = key_file.mac(derived, nonce)
    proof.update(secret)
    data = base64.b64encode(nonce + secret + proof.finalize()).decode()
    written = {"salt": base64.b64encode(salt).decode(), "data": data, "username": "root"}
    return json.dumps({"kdf": "scrypt", **DEAR, **written, **changed}).encode()


def test_a_cheap_key_opens_the_same() -> None:
    before = key()
    made = key_file.cheap(before)
    assert restic.is_cheap(made)
    assert not restic.is_cheap(before)
    assert key_file.opened(json.loads(made)) == MASTER
    assert json.loads(made)["username"] == "root"
    assert json.loads(made)["salt"] != json.loads(before)["salt"]


def test_a_key_that_isnt_whole_is_left_alone(tmp_path: Path) -> None:
    keys, scratch = tmp_path / "repository/keys", tmp_path / "scratch"
    keys.mkdir(parents=True)
    scratch.mkdir()
    damaged = key(data=base64.b64encode(bytes(99)).decode())
    (keys / "a").write_bytes(damaged)
    with pytest.raises(InvalidSignature):
        key_file.replace(tmp_path / "repository", scratch)
    assert [one.read_bytes() for one in keys.iterdir()] == [damaged]


def test_another_way_to_derive_a_key_is_not_guessed() -> None:
    with pytest.raises(ValueError, match="argon"):
        key_file.cheap(key(kdf="argon"))


def test_there_is_one_key_afterwards_of_the_name_that_restic_looks_for(tmp_path: Path) -> None:
    keys, scratch = tmp_path / "repository/keys", tmp_path / "scratch"
    keys.mkdir(parents=True)
    scratch.mkdir()
    (keys / "a").write_bytes(key())
    for _ in range(2):  # the second time nothing is to be done
        key_file.replace(tmp_path / "repository", scratch)
        (left,) = keys.iterdir()
        assert left.name == hashlib.sha256(left.read_bytes()).hexdigest()
        assert left.stat().st_mode & 0o777 == 0o400
    assert list(scratch.iterdir()) == []


@pytest.mark.parametrize("text", [b"", b"[]", b"{}", b"1", b"\xff", b'{"N": 2, "r": 1}'])
def test_what_is_no_key_is_not_cheap(text: bytes) -> None:
    assert not restic.is_cheap(text)
