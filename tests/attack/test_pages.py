"""A student's notebook in a tutor's page: its scripts run in frames, and can't reach anything."""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING, Any

import nbformat
import pytest
from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import expect

from tests import labs
from tests.attack.looking import KERNEL, LAB, ask, put, run_while_looked_on, through, visit
from tests.browser.conftest import shoot, wait_for_lab

if TYPE_CHECKING:
    from playwright.sync_api import Frame, Page, Route

    from tests.labs import Lab

ELSEWHERE = "https://elsewhere.classroom.test"
# The attempts of each script, on the page itself or on one above it.
TRIES = """
(() => {
  const name = '%s';
  const said = (window.tried ??= {});
  said[name] = {};
  for (const page of [window.top, window.parent]) {
    try { (page.hacked ??= []).push(name); } catch (error) { said[name].page = String(error); }
  }
  let token = '';
  try { token = document.cookie.match(/_xsrf=([^;]+)/)?.[1] ?? ''; said[name].cookie = token; }
  catch (error) { said[name].cookie = String(error); }
  const at = location.origin === 'null' ? '%s' : '/services/classroom';
  fetch(`${at}/api/contents/made-by-${name}.txt`, {
    method: 'PUT', headers: {'X-XSRFToken': token}, credentials: 'include',
    body: JSON.stringify({type: 'file', format: 'text', content: name}),
  }).then((answer) => { said[name].lab = answer.status; },
          (error) => { said[name].lab = String(error); });
})()
"""


def tries(name: str) -> str:
    return TRIES % (name, LAB)


def handler(name: str) -> str:
    """Return the same script as an attribute's value in double quotes."""
    return tries(name).replace("&", "&amp;").replace('"', "&quot;")


def in_frames(mark: str = "") -> dict[str, dict[str, Any]]:
    """Return outputs whose scripts run in frames with an origin of their own, with a mark in names.

    An SVG animation's handler runs wherever it is; a picture's `onload` needs a parsed page.
    """
    made = {
        "javascript": {"application/javascript": "{code}"},
        "script": {"text/html": "<b>shown</b><script>{code}</script>"},
        "handler": {"text/html": '<img src="x" onerror="{attribute}">'},
        "srcdoc": {"text/html": '<iframe srcdoc="&lt;script>{attribute}&lt;/script>"></iframe>'},
        "inline-svg": {
            "text/html": '<svg><animate attributeName="x" dur="1s" onbegin="{attribute}"></svg>'
        },
        "exec": {
            "application/javascript": "{code}",
            "application/vnd.bokehjs_exec.v0+json": "",
        },
    }
    return {
        name + mark: {
            kind: text.replace("{code}", tries(name + mark)).replace(
                "{attribute}", handler(name + mark)
            )
            for kind, text in bundle.items()
        }
        for name, bundle in made.items()
    }


ISOLATED = "-isolated"
PICTURES = "40[34] GET /services/classroom/.*x|Nothing here may be used as"
"""Log lines about the missing pictures."""
NEVER: dict[str, dict[str, Any]] = {
    "picture": {
        "image/svg+xml": f'<svg xmlns="http://www.w3.org/2000/svg" onload="{handler("picture")}">'
        f"<script>{tries('picture')}</script></svg>"
    },
    "markdown": {
        "text/markdown": f'<img src="x" onerror="{handler("markdown")}">\n\n'
        f"[link](javascript:{tries('markdown-link')})"
    },
    "latex": {"text/latex": r"$\href{javascript:window.hacked=['latex']}{x}$"},
    "vega": {
        "application/vnd.vegalite.v5+json": {
            "data": {"url": f"{ELSEWHERE}/vega"},
            "mark": "bar",
            "usermeta": {
                "embedOptions": {"sourceHeader": "<script>window.hacked=['vega']</script>"}
            },
        }
    },
    "jupyter-trust": {
        "text/html": '<button data-commandlinker-command="filebrowser:create-new-file">'
    },
}
"""Outputs whose scripts must not run anywhere."""
SOURCES = {
    "typed-javascript": "from IPython.display import *\ndisplay(Javascript({code!r}))",
    "typed-html": "display(HTML('<script>' + {code!r} + '</script>'))",
    "typed-widget": """import ipywidgets
ipywidgets.HTML('<b>widget</b><img src=x onerror="' + {attribute!r} + '">')""",
}
"""Cells that the student types and runs while the tutor has the notebook open."""


