"""The page names the large scripts that it needs, as JupyterLab's own scripts load them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import jinja2
import pytest

from classroom.lab.pages import preload

if TYPE_CHECKING:
    from pathlib import Path

MAIN = f'{preload.BEFORE}0123456789abcdef.js?v=0123456789abcdef"></script>'


def test_an_address_is_the_one_that_scripts_use() -> None:
    assert preload.address("lab/static/219.2389a53dc040cbd0.js") == (
        "{{page_config.fullStaticUrl}}/219.2389a53dc040cbd0.js?v=2389a53dc040cbd0"
    )
    assert preload.address("labextensions/@x/y/static/84.09c61a35dce1705f.js") == (
        "{{page_config.fullLabextensionsUrl}}/@x/y/static/84.09c61a35dce1705f.js?v=09c61a35dce1705f"
    )


@pytest.mark.parametrize("file", ["lab/static/style.js", "lab/schemas/1.2389a53dc040cbd0.js"])
def test_what_pages_do_not_load_has_no_address(file: str) -> None:
    with pytest.raises(ValueError, match="no script that a page loads"):
        preload.address(file)


def test_links_come_before_the_first_script() -> None:
    assert preload.with_links(f"<head>{MAIN}</head>", "links") == f"<head>links{MAIN}</head>"


@pytest.mark.parametrize(("others", "number"), [([], 1), ([{"name": "x"}, {"name": "@x/y"}], 2)])
def test_scripts_of_an_extension_that_is_off_are_not_named(
    others: list[dict[str, str]], number: int
) -> None:
    files = (
        "lab/static/219.2389a53dc040cbd0.js",
        "labextensions/@x/y/static/84.09c61a35dce1705f.js",
    )
    template = jinja2.Template("".join(map(preload.link, files)))
    page = template.render(page_config={"federated_extensions": others})
    assert page.count('<link rel="preload" as="script" href="') == number


@pytest.mark.parametrize("page", ["<head></head>", MAIN * 2])
def test_another_page_of_jupyterlab_ends_the_build(page: str) -> None:
    with pytest.raises(ValueError, match="no longer one"):
        preload.with_links(page, "links")


def test_a_script_that_is_not_there_ends_the_build(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"lab/static/219\.<hash>\.js is in .* 0 times"):
        preload.found(tmp_path, "lab/static/219")


def test_an_installed_page_is_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    static = tmp_path / "lab/static"
    static.mkdir(parents=True)
    (static / "219.2389a53dc040cbd0.js").write_text("")
    (static / "index.html").write_text(MAIN)
    (static / "index.html.br").write_text("without links")
    monkeypatch.setattr(preload, "listed", lambda: ("lab/static/219",))
    preload.main(tmp_path)
    assert "/219.2389a53dc040cbd0.js?v=2389a53dc040cbd0" in (static / "index.html").read_text()
    assert not (static / "index.html.br").exists()


def test_no_script_is_listed_twice() -> None:
    assert len(set(preload.listed())) == len(preload.listed()) > 0
