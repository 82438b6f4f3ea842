"""The bodies that the Graph API answers with, as far as they are worth reading."""

import json
from collections.abc import Mapping
from typing import Any

import aiohttp

from controlplane.core.foreign import object_of

_MAX_REPLY = 256 * 1024


async def read_bounded(response: aiohttp.ClientResponse) -> bytes:
    """Read a body; of one that is longer than any of Meta's, a little more than 256 KiB."""
    reply = bytearray()
    async for chunk in response.content.iter_chunked(16 * 1024):
        reply += chunk
        if len(reply) > _MAX_REPLY:
            break
    return bytes(reply)


def read_object(reply: bytes) -> Mapping[str, Any] | None:
    """Read a JSON object; `None` if it is none, or empty."""
    try:
        return object_of(json.loads(reply)) or None
    except (ValueError, RecursionError):
        return None
