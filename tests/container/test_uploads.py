"""Uploads in pieces, as JupyterLab sends them: two people at once, and one person who
disconnects."""

from __future__ import annotations

import base64
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from tests import labs, students

if TYPE_CHECKING:
    import httpx

    from tests.labs import Lab

MB = 1 << 20
PIECES = (1, 2, 3, 4, 5, -1)
BASE = f"{labs.ADDRESS}{students.BASE}"


def send(client: httpx.Client, name: str, letter: bytes, piece: int) -> httpx.Response:
    content = base64.b64encode(letter * MB).decode()
    model = {"type": "file", "format": "base64", "content": content, "chunk": piece}
    return client.put(f"{BASE}/api/contents/{name}", json=model)


def test_of_two_uploads_of_one_name_one_is_there_and_the_other_is_told(trial_lab: Lab) -> None:
    trial_lab.expected += [r"\[W .* 409 PUT .*/both\.bin", "wrote error: 'While you were uploading"]
    letters = {"ada": b"A", "bob": b"B"}
    with students.signed_in(trial_lab, "ada") as ada, students.signed_in(trial_lab, "bob") as bob:
        clients = {"ada": ada, "bob": bob}

        def go_on(who: str) -> list[httpx.Response]:
            return [send(clients[who], "both.bin", letters[who], piece) for piece in PIECES[1:]]

        # Both uploads begin before either ends.
        for who, letter in letters.items():
            assert send(clients[who], "both.bin", letter, 1).status_code == 201
        with ThreadPoolExecutor(2) as pool:
            answers = dict(zip(letters, pool.map(go_on, letters), strict=True))
        told = [who for who, sent in answers.items() if sent[-1].status_code == 409]
        assert len(told) == 1
        assert "rename yours" in answers[told[0]][-1].json()["message"]
        (first,) = letters.keys() - set(told)
        content = ada.get(f"{BASE}/files/both.bin").content
        assert content == letters[first] * (len(PIECES) * MB)


def test_an_upload_that_is_cut_is_not_there(trial_lab: Lab) -> None:
    trial_lab.expected.append(r"\[W .* 404 GET .*/cut\.bin")
    with students.signed_in(trial_lab, "ada") as ada:
        for piece in PIECES[:3]:
            answer = send(ada, "cut.bin", b"C", piece)
            assert answer.status_code == 201
        assert answer.json()["size"] == 3 * MB
        assert ada.get(f"{BASE}/api/contents/cut.bin").status_code == 404
        listed = ada.get(f"{BASE}/api/contents/").json()["content"]
        assert "cut.bin" not in {one["name"] for one in listed}
