"""The table of prices as files: the one that is shipped, and the operator's before it."""

import functools
import re
import tomllib
from datetime import date
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from shared.prices.prices import Prices
from shared.process.problems import words_for

_SHIPPED = Path(__file__).with_name("prices.toml")

_Usd = Annotated[float, Field(ge=0, allow_inf_nan=False)]
_Kind = Literal["text_in", "text_cached", "text_out", "audio_in", "audio_cached", "audio_out"]


def _country_code(value: str) -> str:
    if not re.fullmatch(r"[1-9][0-9]{0,6}", value):
        raise ValueError("it must be a country code without +, such as 91")
    return value


def _day(value: str) -> str:
    try:
        return date.fromisoformat(value).isoformat()
    except ValueError:
        raise ValueError("it must be a day such as 2026-01-31") from None


_Code = Annotated[str, AfterValidator(_country_code)]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid")

    as_of: Annotated[str, AfterValidator(_day)]
    tokens: dict[str, dict[_Kind, _Usd]] = Field(default_factory=dict)
    minutes: dict[str, _Usd] = Field(default_factory=dict)
    meta: dict[_Code, _Usd] = Field(default_factory=dict)


@functools.cache
def prices_of(file: Path | None = None) -> Prices:
    """Read the shipped table, once, and what an operator's file has instead of it.

    A model that stands in both has all of its prices from the operator's.

    Raises:
        ValueError: half a sentence for people: what is wrong with the file, and where.
    """
    shipped, own = _read(_SHIPPED), _read(file) if file is not None else None
    if own is None:
        own = _Table(as_of=shipped.as_of)
    return Prices(
        as_of=own.as_of,
        tokens={
            model: {str(kind): usd for kind, usd in rates.items()}
            for model, rates in (shipped.tokens | own.tokens).items()
        },
        minutes=shipped.minutes | own.minutes,
        meta=shipped.meta | own.meta,
    )


def _read(file: Path) -> _Table:
    try:
        return _Table.model_validate(tomllib.loads(file.read_text("utf-8")))
    except OSError:
        raise ValueError("it names no file that can be read") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"the file is not TOML: {error}") from None
    except ValidationError as error:
        (problem, *_) = error.errors(include_url=False, include_input=False)
        # a key that does not fit is told with the key itself behind it
        place = ".".join(str(part) for part in problem["loc"] if part != "[key]")
        raise ValueError(f"the file's `{place}`: {words_for(problem)}") from None


def _priced(file: Path) -> Path:
    prices_of(file)
    return file


PricesFile = Annotated[Path, AfterValidator(_priced)]
"""A setting's type: a file that is read, and refused, when the process starts."""
