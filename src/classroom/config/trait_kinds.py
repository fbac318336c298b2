"""Check a value against its setting's type, and describe that type in a tutor's words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeGuard

from traitlets import Bool, Container, Dict, Enum, Int, Unicode, Union
from traitlets.config.loader import LazyConfigValue

from classroom.config.quantities import Quantity, TooFewBytesError

if TYPE_CHECKING:
    from traitlets.config import Configurable


def is_lazy(value: object) -> TypeGuard[LazyConfigValue]:
    """Say whether a value is built later, as by ``c.Class.trait.append(…)``."""
    return isinstance(value, LazyConfigValue)


def is_secret(trait: str) -> bool:
    """Say whether messages must not show a setting's value."""
    return any(word in trait.lower() for word in ("secret", "password", "token", "key"))


def is_list(descriptor: Any) -> bool:
    """Say whether a trait accepts a list, a set or a tuple."""
    if isinstance(descriptor, Union):
        others = descriptor.trait_types
        return any(map(is_list, others)) and not any(is_taken(one, "") for one in others)
    return isinstance(descriptor, Container)


KINDS: dict[type, tuple[str, str]] = {
    Quantity: ("", "write one like these"),
    Bool: ("True or False", "write one of the two, without quotes"),
    Enum: ("", "write one of these, in quotes"),
    Unicode: ("a text", "write one in quotes"),
    Dict: ("", 'write names and values in braces: {"name": …}'),
}
"""For each kind of trait its name in messages ("" for traitlets' name), and how to write it."""


def kind(descriptor: Any) -> tuple[str, str]:
    """Say what a trait accepts, and how to write it.

    Args:
        descriptor: the trait itself.
    """
    if isinstance(descriptor, Union):
        wanted = " or ".join(kind(one)[0] for one in descriptor.trait_types)
        return wanted, "write one of these"
    if isinstance(descriptor, Int) and not isinstance(descriptor, Quantity):
        least = "" if descriptor.min is None else f" of {descriptor.min} or more"
        return f"a whole number{least}", "write one without quotes"
    found = (said for trait, said in KINDS.items() if isinstance(descriptor, trait))
    wanted, how = next(found, ("", "give a value of that kind"))
    return wanted or descriptor.info(), how


def is_taken(descriptor: Any, value: Any) -> bool:
    """Say whether one alternative of a union of traits accepts a value."""
    try:
        descriptor._validate(None, value)  # noqa: SLF001 (the check that traitlets runs)
    except AttributeError:
        return True  # only a cross-validator fails here, because it needs an owner
    except Exception:  # noqa: BLE001 (a value that the trait's author has never thought of)
        return False
    return True


def type_problem(cls: type[Configurable], trait: str, value: Any) -> str | None:
    """Check one value against its trait.

    Returns:
        What is wrong with it, or None.

    Raises:
        TooFewBytesError: the value is a size that is too small to be what the tutor meant.
    """
    descriptor: Any = cls.class_traits(config=True)[trait]
    shown = f"a {type(value).__name__}" if is_secret(trait) else repr(value)
    if isinstance(descriptor, Union) and not is_lazy(value):
        # The trait's own check fails without an owner, before it has checked the value.
        taken = [one for one in descriptor.trait_types if is_taken(one, value)]
        return None if taken else f"{shown} is not {kind(descriptor)[0]}"
    found = None
    try:
        if not is_lazy(value):
            descriptor._validate(None, value)  # noqa: SLF001 (the check that traitlets runs)
    except AttributeError:
        pass  # a cross-validator needs its owner: the Hub itself will check this one
    except ImportError as error:
        found = f"{value!r} can't be loaded ({error})"
    except TooFewBytesError:
        raise
    except Exception:  # noqa: BLE001 (a value that the trait's author has never thought of)
        found = f"{shown} is not {kind(descriptor)[0]}"
    return found
