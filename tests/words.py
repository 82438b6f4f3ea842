"""How much of a sentence an ear has made out."""

from difflib import SequenceMatcher

from simulators.speech.ear import plain_words


def share_heard(sentence: str, heard: str) -> float:
    """Return which share of a sentence's words stand in `heard` in their order, from 0 to 1.

    A recogniser that reads freely puts small words between others and mistakes some: what it
    heard never equals what was said for good.
    """
    said, made_out = plain_words(sentence).split(), plain_words(heard).split()
    blocks = SequenceMatcher(None, said, made_out, autojunk=False).get_matching_blocks()
    return sum(block.size for block in blocks) / len(said)
