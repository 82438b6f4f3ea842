"""Session descriptions between Meta and LiveKit, as line edits that keep what they do not know.

Meta offers (ICE-lite, one m=audio), LiveKit answers. Two translations, both pure:

    Meta's offer      --offer_for_livekit-->  what LiveKit must see
    LiveKit's answer  --answer_for_meta---->  what Meta must see

LiveKit never sees codecs or media sections that it must not choose; the answer says no to those
sections for it, as RFC 3264 section 6 wants. No message of this module contains SDP.
"""

from controlplane.core.addresses import is_global
from controlplane.core.errors import BadSdp, SdesOffer
from controlplane.sdp.lines import DIRECTIONS, Description, Section, attribute

OPUS = "opus/48000/2"
CARRIED_CODECS = frozenset({OPUS, "telephone-event/8000"})
"""What LiveKit may see and choose, and what is answered: a call's voice, and its keys."""
_ROLES = ("actpass", "active", "passive")


def offer_for_livekit(sdp: str, *, rewrite_dtls_role: bool) -> str:
    """Translate Meta's offer into what livekit-server must see.

    Other sections than the audio (Meta never sends any) are taken out; `answer_for_meta` refuses
    them in the answer. Payloads other than Opus and telephone-event are taken out as well: offered
    Opus and G.711, livekit-server 1.13.5 with its default codecs answers G.711 *without* Opus
    (measured), and the agent's Opus has no way to the phone. `a=ice-lite` stays: it makes LiveKit
    the controlling side, as Meta needs.

    Candidates with a name instead of an address go: LiveKit would not resolve them.

    With `rewrite_dtls_role`, `actpass` becomes `passive`, so that LiveKit is the DTLS client;
    `answer_for_meta` must be called with the same switch.

    Raises:
        BadSdp: it is no offer of one audio stream that both sides could use; the text says why.
    """
    offer = Description.parse(sdp, "The offer")
    audio = offer.audio()
    _check_offer(offer, audio)
    audio.keep_payloads(p for p, codec in audio.codecs().items() if codec in CARRIED_CODECS)

    # without a mid LiveKit refuses, without BUNDLE it answers `m=audio 0` (both measured)
    mid = next(iter(audio.values("mid")), None)
    if mid is None:
        mid = "0"
        audio.put("mid", mid)
    offer.session.put("group", f"BUNDLE {mid}")
    offer.sections = [audio]
    audio.drop_names()

    if rewrite_dtls_role:
        for part in (offer.session, audio):
            part.lines = [
                "a=setup:passive" if _is(line, "setup", "actpass") else line for line in part.lines
            ]
    return str(offer)


def answer_for_meta(
    answer: str, offer: str, *, rewrite_dtls_role: bool, what: str = "LiveKit's answer"
) -> str:
    """Translate LiveKit's answer into what Meta must see; `offer` is Meta's, as it came.

    `what` names the answer in errors, should it be another neighbour's.

    Meta's rules (Calling API reference: SDP requirements): one m=audio, Opus at 20 ms, only what
    was offered, sendrecv, one SSRC, one sha-256 fingerprint (more are refused with 138008), CRLF.

    LiveKit answers an ICE-lite offer `setup:passive` whatever was offered. It becomes `active`
    where the offer, as LiveKit saw it, was `passive`: then LiveKit is in truth the DTLS client.

    Raises:
        BadSdp: the answer cannot serve a call; the text says what is missing.
    """
    asked = Description.parse(offer, "The offer")
    asked_audio = asked.audio()
    result = Description.parse(answer, what)
    audio = result.audio()

    direction = result.direction(audio)
    if direction != "sendrecv":
        raise BadSdp(
            f"{what} is {direction}, not sendrecv: the agent's track is not subscribed; "
            "post the offer only when the SFU lists that track."
        )
    result.require(audio, "ice-ufrag", "ice-pwd", "setup")
    if not audio.flags("rtcp-mux"):
        raise BadSdp(f"{result.what} has no a=rtcp-mux.")
    _keep_offered_opus(audio, asked_audio, what)
    _keep_one_source(audio, what)
    _keep_one_fingerprint(result, audio)
    _check_families(asked.families(asked_audio), result.families(audio))
    keep_best_candidates(audio)
    _set_dtls_role(result, audio, asked, asked_audio, rewrite_dtls_role=rewrite_dtls_role)
    _echo_mid(result, audio, asked, asked_audio)

    # sendrecv is written out; packets of 20 ms are mandatory and LiveKit does not say so
    result.session.drop(*DIRECTIONS, "ptime")
    audio.drop(*DIRECTIONS, "ptime", "end-of-candidates")
    audio.lines += ["a=ptime:20", "a=sendrecv", "a=end-of-candidates"]

    result.sections = [
        audio if section is asked_audio else _refusal(section) for section in asked.sections
    ]
    return str(result)


