"""The demo's verdict: facts in, a list of checks out. Pure.

With a scripted model every word is compared; with a real one the checks ask only for what any
good call must show.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from shared.call.call import CallStatus, EndReason
from shared.call.records import TranscriptTurn
from simulators.speech.ear import plain_words
from wacall.demo.evidence import Evidence, ModelSide
from wacall.demo.screenplay import Screenplay

LEAST_TURNS = 3
BARGE_IN_LIMIT_MS = 1000.0
# Meta counts whole seconds, and its clock stops when the caller hangs up, ours when we hear of it
DURATION_TOLERANCE_S = 1.5
CLOCK_TOLERANCE = timedelta(seconds=1)
LEAST_SOUND_S = 1.0
# at the edges of an utterance a frame or two may count to the pause
LEAST_IN_PLACE = 0.9


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing that had to hold."""

    name: str
    holds: bool
    expected: str
    seen: str = field(repr=False)


def judge(evidence: Evidence, play: Screenplay) -> list[Check]:
    """Check everything; the call has truly worked only if every check holds."""
    checks: list[Callable[[Evidence, Screenplay], Check]] = [
        _handshake,
        _accepted,
        check_greeting,
        _turns,
        *((check_understood, check_recognised) if evidence.is_scripted else ()),
        check_transcript,
        _lead,
        *((check_outcome,) if evidence.is_scripted else ()),
        _barge_in,
        _media_rules,
        check_one_ssrc,
        check_row,
        check_clean,
        check_recording,
    ]
    return [check(evidence, play) for check in checks]


def same_words(one: Iterable[str], other: Iterable[str]) -> bool:
    """Whether two lists of texts say the same, however they are cut into pieces."""
    return plain_words(" ".join(one)) == plain_words(" ".join(other))


def is_beginning(text: str, whole: str) -> bool:
    """Whether `text` is `whole` broken off after one of its words."""
    words = plain_words(text).split()
    return bool(words) and plain_words(whole).split()[: len(words)] == words


def speakers(turns: Sequence[TranscriptTurn]) -> list[str]:
    """Return who spoke, in order; several turns of one speaker in a row are one."""
    order: list[str] = []
    for turn in turns:
        if order[-1:] != [turn.speaker]:
            order.append(turn.speaker)
    return order


def texts_of(turns: Sequence[TranscriptTurn], speaker: str) -> list[str]:
    """Return one side's texts."""
    return [turn.text for turn in turns if turn.speaker == speaker]


def interrupted_line(play: Screenplay) -> str:
    """Return the agent's line that the caller speaks over; empty: they never do."""
    cut = (play.replies[i - 1] for i, line in enumerate(play.lines) if i and line.barge_in)
    return next(cut, "")


def _handshake(evidence: Evidence, _: Screenplay) -> Check:
    right = "answered with the challenge" if evidence.took_right_token else "not answered"
    wrong = "refused" if evidence.refused_wrong_token else "answered too"
    return Check(
        name="webhook handshake",
        holds=evidence.took_right_token and evidence.refused_wrong_token,
        expected="Meta's challenge comes back for the right verify token and for no other",
        seen=f"right token {right}, wrong token {wrong}",
    )


def _accepted(evidence: Evidence, _: Screenplay) -> Check:
    at_ms = evidence.phone.setup_ms.get("accept_answered")
    actions = evidence.phone.actions
    steps = ", ".join(actions) or "no request at all"
    when = "" if at_ms is None else f"; answered {at_ms:.0f} ms after the webhook"
    return Check(
        name="call accepted",
        holds=at_ms is not None and actions.count("accept") == 1 and "reject" not in actions,
        expected="Graph gets exactly one good accept",
        seen=steps + when,
    )


