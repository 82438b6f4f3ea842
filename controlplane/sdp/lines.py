"""A session description as sections of lines: read, asked and edited without losing a line.

`controlplane.sdp.direct` and `controlplane.bridge.descriptions` translate with it. No error of
this module contains SDP.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from controlplane.core.addresses import address_of
from controlplane.core.errors import BadSdp
from controlplane.sdp.wrappings import unwrap

MAX_CHARS = 64 * 1024
"""Meta's offers have about 1,500 characters, LiveKit's answers about 2,000."""
DIRECTIONS = ("sendrecv", "sendonly", "recvonly", "inactive")

_LINE = re.compile(r"[a-z]=[^\x00-\x08\x0a-\x1f\x7f\ud800-\udfff]*")
_STATIC_CODECS = {"0": "pcmu/8000", "8": "pcma/8000", "9": "g722/8000"}  # RFC 3551 section 6


@dataclass(slots=True)
class Section:
    """The session part (no m= line) or one media section (its m= line comes first)."""

    lines: list[str]

    @property
    def media(self) -> list[str]:
        """Return the words of the m= line: kind, port, protocol, formats."""
        return self.lines[0].removeprefix("m=").split()

    @property
    def is_audio(self) -> bool:
        """Whether it describes audio."""
        return self.media[0] == "audio"

    @property
    def is_rejected(self) -> bool:
        """Whether the side that describes it does not want it."""
        # port 0 is not a refusal in a bundle-only section (RFC 9143 section 6)
        return self.media[1] == "0" and not self.flags("bundle-only")

    @property
    def payloads(self) -> list[str]:
        """Return the payload types of the m= line."""
        return self.media[3:]

    def values(self, name: str) -> list[str]:
        """Return the values of all `a=<name>:` lines."""
        prefix = f"a={name}:"
        return [line.removeprefix(prefix).strip() for line in self.lines if line.startswith(prefix)]

    def flags(self, *names: str) -> list[str]:
        """Return those of `names` that stand here as `a=<name>`."""
        return [name for line in self.lines for name in names if line.rstrip() == f"a={name}"]

    def drop(self, *names: str) -> None:
        """Remove every `a=` line of these names, with or without a value."""
        self.lines = [line for line in self.lines if attribute(line) not in names]

    def put(self, name: str, value: str) -> None:
        """Leave exactly one line of this attribute, in the place of the first or as the last."""
        at = next((i for i, x in enumerate(self.lines) if attribute(x) == name), len(self.lines))
        rest = [x for x in self.lines[at:] if attribute(x) != name]
        self.lines[at:] = [f"a={name}:{value}", *rest]

    def udp_candidates(self) -> list[str]:
        """Return the UDP candidates of component 1 (RFC 8839 section 5.1), in their order.

        Names in the place of addresses (mDNS, DNS) are left out: nobody here resolves them.
        """
        found = []
        for value in self.values("candidate"):
            # foundation component transport priority address port typ ...
            words = value.split()
            is_udp = len(words) >= 8 and words[1] == "1" and words[2].lower() == "udp"
            if is_udp and address_of(words[4]) is not None:
                found.append(value)
        return found

    def drop_names(self) -> None:
        """Remove the candidates whose address is a name."""
        self.lines = [line for line in self.lines if not _is_named_candidate(line)]

    def secondary_sources(self) -> set[str]:
        """Return the SSRCs that only serve another one.

        In a group the first is the primary: FID repairs (RFC 4588), FEC protects it (RFC 5956).
        """
        return {ssrc for group in self.values("ssrc-group") for ssrc in group.split()[2:]}

    def sources(self) -> set[str]:
        """Return the SSRCs that are declared, without the secondary ones."""
        return {value.split(" ")[0] for value in self.values("ssrc")} - self.secondary_sources()

    def codecs(self) -> dict[str, str]:
        """Return payload type -> lower-case `name/clock[/channels]`, for the m= line's formats."""
        known = dict(_STATIC_CODECS)
        for value in self.values("rtpmap"):
            payload, _, codec = value.partition(" ")
            known[payload] = codec.strip().lower()
        return {payload: known.get(payload, "") for payload in self.payloads}

    def keep_payloads(self, kept: Iterable[str]) -> None:
        """Remove the other payload types from the m= line, with the lines that describe them."""
        kept = list(kept)
        gone = set(self.payloads) - set(kept)
        self.lines[0] = "m=" + " ".join([*self.media[:3], *kept])
        self.lines = [
            line
            for line in self.lines
            if attribute(line) not in ("rtpmap", "fmtp", "rtcp-fb")
            or line.partition(":")[2].split(" ")[0] not in gone
        ]


