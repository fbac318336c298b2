"""A student's widgets, plots and files in a tutor's page: none of them becomes a part of it."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import nbformat
import pytest
from playwright.sync_api import expect

from tests.attack.looking import KERNEL, LAB, ask, put, run_while_looked_on, through, visit
from tests.browser.conftest import shoot, wait_for_lab

if TYPE_CHECKING:
    from playwright.sync_api import Frame, Locator, Page

    from tests.labs import Lab


OVERLAY = """<b>widget {name}</b><iframe srcdoc="<b>over</b>"></iframe>
<style>.jp-Notebook {{ opacity: 0.5 }}</style>
<meta http-equiv="refresh" content="0;url=/services/classroom/lab?gone">
<form action="/services/classroom/logout"><input name="x"></form>
<object data="x"></object><link rel="stylesheet" href="x">"""
WIDGETS = {
    # The notebook's first widget: it comes before any other is shown.
    "html": "ipywidgets.HTML({text!r})",
    "math": "ipywidgets.HTMLMath({text!r})",
    # A model of another kind that uses the view of HTML.
    "other": """class Other(ipywidgets.Label):
    _view_name = traitlets.Unicode("HTMLView").tag(sync=True)
Other({text!r})""",
    "other-math": """class OtherMath(ipywidgets.Button):
    _view_name = traitlets.Unicode("HTMLMathView").tag(sync=True)
    value = traitlets.Unicode().tag(sync=True)
