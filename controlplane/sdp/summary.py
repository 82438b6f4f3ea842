"""What a log line may tell of a session description: its shape, and nothing secret; pure.

No addresses, ports, passwords, fingerprints, SSRCs: words of a known shape, and counts.
"""

import re
from collections import Counter
from collections.abc import Iterable

from controlplane.core.errors import BadSdp
from controlplane.sdp.lines import Description, Section

# RFC 8866, section 6.6: `opus/48000/2`; whatever else stands there is somebody's text
_CODEC = re.compile(r"[a-z0-9.-]{1,24}/\d{1,6}(/\d{1,2})?")
# RFC 8839, section 5.1, and RFC 4145, section 4: what these attributes may say
_KINDS = ("host", "srflx", "prflx", "relay")
_ROLES = ("active", "passive", "actpass", "holdconn")
_MOST_CODECS = 8


def summary(sdp: str) -> dict[str, str | int | bool]:
    """Summarize a description; one that cannot be read is `unreadable`, and nothing else is told.

    `direction`, `codecs` and `candidates` (commas between; kinds with their counts), `setup`,
    `ice_lite`, `ptime_ms` (0: none stands there).
    """
    try:
        description = Description.parse(sdp, "It")
        audio = description.audio()
    except BadSdp:
        return {"unreadable": True}
    setup = description.first(audio, "setup") or ""
    ptime = description.first(audio, "ptime") or ""
    return {
        "direction": description.direction(audio),
        "codecs": ",".join(_codecs(audio)),
        "candidates": ",".join(_kinds(audio.values("candidate"))),
        "setup": setup if setup in _ROLES else "",
        "ice_lite": bool(description.session.flags("ice-lite")),
        "ptime_ms": int(ptime) if re.fullmatch(r"[0-9]{1,4}", ptime) else 0,
    }


def _codecs(audio: Section) -> list[str]:
    known = [codec if _CODEC.fullmatch(codec) else "other" for codec in audio.codecs().values()]
    return list(dict.fromkeys(known))[:_MOST_CODECS]


def _kinds(candidates: Iterable[str]) -> list[str]:
    """Count the kinds: `host:2`, and of which protocol, if it is not UDP."""
    kinds: Counter[str] = Counter()
    for candidate in candidates:
        # foundation component transport priority address port typ kind ...
        words = candidate.lower().split()
        kind = words[7] if len(words) >= 8 and words[7] in _KINDS else "other"
        is_tcp = len(words) >= 3 and words[2] == "tcp"
        kinds[f"{kind}-tcp" if is_tcp else kind] += 1
    return [f"{kind}:{count}" for kind, count in sorted(kinds.items())]
