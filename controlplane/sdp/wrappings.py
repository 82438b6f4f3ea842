"""What others have wrapped around a session description: quotes, escapes, JSON, odd line ends.

Meta's own is a plain string with CRLF. Proxies, gateways and the older place of the same
description (`connection.webrtc`, JSON inside JSON) have made the rest.
"""

import json

_AHEAD = " \t\r\n\ufeff"
"""Blanks and BOMs, in any order."""
# one more than has been met: the older place's JSON, quoted by a proxy
_MAX_LAYERS = 3


def unwrap(text: str) -> str:
    r"""Take the wrappings off and end each line with LF or CRLF; other text stays as it is.

    Peeled off are, in any order and up to three: a string in JSON, with or without its quotes
    (`\r\n` as four characters), and an object in JSON with the member `sdp`. A BOM and blanks in
    front go; a text whose lines end with CR alone gets LF.
    """
    for _ in range(_MAX_LAYERS):
        text = text.lstrip(_AHEAD)
        inner = _peeled(text)
        if inner is None:
            break
        text = inner
    text = text.lstrip(_AHEAD)
    if "\n" not in text:
        text = text.replace("\r", "\n")
    return text


def _peeled(text: str) -> str | None:
    """Return what is in the outermost wrapping, `None` if there is none."""
    bare = text.rstrip()
    if bare.startswith("v=0\\") and "\n" not in bare and "\r" not in bare:
        # what stands between the quotes of a string in JSON, slashes included (`RTP\/SAVPF`)
        text = f'"{bare}"'
    if not text.startswith(('"', "{")):
        return None
    try:
        # a line end as such is no JSON, but what a careless writer leaves in a string
        inner = json.loads(text, strict=False)
    except (ValueError, RecursionError):
        return None
    inner = inner.get("sdp") if isinstance(inner, dict) else inner
    return inner if isinstance(inner, str) else None