def notebook() -> dict[str, Any]:
    """Return a notebook with every attack, marked as trusted in every possible place."""
    cells = []
    for mark in ("", ISOLATED):  # JupyterLab shows these in a frame of the page's own origin
        metadata = {"isolated": True} if mark else {}
        for data in (*in_frames(mark).values(), *NEVER.values()):
            output = nbformat.v4.new_output("display_data", data, metadata=metadata)
            cell = nbformat.v4.new_code_cell("1", outputs=[output], metadata={"trusted": True})
            cells.append(cell)
    markdown = f'<img src="x" onerror="{handler("cell")}"><script>{tries("cell")}</script>'
    cells.append(nbformat.v4.new_markdown_cell(markdown, metadata={"trusted": True}))
    made = nbformat.v4.new_notebook(
        cells=cells, metadata={"kernelspec": KERNEL, "trusted": True, "signature": "x"}
    )
    found: dict[str, Any] = json.loads(json.dumps(made))
    return found


def frames(page: Page) -> list[Frame]:
    return [frame for frame in page.frames if frame != page.main_frame]


def tried(page: Page) -> dict[str, dict[str, Any]]:
    """Return the attempts' results in frames, by the scripts' names."""
    found: dict[str, dict[str, Any]] = {}
    for frame in frames(page):
        found |= frame.evaluate("window.tried ?? {}")
    return found


def made(lab: Lab) -> list[str]:
    """List the files that a script has made through the lab's API."""
    return lab.run("find", "/data/files", "-name", "made-by-*")[1].splitlines()


def assert_nothing_ran(page: Page, lab: Lab) -> None:
    assert page.evaluate("window.hacked ?? []") == []
    assert page.evaluate("window.tried ?? {}") == {}
    assert made(lab) == []


def assert_nothing_reached(found: dict[str, dict[str, Any]]) -> None:
    for name, tries_ in found.items():
        assert "SecurityError" in tries_["page"], name
        assert "SecurityError" in tries_["cookie"], name
        assert tries_["lab"] == "TypeError: Failed to fetch", name


def test_a_students_notebook_runs_nothing_in_a_tutors_page(
    student: Page, tutor: Page, github_lab: Lab
) -> None:
    """The file has all marks of trust, and the tutor even chooses "Trust Notebook"."""
    github_lab.expected += [r"403 POST .*/trust|Nothing is trusted here", PICTURES]
    put(student, "attack.ipynb", notebook())
    ask(student, "POST", "api/contents/attack.ipynb/trust")
    visit(tutor, "attack.ipynb")
    found = all_tried(tutor, {*in_frames(), *in_frames(ISOLATED)})
    assert_nothing_reached(found)
    assert_nothing_ran(tutor, github_lab)
    shoot(tutor, "attack")

    trust(tutor)
    through(tutor)
    assert_nothing_ran(tutor, github_lab)


def all_tried(page: Page, names: set[str]) -> dict[str, dict[str, Any]]:
    """Wait until these scripts have made all attempts; return the results."""
    found: dict[str, dict[str, Any]] = {}

    def missing() -> set[str]:
        through(page)
        found.update({name: one for name, one in tried(page).items() if "lab" in one})
        return names - set(found)

    with contextlib.suppress(AssertionError):
        labs.wait_until(
            lambda: not missing(), "the scripts have tried", ignoring=(PlaywrightError,)
        )
    assert not missing(), f"{missing()} haven't tried; others: {found}"
    return found


def trust(page: Page) -> None:
    """Choose "Trust Notebook" in JupyterLab."""
    page.keyboard.press("Control+Shift+C")
    page.locator(".lm-CommandPalette-input").fill("trust notebook")
    page.locator(".lm-CommandPalette-item[data-command='notebook:trust']").click()
    page.locator(".jp-Dialog .jp-mod-accept").click()


def test_what_a_student_runs_meanwhile_runs_nothing_in_a_tutors_page(
    student: Page, tutor: Page, github_lab: Lab
) -> None:
    """In the live document, the student's page marks the cells that it runs as trusted."""
    sources = {
        name: source.format(code=tries(name), attribute=handler(name))
        for name, source in SOURCES.items()
    }
    run_while_looked_on(student, tutor, "live-attack.ipynb", list(sources.values()))
    for page in (tutor, student):
        expect(page.get_by_text("widget", exact=True)).to_be_visible()
        through(page)
        found = all_tried(page, {"typed-javascript", "typed-html"})
        assert_nothing_reached(found)
        assert_nothing_ran(page, github_lab)
    shoot(tutor, "live-attack")


