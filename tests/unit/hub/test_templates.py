"""Which style the Hub's pages load: ours before the sign-in, the Hub's own after it."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from jinja2 import ChoiceLoader, Environment, FileSystemLoader, PrefixLoader
from jupyterhub._data import DATA_FILES_PATH

from classroom.hub.template_words import TemplateWords

OURS = "/static/classroom/front-door.css"
HUBS = "/static/css/style.min.css"
BEFORE_SIGNING_IN = ("login.html", "error.html", "refused.html", "sign-in-problem.html")
ADA = SimpleNamespace(name="ada", json_escaped_name="ada", spawner=SimpleNamespace(options_form=""))


def rendered(name: str, **given: Any) -> str:
    """Render a page as JupyterHub does: our templates come first, its own below `templates/`."""
    upstream = FileSystemLoader(Path(DATA_FILES_PATH) / "templates")
    ours = FileSystemLoader(str(files("classroom.hub") / "templates"))
    loader = ChoiceLoader([PrefixLoader({"templates": upstream}), ours, upstream])
    values: dict[str, Any] = {
        "static_url": lambda path, **_: f"/static/{path}",
        "authenticator": SimpleNamespace(request_otp=False),
        "user": None,
        "parsed_scopes": {},
        "token_expires_in_options_html": "",
        **given,
    }
    return (
        Environment(loader=loader, autoescape=True, extensions=[TemplateWords])
        .get_template(name)
        .render(values)
    )


@pytest.mark.parametrize("name", BEFORE_SIGNING_IN)
def test_pages_before_the_sign_in_load_the_small_style(name: str) -> None:
    page = rendered(name)
    assert OURS in page
    for large in (HUBS, "jquery.min.js", "require.js", "bootstrap.bundle"):
        assert f"/{large}" not in page, large


@pytest.mark.parametrize("name", ["home.html", "token.html", "sign-out.html"])
def test_pages_behind_it_load_the_hubs(name: str) -> None:
    page = rendered(name, user=ADA)
    assert OURS not in page
    for part in (HUBS, "jquery.min.js", "require.js", "bootstrap.bundle"):
        assert part in page, part


def test_an_error_of_somebody_who_is_signed_in_has_the_hubs_menu() -> None:
    page = rendered("error.html", user=ADA)
    assert HUBS in page


@pytest.mark.parametrize(
    ("given", "style"),
    [
        ({"announcement": "Exam <b>today</b>"}, OURS),
        ({"announcement": '<i class="fa fa-bell"></i> Exam'}, HUBS),
        ({"announcement_login": '<i class="fa fa-bell"></i> Exam'}, HUBS),
        ({"custom_html": '<a class="btn btn-danger">Sign in at school</a>'}, HUBS),
    ],
)
def test_a_tutors_text_with_classes_brings_the_hubs_style(
    given: dict[str, str], style: str
) -> None:
    page = rendered("login.html", **given)
    assert [one for one in (OURS, HUBS) if one in page] == [style]


@pytest.mark.parametrize("name", ["", "Algebra <2nd year>"])
def test_the_sign_in_page_says_what_the_class_is_called(name: str) -> None:
    page = rendered("login.html", classroom_name=name)
    shown = "Algebra &lt;2nd year&gt;"
    assert (f'<h1 class="text-center">{shown}</h1>' in page) == bool(name)
    title = page[page.index("<title>") : page.index("</title>")]
    assert (shown if name else "JupyterHub") in title
