"""Which Realtime model a call uses: the first of our list that the account has."""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from time import monotonic
from typing import Any

import aiohttp

from shared.call import openai_refusal

_log = logging.getLogger(__name__)

# Models come and go in months; a call must not wait for a list that is an hour old.
_TTL_S = 3600.0
# A list that does not come in this time is not worth a caller's waiting.
_TIMEOUT_S = 1.5
_SHUTDOWN_NEAR = timedelta(days=60)


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelInfo:
    """One entry of `GET /v1/models`."""

    id: str
    shutdown_date: date | None = None


def read_listing(body: Any) -> list[ModelInfo]:
    """Read the body of `GET /v1/models`; entries that we cannot read are left out.

    Raises:
        ValueError: it is no list of models.
    """
    entries = body.get("data") if isinstance(body, dict) else None
    if not isinstance(entries, list):
        raise ValueError("the list of models has no `data`")
    models = [entry for entry in entries if isinstance(entry, dict) and "id" in entry]
    return [
        ModelInfo(id=str(model["id"]), shutdown_date=_day(model.get("shutdown_date")))
        for model in models
    ]


def _day(value: object) -> date | None:
    """Read a day written as a date, a moment, or Unix seconds."""
    try:
        if isinstance(value, int | float):
            return datetime.fromtimestamp(value, UTC).date()
        return datetime.fromisoformat(str(value)).date() if value else None
    except (ValueError, OverflowError, OSError):
        return None


def first_available(preferred: Sequence[str], listing: Sequence[ModelInfo]) -> ModelInfo | None:
    """Return the first preferred model that is listed."""
    listed = {model.id: model for model in listing}
    return next((listed[name] for name in preferred if name in listed), None)


def ends_soon(model: ModelInfo, today: date) -> bool:
    """Whether OpenAI switches the model off within the next 60 days, or already has."""
    return model.shutdown_date is not None and model.shutdown_date - today <= _SHUTDOWN_NEAR


class ModelChooser:
    """Chooses, remembers the choice for an hour, and never keeps a call waiting for long."""

    def __init__(self, *, base_url: str, api_key: str, preferred: Sequence[str]) -> None:
        """Take the API's base URL (`.../v1`), the key, and our list in order of preference."""
        self._url = f"{base_url}/models"
        self._headers = {"Authorization": f"Bearer {api_key}"}
        self._preferred = tuple(preferred)
        self._chosen: str | None = None
        self._chosen_at = 0.0

    async def order(self) -> tuple[str, ...]:
        """Return the chosen model, and behind it those that may stand in for it.

        They are tried although OpenAI did not list them: lists are wrong as well. See `choose`.
        """
        first = await self.choose()
        return (first, *(name for name in self._preferred if name != first))

    async def choose(self) -> str:
        """Return a model's name; without an answer from OpenAI the last or the first of our list.

        Takes at most 1.5 s.
        """
        if self._chosen is not None and monotonic() - self._chosen_at < _TTL_S:
            return self._chosen
        try:
            listing = await self._list()
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            fallback = self._chosen or self._preferred[0]
            cause = type(error).__name__
            if isinstance(error, aiohttp.ClientResponseError):
                cause = f"http-{error.status}"
            _log.warning(
                "The list of OpenAI's models did not come; going on without it.",
                extra={
                    "action": "models-unlisted",
                    "model": fallback,
                    "error": cause,
                    "why": openai_refusal.SENTENCES[openai_refusal.reason_of(cause)],
                },
            )
            return fallback
        model = first_available(self._preferred, listing)
        if model is None:
            _log.warning(
                "OpenAI lists none of OPENAI_REALTIME_MODEL; trying the first of them.",
                extra={"action": "no-model-listed", "model": self._preferred[0]},
            )
            return self._preferred[0]
        self._chosen, self._chosen_at = model.id, monotonic()
        self._report(model)
        return model.id

    def _report(self, model: ModelInfo) -> None:
        about = {"model": model.id, "shutdown_date": str(model.shutdown_date or "none announced")}
        if ends_soon(model, datetime.now(UTC).date()):
            _log.warning(
                "OpenAI switches the chosen Realtime model off soon.",
                extra={"action": "model-ends-soon", **about},
            )
        else:
            _log.info("The Realtime model is chosen.", extra={"action": "model-chosen", **about})

    async def _list(self) -> list[ModelInfo]:
        async with (
            asyncio.timeout(_TIMEOUT_S),
            aiohttp.ClientSession(raise_for_status=True) as http,
            http.get(self._url, headers=self._headers) as response,
        ):
            return read_listing(await response.json(content_type=None))


class ModelChoosers:
    """One `ModelChooser` for each list of models that a profile prefers."""

    def __init__(self, *, base_url: str, api_key: str, preferred: Sequence[str]) -> None:
        """Take the same; `preferred` is for profiles that name no models."""
        self._base_url, self._api_key, self._preferred = base_url, api_key, tuple(preferred)
        self._choosers: dict[tuple[str, ...], ModelChooser] = {}

    def of(self, preferred: Sequence[str] | None = None) -> ModelChooser:
        """Return the chooser of a list, or of ours."""
        names = tuple(preferred or self._preferred)
        if names not in self._choosers:
            self._choosers[names] = ModelChooser(
                base_url=self._base_url, api_key=self._api_key, preferred=names
            )
        return self._choosers[names]