OtherMath(value={text!r})""",
    # ipywidgets does not sanitise text between dollar signs.
    "description": "ipywidgets.Checkbox(description='$' + {text!r} + '$ <b>widget description</b>',"
    " description_allow_html=True)",
    "within": "ipywidgets.VBox([ipywidgets.HTML({text!r})])",
}
"""The code of widgets that would put this text into the page."""
CONTENT = ".widget-html-content, .widget-htmlmath-content"
ACTS = (
    "iframe, style, meta, object, link, script, embed, base, form[action], input:not([disabled])"
    ":not([type=checkbox])"
)


def source(name: str) -> str:
    text = OVERLAY.format(name=name)
    return "import ipywidgets, traitlets\n" + WIDGETS[name].format(text=text)


def assert_widgets_are_clean(page: Page) -> None:
    for name in WIDGETS:
        page.get_by_text(f"widget {name}").first.scroll_into_view_if_needed()  # the cell's source
        words = re.compile(rf"widget {name}(?!-)")
        shown = page.locator(".jp-OutputArea .jupyter-widgets").get_by_text(words)
        expect(shown.first).to_be_visible(timeout=60_000)
    through(page)
    widgets = page.locator(".jp-OutputArea .jupyter-widgets")
    assert widgets.count() >= len(WIDGETS)
    for found in widgets.locator(ACTS).all():
        pytest.fail(found.evaluate("(node) => node.outerHTML"))
    assert page.locator(CONTENT).locator("b").count() >= len(WIDGETS) - 1, "what is plain is shown"
    expect(page.locator(".jp-Notebook").first).to_have_css("opacity", "1")
    assert "gone" not in page.url


def test_widgets_put_nothing_into_a_page_but_plain_html(student: Page, tutor: Page) -> None:
    """The tutor sees them run, and opens the notebook again later."""
    run_while_looked_on(student, tutor, "widgets.ipynb", [source(name) for name in WIDGETS])
    for page in (tutor, student):
        assert_widgets_are_clean(page)
    visit(tutor, "widgets.ipynb")
    assert_widgets_are_clean(tutor)
    shoot(tutor, "attack-widgets")


SPEC: dict[str, Any] = {
    "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
    "description": "</pre><script>window.hacked = ['vega']</script><iframe srcdoc=x></iframe>",
    "data": {"values": [{"a": "x", "b": 2}]},
    "mark": "bar",
    "encoding": {"x": {"field": "a", "type": "nominal"}},
    "usermeta": {"embedOptions": {"actions": {"source": True}, "sourceHeader": "<b>theirs</b>"}},
}


def assert_only_exports(plot: Locator) -> None:
    plot.scroll_into_view_if_needed()
    expect(plot.locator("canvas, svg").first).to_be_visible()
    plot.locator("summary").click()
    expect(plot.locator(".vega-actions a").first).to_be_visible()
    names = plot.locator(".vega-actions a").all_inner_texts()
    assert [name for name in names if not name.startswith("Save as")] == []


def test_a_plot_opens_no_window(student: Page, tutor: Page) -> None:
    """Vega would write the plot's source into a window with the lab's own origin."""
    kind = "application/vnd.vegalite.v5+json"
    wants: list[dict[str, Any]] = [
        {},
        {"actions": True},
        {"actions": {"source": True, "compiled": True, "editor": True, "export": False}},
        {"actions": False},
    ]
    cells = [
        nbformat.v4.new_code_cell(
            "1",
            outputs=[
                nbformat.v4.new_output(
                    "display_data", {kind: SPEC}, metadata={kind: {"embed_options": want}}
                )
            ],
        )
        for want in wants
    ]
    put(student, "plots.ipynb", nbformat.v4.new_notebook(cells=cells))
    visit(tutor, "plots.ipynb")
    plots = tutor.locator(".jp-OutputArea .vega-embed")
    expect(plots).to_have_count(len(wants))
    for at in range(3):
        assert_only_exports(plots.nth(at))
    expect(plots.nth(3).locator("summary")).to_have_count(0)


def write(page: Page, name: str, text: str) -> None:
    body = json.dumps({"type": "file", "format": "text", "content": text})
    status, said = ask(page, "PUT", f"api/contents/{quote(name)}", body)
    assert status in {200, 201}, said


def look_at(page: Page, name: str) -> None:
    page.goto(f"{LAB}/lab/tree/{quote(name)}?reset")
    wait_for_lab(page)


def test_a_plots_file_opens_no_window(student: Page, tutor: Page) -> None:
    """Vega's own renderer shows the file, without the notebook's registry of renderers."""
    write(student, "plot.vl", json.dumps(SPEC))
    look_at(tutor, "plot.vl")
    assert_only_exports(tutor.locator(".vega-embed"))
    shoot(tutor, "attack-plot-file")


def test_a_file_with_a_layout_is_shown_as_text(student: Page, tutor: Page) -> None:
    """JupyterLab would apply it as the layout of the person who opens it, and go there."""
    layout = {"data": {"file-browser-filebrowser:cwd": {"path": "x"}}, "metadata": {"id": "theirs"}}
    write(student, "mine.jupyterlab-workspace", json.dumps(layout))
    look_at(tutor, "mine.jupyterlab-workspace")
    expect(tutor.locator(".jp-FileEditor .cm-content")).to_contain_text("theirs")
    assert "theirs" not in tutor.url
    status, said = ask(tutor, "GET", "lab/api/workspaces")
    assert status == 200, said
    assert "theirs" not in json.loads(said)["workspaces"]["ids"]


PAGE = """<!doctype html><title>report</title><p id="drawn">not drawn</p><script>
const told = [];
const tries = {
  drawn: () => { document.getElementById('drawn').textContent = 'drawn'; },
  cookie: () => document.cookie,
  page: () => parent.document.title,
  top: () => { top.hacked = ['file']; },
  address: () => { if (location.search.includes('_xsrf')) { told.push('token'); } },
  referrer: () => { if (document.referrer.includes('/services/')) { told.push('referrer'); } },
};
for (const [name, attempt] of Object.entries(tries)) {
  try { attempt(); told.push(name); } catch (error) { told.push(`${name}: ${error.name}`); }
}
window.told = told;
</script>"""


REPORT = "50% of 3.html"


def test_an_html_file_runs_in_a_frame_of_its_own(student: Page, tutor: Page) -> None:
    """plotly and folium write such files; there is no button to trust one."""
    write(student, REPORT, PAGE)
    look_at(tutor, REPORT)
    frame = tutor.frame_locator("#jp-main-dock-panel iframe")
    expect(frame.locator("#drawn")).to_have_text("drawn")
    inner = next(one for one in tutor.frames if f"files/{quote(REPORT)}" in one.url)
    told = inner.evaluate("window.told")
    assert told == [
        "drawn",
        "cookie: SecurityError",
        "page: SecurityError",
        "top: SecurityError",
        "address",
        "referrer",
    ]
    assert "_xsrf" not in inner.url
    assert tutor.evaluate("window.hacked ?? []") == []
    expect(tutor.get_by_text("Trust HTML")).to_have_count(0)
    shoot(tutor, "html-file")

    write(student, REPORT, PAGE.replace("= 'drawn'", "= 'drawn again'"))
    tutor.locator("#jp-main-dock-panel [data-jp-item-name='refresh']").click()
    expect(frame.locator("#drawn")).to_have_text("drawn again")


def test_a_page_of_help_gets_a_tab_of_its_own(tutor: Page) -> None:
    """The tab can't access the lab's page: a student's kernel may name such pages, too."""
    tutor.goto(f"{LAB}/lab?reset")
    wait_for_lab(tutor)
    tutor.context.route(
        "https://jupyterlab.readthedocs.io/**",
        lambda route: route.fulfill(body="<title>help</title>", content_type="text/html"),
    )
    tutor.get_by_role("menuitem", name="Help").click()
    with tutor.context.expect_page() as opened:
        tutor.locator(".lm-Menu-item", has_text="JupyterLab Reference").click()
    assert opened.value.url.startswith("https://jupyterlab.readthedocs.io/")
    assert opened.value.evaluate("window.opener") is None
    opened.value.close()


