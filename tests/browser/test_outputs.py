"""Interactive outputs are shown to everybody, as docs/operate/configuration.md says."""

from __future__ import annotations

import base64
import zlib
from typing import TYPE_CHECKING, Any

import nbformat
from playwright.sync_api import expect

from tests.browser.conftest import new_person, shoot, sign_in, wait_for_lab

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

    from tests.labs import Lab

KERNEL = {"name": "python3", "display_name": "Python 3", "language": "python"}
LIBRARY = "window.Plots = { draw: (at, text) => { at.textContent = `drawn: ${text}`; } };"
LONG = f"/*{'-' * 60_000}*/"
BARS = {
    "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
    "data": {"values": [{"a": "x", "b": 2}, {"a": "y", "b": 5}]},
    "mark": "bar",
    "encoding": {
        "x": {"field": "a", "type": "nominal"},
        "y": {"field": "b", "type": "quantitative"},
    },
}
# The libraries make outputs like these: bokeh two, with its library in a cell above; plotly several
# figures, with the library only in the first; folium a page in an attribute.
RECORDED: dict[str, tuple[dict[str, Any], ...]] = {
    "bokeh-loads": (
        {
            "application/javascript": f"{LIBRARY}{LONG}",
            "application/vnd.bokehjs_load.v0+json": "",
        },
    ),
    "bokeh": (
        {"text/html": '<div id="a1b2-root" data-root-id="p1"></div>'},
        {
            "application/javascript": 'Plots.draw(document.getElementById("a1b2-root"), "bokeh")',
            "application/vnd.bokehjs_exec.v0+json": "",
        },
    ),
    "plotly": (
        {
            "text/html": f"<div><script>window.Plotly = {{ newPlot: (id) => {{ "
            f"document.getElementById(id).textContent = `drawn: ${{id}}`; }} }};{LONG}</script>"
            '<div id="plotly-one"></div><script>Plotly.newPlot("plotly-one")</script></div>'
        },
    ),
    "plotly-later": (
        {"text/html": '<div id="plotly-two"></div><script>Plotly.newPlot("plotly-two")</script>'},
    ),
    "folium": (
        {
            "text/html": '<div style="width:100%"><iframe srcdoc="&lt;b id=map&gt;&lt;/b&gt;'
            "&lt;script&gt;document.getElementById(&#x27;map&#x27;).textContent="
            "&#x27;drawn: map&#x27;"
            '&lt;/script&gt;" style="height:40px"></iframe></div>'
        },
    ),
    "javascript": ({"application/javascript": "element.innerHTML = '<i>drawn: element</i>'"},),
    "vega": ({"application/vnd.vegalite.v5+json": BARS, "text/plain": "chart"},),
    "altair-6": ({"application/vnd.vegalite.v6+json": BARS, "text/plain": "chart"},),
    "svg": (
        {
            "image/svg+xml": '<svg xmlns="http://www.w3.org/2000/svg" width="40" height="20">'
            '<circle cx="10" cy="10" r="8" fill="teal"/></svg>'
        },
    ),
}
RUN = """import pandas
from IPython.display import display
frame = pandas.DataFrame({"a": [1, 2], "b": [0.5, 0.25]})
display(frame)
display(frame.style.highlight_max(color="orange"))
import ipywidgets
slider = ipywidgets.IntSlider(7, description="how many")
text = ipywidgets.HTML("<b>seven</b>")
slider.observe(lambda change: setattr(text, "value", f"<b>now {change.new}</b>"), "value")
ipywidgets.VBox([slider, text])"""


def cell(page: Page, name: str) -> Locator:
    return page.locator(".jp-CodeCell", has=page.locator(f".cm-content:has-text('# {name}.')"))


def assert_drawn(page: Page) -> None:
    """Check that every output is drawn, in the page or in its frame."""
    for name, text in (
        ("bokeh", "drawn: bokeh"),
        ("plotly", "drawn: plotly-one"),
        ("plotly-later", "drawn: plotly-two"),
        ("javascript", "drawn: element"),
    ):
        cell(page, name).scroll_into_view_if_needed()
        frame = cell(page, name).frame_locator("iframe").first
        expect(frame.get_by_text(text, exact=True)).to_be_visible()
    cell(page, "folium").scroll_into_view_if_needed()
    folium = cell(page, "folium").frame_locator("iframe").frame_locator("iframe")
    expect(folium.get_by_text("drawn: map")).to_be_visible()
    for name in ("vega", "altair-6"):
        cell(page, name).scroll_into_view_if_needed()
        expect(
            cell(page, name).locator(".vega-embed canvas, .vega-embed svg").first
        ).to_be_visible()
    cell(page, "svg").scroll_into_view_if_needed()
    expect(cell(page, "svg").locator("img[src^='data:image/svg']")).to_be_visible()
    live = cell(page, "live")
    live.scroll_into_view_if_needed()
    expect(live.locator("table.dataframe").first).to_be_visible()
    styled = live.frame_locator("iframe").locator("td", has_text="2")
    expect(styled.first).to_have_css("background-color", "rgb(255, 165, 0)")
    expect(live.locator(".widget-slider")).to_be_visible()


