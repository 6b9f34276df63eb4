"""References to law: numbers of articles are not spoken, their case moves to the act.

"pagal Darbo kodekso 131 straipsnio 1 dalį" becomes "pagal Darbo kodeksą". Without an act the numbers stay, as
ordinals ("septyniolikto straipsnio pirmoje dalyje"); in brackets such a reference is left out.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final, NamedTuple

from ivr.language.adjectives import adjective, phrase
from ivr.language.counting import noun
from ivr.language.declension import Case
from ivr.language.numbers import Gender, cardinal, ordinal, roman
from ivr.language.reading.acronyms import ACRONYMS
from ivr.language.reading.context import PREPOSITIONS
from ivr.language.reading.tokens import Kind, Reading, Tokens

_ACTS: Final = (
    "įstatymas", "kodeksas", "nutarimas", "įsakymas", "aprašas", "statutas", "reglamentas", "direktyva", "konvencija",
    "metodika", "nuostatai", "taisyklės", "konstitucija", "sutartis", "potvarkis", "susitarimas", "sprendimas",
    "sąrašas", "nutartis", "tvarka",
)  # fmt: skip
_PARTS: Final = {
    "straipsnis": ("str",), "dalis": ("d",), "punktas": ("p", "punkt"), "papunktis": ("papunk", "pp"),
    "priedas": ("pr",), "skyrius": ("sk",), "skirsnis": (), "pastraipa": ("pastr",), "antraštė": (),
}  # fmt: skip
_SHORT: Final = {short: part for part, shorts in _PARTS.items() for short in shorts}
_LINKS: Final = frozenset({"ir", "bei", "arba", "ar", ",", "–", "-", "—"})
_AGREEING: Final = {
    "šio": "šis", "šios": "ši", "šių": "šie", "to": "tas", "tos": "ta", "minėto": "minėtas", "minėtos": "minėta",
    "nurodyto": "nurodytas", "naujojo": "naujasis", "senojo": "senasis", "civilinio": "civilinis",
    "baudžiamojo": "baudžiamasis", "patvirtinto": "patvirtintas", "visuotinio": "visuotinis",
}  # fmt: skip
_PARTICIPLES: Final = (
    "nustatyt",
    "numatyt",
    "nurodyt",
    "apibrėžt",
    "įtvirtint",
    "reglament",
    "išdėstyt",
    "pateikt",
    "įvardyt",
)
_NOUNS_OF_LAW: Final = ("nuostat", "reikalavim", "norm", "taisykl", "tvark", "sąlyg", "pagrind", "redakcij", "tais")
_MAX_PARTS: Final = 12
# An act's name has up to so many words before its noun.
_BACK: Final = 9
_MAX_BRACKET: Final = 14
_DASHES: Final = frozenset("-–—‑")


class _Part(NamedTuple):
    """One member of a reference: its numbers, its kind, its case when a full word shows it, and where it ends."""

    numbers: tuple[int, int]
    noun: str
    case: Case | None
    plural: bool
    end: int


@lru_cache(maxsize=1)
def _act_forms() -> dict[str, tuple[str, bool]]:
    """Genitive of an act → its noun and whether it stands in the plural; all other forms too, with their noun."""
    forms: dict[str, tuple[str, bool]] = {}
    for word in _ACTS:
        thing = noun(word)
        for plural, said in ((True, thing.plural), (False, thing.singular or {})):
            if Case.GENITIVE in said:
                forms[said[Case.GENITIVE]] = (word, plural)
    return forms


@lru_cache(maxsize=1)
def _any_act() -> frozenset[str]:
    return frozenset(
        form for word in _ACTS for forms in (noun(word).singular or {}, noun(word).plural) for form in forms.values()
    )


@lru_cache(maxsize=1)
def _part_forms() -> dict[str, tuple[str, Case, bool]]:
    forms: dict[str, tuple[str, Case, bool]] = {}
    for word in _PARTS:
        thing = noun(word)
        for plural, said in ((True, thing.plural), (False, thing.singular or {})):
            forms |= {form: (word, case, plural) for case, form in said.items() if case is not Case.VOCATIVE}
    return forms


def read_law(tokens: Tokens, at: int) -> Reading | None:
    """An act with the number of its article, or with its own number, or a reference without an act.

    >>> from ivr.language.reading.tokens import tokenise
    >>> read_law(tokenise("pagal įstatymo 6 straipsnio 1 dalį kiekvienam"), 1).said
    'įstatymą'
    >>> read_law(tokenise("šio kodekso 57 str. 2 d. nustatyta"), 0).said, read_law(tokenise("nutarimu Nr. 507"), 0).said
    ('šiame kodekse', 'nutarimu')
    >>> read_law(tokenise("DK 131 straipsnio 2 dalimi"), 0).said, read_law(tokenise("17 straipsnio 1 dalyje"), 0).said
    ('Darbo kodeksu', 'septyniolikto straipsnio pirmoje dalyje')
    """
    if tokens[at].kind in {Kind.NUMBER, Kind.DOTTED, Kind.SUFFIXED} or roman(tokens[at].text):
        return _without_act(tokens, at)
    if tokens[at].text == "(":
        return _bracketed(tokens, at)
    if tokens[at].kind is not Kind.WORD:
        return None
    agreeing = tokens.word(at) in _AGREEING and (tokens.word(at + 1) in _act_forms())
    head = at + 1 if agreeing else at
    acronym = ACRONYMS.get(tokens[head].text, "")
    is_code = acronym.endswith("kodeksas")
    if tokens.word(head) not in _any_act() and not is_code:
        return None
    end = _own_number(tokens, head + 1)
    aside, chain = _aside(tokens, end)
    parts = _chain(tokens, chain)
    if not parts:
        if end == head + 1:
            return None
        words = " ".join(tokens[word].text for word in range(at, head + 1))
        return Reading(words, end)
    end = parts[-1].end
    genitive = _act_forms().get(tokens.word(head))
    if is_code:
        case = _moved(tokens, at, parts[-1])
        return Reading(phrase(acronym, case) + aside, end)
    if genitive is None:
        return Reading(" ".join(tokens[word].text for word in range(at, head + 1)) + aside, end)
    word, plural = genitive
    case = _moved(tokens, at, parts[-1])
    thing = noun(word)
    forms = thing.plural if plural else thing.singular or thing.plural
    said = _like(tokens[head].text, forms[case])
    if agreeing:
        lemma = _AGREEING[tokens.word(at)]
        lemma = "šios" if lemma == "šie" and thing.gender is Gender.FEMININE else lemma
        said = f"{_like(tokens[at].text, adjective(lemma, case))} {said}"
    return Reading(said + aside, end)


def _like(written: str, said: str) -> str:
    return said.capitalize() if written[0].isupper() else said


def _moved(tokens: Tokens, at: int, last: _Part) -> Case:
    """The case that the reference's last member had."""
    if last.case is not None:
        return last.case
    after = tokens.word(last.end)
    if after.startswith(_NOUNS_OF_LAW):
        return Case.GENITIVE
    if after.startswith(_PARTICIPLES):
        return Case.LOCATIVE
    for back in range(at - 1, at - 1 - _BACK, -1):
        word = tokens.word(back)
        if not word:
            break
        if word in PREPOSITIONS and word != "prie":
            return PREPOSITIONS[word]
        if word.startswith(("vadovau", "remian")):
            return Case.INSTRUMENTAL
        if word.startswith(_PARTICIPLES):
            return Case.LOCATIVE
        if word.startswith(("taik", "pažei", "atitink", "pakei", "nagrin")) and not word.endswith("mo"):
            return Case.ACCUSATIVE
    if tokens.word(last.end + 1).startswith(_PARTICIPLES) and after:
        return Case.LOCATIVE
    return Case.NOMINATIVE