HACK = "window.hacked = ['javascript']; element.textContent = 'hacked'"
RUNS = f"""from IPython.display import *
display(Javascript({HACK!r}), HTML("<script>{HACK}</script><b>shown</b>"))"""


def test_no_output_runs_in_a_page_without_our_extension(student: Page, tutor: Page) -> None:
    """JupyterLab also starts if our extension doesn't load: then the server protects the page."""
    cell = nbformat.v4.new_code_cell("1")
    content = nbformat.v4.new_notebook(cells=[cell], metadata={"kernelspec": KERNEL})
    put(student, "bare.ipynb", content)
    visit(student, "bare.ipynb")
    expect(student.get_by_role("contentinfo")).to_contain_text("| Idle", timeout=60_000)
    student.locator(".jp-Notebook .jp-Cell .cm-content").first.click()
    # Add a cell, which a page of JupyterLab marks as trusted in the live document.
    for key in ("Escape", "b", "Enter"):
        student.keyboard.press(key)
    student.keyboard.insert_text(RUNS)
    student.keyboard.press("Control+Enter")
    expect(student.locator(".jp-OutputArea iframe").first).to_be_attached(timeout=60_000)
    pattern = "**/lab/extensions/@classroom/labextension/**"
    tutor.context.route(pattern, lambda route: route.abort())
    try:
        visit(tutor, "bare.ipynb")
        through(tutor)
        expect(tutor.get_by_text("shown", exact=True)).to_be_visible()
        assert tutor.evaluate("window.hacked ?? []") == []
        expect(tutor.get_by_text("hacked", exact=True)).to_have_count(0)
        shoot(tutor, "attack-bare")
    finally:
        tutor.context.unroute(pattern)


THIEF = """<input id="field" value=""><script>
window.got = "";
addEventListener("keydown", (event) => { got += event.key; });
const field = document.getElementById("field");
setInterval(() => { window.focus(); field.focus(); }, 100);
</script>"""
FIELD = """<style>input { width: 200px }</style><input id="field"><button>press</button><script>
window.pressed = 0;
document.querySelector("button").onclick = () => { pressed += 1; };
</script>"""
WORDS = "all that is typed, "


def framed(html: str, source: str = "") -> Any:
    output = nbformat.v4.new_output("display_data", {"text/html": html})
    return nbformat.v4.new_code_cell(source, outputs=[output])


def text_of(page: Page, at: int = 0) -> Locator:
    return page.locator(".jp-Notebook .jp-CodeCell .jp-InputArea .cm-content").nth(at)


def frames_with(page: Page, selector: str) -> list[Frame]:
    return [one for one in page.frames if one.parent_frame and one.locator(selector).count()]


