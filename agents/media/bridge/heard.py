"""How much of a text was heard when its speech was cut off; pure.

OpenAI tells where it cut its own speech, and then forgets the words ("truncating audio will delete
the server-side text transcript", reference of `conversation.item.truncate`): which of them were
heard is ours to say.
"""

# of speech in general; a response tells how long it really was
_LETTERS_PER_S = 15.0
# OpenAI bills the model's speech by tokens of this length
MS_PER_AUDIO_TOKEN = 50


def heard_part(text: str, heard_ms: float, whole_ms: float | None) -> str:
    """Return the words that fit into the first `heard_ms` of a text spoken in `whole_ms`.

    A word that was not finished was not heard. `None`: nobody knows how long the whole was.
    """
    if not whole_ms:
        whole_ms = len(text) * 1000 / _LETTERS_PER_S
    if heard_ms >= whole_ms:
        return text
    letters = int(len(text) * max(heard_ms, 0) / whole_ms)
    if letters >= len(text) or text[letters].isspace():
        return text[:letters].rstrip()
    return text[:letters].rpartition(" ")[0].rstrip()