def check_greeting(evidence: Evidence, play: Screenplay) -> Check:
    """The agent's first words reached the phone."""
    heard = evidence.phone.heard[:1]
    if evidence.is_scripted:
        holds = bool(heard) and heard[0].is_sure and same_words([heard[0].text], [play.greeting])
        expected = "the phone recognises the whole greeting from the audio"
    else:
        first = min((line.start_s for line in evidence.phone.spoken), default=float("inf"))
        holds = bool(heard) and heard[0].start_s < first
        holds = holds and heard[0].end_s - heard[0].start_s >= LEAST_SOUND_S
        expected = f"the agent speaks first, for at least {LEAST_SOUND_S:g} s"
    seen = f"“{heard[0].text}”" if heard else "nothing was heard"
    if heard and not evidence.is_scripted:
        seen = f"{heard[0].end_s - heard[0].start_s:.1f} s of speech"
    return Check(name="greeting at the phone", holds=holds, expected=expected, seen=seen)


def _turns(evidence: Evidence, _: Screenplay) -> Check:
    user = len(texts_of(evidence.transcript, "user"))
    agent = len(texts_of(evidence.transcript, "assistant"))
    heard = len(evidence.phone.heard)
    seen = f"caller {user}, agent {agent} stored, {heard} heard at the phone"
    if evidence.phone.gave_up:
        seen += f"; {evidence.phone.gave_up}"
    return Check(
        name="turns",
        holds=min(user, agent, heard) >= LEAST_TURNS and not evidence.phone.gave_up,
        expected=f"at least {LEAST_TURNS} of each side, to the caller's last line",
        seen=seen,
    )


def check_understood(evidence: Evidence, play: Screenplay) -> Check:
    """OpenAI's side recognised the person."""
    heard = (evidence.model or ModelSide()).heard
    lines = [line.say for line in play.lines]
    return Check(
        name="person understood",
        holds=same_words(heard, lines),
        expected=f"OpenAI's side recognises all {len(lines)} lines of the person from the audio",
        seen=_quoted_difference(heard, lines),
    )


def check_recognised(evidence: Evidence, play: Screenplay) -> Check:
    """The phone recognised the agent."""
    said = (play.greeting, *play.replies)
    cut = interrupted_line(play)
    heard = evidence.phone.heard
    wrong = [
        utterance.text
        for utterance, line in zip(heard, said, strict=False)
        if not utterance.is_sure
        or not (
            is_beginning(utterance.text, line)
            if line == cut
            else same_words([utterance.text], [line])
        )
    ]
    seen = f"all {len(heard)} of them"
    if cut:
        seen += ", the interrupted one up to where it broke off"
    if wrong:
        seen = f"not as it was said: “{wrong[0]}”"
    elif len(heard) != len(said):
        seen = f"{len(heard)} of {len(said)}"
    return Check(
        name="agent understood",
        holds=not wrong and len(heard) == len(said),
        expected=f"the phone recognises all {len(said)} lines of the agent from the audio",
        seen=seen,
    )


def check_transcript(evidence: Evidence, play: Screenplay) -> Check:
    """Every turn is stored as it was spoken."""
    turns = evidence.transcript
    sequence = [turn.sequence for turn in turns]
    ordered = sequence == sorted(set(sequence)) and bool(sequence)
    alternating = speakers(turns)[:1] == ["assistant"]
    name = "stored transcript"
    if not evidence.is_scripted:
        user = texts_of(turns, "user")
        return Check(
            name=name,
            holds=ordered and bool(user) and bool(texts_of(turns, "assistant")),
            expected="finished turns of both sides in order",
            seen=f"{len(turns)} turns" + (", in order" if ordered else ""),
        )
    lines = [line.say for line in play.lines]
    users = same_words(texts_of(turns, "user"), lines)
    cut = interrupted_line(play)
    agent = texts_of(turns, "assistant")
    wanted = (play.greeting, *play.replies)
    agents = len(agent) == len(wanted) and all(
        is_beginning(text, line) if line == cut else same_words([text], [line])
        for text, line in zip(agent, wanted, strict=False)
    )
    expected_order = ["assistant", "user"] * len(lines) + ["assistant"]
    in_turn = alternating and speakers(turns) == expected_order
    faults = [
        sentence
        for sentence, fine in (
            ("its sequence has repetitions", ordered),
            ("the person's words are not those that were said", users),
            ("the agent's words are not those that were said", agents),
            ("the sides do not take turns", in_turn),
        )
        if not fine
    ]
    return Check(
        name=name,
        holds=not faults,
        expected="every turn of both sides, in the order in which they were spoken",
        seen=f"{len(turns)} turns" + (f"; {'; '.join(faults)}" if faults else ", all as spoken"),
    )