def upload(lab: Lab, name: str, text: str) -> None:
    """Put a file into the class's folder, as a student's program does."""
    packed = base64.b64encode(zlib.compress(text.encode())).decode()  # an argument has a limit
    script = "import base64, os, sys, zlib; data = zlib.decompress(base64.b64decode(sys.argv[2]))"
    script += "; open(sys.argv[1], 'wb').write(data); os.chmod(sys.argv[1], 0o664)"
    status, said = lab.run("python", "-c", script, f"/data/files/{name}", packed, user="student")
    assert status == 0, said


def test_interactive_outputs_are_shown_to_everybody(browser: Browser, github_lab: Lab) -> None:
    with new_person(browser) as ada_profile, new_person(browser) as mona_profile:
        ada, mona = ada_profile.new_page(), mona_profile.new_page()
        cells = [nbformat.v4.new_code_cell(f"# live.\n{RUN}")]
        for name, bundles in RECORDED.items():
            outputs = [nbformat.v4.new_output("display_data", data) for data in bundles]
            cells.append(nbformat.v4.new_code_cell(f"# {name}.", outputs=outputs))
        made = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": KERNEL})
        upload(github_lab, "outputs.ipynb", nbformat.writes(made))
        for page, login in ((mona, "mona"), (ada, "Octocat")):
            page.set_viewport_size({"width": 1280, "height": 1400})
            sign_in(page, login, "/services/classroom/lab/tree/outputs.ipynb")
            wait_for_lab(page)
        expect(ada.get_by_role("contentinfo")).to_contain_text("| Idle")
        cell(ada, "live").locator(".cm-content").click()
        ada.keyboard.press("Control+Enter")
        for page in (ada, mona):
            expect(cell(page, "live").locator(".widget-slider")).to_be_visible()
            assert_drawn(page)
        # What one person does, the others see through the kernel, as data.
        live = cell(ada, "live")
        live.scroll_into_view_if_needed()
        live.locator(".widget-readout").fill("9")
        live.locator(".widget-readout").press("Enter")
        for page in (ada, mona):
            expect(cell(page, "live").get_by_text("now 9")).to_be_visible()

        shoot(mona, "outputs-light")
        mona.keyboard.press("Escape")
        mona.keyboard.press("Control+Shift+C")
        mona.locator(".lm-CommandPalette-input").fill("jupyterlab dark")
        mona.locator(".lm-CommandPalette-item", has_text="JupyterLab Dark").first.click()
        expect(mona.locator("body")).to_have_attribute("data-jp-theme-light", "false")
        element = cell(mona, "javascript").frame_locator("iframe").locator("body")
        expect(element).to_have_css("color", "rgb(255, 255, 255)")
        cell(mona, "bokeh").scroll_into_view_if_needed()
        shoot(mona, "outputs-dark")


LARGE = """
import json, nbformat
shown = nbformat.v4.new_output("display_data", {"text/html": "<!--" + "x" * 60_000_000 + "-->"})
cells = [nbformat.v4.new_code_cell("print('what she wrote')", outputs=[shown])]
with open("too-large.ipynb", "w") as file:
    json.dump(nbformat.v4.new_notebook(cells=cells), file)
"""


def test_one_click_clears_what_keeps_a_notebook_from_being_opened(
    browser: Browser, github_lab: Lab
) -> None:
    github_lab.expected.append("Bad request for file too-large.ipynb")
    write = ("python", "-c", f"import os; os.chdir('/data/files')\n{LARGE}")
    assert github_lab.run(*write, user="student") == (0, "")
    with new_person(browser) as profile:
        ada = profile.new_page()
        sign_in(ada, "Octocat")
        wait_for_lab(ada)
        ada.locator(".jp-DirListing-item", has_text="too-large.ipynb").dblclick()
        notice = ada.locator(".Toastify__toast", has_text="can't be opened here")
        expect(notice).to_be_visible()
        dialog = ada.locator(".jp-Dialog", has_text="can't be opened here: clear its outputs")
        expect(dialog).to_be_visible()
        shoot(ada, "notebook-too-large")
        dialog.get_by_role("button", name="Close").click()
        notice.get_by_role("button", name="Clear outputs").click()
        expect(ada.get_by_text("print('what she wrote')")).to_be_visible()
        shoot(ada, "notebook-cleared")
    size = github_lab.look("import os; print(os.stat('/data/files/too-large.ipynb').st_size)")
    assert size < 10_000
