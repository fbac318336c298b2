"""What front and egress proxy share as nginxes: templates."""

from __future__ import annotations

from typing import Any

from jinja2 import Environment, StrictUndefined


def fill_in(template: str, **values: Any) -> str:
    """Fill a configuration's template in; what is not given is an error.

    Args:
        template: its text.
        values: checked by whoever gives them: nothing is escaped.
    """
    environment = Environment(
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=False,  # noqa: S701 (it isn't HTML)
    )
    return environment.from_string(template).render(**values)
