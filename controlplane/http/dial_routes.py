"""`POST /calls`: an operator has a customer called."""

from typing import Annotated, Any

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from controlplane.core.errors import BadRequest
from controlplane.http.reading import callee_in, read_body
from controlplane.use_cases.outbound import CallOrder, CallPlacer

_MAX_KEY = 200
# What the agent is told travels in LiveKit's dispatch metadata; a prompt has no room for more.
_MAX_CONTEXT = 16 * 1024


class _CallBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    to: Annotated[str, Field(min_length=1, max_length=200)]
    profile: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]+$", max_length=100)] | None = None
    context: dict[str, Any] = Field(default_factory=dict)


class DialRoutes:
    """Placing calls, for whoever holds CONTROLPLANE_API_KEY."""

    def __init__(self, *, placer: CallPlacer, profile: str) -> None:
        """Take who dials, and the profile of calls that name none."""
        self._placer = placer
        self._profile = profile

    async def place(self, request: web.Request) -> web.Response:
        """`POST /calls {"to", "profile"?, "context"?}`, header `Idempotency-Key`: 202 `call_id`.

        The same key again is the same call: it is not dialed twice.
        """
        key = request.headers.get("Idempotency-Key")
        if key is not None and not 1 <= len(key) <= _MAX_KEY:
            raise BadRequest(f"Idempotency-Key must have 1 to {_MAX_KEY} characters.")
        if len(await request.read()) > _MAX_CONTEXT:
            raise BadRequest(f"The body must not be larger than {_MAX_CONTEXT // 1024} KiB.")
        body = await read_body(request, _CallBody)
        placed = await self._placer.place(
            CallOrder(
                party=callee_in(body.to, "to"),
                profile=body.profile or self._profile,
                context=body.context,
                idempotency_key=key,
            )
        )
        answer: dict[str, Any] = {"call_id": placed.call.id, "status": placed.call.status.value}
        if placed.warnings:
            answer["warnings"] = list(placed.warnings)
        return web.json_response(answer, status=202)
