"""What is ordered from the simulator: JSON objects of known keys, read or refused in a sentence.

An unknown key is refused: who wrote `body` for `text` would else get something they did not ask
for, and not know it.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from aiohttp import web


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """A key that may stand in a body: how its value is read, and how it must look, in words."""

    fits: Callable[[Any], bool]
    form: str
    needed: bool = False


def text(*, needed: bool = False) -> Key:
    """Words."""
    return Key(
        fits=lambda value: isinstance(value, str) and bool(value.strip()),
        form='a text, such as "Hello"',
        needed=needed,
    )


def phone_number() -> Key:
    """A number as people write it, with its country code."""
    return Key(
        fits=lambda value: isinstance(value, str) and digits(value).isdecimal(),
        form="a phone number with its country code, such as +1 555 010 0123",
    )


def sentences(*, needed: bool = False) -> Key:
    """One sentence, or a list of them; an empty list is silence."""
    return Key(
        fits=lambda value: (
            isinstance(value, str)
            or (isinstance(value, list) and all(isinstance(one, str) for one in value))
        ),
        form='a sentence or a list of sentences, such as ["Hello.", "Goodbye."]',
        needed=needed,
    )


def yes_no() -> Key:
    """True or false."""
    return Key(fits=lambda value: isinstance(value, bool), form="true or false")


def number(*, needed: bool = False) -> Key:
    """A finite number."""
    return Key(
        fits=lambda value: (
            isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
        ),
        form="a number",
        needed=needed,
    )


def one_of(words: type[StrEnum] | tuple[str, ...], *, or_null: bool = False) -> Key:
    """One of these words."""
    known = tuple(str(word) for word in words)
    return Key(
        fits=lambda value: value in known or (or_null and value is None),
        form=f"one of {', '.join(known)}{', or null' if or_null else ''}",
    )


def check(wish: Any, keys: Mapping[str, Key]) -> Mapping[str, Any]:
    """Return the wish if it has known keys alone, all that are needed, and each in its form.

    Raises:
        ValueError: a sentence that names the key, and what there is.
    """
    if not isinstance(wish, dict):
        raise ValueError("the body must be a JSON object")
    known = f"known: {', '.join(keys)}" if keys else "none is taken"
    for name, value in wish.items():
        if name not in keys:
            raise ValueError(f"there is no key {name!r} here; {known}")
        if not keys[name].fits(value):
            raise ValueError(f"{name!r} must be {keys[name].form}")
    for name, key in keys.items():
        if key.needed and name not in wish:
            raise ValueError(f"the key {name!r} is missing: {key.form}")
    return wish


async def read_wish(request: web.Request, keys: Mapping[str, Key]) -> Mapping[str, Any]:
    """Read a request's body; none at all is an empty object.

    Raises:
        ValueError: as `check`, or the body is no JSON.
    """
    try:
        wish = await request.json() if request.can_read_body else {}
    except RecursionError:
        raise ValueError("the body is nested too deep") from None
    except ValueError as error:
        raise ValueError(f"the body is no JSON: {error}") from None
    return check(wish, keys)


def listed(value: str | list[str]) -> list[str]:
    """Return sentences as a list."""
    return [value] if isinstance(value, str) else value


def digits(number: str) -> str:
    """Return a phone number as Meta writes it, without what people put between the digits."""
    return number.translate(dict.fromkeys(map(ord, "+ ()-./")))
