"""Who is in charge is who is in the room, whatever a bridge tells twice."""

from datetime import UTC, datetime
from typing import Any

import pytest

from agents.media.bridge.operator_turn import OperatorTurn
from shared.bridge.events import Happening, LegEvent
from shared.call.looking import OPERATOR_TOPIC, OperatorAct, OperatorWord

ONE, TWO = "operator-1", "operator-2"


class Told:
    """What leg and model are told, in order."""

    def __init__(self) -> None:
        self.heard: list[Any] = []
        self.kept = 0
        self.turn = OperatorTurn(
            source=lambda who: self.heard.append(("source", who)),
            send=lambda event: self.heard.append(("item", event["item"]["role"])),
            hush=lambda: self.heard.append("hush"),
            tell=lambda text: self.heard.append(("tell", text)),
            listen=lambda answers: self.heard.append(("answers", answers)),
            kept=self._keep,
        )

    def _keep(self) -> None:
        self.kept += 1

    def tell(self, happening: Happening, **data: str) -> None:
        """Have the bridge tell something."""
        self.turn.leg_told(
            LegEvent(seq=1, at=datetime.now(UTC), leg="leg", happening=happening, data=data)
        )

    def say(self, act: OperatorAct, text: str, sender: str = "") -> None:
        """Have a word arrive."""
        word = OperatorWord(act=act, text=text).to_bytes().decode()
        self.tell(Happening.DATA, topic=OPERATOR_TOPIC, text=word, **{"from": sender})


@pytest.fixture
def told() -> Told:
    return Told()


TAKEN = [("source", ONE), ("answers", False), "hush", ("item", "system")]


def test_an_operator_who_comes_in_speaks_and_the_model_is_silent(told: Told) -> None:
    """It hears the caller on; told twice is no second time."""
    told.tell(Happening.JOINED, identity=ONE)
    told.tell(Happening.JOINED, identity=ONE)
    assert told.heard == TAKEN
    assert told.turn.is_on
    assert told.kept == 1


def test_who_goes_hands_back_with_what_was_said(told: Told) -> None:
    """The note, if there was one."""
    told.tell(Happening.JOINED, identity=ONE)
    told.say(OperatorAct.HAND_BACK, "Promised ten percent.")
    told.tell(Happening.LEFT, identity=ONE)
    source, answers, (verb, text) = told.heard[4:]
    assert (source, answers, verb) == (("source", ""), ("answers", True), "tell")
    assert "They say: Promised ten percent." in text
    assert not told.turn.is_on


def test_who_vanishes_hands_back_without_a_word(told: Told) -> None:
    """The same, and the model knows that it does not know."""
    told.tell(Happening.JOINED, identity=ONE)
    told.tell(Happening.LEFT, identity=ONE)
    assert "is not known" in told.heard[-1][1]


def test_of_two_the_newer_one_speaks(told: Told) -> None:
    """The one before may go without handing back."""
    told.tell(Happening.JOINED, identity=ONE)
    told.tell(Happening.JOINED, identity=TWO)
    told.tell(Happening.LEFT, identity=ONE)
    assert told.heard == [*TAKEN, ("source", TWO)]
    assert told.turn.operator == TWO


@pytest.mark.parametrize("who", ["caller", "agent", "listener-1", ""])
def test_others_come_and_go_unnoticed(told: Told, who: str) -> None:
    """Who listens above all."""
    told.tell(Happening.JOINED, identity=who)
    told.tell(Happening.LEFT, identity=who)
    assert told.heard == []


def test_another_worker_takes_no_old_news_for_new(told: Told) -> None:
    """The bridge tells it everything from the beginning."""
    told.turn.resume(TWO, [ONE])
    told.tell(Happening.JOINED, identity=ONE)
    told.tell(Happening.LEFT, identity=ONE)
    told.tell(Happening.JOINED, identity=TWO)
    assert told.heard == []
    told.tell(Happening.LEFT, identity=TWO)
    assert told.heard[0] == ("source", "")


def test_a_whisper_is_known_and_not_answered(told: Told) -> None:
    """And believed of the server alone; what is no word is nothing."""
    told.say(OperatorAct.WHISPER, "Offer ten percent.", sender="caller")
    told.tell(Happening.DATA, topic=OPERATOR_TOPIC, text="{}")
    told.tell(Happening.DATA, topic="dtmf", text="{}")
    assert told.heard == []
    told.say(OperatorAct.WHISPER, "Offer ten percent.")
    assert told.heard == [("item", "system")]
