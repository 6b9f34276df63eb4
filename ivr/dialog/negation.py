"""Whether something that was named is just what the caller does not want: „nenoriu kalbėti su darbuotoju“. Pure.

A recogniser writes no commas, so that „ne, su darbuotoju“ and „ne su darbuotoju“ look the same. What refuses beyond
doubt is told by words („nenoriu“, „nereikia“, „be“); a bare „ne“ refuses where the thing itself was just offered, and
is the answer to another question everywhere else.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from ivr.dialog.understand import folded, normalise, parts_of


def _words(text: str) -> frozenset[str]:
    return frozenset(folded(text).split())


_REFUSING: Final = _words(
    "nenoriu nenorėčiau nenorime nenorim nenori nebenoriu nenorėjau nereikia nereikės nereiks nereik nereikėtų"
    " nebereikia nebereiks nebereik neprašau neprašiau nepageidauju nepageidaučiau nesutinku nejunkite nejunk"
    " nesujunkite nesujunk neperjunkite nekvieskite nekviesk nelauksiu nebelauksiu nekalbėsiu nesikreipsiu be"
)
# May stand between the refusal and what is refused, on either side of it.
_BETWEEN: Final = _words(
    "su į kalbėti pakalbėti pasikalbėti šnekėti pašnekėti pasišnekėti šnekėtis bendrauti laukti palaukti sulaukti"
    " jungti sujungti perjungti sujungimo kviesti pakviesti pokalbio pagalbos man manęs mums aš mes tikrai visai"
    " visiškai dabar kol kas jokio jokios jokiu jokia jokių nei jūsų gyvo gyvu gyvos gyva kito kitu to tuo čia dar"
    " telefonu daugiau"
)
_WANTING: Final = _words("noriu norėčiau norime reikia reikės sujunkite sujunk")
# Begin another thought after „darbuotojo nereikia“.
_ON: Final = _words(
    "noriu norėčiau norėjau geriau o bet tik tiesiog aš palikite pasakykite sakykite dėl apie ačiū ar kiek kada kur"
    " kaip kodėl kas ką kam koks kokia kokie kokios kokį kokią kokių kuris kuri"
)
_CONTRAST: Final = _words("o bet tik")


def refuses(text: str, about: Sequence[str], *, offered: bool = False) -> bool:
    """What is ``about`` (beginnings of words) is named, and each time as what the caller does not want.

    ``offered``: the line has just asked whether the caller wants it, so that a bare „ne“ before it is a no.

    >>> people = ("darbuotoj", "žmog")
    >>> refuses("nenoriu kalbėti su darbuotoju", people), refuses("darbuotojo man nereikia", people)
    (True, True)
    >>> refuses("nenoriu kalbėti su robotu duokite žmogų", people)
    False
    >>> refuses("ne su darbuotoju", people), refuses("ne su darbuotoju", people, offered=True)
    (False, True)
    """
    words = folded(text).split()
    stems = tuple(part for stem in about for part in parts_of(stem))
    named = [at for at, word in enumerate(words) if word.startswith(stems)] if stems else []
    return bool(named) and all(_refused(words, at, stems, offered=offered) for at in named)


def wanted(text: str, about: Sequence[str]) -> str:
    """The text without what is refused in it; unchanged where nothing is.

    >>> wanted("nenoriu kalbėti su darbuotoju noriu palikti žinutę", ("darbuotoj",))
    'noriu palikti žinutę'
    >>> wanted("ar galima be darbuotojo sužinoti apie išmoką", ("darbuotoj",))
    'ar galima sužinoti apie išmoką'
    """
    words, said = folded(text).split(), normalise(text).split()
    stems = tuple(part for stem in about for part in parts_of(stem))
    for at in range(len(words) - 1, -1, -1):
        if at < len(words) and stems and words[at].startswith(stems):
            refused = _refused(words, at, stems, offered=False)
            if refused:
                del words[refused.start : refused.stop], said[refused.start : refused.stop]
    return " ".join(said) if len(said) < len(normalise(text).split()) else text


def after_no(text: str, refusals: Sequence[str]) -> str:
    """What follows a no with which the text begins; empty when the no is about it all, the text when there is no no.

    >>> after_no("ne ačiū norėjau paklausti dėl atostogų", ("ne", "ne ačiū", "nenoriu"))
    'norėjau paklausti dėl atostogų'
    >>> after_no("nenoriu laukti", ("ne", "nenoriu")), after_no("kiek trunka atostogos", ("ne",))
    ('', 'kiek trunka atostogos')
    """
    rest = text
    while no := _beginning(rest, refusals):
        rest = rest[len(no) :].strip()
        on = not rest or folded(rest).split()[0] in _ON or bool(_beginning(rest, refusals))
        if not on and "ne" not in no.split():
            return ""
    return rest


def _beginning(text: str, phrases: Sequence[str]) -> str:
    return max((one for one in phrases if f"{text} ".startswith(f"{one} ")), key=len, default="")


def _refused(words: Sequence[str], at: int, stems: tuple[str, ...], *, offered: bool) -> range:
    """The stretch of words with the refusal and what is refused; empty where nothing is."""
    return _before(words, at, stems, offered) or _after(words, at, stems)


def _before(words: Sequence[str], at: int, stems: tuple[str, ...], offered: bool) -> range:
    """„nenoriu kalbėti su …“, „tik ne …“, „ne …, o žinutę“."""
    first = at - 1
    while first >= 0 and (words[first] in _BETWEEN or words[first].startswith(stems)):
        first -= 1
    split = first  # „ne noriu“ may be „nenoriu“, written in two
    while offered and split >= 0 and words[split] in _WANTING | _BETWEEN:
        split -= 1
    if first >= 0 and words[first] in _REFUSING:
        return range(first, at + 1)
    if offered and split >= 0 and words[split] == "ne":
        return range(split, at + 1)
    if first < 0 or words[first] != "ne":
        return range(0)
    rest = words[at + 1 :]
    if first > 0 and words[first - 1] == "tik":
        return range(first - 1, at + 1)
    contrasted = bool(rest) and rest[0] in _CONTRAST and rest[1:2] != ["su"]
    return range(first, at + 2) if contrasted else range(0)


def _after(words: Sequence[str], at: int, stems: tuple[str, ...]) -> range:
    """„su … kalbėti nenoriu“, but not „…, nereikia žinutės“."""
    first, last = at, at + 1
    while last < len(words) and (words[last] in _BETWEEN or words[last].startswith(stems)):
        last += 1
    if last == len(words) or words[last] not in _REFUSING or words[last] == "be":
        return range(0)
    while first > 0 and words[first - 1] in _BETWEEN:
        first -= 1
    rest = words[last + 1 :]
    if not rest or rest[0] in _ON:
        return range(first, last + 1)
    return range(first, len(words)) if all(word in _BETWEEN for word in rest) else range(0)