def test_an_output_does_not_take_the_keyboard(student: Page, tutor: Page) -> None:
    """What the tutor types stays in the cell, at its place, even if the output takes the focus."""
    cells = [framed(THIEF, "before after"), framed("<style>b {}</style><b>plot</b>")]
    put(student, "thief.ipynb", nbformat.v4.new_notebook(cells=cells))
    visit(tutor, "thief.ipynb")
    through(tutor)
    stopped = tutor.locator(".classroom-Stopped")
    cell = text_of(tutor)
    cell.click()  # until now it may have the focus: Playwright seems to be a person
    expect(stopped).to_contain_text("it took the keyboard from you")
    expect(cell).to_be_focused()
    for key in ("Home", *["ArrowRight"] * len("before ")):
        tutor.keyboard.press(key)
    for letter in WORDS * 3:
        tutor.keyboard.press(letter)
    expect(cell).to_have_text(f"before {WORDS * 3}after")
    shoot(tutor, "attack-keyboard")

    # If the person shows it again, it has the keyboard only until they click elsewhere.
    stopped.get_by_role("button", name="Show it again").click()
    expect(tutor.locator(".jp-OutputArea iframe")).to_have_count(2)
    cell.click()
    expect(stopped).to_have_count(1)
    tutor.keyboard.press("End")
    tutor.keyboard.type("!", delay=20)
    expect(cell).to_have_text(f"before {WORDS * 3}after!")


def test_a_file_does_not_take_the_keyboard(student: Page, tutor: Page) -> None:
    write(student, "thief.html", THIEF)
    look_at(tutor, "thief.html")
    tutor.frame_locator("#jp-main-dock-panel iframe").locator("#field").wait_for()
    tutor.locator("#jp-main-dock-panel .lm-TabBar-tab", has_text="thief.html").click()
    expect(tutor.locator(".classroom-Stopped")).to_be_visible()
    shoot(tutor, "attack-keyboard-file")


def test_an_output_has_the_keyboard_of_who_clicks_into_it(student: Page, tutor: Page) -> None:
    """It works right after typing in a cell, too, for a table's search or a form of bokeh."""
    put(student, "fields.ipynb", nbformat.v4.new_notebook(cells=[framed(FIELD, "")]))
    visit(tutor, "fields.ipynb")
    through(tutor)
    cell = text_of(tutor)
    shown = tutor.locator(".jp-OutputArea").frame_locator("iframe")
    expect(shown.locator("#field")).to_be_visible()
    for turn in ("one", "two"):
        cell.click()
        tutor.keyboard.type(turn)
        box = shown.locator("#field").bounding_box()
        assert box is not None
        tutor.mouse.move(box["x"] + 20, box["y"] + 8, steps=30)  # as a hand moves it
        tutor.mouse.click(box["x"] + 20, box["y"] + 8)
        tutor.keyboard.press("End")
        tutor.keyboard.type(turn, delay=30)
    expect(shown.locator("#field")).to_have_value("onetwo")
    expect(cell).to_have_text("onetwo")
    shown.get_by_role("button").click()
    (frame,) = frames_with(tutor, "#field")
    assert frame.evaluate("window.pressed") == 1
    tutor.keyboard.press("Shift+Tab")
    tutor.keyboard.type("three", delay=30)
    expect(shown.locator("#field")).to_have_value("three")  # Tab has selected the old value
    expect(tutor.locator(".classroom-Stopped")).to_have_count(0)


PRESS = "(at) => document.querySelectorAll('.jp-RenderedHTMLCommon form button')[at].click()"


def test_a_form_of_an_output_leads_nowhere(student: Page, tutor: Page) -> None:
    """The page itself shows outputs without scripts: a form would make the tutor lose the lab."""
    texts = [
        f'<form method="{method}" action="{action}"><button type="submit">Go {at}</button></form>'
        for at, (method, action) in enumerate((("post", ""), ("get", "/hub/logout"), ("post", "/")))
    ]
    cells = [framed(text, "1") for text in texts]
    cells += [nbformat.v4.new_markdown_cell(text.replace("Go", "Went")) for text in texts]
    put(student, "forms.ipynb", nbformat.v4.new_notebook(cells=cells))
    visit(tutor, "forms.ipynb")
    through(tutor)
    tutor.evaluate("window.stays = true")
    written = tutor.locator(".jp-RenderedHTMLCommon").get_by_role("button", name="Went")
    expect(written).to_have_count(len(texts))
    frames = tutor.locator(".jp-OutputArea iframe")
    shown = [frames.nth(at).content_frame.get_by_role("button") for at in range(len(texts))]
    for button in shown:
        button.evaluate("(node) => node.click()")
        assert tutor.evaluate("window.stays")
    for at in range(len(texts)):
        # Playwright's own click would wait for a navigation that can't happen.
        tutor.evaluate(PRESS, at)
        assert tutor.evaluate("window.stays")
    assert tutor.evaluate("location.pathname").endswith("/lab/tree/forms.ipynb")
    assert tutor.evaluate("document.querySelector('.jp-Notebook') !== null")


