"""Phonemes of a Piper voice that was trained on Lithuanian pitch accents (lt_LT-reginute1-medium).

That voice reads espeak-ng's phonemes of each word, with the stress set anew: before the stressed syllable stands ``ˈ``
for an acute, ``ˌ`` for a tilde, ``ˋ`` for a grave, as its model card says. Here the accents come from the line's own
stress dictionary instead of the file that travels with the voice. Not tried with the voice itself, which is not in the
package registries; its published examples are the tests.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from typing import Final

from ivr.language.sounds import ACUTE, GRAVE, TILDE, accent, plain
from ivr.language.sounds_foreign import lithuanian_letters
from ivr.speech.stress import marked

MARKS: Final = {ACUTE: "ˈ", TILDE: "ˌ", GRAVE: "ˋ"}
SPECIAL: Final = MARKS[GRAVE]  # a sign that only such a voice has
_STRESS: Final = re.compile("[ˈˌˋ]")
_VOWEL: Final = "aeiouɑɐɔɛɪʊæøɘəɜ"
_GROUP: Final = re.compile(f"[{_VOWEL}][{_VOWEL}ː]*")
# A consonant with the signs that belong to it.
_CONSONANT: Final = re.compile(f"[^{_VOWEL}ː\\s][ʲʷʰ\u0329]*")
_TOKEN: Final = re.compile(r"[^\W\d_]+|[.,;:!?]")


def accented(phonemes: str, reading: str) -> str:
    """One word's phonemes with the accent of its reading (:mod:`ivr.language.sounds`).

    A word without a mark keeps the stress that it had. Where espeak-ng has more vowels than the word (it says "vaikai"
    as va-ji-kai), they are counted from the side of the word where the stress is.

    >>> accented("daɭbʲˈeedamas", "dalbė́damas"), accented("vʲˈisas", "vìsas"), accented("dˈabar", "dabãr")
    ('daɭˈbʲeedamas', 'ˋvʲisas', 'daˌbar')
    """
    found = accent(reading)
    bare = _STRESS.sub("", phonemes)
    groups = [group.start() for group in _GROUP.finditer(bare)]
    if found is None or not groups:
        return phonemes
    mark, at, count = found
    if len(groups) != count and at >= count / 2:
        at += len(groups) - count
    start = _syllable(bare, groups, min(max(at, 0), len(groups) - 1))
    return bare[:start] + MARKS[mark] + bare[start:]


def phonemes(text: str, espeak: Callable[[str], str]) -> str:
    """A text's phonemes, words parted by blanks, with its punctuation; ``espeak`` gives those of one word.

    Empty for a text without words.
    """
    tokens = _TOKEN.findall(lithuanian_letters(text))
    readings = iter(marked([token for token in tokens if token[0].isalpha()]))
    said = ""
    for token in tokens:
        if not token[0].isalpha():
            said += token if said else ""
            continue
        reading = next(readings)
        word = accented(espeak(plain(reading)).strip().replace("ʂ", "s"), reading)  # no retroflex s in Lithuanian
        said += f" {word}" if said else word
    return unicodedata.normalize("NFD", said)


def _syllable(bare: str, groups: list[int], at: int) -> int:
    """Where the syllable of a vowel begins: with one consonant, at the start of a word with all of them."""
    if at == 0:
        return 0
    # A group was found at each of these places, so the match is one; mypy can't know.
    before = list(_CONSONANT.finditer(bare, _GROUP.match(bare, groups[at - 1]).end(), groups[at]))  # type: ignore[union-attr]
    return before[-1].start() if before else groups[at]
