"""Templates of nginx configurations, for the front and the egress proxy."""

from __future__ import annotations

from typing import Any

from jinja2 import Environment, StrictUndefined


def fill_in(template: str, **values: Any) -> str:
    """Fill in a configuration's template; a missing value is an error.

    Args:
        template: the template's text.
        values: the values, which the caller has checked: nothing is escaped.
    """
    environment = Environment(
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=False,  # noqa: S701 (it isn't HTML)
    )
    return environment.from_string(template).render(**values)