def test_the_server_keeps_no_mark(student: Page, github_lab: Lab) -> None:
    """The lab trusts no notebook that is saved over HTTP, and signs none."""
    github_lab.expected.append(r"403 POST .*/trust|Nothing is trusted here")
    put(student, "marked.ipynb", notebook())
    assert ask(student, "POST", "api/contents/marked.ipynb/trust")[0] == 403
    status, said = ask(student, "GET", "api/contents/marked.ipynb?content=1")
    assert status == 200, said
    code, text = github_lab.run("cat", "/data/files/marked.ipynb")
    assert code == 0
    for read in (json.loads(said)["content"], json.loads(text)):
        assert read["cells"]
        assert not [cell for cell in read["cells"] if "trusted" in cell["metadata"]]
    assert github_lab.run("find", "/data", "-name", "*signatures*") == (0, "")


FILE_AS_SCRIPT = """async (name) => {
  const blocked = [];
  document.addEventListener('securitypolicyviolation', (event) => blocked.push(event.blockedURI));
  const bad = "window.hacked = ['page']";
  const load = (make) => new Promise((done) => {
    const script = document.createElement('script');
    script.onload = script.onerror = () => done();
    make(script);
    document.body.append(script);
    if (!script.src) { setTimeout(done); }
  });
  const base = '/services/classroom/';
  for (const address of [
    `${base}files/${name}`, `${base}static/../files/${name}`, `${base}static/..%2ffiles/${name}`,
    `${base}static/%2e%2e/files/${name}`, `${base}lab/extensions/..%2f..%2ffiles/${name}`,
    `${base}api/contents/${name}?content=1`, `data:text/javascript,${bad}`,
    URL.createObjectURL(new Blob([bad], {type: 'text/javascript'})),
  ]) {
    await load((script) => { script.src = address; });
  }
  await load((script) => { script.textContent = bad; });
  const div = document.createElement('div');
  div.innerHTML = `<img src="data:image/png;base64,x" onerror="${bad}">`
    + `<a href="javascript:${bad}">x</a><iframe srcdoc="<script>parent.${bad}</script>"></iframe>`;
  document.body.append(div);
  div.querySelector('a').click();
  const worker = await navigator.serviceWorker.register(`${base}files/${name}`).then(
    () => 'registered', (error) => error.name);
  await new Promise((done) => setTimeout(done, 500));
  div.remove();
  return [worker, window.hacked ?? [], blocked.length];
}"""


def test_a_file_of_the_class_is_no_script(student: Page, tutor: Page, github_lab: Lab) -> None:
    """Files of the class run as no script in a page, even without the other defences."""
    github_lab.expected.append("403 GET .*evil|Nothing here may be used as")
    github_lab.expected.append("40[034] GET /services/classroom/(static|lab/extensions)")
    body = json.dumps({"type": "file", "format": "text", "content": "hacked = ['file']"})
    assert ask(student, "PUT", "api/contents/evil.js", body)[0] in {200, 201}
    worker, hacked, blocked = tutor.evaluate(FILE_AS_SCRIPT, "evil.js")
    assert worker in {"SecurityError", "TypeError"}
    assert hacked == []
    assert blocked
    assert ask(tutor, "GET", "files/evil.js") == (200, "hacked = ['file']"), "it is read as before"


CARRIERS: dict[str, dict[str, Any]] = {
    "picture": {"text/html": f'<img src="{ELSEWHERE}/picture">'},
    "markdown": {"text/markdown": f"![x]({ELSEWHERE}/markdown)"},
    "style": {"text/html": f"<style>b {{background: url({ELSEWHERE}/style)}}</style><b>x</b>"},
    "frame": {"text/html": f'<iframe src="{ELSEWHERE}/frame"></iframe>'},
    "vega": NEVER["vega"],
    "fetch": {
        "application/javascript": f"fetch('{ELSEWHERE}/fetch', {{mode: 'no-cors'}}).catch(() => 0);"
        f"new Image().src = '{ELSEWHERE}/image'; navigator.sendBeacon('{ELSEWHERE}/beacon');"
        f"location.href = '{ELSEWHERE}/navigated'"
    },
}


REFUSED = {"picture", "markdown", "style", "frame", "vega", "fetch", "navigated", "cell"}
FRAMINGS = {"frame", "navigated"}
"""Requests that would load another page into a frame: Chromium names only their host."""