def _own_number(tokens: Tokens, at: int) -> int:
    """The end of the act's own number ("Nr. XII-2603", "(ES) Nr. 1408/71"), or ``at``."""
    end = at
    if (
        tokens[end].text == "("
        and tokens[end + 1].text in {"ES", "EB", "EEB", "EURATOMAS"}
        and tokens[end + 2].text == ")"
    ):
        end += 3
    if tokens.word(end) == "nr" and tokens[end + 1].text == ".":
        end += 2
        if tokens[end].kind not in {Kind.NUMBER, Kind.CODE, Kind.DOTTED} and not tokens[end].text.isupper():
            return at
        end += 1
        while tokens[end].glued and (
            tokens[end].text in _DASHES | {"/"}
            or tokens[end].kind in {Kind.NUMBER, Kind.CODE}
            or tokens[end].text.isupper()
        ):
            end += 1
        return end
    return end + 1 if tokens[end].kind is Kind.CODE else at


def _aside(tokens: Tokens, at: int) -> tuple[str, int]:
    """A short name in brackets between an act and its article ("(toliau – DK)"), as it is and where it ends."""
    if tokens[at].text != "(" or not tokens.word(at + 1).startswith("toliau"):
        return "", at
    for end in range(at + 1, at + _MAX_BRACKET):
        if tokens[end].text == ")":
            return "", end + 1
        if tokens[end].kind is Kind.LINE:
            break
    return "", at