def _lead(evidence: Evidence, play: Screenplay) -> Check:
    lead = evidence.lead
    name, wish = str(play.lead["name"]), str(play.lead["interest"])
    if lead is None:
        holds, seen = False, "there is no lead for this call"
    elif evidence.is_scripted:
        holds = lead.name == name and lead.interest == wish
        seen = f"name “{lead.name}”, interest “{lead.interest}”"
        answers = (evidence.model or ModelSide()).tool_answers
        called = [tool for tool, _ in (evidence.model or ModelSide()).tools]
        holds = holds and "upsertLead" in called and bool(answers)
    else:
        holds = name.lower() in (lead.name or "").lower() and bool(lead.interest or lead.notes)
        seen = f"name “{lead.name}”, interest “{lead.interest}”"
    return Check(
        name="lead",
        holds=holds,
        expected=f"the name “{name}” and the wish"
        + (f" “{wish}”" if evidence.is_scripted else "")
        + " were stored by upsertLead",
        seen=seen,
    )


def check_outcome(evidence: Evidence, play: Screenplay) -> Check:
    """The model's verdict on the call is in its row."""
    wanted = next((str(a["outcome"]) for tool, a in play.tools if tool == "logOutcome"), None)
    stored = evidence.row.outcome if evidence.row else None
    return Check(
        name="outcome",
        holds=stored == wanted,
        expected=f"the call's outcome is “{wanted}”" if wanted else "no outcome was logged",
        seen=f"“{stored}”" if stored else "none",
    )


def _barge_in(evidence: Evidence, play: Screenplay) -> Check:
    barge_in = evidence.phone.barge_in
    cut_short = [turn for turn in evidence.transcript if turn.interrupted]
    expected = f"the agent is silent at the phone within {BARGE_IN_LIMIT_MS:.0f} ms, its stored "
    expected += "turn is marked as interrupted" + (
        " and holds less than the whole line" if evidence.is_scripted else ""
    )
    if barge_in is None:
        # a real model may be too brief to be interrupted; that is no fault of the call
        return Check(
            name="barge-in",
            holds=not evidence.is_scripted and not evidence.phone.gave_up,
            expected=expected,
            seen="the caller did not get to interrupt",
        )
    took = barge_in.took_ms
    holds = took is not None and took <= BARGE_IN_LIMIT_MS and len(cut_short) == 1
    seen = "it went on speaking" if took is None else f"silent after {took:.0f} ms"
    seen += f"; {len(cut_short)} turn{'' if len(cut_short) == 1 else 's'} marked"
    if evidence.is_scripted:
        line = interrupted_line(play)
        shorter = [
            turn
            for turn in cut_short
            if is_beginning(turn.text, line) and not same_words([turn.text], [line])
        ]
        holds = holds and len(shorter) == 1
        if shorter:
            words = len(plain_words(shorter[0].text).split())
            seen += f", with {words} of {len(plain_words(line).split())} words"
    return Check(name="barge-in", holds=holds, expected=expected, seen=seen)


