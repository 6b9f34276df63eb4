"""How neighbouring sounds of Lithuanian change each other: softness, voice, place, doubling.

The rules are those of the standard language (Lietuvių kalbos gramatika, assimilation of consonants): a consonant is as
soft and as voiced as the one after it; s and z become š and ž before those, š and ž become s before s; two of a kind
are one; a voiced consonant at a pause is voiceless. They hold across words that are spoken without a pause.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

_VOICELESS_OF: Final = {"b": "p", "d": "t", "ɡ": "k", "z": "s", "ʒ": "ʃ", "dz": "ts", "dʒ": "tʃ", "ɣ": "x"}
_VOICED_OF: Final = {voiceless: voiced for voiced, voiceless in _VOICELESS_OF.items()}
_VOICELESS: Final = frozenset((*_VOICED_OF, "f"))
_HISSING: Final = {"s": "ʃ", "z": "ʒ"}
_HUSHING: Final = frozenset(("ʃ", "ʒ", "tʃ", "dʒ"))
_WHISTLING: Final = {"ʃ": "s", "ʒ": "z"}
_VELAR: Final = frozenset(("k", "ɡ", "x", "ɣ"))
_STOP_OF: Final = {"ts": "t", "tʃ": "t", "dz": "d", "dʒ": "d"}
_PROCLITICS: Final = ("ʊʒ",)  # "už" leans on its word and keeps its voice before vowels: "už upės"


@dataclass(slots=True)
class Sound:
    """One vowel, diphthong or consonant in IPA without marks; ``long``: a consonant that is held."""

    sound: str
    vowel: bool = False
    soft: bool = False
    stressed: bool = False
    long: bool = False

    def ipa(self) -> str:
        """With its marks."""
        if self.vowel:
            return f"ˈ{self.sound}" if self.stressed else self.sound
        return self.sound + ("ʲ" if self.soft and self.sound != "j" else "") + ("ː" if self.long else "")


def assimilate(phrase: Sequence[Sequence[Sound]]) -> list[list[Sound]]:
    """Words of sounds that are spoken without a pause, as they are spoken; a word keeps at least one sound.

    >>> word = [Sound("a", vowel=True), Sound("t"), Sound("ɡ"), Sound("a", vowel=True), Sound("d")]
    >>> "".join(sound.ipa() for sound in assimilate([word])[0])
    'adɡat'
    """
    spoken: list[list[Sound]] = []
    following: list[Sound] = []
    for word in reversed(phrase):
        following = _word(word, following)
        spoken.insert(0, following)
    return spoken


def _word(word: Sequence[Sound], following: Sequence[Sound]) -> list[Sound]:
    """One word, from its end; ``following`` is the next word, empty at a pause."""
    proclitic = "".join(sound.sound for sound in word) in _PROCLITICS
    done: list[Sound] = []
    for at in range(len(word) - 1, -1, -1):
        sound, last = word[at], at == len(word) - 1
        after = done[0] if done else (following[0] if following else None)
        if sound.vowel:
            done.insert(0, sound)
            continue
        spoken = _as_before(sound, after, last=last, proclitic=proclitic)
        if last or not _swallowed(spoken, after):
            done.insert(0, spoken)
    return done or list(word)


def _as_before(sound: Sound, after: Sound | None, *, last: bool, proclitic: bool) -> Sound:
    name = sound.sound
    consonant = after is not None and not after.vowel
    if after is not None and consonant:
        if after.sound in _VOICED_OF.values():
            name = _VOICED_OF.get(name, name)
        elif after.sound in _VOICELESS:
            name = _VOICELESS_OF.get(name, name)
        if after.sound in _HUSHING:
            name = _HISSING.get(name, name)
        elif after.sound in ("s", "z"):
            name = _WHISTLING.get(name, name)
        elif name == "n" and after.sound in _VELAR:
            name = "ŋ"
    obstruent_follows = after is not None and consonant and (after.sound in _VOICED_OF or after.sound in _VOICELESS_OF)
    if last and not obstruent_follows and not (proclitic and after is not None):
        name = _VOICELESS_OF.get(name, name)
    soft = sound.soft or (not last and after is not None and consonant and after.soft and _softened(name, after))
    return Sound(name, soft=soft, long=sound.long)


def _softened(name: str, after: Sound) -> bool:
    """k and g stay hard before soft consonants of another place."""
    return name not in _VELAR or after.sound in _VELAR or after.sound == "j"


def _swallowed(sound: Sound, after: Sound | None) -> bool:
    """Within a word two of a kind are one; so is a stop before its own affricate."""
    if after is None or after.vowel:
        return False
    return sound.sound in (after.sound, _STOP_OF.get(after.sound))
