"""What a demo call left behind on every side: plain facts, for the checks and for the report."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from controlplane.core.consent import ConsentEntry
from shared.call.call import Call
from shared.call.records import Lead, TranscriptTurn


@dataclass(frozen=True, slots=True, kw_only=True)
class Utterance:
    """Something that was said, in seconds on the phone's axis."""

    text: str = field(repr=False)
    start_s: float
    end_s: float
    is_sure: bool = True
    """The words are certain; else they are the recogniser's free guess."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BargeIn:
    """The caller spoke over the agent, in seconds on the phone's axis."""

    began_s: float
    """When the caller's first sound left the phone."""
    silent_s: float | None
    """When the agent's last sound reached the phone; None: it went on to the end of the line."""

    @property
    def took_ms(self) -> float | None:
        """How long the agent went on."""
        return None if self.silent_s is None else max(0.0, self.silent_s - self.began_s) * 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneSide:
    """What the simulated phone and the simulated Meta saw."""

    setup_ms: Mapping[str, float]
    """Milliseconds since the webhook was sent, or since `connect` came, step by step."""
    actions: tuple[str, ...]
    """Graph requests that were taken, in order."""
    accepted_unix: float | None
    """When `accept` was answered; in a call of the business, when the person picked up."""
    spoken: tuple[Utterance, ...]
    heard: tuple[Utterance, ...]
    barge_in: BargeIn | None
    gave_up: str = ""
    """Why the caller hung up before the last line; empty if it did not."""
    ended_by: str = ""
    talk_s: int | None = None
    """The duration that Meta reported."""
    packets: int = 0
    lost: int = 0
    early: int = 0
    """Packets before the call was accepted; in a call of the business, audible ones."""
    ssrcs: int = 0
    violations: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelSide:
    """What the simulated OpenAI saw."""

    heard: tuple[str, ...] = field(default=(), repr=False)
    said: tuple[str, ...] = field(default=(), repr=False)
    tools: tuple[tuple[str, Mapping[str, Any]], ...] = field(default=(), repr=False)
    tool_answers: tuple[str, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """What a look into the recording's file shows."""

    path: Path
    channels: int
    length_s: float
    left_s: float
    """Seconds of sound on the left."""
    right_s: float
    left_in_place: float
    """Share of it while the caller spoke."""
    right_in_place: float
    """Share of the right channel's while the agent spoke."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PartUsage:
    """What one part used while the call lasted."""

    part: str
    cores: float
    """CPU time over the time that it lasted."""
    megabytes: float
    """Memory at its end, as PSS: what is shared counts with its share."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallUsage:
    """What a call used from its pick-up to its hang-up."""

    seconds: float
    parts: tuple[PartUsage, ...] = ()
    looks: int = 0
    python_udp: Mapping[str, int] = field(default_factory=dict)
    """UDP sockets that parts in Python held while it lasted, by part, at most at once; only those
    that had one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptPromise:
    """Something that the agent said will be done after the call."""

    quote: str = field(repr=False)
    standing: str
    """`backed`, `follow-up` or `flagged`."""
    channel: str = ""
    """Of the follow-up that it became: `message`, `call` or `task`; empty: of none."""
    status: str = ""
    """Of that follow-up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AfterCall:
    """What the work after the call has made of it, as an operator is told."""

    status: str
    """`done`, `failed` or `skipped`; `open`: it did not come to its end."""
    problem: str = ""
    summary: str = field(default="", repr=False)
    outcome: str = ""
    sentiment: str = ""
    model: str = ""
    promises: tuple[KeptPromise, ...] = ()
    texts: tuple[str, ...] = field(default=(), repr=False)
    """What has arrived on the person's phone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Everything that is known about the call once it is over."""

    is_scripted: bool
    """OpenAI was simulated: every word is known beforehand."""
    phone: PhoneSide
    took_right_token: bool = False
    """The webhook handshake, done before the first call, succeeded with the right token."""
    refused_wrong_token: bool = False
    model: ModelSide | None = None
    row: Call | None = None
    transcript: Sequence[TranscriptTurn] = field(default=(), repr=False)
    lead: Lead | None = field(default=None, repr=False)
    after: AfterCall | None = None
    """None: nothing was left to do."""
    leftovers: tuple[str, ...] = ()
    """What was not cleaned up, as sentences."""
    troubles: tuple[str, ...] = ()
    """What else went wrong, as sentences."""
    errors: tuple[str, ...] = ()
    """What control plane and agent noted as errors of this call."""
    recording: Recording | None = None
    usage: CallUsage | None = None
    decodes: bool = False
    """The worker decodes the sound (AGENT_MEDIA=worker): its packets come to Python."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Denial:
    """A refused `POST /calls`."""

    status: int
    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackEvidence:
    """Everything that is known about the business's call once it is over."""

    denial: Denial | None
    """How the call without a permission was refused."""
    connects_denied: int
    """How often Graph saw `connect` although there was no permission."""
    requests_seen: int
    """Permission requests on the person's phone."""
    connects: int
    """How often Graph saw `connect` in the end."""
    ledger: Sequence[ConsentEntry] = ()
    """What the ledger says of the person, newest first."""
    call: Evidence | None = None
    """None: no call was placed."""
    troubles: tuple[str, ...] = ()
    """What went wrong, as sentences."""
