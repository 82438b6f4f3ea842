"""An offer as another call had it, with this phone's own secrets and addresses. Pure."""

import re

_OWN = ("a=ice-ufrag:", "a=ice-pwd:", "a=fingerprint:")


def with_secrets_of(shape: str, own: str) -> str:
    """Fill a description that has lost its secrets with those of an offer that can be answered.

    Where `shape` (`shared.call.description.redacted`) has none of a kind, it stays without; its
    addresses become the phone's.
    """
    lines = own.replace("\r\n", "\n").split("\n")
    secrets = {
        start: next((line for line in lines if line.startswith(start)), "") for start in _OWN
    }
    candidates = [line for line in lines if line.startswith("a=candidate:")]
    written: list[str] = []
    for line in shape.split("\n"):
        start = next((one for one in _OWN if line.startswith(one)), None)
        if start is not None:
            written.append(secrets[start] or line)
        elif line.startswith("a=candidate:"):
            # one of its own for each
            if candidates:
                written.append(candidates.pop(0))
        else:
            written.append(re.sub(r"\(removed\)", "127.0.0.1", line))
    return "\r\n".join(written) + "\r\n"