def _chain(tokens: Tokens, at: int) -> list[_Part]:
    """The members that follow each other from ``at``: "6 straipsnio 1 ir 2 dalis"."""
    parts: list[_Part] = []
    while len(parts) < _MAX_PARTS:
        start = parts[-1].end if parts else at
        if parts and tokens[start].text in _LINKS:
            start += 1
            if tokens[start].text == "(" and tokens.low(start + 1) in {"ar", "arba"} and tokens[start + 2].text == ")":
                start += 3
        part = _part(tokens, start)
        if part is None:
            break
        parts.append(part)
    return parts


def _part(tokens: Tokens, at: int) -> _Part | None:
    end = at
    while tokens[end].kind in {Kind.NUMBER, Kind.DOTTED, Kind.SUFFIXED, Kind.CODE} or (
        roman(tokens[end].text) and end == at
    ):
        end += 1
        while tokens[end].text in "¹²³⁴⁵⁶⁷⁸⁹⁰" and tokens[end].kind is Kind.SIGN:
            end += 1
        if end - at > 2 * _MAX_PARTS:
            break
        if tokens[end].text in _LINKS and tokens[end + 1].kind in {Kind.NUMBER, Kind.DOTTED, Kind.SUFFIXED}:
            end += 1
        elif tokens.word(end):
            break
    if end == at:
        return None
    numbers = (at, end)
    word = tokens.word(end)
    if word in _part_forms():
        name, case, plural = _part_forms()[word]
        if word == "dalis" and end - at > 1:
            case, plural = Case.ACCUSATIVE, True
        return _Part(numbers, name, case, plural, end + 1)
    if word in _SHORT and tokens[end + 1].text == "." and (word != "d" or _is_part(tokens, at)):
        if word == "d" and tokens.word(end + 2) == "d":
            return None
        return _Part(numbers, _SHORT[word], None, False, end + 2)
    return None


def _is_part(tokens: Tokens, at: int) -> bool:
    """ "1 d." is a part of an article only behind one; elsewhere it is days."""
    for back in range(at - 1, at - 8, -1):
        word = tokens.word(back)
        if word.startswith(("str", "d")) and word in {*_SHORT, *_part_forms()}:
            return True
        if tokens[back].kind not in {Kind.NUMBER, Kind.DOTTED} and tokens[back].text not in {*_LINKS, "."}:
            return False
    return False


def _bracketed(tokens: Tokens, at: int) -> Reading | None:
    """Brackets that hold nothing but a reference without an act."""
    parts = _chain(tokens, at + 1)
    if parts and tokens[parts[-1].end].text == ")":
        return Reading("", parts[-1].end + 1)
    return None


def _without_act(tokens: Tokens, at: int) -> Reading | None:
    parts = _chain(tokens, at)
    if not parts or (parts[0].noun == "dalis" and parts[0].case is None):
        return None
    # "5 skyriuose" counts them; one number of a reference takes the singular.
    if any(part.plural and part.numbers[1] - part.numbers[0] == 1 for part in parts):
        return None
    if len(parts) == 1 and parts[0].noun == "skyrius" and tokens[at].kind is Kind.NUMBER:
        return None
    last = parts[-1]
    said = []
    for part in parts:
        final = part is last
        case = part.case or (_moved(tokens, at, last) if final else Case.GENITIVE)
        thing = noun(part.noun)
        forms = thing.plural if part.plural else thing.singular or thing.plural
        for token in range(*part.numbers):
            number = tokens[token]
            value = roman(number.text) or (int(number.text) if number.text.isdigit() else None)
            if value is not None and 1 <= value <= 9999:
                said.append(ordinal(value, case, thing.gender))
            elif number.kind in {Kind.DOTTED, Kind.NUMBER, Kind.CODE}:
                said.append(_dotted(number.text))
            elif number.text in {"ir", "bei", "arba", "ar", ","}:
                said.append(number.text)
            elif number.text in _DASHES:
                said.append("iki")
        said.append(forms[case])
    return Reading(" ".join(said).replace(" ,", ","), last.end)


def _dotted(text: str) -> str:
    """ "4.7" of a decree: its parts one by one."""
    digits = [piece for piece in text.replace(",", ".").replace(" ", ".").split(".") if piece.isdigit()]
    return " ".join(cardinal(int(piece)) if len(piece) < 7 else piece for piece in digits)