def _media_rules(evidence: Evidence, _: Screenplay) -> Check:
    phone = evidence.phone
    seen = f"{phone.early} early packets of {phone.packets}"
    seen += f"; {'; '.join(phone.violations)}" if phone.violations else ", no rule broken"
    return Check(
        name="Meta's rules",
        holds=phone.packets > 0 and phone.early == 0 and not phone.violations,
        expected="no media before accept has returned 200, and no other rule broken",
        seen=seen,
    )


def check_one_ssrc(evidence: Evidence, _: Screenplay) -> Check:
    """The agent's stream never changed."""
    return Check(
        name="one SSRC",
        holds=evidence.phone.ssrcs == 1,
        expected="all of the agent's packets carry the same SSRC",
        seen=f"{evidence.phone.ssrcs}",
    )


def check_row(evidence: Evidence, _: Screenplay) -> Check:
    """The call's row tells what happened."""
    row, phone = evidence.row, evidence.phone
    reasons = {EndReason.CALLER_HANGUP}
    if not evidence.is_scripted:
        reasons.add(EndReason.AGENT_HANGUP)
    expected = f"completed, {' or '.join(sorted(reasons))}, times in order and as the phone saw"
    if row is None:
        return Check(name="call row", holds=False, expected=expected, seen="there is no row")
    faults = []
    moments = [row.created_at, row.accept_sent_at, row.answered_at, row.ended_at]
    known = [moment for moment in moments if moment is not None]
    if len(known) < len(moments) or row.media_at is None or row.released_at is None:
        faults.append("a time is missing")
    if known != sorted(known):
        faults.append("the times are not in order")
    if (
        row.answered_at is not None
        and phone.accepted_unix is not None
        and abs(row.answered_at.timestamp() - phone.accepted_unix) > CLOCK_TOLERANCE.total_seconds()
    ):
        faults.append("answered_at is not when accept was answered")
    if (
        row.duration_s is None
        or phone.talk_s is None
        or abs(row.duration_s - phone.talk_s) > DURATION_TOLERANCE_S
    ):
        counted = "no duration" if phone.talk_s is None else f"{phone.talk_s} s"
        faults.append(f"Meta counted {counted}")
    reason = row.end_reason.value if row.end_reason else "no reason"
    duration = "no duration" if row.duration_s is None else f"{row.duration_s:.1f} s"
    return Check(
        name="call row",
        holds=row.status is CallStatus.COMPLETED and row.end_reason in reasons and not faults,
        expected=expected,
        seen="; ".join([f"{row.status.value}, {reason}, {duration}", *faults]),
    )


def check_clean(evidence: Evidence, _: Screenplay) -> Check:
    """Nothing holds the call any more, and nothing died."""
    left = [*evidence.leftovers, *evidence.troubles]
    return Check(
        name="nothing left behind",
        holds=not left,
        expected="no room at the SFU, no live call, no job, no open session, no part that died",
        seen="; ".join(left) or "nothing",
    )


def check_recording(evidence: Evidence, _: Screenplay) -> Check:
    """The recording has each side on its channel."""
    expected = "stereo: the person alone on the left, the agent alone on the right"
    found = evidence.recording
    if found is None:
        return Check(name="recording", holds=False, expected=expected, seen="there is no file")
    return Check(
        name="recording",
        holds=found.channels == 2
        and min(found.left_s, found.right_s) >= LEAST_SOUND_S
        and min(found.left_in_place, found.right_in_place) >= LEAST_IN_PLACE,
        expected=expected,
        seen=f"{found.channels} channels, {found.left_s:.1f} s of sound on the left "
        f"({found.left_in_place:.0%} while they spoke), {found.right_s:.1f} s on the right "
        f"({found.right_in_place:.0%} while the agent spoke)",
    )


def _quoted_difference(heard: Sequence[str], lines: Sequence[str]) -> str:
    if same_words(heard, lines):
        return "all of them, word by word"
    if not heard:
        return "nothing was recognised"
    return "heard " + ", ".join(f"“{text}”" for text in heard)
