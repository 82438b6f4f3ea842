"""An `AgentSession` for a phone call: everything off that is no voice, and the last words kept."""

from livekit.agents import AgentSession

from agents.media.decoding.realtime import WatchedRealtimeModel

# Transcription follows the last word by a few hundred milliseconds.
_LAST_WORDS_S = 2.0


class PatientSession(AgentSession[None]):
    """An `AgentSession` that hears the caller out before it closes.

    livekit-agents closes the session first thing when the room goes away, which is how most calls
    end; what the caller said last would be lost to the transcript.
    """

    def __init__(self, model: WatchedRealtimeModel) -> None:
        """Take the realtime model; everything that is not a voice on the phone is off."""
        super().__init__(
            llm=model,
            vad=None,
            turn_handling={
                "turn_detection": "realtime_llm",
                "interruption": {
                    "resume_false_interruption": False,
                    "false_interruption_timeout": None,
                },
            },
            # phones cancel their own echo; the warm-up would feed silence instead of the caller
            aec_warmup_duration=None,
            user_away_timeout=None,
        )
        self._model = model

    async def aclose(self) -> None:
        """Wait for the caller's last words, then close."""
        await self._model.wait_for_last_words(_LAST_WORDS_S)
        await super().aclose()