def test_nothing_is_carried_out_through_a_person_who_looks(student: Page, tutor: Page) -> None:
    cells = [
        nbformat.v4.new_code_cell("1", outputs=[nbformat.v4.new_output("display_data", data)])
        for data in CARRIERS.values()
    ]
    cells.append(nbformat.v4.new_markdown_cell(f'![x]({ELSEWHERE}/cell) <img src="{ELSEWHERE}/y">'))
    put(student, "carrier.ipynb", nbformat.v4.new_notebook(cells=cells))
    carried: list[str] = []
    said: list[str] = []

    def carry(route: Route) -> None:
        carried.append(route.request.url)
        route.fulfill(status=204)

    def missing() -> set[str]:
        through(tutor)
        refused = [text for text in said if "Content Security Policy" in text]
        frames = any(f"Framing '{ELSEWHERE}" in text for text in refused)
        return {
            name
            for name in REFUSED
            if not any(f"{ELSEWHERE}/{name}" in text for text in refused)
            and not (frames and name in FRAMINGS)
        }

    tutor.context.route(f"{ELSEWHERE}/**", carry)
    tutor.on("console", lambda message: said.append(message.text))
    visit(tutor, "carrier.ipynb")
    with contextlib.suppress(AssertionError):
        labs.wait_until(lambda: not missing(), "everything is refused")
    assert not missing(), said
    assert carried == []


def test_nothing_in_an_output_acts(student: Page, tutor: Page, github_lab: Lab) -> None:
    """A button can't run JupyterLab's commands, and pictures or data can't request the sign-out."""
    github_lab.expected.append("403 GET .*logout|Nothing here may be used as")
    html = (
        '<button data-commandlinker-command="apputils:activate-command-palette">press</button>'
        '<img src="/services/classroom/logout"><img src="/hub/logout">'
    )
    plot = {
        "data": {"url": "/services/classroom/logout"},
        "mark": "bar",
        "encoding": {"x": {"field": "a", "type": "nominal"}},
    }
    outputs = [
        nbformat.v4.new_output("display_data", {"text/html": html}),
        nbformat.v4.new_output("display_data", {"application/vnd.vegalite.v5+json": plot}),
    ]
    cell = nbformat.v4.new_code_cell("1", outputs=outputs, metadata={"trusted": True})
    made = nbformat.v4.new_notebook(cells=[cell], metadata={"kernelspec": KERNEL})
    put(student, "acts.ipynb", made)
    with tutor.expect_response(
        lambda answer: answer.url.endswith("/logout") and answer.request.resource_type != "image"
    ) as asking:
        visit(tutor, "acts.ipynb")
    assert asking.value.status == 403
    tutor.get_by_role("button", name="press").click()
    expect(tutor.locator(".lm-CommandPalette-input")).not_to_be_visible()
    expect(tutor.locator(".jp-Dialog")).to_have_count(0)
    tutor.reload()
    wait_for_lab(tutor)
    assert tutor.url.startswith(LAB), "still signed in"


FILES = [
    "/services/classroom/static/lab/package.json",
    "/services/classroom/static/lab/index.html",
    "/.known/lab",  # nginx's own error page
]


@pytest.mark.parametrize("path", FILES, ids=["file", "template", "error"])
def test_no_answer_of_the_fronts_is_a_page_without_a_policy(tutor: Page, path: str) -> None:
    """Otherwise a script in a lab page could frame or open it, and put foreign scripts into it."""
    framed = tutor.evaluate(
        """async (path) => {
            const frame = document.createElement('iframe');
            frame.src = path;
            const loaded = new Promise((done) => { frame.onload = done; });
            document.body.append(frame);
            await loaded;
            const inside = frame.contentDocument;
            return Boolean(inside && inside.URL !== 'about:blank');
        }""",
        path,
    )
    assert not framed
    with tutor.context.expect_page() as opening:
        tutor.evaluate("(path) => { window.opened = open(path); }", path)
    opening.value.wait_for_load_state()
    ran = tutor.evaluate(
        """() => {
            const {document} = window.opened;
            const script = document.createElement('script');
            script.textContent = 'window.ran = true';
            document.documentElement.append(script);
            return window.opened.ran === true;
        }"""
    )
    assert not ran
    fetched = tutor.evaluate(
        """async (address) => {
            try { await window.opened.fetch(address, {mode: 'no-cors'}); return 'fetched'; }
            catch (error) { return 'refused'; }
        }""",
        f"{ELSEWHERE}/secret",
    )
    assert fetched == "refused"
