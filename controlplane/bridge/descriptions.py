"""What WhatsApp and a media bridge describe to each other, made fit for either. Pure.

    the bridge's offer  --offer_for_meta----->  Graph `connect`
    Meta's answer       --answer_for_bridge-->  the bridge

    Meta's offer        --offer_for_bridge--->  the bridge
    the bridge's answer --answer_for_meta---->  Graph `pre_accept`, `accept`

No message of this module contains SDP.
"""

from controlplane.core.errors import BadSdp
from controlplane.sdp import direct
from controlplane.sdp.lines import DIRECTIONS, Description, Section

OPUS_FMTP = (
    "maxaveragebitrate=20000;maxplaybackrate=16000;minptime=20;sprop-maxcapturerate=16000;"
    "useinbandfec=1"
)
"""As in Meta's own offers; packets of 20 ms are mandatory."""

_KEPT = ("ice-ufrag", "ice-pwd", "rtpmap", "fmtp", "ptime")
_OURS = "The media bridge's answer"


def offer_for_meta(offer: str) -> str:
    """Make of the bridge's offer the one that Graph is given with `connect`.

    Raises:
        BadSdp: nobody could reach it.
    """
    what = "The media bridge's offer"
    given = Description.parse(offer, what)
    audio = given.audio()
    given.require(audio, "mid", "setup", "fingerprint", "ice-ufrag", "ice-pwd")
    if not audio.udp_candidates():
        raise BadSdp(f"{what} has no UDP candidate; check BRIDGE_ADVERTISED_IP and its network.")
    direct.keep_best_candidates(audio)
    given.session.drop(*DIRECTIONS)
    audio.drop(*DIRECTIONS, "ptime", "end-of-candidates")
    audio.lines += ["a=ptime:20", "a=sendrecv", "a=end-of-candidates"]
    return str(given)


def answer_for_bridge(answer: str) -> str:
    """Keep of Meta's answer what the bridge needs.

    A far side that answers `actpass` (against RFC 5763 section 5; seen in the field) is read as
    `passive`: then the bridge is the DTLS client, as Meta recommends. The section's name is our
    offer's, whatever it answers (RFC 9143 section 7.3: an answer repeats it).

    Raises:
        BadSdp: it cannot carry a call; the text says why.
    """
    what = "The answer"
    given = Description.parse(answer, what)
    if len(given.sections) != 1 or not given.sections[0].is_audio:
        raise BadSdp(f"{what} must have one m= line, and that one m=audio.")
    audio = given.sections[0]
    # an answer says no with port 0 (RFC 3264 section 6); port 9 only means "see ICE"
    if audio.media[1] == "0":
        raise BadSdp(f"{what} rejects the audio (m=audio 0).")
    return _slim(given, audio, mid="0", open_role="passive")


def offer_for_bridge(offer: str) -> str:
    """Keep of Meta's offer what the bridge needs: its audio.

    Raises:
        BadSdp: it is no offer of an audio stream that both sides could use; the text says why.
    """
    given = Description.parse(offer, "The offer")
    audio = given.audio()
    mid = next(iter(audio.values("mid")), None)
    return _slim(given, audio, mid=mid or "0", open_role="actpass")


def answer_for_meta(answer: str, offer: str) -> str:
    """Make of the bridge's answer the one for Meta; `offer` is Meta's, as it came.

    Raises:
        BadSdp: it does not fit Meta's offer.
    """
    return direct.answer_for_meta(answer, offer, rewrite_dtls_role=False, what=_OURS)


def _slim(given: Description, audio: Section, *, mid: str, open_role: str) -> str:
    """Write down a far side's description anew.

    Other codecs than Opus and telephone-event are left out: offered G.711 or L16 beside Opus,
    somebody could choose them. Left out as well is a=ssrc: pion refuses any source but those that
    it was told of, and takes whatever comes if it was told of none.
    """
    what = given.what
    direct.check_keys(given, audio)
    codecs = audio.codecs()
    if direct.OPUS not in codecs.values():
        raise BadSdp(f"{what} has no Opus at 48 kHz (opus/48000/2).")
    audio.keep_payloads(p for p, codec in codecs.items() if codec in direct.CARRIED_CODECS)
    direction = given.direction(audio)
    if direction != "sendrecv":
        raise BadSdp(f"{what} is {direction}; a call needs sendrecv.")
    if not given.fingerprints(audio):
        raise BadSdp(f"{what} has no sha-256 fingerprint.")
    given.require(audio, "setup", "ice-ufrag", "ice-pwd")
    if not given.has(audio, "rtcp-mux"):
        raise BadSdp(f"{what} has no a=rtcp-mux.")
    if len(audio.sources()) > 1:
        raise BadSdp(f"{what} declares several sources (a=ssrc); a call has one.")
    setup = given.first(audio, "setup")
    if setup not in ("active", "passive", "actpass"):
        raise BadSdp(f"{what} has an a=setup that is none of active, passive, actpass.")
    direct.check_reachable(given, audio)
    lines = ["v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=-", "t=0 0", f"a=group:BUNDLE {mid}"]
    if given.has(audio, "ice-lite"):
        lines.append("a=ice-lite")
    lines += [
        f"m=audio 9 {audio.media[2]} {' '.join(audio.payloads)}",
        "c=IN IP4 0.0.0.0",
        f"a=mid:{mid}",
        "a=sendrecv",
        f"a=fingerprint:{given.fingerprints(audio)[0]}",
        f"a=setup:{open_role if setup == 'actpass' else setup}",
        "a=rtcp-mux",
    ]
    lines += [f"a={name}:{value}" for name in _KEPT for value in given.values(audio, name)]
    lines += [f"a=candidate:{value}" for value in audio.udp_candidates()]
    lines.append("a=end-of-candidates")
    return "".join(f"{line}\r\n" for line in lines)
