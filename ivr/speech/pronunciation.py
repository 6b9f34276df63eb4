"""Lithuanian text to IPA with stress and pauses, for voices that read IPA.

The text is expected as :mod:`ivr.language` speaks it: words and punctuation. What is left of other signs can't break
a voice: letters of other alphabets are read as their nearest Lithuanian ones, the rest is silent.
"""

from __future__ import annotations

import re
from typing import Final

from ivr.language.sounds import ipa
from ivr.language.sounds_foreign import lithuanian_letters
from ivr.speech.stress import marked

# Part of a voice's version: raise it when a text gets other sounds than before.
PRONUNCIATION: Final = "3"
# A run of letters, or a sign that is heard as a pause or a tone.
_TOKEN: Final = re.compile(r"[^\W\d_]+|[.,;:!?…—–]")
_PAUSES: Final = {"–": ",", "—": ",", ";": ",", "…": "."}


def pronounce(text: str) -> str:
    """IPA of a text, words parted by blanks; pauses are ``, . : ! ?`` right after their word.

    Empty for a text without a word.
    """
    spoken = ""
    words: list[str] = []
    for token in [*_TOKEN.findall(lithuanian_letters(text)), "."]:
        if token[0].isalpha():
            words.append(token)
        elif words:
            sounds = ipa(marked(words))
            words = []
            if sounds:
                spoken += f"{' ' if spoken else ''}{sounds}{_PAUSES.get(token, token)}"
    return spoken if text.rstrip()[-1:] in _CLOSING or not spoken else spoken[:-1]


_CLOSING: Final = frozenset(".,;:!?…—–")