def test_a_broken_notebook_says_in_a_sentence_what_to_do(
    github_lab: Lab, student: Page, tutor: Page
) -> None:
    """Page and export say so, without any output of Python."""
    github_lab.expected.append(r"bad\.ipynb")
    write(student, "bad.ipynb", '{"cells": 5}')
    sentence = "“bad.ipynb” isn't a valid notebook"
    tutor.goto(f"{LAB}/lab/tree/bad.ipynb?reset")
    wait_for_lab(tutor)
    dialog = tutor.locator(".jp-Dialog")
    expect(dialog).to_contain_text(sentence)  # and not upstream's "Bad request"
    said = tutor.locator(".Toastify__toast", has_text=sentence)
    expect(said).to_contain_text("Open With → Editor")
    shoot(tutor, "broken-notebook")
    dialog.get_by_role("button").last.click()
    page = tutor.context.new_page()
    page.goto(f"{LAB}/nbconvert/html/bad.ipynb")
    expect(page.locator("body")).to_contain_text(sentence)
    expect(page.locator("body")).not_to_contain_text("Error(")
    shoot(page, "broken-export")
    page.close()


def test_a_list_that_is_too_long_says_so_wherever_one_looks(github_lab: Lab, tutor: Page) -> None:
    """If the line were sorted among the names, nobody at the end of the list would see it."""
    made = (
        "mkdir /data/files/many && cd /data/files/many && seq -f file%05g.txt 10007 | xargs touch"
    )
    assert github_lab.run("sh", "-c", f"{made} && chown -R student /data/files/many")[0] == 0
    tutor.goto(f"{LAB}/lab/tree/many?reset")
    wait_for_lab(tutor)
    said = tutor.locator(".classroom-LeftOut")
    sentence = "7 more files are in this folder. To list them, type “ls” in a terminal."
    expect(said).to_have_text(sentence, timeout=60_000)
    expect(said).to_be_in_viewport()
    tutor.locator(".jp-FileBrowser .jp-DirListing-content").evaluate(
        "(node) => { node.scrollTop = 1e9; }"
    )
    expect(said).to_be_in_viewport()
    shoot(tutor, "many-files")
    expect(tutor.locator(".jp-DirListing-item", has_text="use a terminal")).to_have_count(0)
    tutor.locator(".jp-BreadCrumbs-home").click()
    expect(said).to_have_text("")


STYLED = 200


def test_many_framed_outputs_of_a_cell_are_looked_at_once_each(student: Page, tutor: Page) -> None:
    """If each were examined again for each other one, the page would block for minutes."""
    counted = """
        const all = String.prototype.matchAll;
        window.looked = 0;
        String.prototype.matchAll = function (...rest) {
            window.looked += this.includes('T_styled') ? 1 : 0;
            return all.apply(this, rest);
        };"""
    outputs = [
        nbformat.v4.new_output(
            "display_data",
            {
                "text/html": f"<style>#T_styled{at} {{ color: red }}</style>"
                f'<table id="T_styled{at}"><tr><td id="T_styled{at}_row0">{at}</td></tr></table>'
            },
        )
        for at in range(STYLED)
    ]
    cell = nbformat.v4.new_code_cell("1", outputs=outputs)
    put(student, "styled.ipynb", nbformat.v4.new_notebook(cells=[cell]))
    page = tutor.context.new_page()
    page.add_init_script(counted)
    visit(page, "styled.ipynb")
    through(page)
    first = page.locator(".jp-OutputArea").first.frame_locator("iframe").first
    expect(first.locator("td")).to_have_css("color", "rgb(255, 0, 0)")
    assert 0 < page.evaluate("window.looked") <= 2 * STYLED
    page.close()
