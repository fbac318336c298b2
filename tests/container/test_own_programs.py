"""A tutor's own programs in their own image: R and LaTeX keep the lab's promises."""

from __future__ import annotations

import json
import re
import uuid
from typing import TYPE_CHECKING, Any

import docker
import nbformat
import pytest
from playwright.sync_api import TimeoutError as NothingOpened
from playwright.sync_api import expect

from classroom.lab.api import driving
from tests import builds, labs, students
from tests.browser.conftest import new_person, wait_for_lab, write_notebook
from tests.container.test_execution import Notebook, execute, until_idle
from tests.container.test_rooms import API

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx
    from playwright.sync_api import Page
    from testcontainers.core.network import Network

    from tests.chromium import Chromium
    from tests.labs import Lab
    from tests.pki import Authority

TAG = "collaborative_jupyterlab:test-own-programs"
APT = """\
# statistics
r-cran-irkernel

graphviz
git  # versions
pandoc texlive-xetex texlive-plain-generic texlive-fonts-recommended fonts-lmodern
"""
REQUIREMENTS = "# a table\ntabulate\n"
POST_BUILD = """\
#!/bin/bash
set -e
Rscript -e 'IRkernel::installspec(user=FALSE)'
git --version > /opt/seen-by-post-build
chmod u+s /usr/bin/git
"""
STUDENT, TUTOR = "correct-horse-battery", "staple-correct-horse-battery-of-tutors"
CONFIG = f"""
c.JupyterHub.authenticator_class = "shared-password"
c.SharedPasswordAuthenticator.user_password = "{STUDENT}"
c.SharedPasswordAuthenticator.admin_password = "{TUTOR}"
c.Authenticator.allowed_users = ["ada", "ben"]
c.Authenticator.admin_users = ["mona"]
c.Classroom.memory_limit = "700M"
c.Classroom.kernel_memory_limit = "2G"
c.Classroom.preload = False
"""
EXPECTED = (
    r"kernel [\w-]+ ended: all students together used",
    r"AsyncIOLoopKernelRestarter|died, removing from map|kernel \S+ restarted",
    r"kernel_memory_limit is 2.0 GB, more than",
    r"nbconvert failed: PDF creating failed|500 GET \S+/nbconvert/pdf/",
    r'(?s)^\[E [^\n]* ServerApp\] \{\n.*"X-Forwarded-Host"',  # with each 500
    r"User is not authorized to|403 POST \S+/api/(kernels|sessions)",
)


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Build the image once, from files as Notepad saves them: with a byte order mark and CRLF."""
    context = builds.copy_context(tmp_path_factory.mktemp("context"))
    texts = {"apt.txt": APT, "requirements.txt": REQUIREMENTS, "postBuild": POST_BUILD}
    for name, text in texts.items():
        saved = b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode()
        (context / name).write_bytes(saved)
    built = builds.build(context, TAG)
    assert built.returncode == 0, built.stderr[-3000:]
    yield TAG
    builds.remove(TAG)


@pytest.fixture(scope="module")
def lab(
    image: str, network: Network, tmp_path_factory: pytest.TempPathFactory, authority: Authority
) -> Iterator[Lab]:
    folder = labs.write_folder(tmp_path_factory.mktemp("tutor"), CONFIG, authority)
    with labs.start(folder, network=network, expected=EXPECTED, image=image) as made:
        made.wait_healthy()
        yield made


@pytest.fixture(scope="module")
def ada(lab: Lab) -> Iterator[httpx.Client]:
    with students.signed_in(lab, passphrase=STUDENT) as client:
        yield client


@pytest.fixture
def book(ada: httpx.Client, lab: Lab, request: pytest.FixtureRequest) -> Iterator[Notebook]:
    """A notebook for R whose kernel answers; the kernel ends with the test."""
    made = Notebook(ada, lab, f"{request.node.name}.ipynb", "ir")
    kernel = made.channels()
    until_idle(kernel, execute(kernel, "1", ""))
    kernel.close()
    yield made
    ada.delete(f"{API}/kernels/{made.kernel}")


def kernel_of(book: Notebook) -> students.Kernel:
    """Open a notebook's kernel, for code without a cell."""
    return students.Kernel(book.channels())


def test_programs_and_packages_are_there_and_none_lends_rights(lab: Lab) -> None:
    assert lab.run("dot", "-V")[0] == 0
    assert lab.run("python", "-c", "import tabulate")[0] == 0
    assert "git version" in lab.read("/opt/seen-by-post-build")
    assert lab.run("find", "/usr", "/opt", "-perm", "/6000", "-type", "f") == (0, "")
    assert lab.run("ls", "/build")[0] != 0


def test_r_runs_as_a_student_without_rights(book: Notebook) -> None:
    kernel = kernel_of(book)
    assert kernel.run('cat(6 * 7, system("whoami", intern=TRUE))') == "42 student"
    status = kernel.run('cat(readLines("/proc/self/status"), sep="\\n")')
    assert "NoNewPrivs:\t1" in status
    assert "CapEff:\t0000000000000000" in status