@dataclass(slots=True)
class Description:
    """A whole description: the session part, then the media sections in their order."""

    what: str
    """Whose it is, as errors say it: "The offer"."""
    session: Section
    sections: list[Section]

    @classmethod
    def parse(cls, text: str, what: str) -> "Description":
        """Split into sections, without judging more than the form (RFC 8866 section 5).

        What others have wrapped around it is taken off first (`wrappings`).
        """
        if len(text) > MAX_CHARS:
            raise BadSdp(f"{what} is longer than {MAX_CHARS} characters.")
        if not text.strip():
            raise BadSdp(f"{what} is empty; it has to begin with v=0.")
        # LF alone is tolerated (RFC 8866 section 5); str.splitlines would also split at U+2028
        lines = [line.rstrip("\r") for line in unwrap(text).split("\n")]
        parts: list[list[str]] = [[]]
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            if not _LINE.fullmatch(line):
                raise BadSdp(f"{what}: line {number} is not of the form letter=value.")
            if line.startswith("m="):
                if len(line.split()) < 4:
                    raise BadSdp(f"{what}: line {number} is not a complete m= line.")
                parts.append([])
            parts[-1].append(line)
        if parts[0][:1] != ["v=0"]:
            raise BadSdp(f"{what} does not begin with v=0.")
        return cls(what, Section(parts[0]), [Section(part) for part in parts[1:]])

    def __str__(self) -> str:
        parts = [self.session, *self.sections]
        return "".join(f"{line}\r\n" for part in parts for line in part.lines)

    def audio(self) -> Section:
        """Return the only live m=audio section."""
        found = [part for part in self.sections if part.is_audio and not part.is_rejected]
        if len(found) != 1:
            raise BadSdp(f"{self.what} has {len(found)} usable m=audio sections; one is needed.")
        return found[0]

    def first(self, section: Section, name: str) -> str | None:
        """Return an attribute's first value; `None` if it stands nowhere."""
        return next(iter(self.values(section, name)), None)

    def values(self, section: Section, name: str) -> list[str]:
        """Return an attribute's values; those of the section replace the session's."""
        return section.values(name) or self.session.values(name)

    def has(self, section: Section, flag: str) -> bool:
        """Whether `a=<flag>` stands in the section or the session part."""
        return bool(section.flags(flag) or self.session.flags(flag))

    def fingerprints(self, section: Section) -> list[str]:
        """Return the sha-256 fingerprints, each once.

        The section's own replace the session's, whatever their hash (RFC 8122 section 5).
        """
        found = self.values(section, "fingerprint")
        return list(dict.fromkeys(v for v in found if v.lower().startswith("sha-256 ")))

    def direction(self, section: Section) -> str:
        """Return the direction; without a line it is sendrecv (RFC 8866 section 6.7)."""
        stated = [*section.flags(*DIRECTIONS), *self.session.flags(*DIRECTIONS)]
        return stated[0] if stated else "sendrecv"

    def families(self, section: Section) -> frozenset[int]:
        """Return the IP versions (4, 6) of the section's UDP candidates."""
        addresses = (address_of(value.split()[4]) for value in section.udp_candidates())
        return frozenset(address.version for address in addresses if address is not None)

    def require(self, section: Section, *names: str) -> None:
        """Raise if one of these attributes stands nowhere."""
        for name in names:
            if not self.first(section, name):
                raise BadSdp(f"{self.what} has no a={name}.")


def attribute(line: str) -> str | None:
    """Return the name of an `a=` line."""
    if not line.startswith("a="):
        return None
    return line.removeprefix("a=").partition(":")[0].strip()


def _is_named_candidate(line: str) -> bool:
    words = line.split()
    return attribute(line) == "candidate" and len(words) > 4 and address_of(words[4]) is None
