"""The sheet of personal links, as a tutor prints it and a pupil's phone reads it."""

from __future__ import annotations

import base64
import stat
from typing import TYPE_CHECKING

import docker
import zxingcpp
from playwright.sync_api import expect

from tests import labs
from tests.browser.conftest import new_person, wait_for_lab
from tests.container.test_make import Tutor, tutor

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser, Locator

    from tests.browser.conftest import Chromium

__all__ = ["tutor"]

CONFIG = """
c.Authenticator.allowed_users = ["Anna Maria", "Ben"]
c.Authenticator.admin_users = ["Mona"]
c.Classroom.sign_in = "invitations"
c.Classroom.name = "Algebra"
"""
GREY = """async (picture) => {
    const image = new Image();
    image.src = `data:image/png;base64,${picture}`;
    await image.decode();
    const canvas = new OffscreenCanvas(image.width, image.height);
    const drawing = canvas.getContext("2d");
    drawing.drawImage(image, 0, 0);
    const colours = drawing.getImageData(0, 0, image.width, image.height).data;
    const grey = colours.filter((_, index) => index % 4 === 1);
    return [image.width, image.height, Array.from(grey)];
}"""
"""Returns an image's size and its pixels, with the green channel as the grey value."""
AS_PRINTED = 3
"""Pixels for each pixel of the screen, because a printer has a higher resolution."""


def read(code: Locator) -> str:
    """Take a screenshot of a QR code, and read it as a phone does."""
    picture = base64.b64encode(code.screenshot()).decode()
    width, height, grey = code.page.evaluate(GREY, picture)
    dots = memoryview(bytes(grey)).cast("B", (height, width))
    (found,) = zxingcpp.read_barcodes(dots)
    return str(found.text)


def read_sheet(browser: Browser, file: Path) -> dict[str, str]:
    """Open a sheet in its printed form; return the text of each person's code, by name."""
    with browser.new_context(device_scale_factor=AS_PRINTED) as context:
        page = context.new_page()
        page.goto(file.as_uri())
        expect(page.locator(".note")).to_contain_text("delete the file")
        page.emulate_media(media="print")
        expect(page.locator(".note")).to_be_hidden()
        found = {}
        for card in page.locator(".card").all():
            said = read(card.locator("svg"))
            expect(card.locator("code")).to_have_text(said)
            expect(card).to_contain_text("Algebra")
            found[card.get_by_role("heading").inner_text()] = said
        return found


def go_in(browser: Browser, link: str, name: str) -> None:
    """Open a link as a person, and check that the lab knows their name."""
    context = new_person(browser)
    page = context.new_page()
    page.goto(link)
    page.get_by_role("button", name=f"Go in as {name}").click()
    wait_for_lab(page)
    me = page.evaluate("async () => (await fetch('/services/classroom/api/me')).json()")
    assert me["identity"]["display_name"] == name
    context.close()


def test_a_tutor_prints_the_sheet_and_a_phone_goes_in(tutor: Tutor, chromium: Chromium) -> None:
    assert "Name a file: FILE=invitations.html" in tutor.make("invitations").stderr
    done = tutor.make("invitations", "FILE=sheet.html")
    assert done.returncode != 0
    assert "The lab doesn't run: make up starts it." in done.stderr
    assert not (tutor.folder / "sheet.html").exists()
    (tutor.folder / "jupyterhub_config.py").write_text(CONFIG)
    done = tutor.make("up")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "make invitations FILE=invitations.html writes a sheet" in done.stdout
    assert f"allow TCP port {tutor.port} in the provider's firewall" in done.stdout

    here = f"{labs.HOST}:{tutor.port}"
    address = f"ADDRESS=https://{here}"
    done = tutor.make("invitations", "FILE=sheet.html", address)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "sheet.html: print it, cut it up, hand it out." in done.stdout
    file = tutor.folder / "sheet.html"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert "key=" not in done.stdout + done.stderr, "the file alone has the links"
    (pool, *_) = docker.from_env().networks.get("bridge").attrs["IPAM"]["Config"]
    with chromium.start({here: f"{pool['Gateway']}:{tutor.port}"}) as browser:
        links = read_sheet(browser, file)
        assert set(links) == {"Anna Maria", "Ben", "Mona"}
        assert all(
            link.startswith(f"https://{here}/hub/invitation?key=") for link in links.values()
        )
        go_in(browser, links["Anna Maria"], "Anna Maria")

        done = tutor.make("invitations", "FILE=ben.html", "RENEW=Ben", address)
        assert done.returncode == 0, done.stdout + done.stderr
        (renewed,) = read_sheet(browser, tutor.folder / "ben.html").items()
        assert renewed[0] == "Ben"
        assert renewed[1] != links["Ben"]
        go_in(browser, renewed[1], "Ben")
        page = new_person(browser).new_page()
        page.goto(links["Ben"])
        expect(page.get_by_text("That link is not good any more")).to_be_visible()
        expect(page.get_by_role("button", name="Go in")).to_have_count(0)