CONNECT = """
for (host in c({hosts})) {{
    there <- tryCatch(
        {{ close(socketConnection(host, 443, timeout = 5, open = "r+")); "open" }},
        error = function(e) "closed", warning = function(w) "closed"
    )
    cat(there, "")
}}
"""


def test_r_reaches_nothing_outside(
    book: Notebook, image: str, network: Network, github: Lab
) -> None:
    """The same code connects from a container without a lock."""
    code = CONNECT.format(hosts=f'"{github.ip}", "{labs.GITHUB}"')
    unlocked = docker.from_env().containers.run(
        *(image, ["-e", code]),
        entrypoint="Rscript",
        network=network.name,
        healthcheck=labs.NO_HEALTH_CHECK,
        remove=True,
    )
    assert unlocked.split() == [b"open", b"open"]
    assert kernel_of(book).run(code).split() == ["closed", "closed"]


def test_r_is_interrupted_and_started_again(book: Notebook, ada: httpx.Client) -> None:
    page, kernel = book.open(), book.channels()
    endless = execute(kernel, "x <- 42; cat('begun'); while (TRUE) Sys.sleep(0.1)", page.cell["id"])
    labs.wait_until(lambda: book.text() == "begun", "that it runs")
    ada.post(f"{API}/kernels/{book.kernel}/interrupt").raise_for_status()
    until_idle(kernel, endless)
    assert kernel_of(book).run("cat(x)") == "42", "the same kernel"
    ada.post(f"{API}/kernels/{book.kernel}/restart").raise_for_status()
    assert kernel_of(book).run("cat(exists('x'))") == "FALSE"
    kernel.close()
    page.connection.close()


def test_what_r_writes_while_no_page_is_open_is_kept(book: Notebook) -> None:
    page, kernel = book.open(), book.channels()
    code = 'while (!file.exists("page-is-gone")) Sys.sleep(0.1); cat("kept")'
    execute(kernel, code, page.cell["id"])
    line = f"run: ada runs cell {page.cell['id']} in kernel {book.kernel}"
    labs.wait_until(lambda: line in book.lab.log, "that it runs")
    kernel.close()
    page.connection.close()
    assert book.lab.run("touch", "/data/files/page-is-gone")[0] == 0
    labs.wait_until(lambda: book.text() == "kept", "the output on the disk")
    again = book.open()
    (output,) = again.cell["outputs"]
    assert "".join(output["text"]) == "kept"
    again.connection.close()


def test_who_is_view_only_runs_nothing_in_r(book: Notebook, ada: httpx.Client, lab: Lab) -> None:
    mine = book.channels()
    assert students.Kernel(mine).run("ran <- 0; cat(ran)") == "0"
    mode = f"{labs.ADDRESS}{students.BASE}/{driving.ADDRESS}"
    with students.signed_in(lab, "mona", TUTOR) as mona:
        mona.put(mode, json={"viewOnly": True}).raise_for_status()
        # A page's first question is answered: if the lab forwarded the code, it would have run by
        # then.
        execute(mine, "ran <- 1", "")
        until_idle(mine, students.Kernel(mine).ask("kernel_info_request", {}))
        where = f"api/kernels/{book.kernel}/channels?session_id={uuid.uuid4().hex}"
        theirs = students.open_socket(mona, lab, where)
        assert students.Kernel(theirs).run("cat(ran)") == "0"
        refused = ada.post(f"{API}/kernels", json={"name": "ir"})
        assert refused.status_code == 403
        mona.put(mode, json={"viewOnly": False}).raise_for_status()
    assert students.Kernel(mine).run("ran <- 1; cat(ran)") == "1"


def test_r_cannot_have_more_than_one_kernel_may(book: Notebook) -> None:
    kernel = kernel_of(book)
    assert "cannot allocate vector of size" in kernel.run("x <- numeric(4e8)")
    assert kernel.run("cat(6 * 7)") == "42", "the same kernel goes on"


def test_r_ends_with_a_sentence_when_all_together_use_too_much(book: Notebook) -> None:
    page, kernel = book.open(), book.channels()
    execute(kernel, "x <- rep(1, 1.5e8); Sys.sleep(600)", page.cell["id"])
    said = f"kernel {book.kernel} ended: all students together used"
    labs.wait_until(lambda: said in book.lab.log, "its end", 90)
    labs.wait_until(lambda: "error" in book.text(), "the error on the disk")
    (cell,) = json.loads(book.lab.read(f"/data/files/{book.name}"))["cells"]
    reason = cell["outputs"][-1]["evalue"]
    assert "(limit 700 MB), and this kernel used the most" in reason
    kernel.close()
    page.connection.close()


SUM = r"The sum is $\sum_{k=1}^n k^2$, größer."
TABLE = "| a | b |\n| - | - |\n| 1 | 2 |"
PLOT = "import matplotlib.pyplot as plt; plt.plot([1, 2]); plt.title('Größe')"
OPENS = r"""
\newread\canary \openin\canary=%s
\ifeof\canary\else\errmessage{it can be read}\fi
"""
WRITES = r"\newwrite\written \immediate\openout\written=/data/files/written.txt"
RUNS = r"\immediate\write18{touch /data/files/run.txt}"
SECRET = "/data/history/canary.txt"