def _check_offer(offer: Description, audio: Section) -> None:
    check_keys(offer, audio)
    if OPUS not in audio.codecs().values():
        raise BadSdp("The offer has no Opus at 48 kHz (opus/48000/2).")
    direction = offer.direction(audio)
    if direction != "sendrecv":
        raise BadSdp(f"The offer is {direction}; a call needs sendrecv.")
    # without a declared SSRC the SFU never publishes the caller's audio (measured)
    offer.require(audio, "ice-ufrag", "ice-pwd", "fingerprint", "setup")
    if not audio.values("ssrc"):
        raise BadSdp("The offer has no a=ssrc; LiveKit would never publish the caller's audio.")
    # `holdconn` (RFC 4145 section 4): no connection for now, so nobody to talk to
    if offer.first(audio, "setup") not in _ROLES:
        raise BadSdp(f"The offer has an a=setup that is none of {', '.join(_ROLES)}.")
    check_reachable(offer, audio)


def check_keys(given: Description, audio: Section) -> None:
    """Raise if the media are keyed by SDES (RFC 4568), which a number can be switched to.

    Raises:
        SdesOffer: there is a=crypto, and no fingerprint for DTLS.
    """
    if given.first(audio, "crypto") and not given.first(audio, "fingerprint"):
        raise SdesOffer


def check_reachable(given: Description, audio: Section) -> None:
    """Raise if nobody could find the side that this describes.

    A lite side never calls (RFC 8445 section 2.5), and without an address nobody can call it.

    Raises:
        BadSdp: it is lite and has no UDP candidate with an address.
    """
    if given.has(audio, "ice-lite") and not audio.udp_candidates():
        raise BadSdp(f"{given.what} has no UDP candidate with an address; names are not resolved.")


def _check_families(offered: frozenset[int], answered: frozenset[int]) -> None:
    """Refuse an answer from which no packet could reach the other side (IPv6 alone to IPv4)."""
    if offered and answered and not offered & answered:
        theirs, ours = ("IPv" + "/".join(map(str, sorted(x))) for x in (offered, answered))
        raise BadSdp(f"The offer has {theirs} addresses alone, and our side is at {ours}.")


def _keep_offered_opus(audio: Section, asked: Section, what: str) -> None:
    offered, answered = asked.codecs(), audio.codecs()
    kept = [
        payload
        for payload, codec in answered.items()
        if codec in CARRIED_CODECS and offered.get(payload) == codec
    ]
    if not any(answered[payload] == OPUS for payload in kept):
        raise BadSdp(f"{what} does not take the Opus that was offered.")
    audio.keep_payloads(kept)


def _keep_one_source(audio: Section, what: str) -> None:
    secondary = audio.secondary_sources()
    audio.drop("ssrc-group")
    audio.lines = [
        line
        for line in audio.lines
        if attribute(line) != "ssrc" or line.removeprefix("a=ssrc:").split(" ")[0] not in secondary
    ]
    sources = audio.sources()
    if not sources:
        raise BadSdp(f"{what} has no a=ssrc: the agent's track is not subscribed.")
    if len(sources) > 1:
        raise BadSdp(f"{what} declares {len(sources)} sources (a=ssrc); Meta takes exactly one.")


def _keep_one_fingerprint(result: Description, audio: Section) -> None:
    found = result.fingerprints(audio)
    if len(found) != 1:
        raise BadSdp(f"{result.what} has {len(found)} sha-256 fingerprints; Meta takes one.")
    if audio.values("fingerprint"):
        result.session.drop("fingerprint")
        audio.put("fingerprint", found[0])
    else:
        result.session.put("fingerprint", found[0])


def keep_best_candidates(audio: Section) -> None:
    """Keep UDP, component 1, each address once; public ones alone if there are any."""
    chosen: dict[tuple[str, str], str] = {}
    for value in audio.udp_candidates():
        address, port = value.split()[4:6]
        chosen.setdefault((address.lower(), port), f"a=candidate:{value}")
    public = [line for (address, _), line in chosen.items() if is_global(address)]
    kept = public or list(chosen.values())
    audio.drop("candidate")
    audio.lines += kept


def _set_dtls_role(
    result: Description,
    audio: Section,
    asked: Description,
    asked_audio: Section,
    *,
    rewrite_dtls_role: bool,
) -> None:
    offered = asked.first(asked_audio, "setup")
    role = result.first(audio, "setup")
    if role == "passive" and (offered == "passive" or (offered == "actpass" and rewrite_dtls_role)):
        role = "active"
    if role not in ("active", "passive") or role == offered:
        raise BadSdp(f"{result.what} has an a=setup that the offer does not allow.")
    result.session.drop("setup")
    audio.put("setup", role)


def _echo_mid(
    result: Description, audio: Section, asked: Description, asked_audio: Section
) -> None:
    mid = next(iter(asked_audio.values("mid")), None)
    bundles = [v.split()[1:] for v in asked.session.values("group") if v.startswith("BUNDLE")]
    if mid is None:
        audio.drop("mid")
    else:
        audio.put("mid", mid)
    if any(mid in members for members in bundles):
        result.session.put("group", f"BUNDLE {mid}")
    else:
        result.session.drop("group")


def _refusal(section: Section) -> Section:
    """Refuse an offered section: same m= line with port 0 (RFC 3264 section 6)."""
    kind, _, protocol, *formats = section.media
    lines = [" ".join([f"m={kind}", "0", protocol, *formats]), "c=IN IP4 0.0.0.0"]
    lines += [line for line in section.lines if attribute(line) == "mid"]
    return Section([*lines, "a=inactive"])


def _is(line: str, name: str, value: str) -> bool:
    return line.startswith(f"a={name}:") and line.removeprefix(f"a={name}:").strip() == value
