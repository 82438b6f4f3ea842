"""What every file of the dashboard tells the browser: what it may load, from where; pure."""

from collections.abc import Mapping
from urllib.parse import urlsplit

_SCHEMES = {"ws": "http", "http": "ws", "wss": "https", "https": "wss"}


def page_headers(livekit_url: str) -> Mapping[str, str]:
    """Return the headers of all files; `livekit_url` is where browsers join rooms."""
    return {
        "Content-Security-Policy": "; ".join([
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "img-src 'self' data:",
            "media-src 'self' blob: mediastream:",
            " ".join(["connect-src 'self'", *_origins(livekit_url)]),
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        ]),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
    }  # fmt: skip


def _origins(url: str) -> list[str]:
    # LiveKit's client opens a WebSocket, and asks the same host over HTTP when that fails
    parts = urlsplit(url)
    other = _SCHEMES.get(parts.scheme)
    if other is None or not parts.hostname:
        return []
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    at = f"{host}:{parts.port}" if parts.port else host
    return [f"{scheme}://{at}" for scheme in sorted((parts.scheme, other))]