def save(client: httpx.Client, name: str, *cells: dict[str, Any]) -> None:
    """Save a notebook with the given cells."""
    content = json.loads(nbformat.writes(nbformat.v4.new_notebook(cells=list(cells))))
    body = {"type": "notebook", "format": "json", "content": content}
    client.put(f"{API}/contents/{name}", json=body).raise_for_status()


def export(client: httpx.Client, name: str) -> httpx.Response:
    """Export a notebook as PDF; return the answer."""
    return client.get(f"{labs.ADDRESS}{students.BASE}/nbconvert/pdf/{name}", timeout=90)


def opens_pdf(page: Page) -> bool:
    """Choose PDF in the menu; on a busy machine the click can come before the menu is open."""
    page.keyboard.press("Escape")
    page.get_by_role("menuitem", name="File", exact=True).click()
    page.locator(".lm-Menu-item", has_text="Save and Export Notebook As").hover()
    pdf = page.get_by_role("menuitem", name="PDF", exact=True)
    # The menu selects the entry where the pointer was before the click.
    pdf.hover()
    expect(pdf).to_have_class(re.compile("lm-mod-active"))
    try:
        with page.context.expect_page(timeout=10_000):
            pdf.click()
    except NothingOpened:
        return False
    return True


def test_the_menu_has_pdf_and_its_file_is_one(chromium: Chromium, lab: Lab) -> None:
    """The notebook has mathematics, a table, and a plot that has been drawn."""
    with chromium.start(lab.hosts) as browser:
        page = new_person(browser).new_page()
        page.goto(labs.ADDRESS)
        page.locator("[name=username]").fill("ben")
        page.locator("[name=password]").fill(STUDENT)
        page.get_by_role("button", name="Sign in").click()
        wait_for_lab(page)
        write_notebook(page, "plot.ipynb", [PLOT])
        page.goto(f"{labs.ADDRESS}{students.BASE}/lab/tree/plot.ipynb?reset")
        wait_for_lab(page)
        expect(page.get_by_role("contentinfo")).to_contain_text("| Idle", timeout=60_000)
        page.get_by_role("menuitem", name="Run", exact=True).click()
        page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
        expect(page.locator(".jp-RenderedImage img")).to_be_visible(timeout=60_000)
        labs.wait_until(lambda: opens_pdf(page), "the menu's entry opens a page", 120)
        path = f"{students.BASE}/nbconvert/pdf/plot.ipynb?download=true"
        labs.wait_until(lambda: f"200 GET {path} (ben" in lab.log, "the file", 90)
        name, begins = page.evaluate(
            """async (path) => {
                const answer = await fetch(path);
                const name = answer.headers.get("Content-Disposition");
                return [name, (await answer.text()).slice(0, 5)];
            }""",
            path,
        )
        assert "plot.pdf" in name
        assert begins == "%PDF-"


def test_mathematics_and_tables_are_in_a_pdf(ada: httpx.Client) -> None:
    save(ada, "sum.ipynb", *(nbformat.v4.new_markdown_cell(text) for text in (SUM, TABLE)))
    found = export(ada, "sum.ipynb")
    assert found.status_code == 200, found.text
    assert found.headers["Content-Type"].startswith("application/pdf")
    assert found.content.startswith(b"%PDF-")


def test_a_notebooks_latex_reads_no_file_and_runs_nothing(ada: httpx.Client, lab: Lab) -> None:
    """LaTeX runs with the lab server's rights, which may read everybody's history."""
    script = f"echo secret > {SECRET} && chown classroom {SECRET}"
    assert lab.run("sh", "-c", script)[0] == 0
    assert lab.run("cat", SECRET, user="classroom") == (0, "secret\n")
    for place in (SECRET, f"{8 * '../'}{SECRET[1:]}"):
        save(ada, "opens.ipynb", nbformat.v4.new_raw_cell(OPENS % place + "fine"))
        found = export(ada, "opens.ipynb")
        assert found.status_code == 200, found.text
    save(ada, "opens.ipynb", nbformat.v4.new_raw_cell(WRITES))
    assert "write on file `/data/files/written.txt" in export(ada, "opens.ipynb").text
    assert lab.run("ls", "/data/files/written.txt")[0] != 0
    save(ada, "opens.ipynb", nbformat.v4.new_raw_cell(RUNS))
    assert export(ada, "opens.ipynb").status_code == 200
    assert lab.run("ls", "/data/files/run.txt")[0] != 0


def test_what_latex_cannot_print_says_why(ada: httpx.Client) -> None:
    save(ada, "slip.ipynb", nbformat.v4.new_raw_cell(r"\nosuchcommand"))
    found = export(ada, "slip.ipynb")
    assert found.status_code == 500
    assert "Undefined control sequence" in found.text
    assert "nosuchcommand" in found.text
