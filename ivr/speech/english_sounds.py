"""English text to the signs that Kokoro was trained on: espeak-ng's American IPA, rewritten.

Kokoro learned English from the phonemes of ``misaki`` (Apache-2.0), which writes a diphthong as one capital and leaves
length out. The table is that of its fallback to espeak-ng.

>>> kokoro_signs("həlˈoʊ wˈɜːld")
'həlˈO wˈɜɹld'
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from ivr.speech.espeak_sounds import espeak_sounds

_AMERICAN: Final = "en-us"
_SIGNS: Final = (
    ("eɪ", "A"), ("aɪ", "I"), ("aʊ", "W"), ("ɔɪ", "Y"), ("oʊ", "O"), ("tʃ", "ʧ"), ("dʒ", "ʤ"),
    ("əl", "ᵊl"), ("ʲo", "jo"), ("ʲə", "jə"), ("ʲ", ""), ("ɜːɹ", "ɜɹ"), ("ɜː", "ɜɹ"), ("ɪə", "iə"), ("ɚɹ", "əɹ"),
    ("ɚ", "əɹ"), ("e", "A"), ("r", "ɹ"), ("x", "k"), ("ç", "k"), ("ɐ", "ə"), ("ɬ", "l"), ("o", "ɔ"), ("ɾ", "T"),
    ("ʔ", "t"), ("ː", ""), ("\u0303", ""),
)  # fmt: skip
_SYLLABIC: Final = re.compile(r"(\S)\u0329")


def english(text: str) -> str:
    """A text as Kokoro reads English; empty for one without words. Raises SpeechError when espeak-ng can't be used."""
    return " ".join(kokoro_signs("".join(sentence).strip()) for sentence in espeak_sounds(_AMERICAN, text)).strip()


def kokoro_signs(ipa: str) -> str:
    """espeak-ng's IPA in Kokoro's signs."""
    ipa = _SYLLABIC.sub("ᵊ\\1", unicodedata.normalize("NFD", ipa).replace("\u0361", ""))
    for theirs, ours in _SIGNS:
        ipa = ipa.replace(theirs, ours)
    return ipa
