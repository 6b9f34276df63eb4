"""Which of a recogniser's readings is an answer at all. Pure.

Vosk makes a grammar's phrases into a back-off bigram, so it also reads what nobody would say: "viršų" where the
phrase is "į viršų", or a code of three digits where four were asked for. Such a reading is mostly a mishearing of
an answer that stands among its alternatives. How much likelier it must be to be believed is the decoder's affair.
"""

from __future__ import annotations

from collections.abc import Callable, Collection

from ivr.events import Grammar
from ivr.speech.named import typed


def whole_answers(grammar: Grammar) -> Callable[[str], bool]:
    """Whether known words are an answer: they mean a value of a typed grammar, or are whole phrases of another one."""
    values = typed(grammar.name)
    if values is not None:
        return lambda text: values.parse(text) is not None
    phrases = frozenset(grammar.phrases)
    return lambda text: _in_whole_phrases(tuple(text.split()), phrases)


def _in_whole_phrases(words: tuple[str, ...], phrases: Collection[str]) -> bool:
    reached = {0}  # how many words the phrases so far may have used up
    for end in range(1, len(words) + 1):
        if any(" ".join(words[start:end]) in phrases for start in reached):
            reached.add(end)
    return bool(words) and len(words) in reached
