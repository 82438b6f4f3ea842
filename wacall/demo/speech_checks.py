"""The part of the verdict that is about words: spoken, heard, recognised, stored. Pure."""

from collections.abc import Sequence

from simulators.speech.ear import plain_words
from wacall.demo.check import Check
from wacall.demo.evidence import Evidence, ModelSide
from wacall.demo.screenplay import Screenplay
from wacall.demo.words import interrupted_line, is_beginning, same_words, speakers, texts_of

LEAST_TURNS = 3
LEAST_SOUND_S = 1.0
BARGE_IN_LIMIT_MS = 1000.0


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


def check_turns(evidence: Evidence, _: Screenplay) -> Check:
    """Both sides had their say."""
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


def check_barge_in(evidence: Evidence, play: Screenplay) -> Check:
    """The agent fell silent when it was spoken over."""
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


def _quoted_difference(heard: Sequence[str], lines: Sequence[str]) -> str:
    if same_words(heard, lines):
        return "all of them, word by word"
    if not heard:
        return "nothing was recognised"
    return "heard " + ", ".join(f"“{text}”" for text in heard)
