"""Lithuanian numbers as words, in every case and gender: cardinals below a billion (10¹²), ordinals, collectives.

Forms follow the normative declension ("dviem šimtams", "šimtas antrosios"); only the last word of an ordinal
declines. "dešimt" declines like the noun it comes from ("iki dešimties"), its compounds stay as they are
("iki dvidešimt").
"""

from __future__ import annotations

import re
from enum import StrEnum
from functools import lru_cache
from typing import Final

from ivr.language.declension import CASES, Case, decline, decline_plural


class Gender(StrEnum):
    """Grammatical gender; numbers agree with what is counted."""

    MASCULINE = "masculine"
    FEMININE = "feminine"


# Six cases; the vocative of a number is its nominative.
_UNITS: Final[dict[Gender, dict[int, str]]] = {
    Gender.MASCULINE: {
        0: "nulis nulio nuliui nulį nuliu nulyje",
        1: "vienas vieno vienam vieną vienu viename",
        2: "du dviejų dviem du dviem dviejuose",
        3: "trys trijų trims tris trimis trijuose",
        4: "keturi keturių keturiems keturis keturiais keturiuose",
        5: "penki penkių penkiems penkis penkiais penkiuose",
        6: "šeši šešių šešiems šešis šešiais šešiuose",
        7: "septyni septynių septyniems septynis septyniais septyniuose",
        8: "aštuoni aštuonių aštuoniems aštuonis aštuoniais aštuoniuose",
        9: "devyni devynių devyniems devynis devyniais devyniuose",
    },
    Gender.FEMININE: {
        0: "nulis nulio nuliui nulį nuliu nulyje",
        1: "viena vienos vienai vieną viena vienoje",
        2: "dvi dviejų dviem dvi dviem dviejose",
        3: "trys trijų trims tris trimis trijose",
        4: "keturios keturių keturioms keturias keturiomis keturiose",
        5: "penkios penkių penkioms penkias penkiomis penkiose",
        6: "šešios šešių šešioms šešias šešiomis šešiose",
        7: "septynios septynių septynioms septynias septyniomis septyniose",
        8: "aštuonios aštuonių aštuonioms aštuonias aštuoniomis aštuoniose",
        9: "devynios devynių devynioms devynias devyniomis devyniose",
    },
}
_TEENS: Final = [
    "dešimt", "vienuolika", "dvylika", "trylika", "keturiolika", "penkiolika", "šešiolika", "septyniolika",
    "aštuoniolika", "devyniolika",
]  # fmt: skip
_TEEN_ENDINGS: Final = ["a", "os", "ai", "a", "a", "oje"]
_TEN: Final = "dešimt dešimties dešimčiai dešimt dešimtimi dešimtyje"
TENS: Final = {
    20: "dvidešimt",
    30: "trisdešimt",
    40: "keturiasdešimt",
    50: "penkiasdešimt",
    60: "šešiasdešimt",
    70: "septyniasdešimt",
    80: "aštuoniasdešimt",
    90: "devyniasdešimt",
}
# Stems of the ordinals; -as/-a follows.
_ORDINALS: Final = {
    1: "pirm", 2: "antr", 3: "treči", 4: "ketvirt", 5: "penkt", 6: "šešt", 7: "septint", 8: "aštunt",
    9: "devint", 10: "dešimt", 11: "vienuolikt", 12: "dvylikt", 13: "trylikt", 14: "keturiolikt", 15: "penkiolikt",
    16: "šešiolikt", 17: "septyniolikt", 18: "aštuoniolikt", 19: "devyniolikt", 100: "šimt", 1000: "tūkstant",
}  # fmt: skip
_ORDINAL_ENDINGS: Final = {
    (Gender.MASCULINE, False, False): "as o am ą u ame",
    (Gender.FEMININE, False, False): "a os ai ą a oje",
    (Gender.MASCULINE, False, True): "asis ojo ajam ąjį uoju ajame",
    (Gender.FEMININE, False, True): "oji osios ajai ąją ąja ojoje",
    (Gender.MASCULINE, True, False): "i ų iems us ais uose",
    (Gender.FEMININE, True, False): "os ų oms as omis ose",
    (Gender.MASCULINE, True, True): "ieji ųjų iesiems uosius aisiais uosiuose",
    (Gender.FEMININE, True, True): "osios ųjų osioms ąsias osiomis osiose",
}
_COLLECTIVE_STEMS: Final = {
    1: "viener", 2: "dvej", 3: "trej", 4: "ketver", 5: "penker", 6: "šešer", 7: "septyner", 8: "aštuoner", 9: "devyner",
}  # fmt: skip
_COLLECTIVE_ENDINGS: Final = {
    Gender.MASCULINE: ("i ų iems us ais uose", "i ių iems ius iais iuose"),
    Gender.FEMININE: ("os ų oms as omis ose", "ios ių ioms ias iomis iose"),
}
_ORDINAL_STEMS: Final = _ORDINALS | TENS
_ORDINAL_LIMIT: Final = 10_000
# Whole thousands are one word, which always says which one ("dutūkstantieji metai").
_THOUSANDTHS: Final = {
    thousands * 1000: f"{count}tūkstant"
    for thousands, count in enumerate(("du", "tri", "keturia", "penkia", "šešia", "septynia", "aštuonia", "devynia"), 2)
}
_SCALES: Final = ((1_000_000_000, "milijardas"), (1_000_000, "milijonas"), (1000, "tūkstantis"))
LIMIT: Final = 1_000_000_000_000
ROMAN_DIGITS: Final = {"I": 1, "V": 5, "X": 10, "L": 50}
_ROMAN: Final = re.compile(r"(?=[IVXL])X{0,3}(?:IX|IV|V?I{0,3})|XL|L")


def cardinal(number: int, case: Case = Case.NOMINATIVE, gender: Gender = Gender.MASCULINE) -> str:
    """The number in words, 0 ≤ number < 10¹²; raises ValueError outside.

    >>> cardinal(23), cardinal(302), cardinal(1985)
    ('dvidešimt trys', 'trys šimtai du', 'tūkstantis devyni šimtai aštuoniasdešimt penki')
    >>> cardinal(22, Case.DATIVE, Gender.FEMININE), cardinal(200, Case.GENITIVE), cardinal(12_000)
    ('dvidešimt dviem', 'dviejų šimtų', 'dvylika tūkstančių')
    >>> cardinal(2_000_010, Case.GENITIVE), cardinal(21_000_000)
    ('dviejų milijonų dešimties', 'dvidešimt vienas milijonas')
    """
    if not 0 <= number < LIMIT:
        raise ValueError(f"{number} is not between 0 and {LIMIT}")
    if number == 0:
        return _unit(0, case, gender)
    words: list[str] = []
    for scale, noun in _SCALES:
        count, number = divmod(number, scale)
        if count:
            words += _counted(count, noun, case)
    words += _below_thousand(number, case, gender)
    return " ".join(words)


def ordinal(
    number: int,
    case: Case = Case.NOMINATIVE,
    gender: Gender = Gender.MASCULINE,
    *,
    plural: bool = False,
    definite: bool = False,
) -> str:
    """The ordinal, 1 ≤ number < 10 000; ``definite`` for "penktoji", which names a day of a month.

    Raises ValueError outside. Hundreds stay apart ("devyni šimtieji"); 2000, 3000 … are one word, always definite.

    >>> ordinal(5, gender=Gender.FEMININE), ordinal(23, Case.ACCUSATIVE, Gender.FEMININE, definite=True)
    ('penkta', 'dvidešimt trečiąją')
    >>> ordinal(1985, Case.GENITIVE, plural=True), ordinal(2000, Case.GENITIVE, plural=True)
    ('tūkstantis devyni šimtai aštuoniasdešimt penktų', 'dutūkstantųjų')
    """
    if not 1 <= number < _ORDINAL_LIMIT:
        raise ValueError(f"{number} is not between 1 and {_ORDINAL_LIMIT}")
    if number in _THOUSANDTHS:
        return _agree(_THOUSANDTHS[number], case, gender, plural, definite=True)
    last = next(part for part in (number, number % 100, number % 10, 100, 1000) if part in _ORDINAL_STEMS)
    # 1900: the hundred itself is the ordinal, its count stays a cardinal.
    words = [_head(number, last)] if number != last else []
    return " ".join([*words, _agree(_ORDINAL_STEMS[last], case, gender, plural, definite)])


def collective(number: int, case: Case = Case.NOMINATIVE, gender: Gender = Gender.MASCULINE) -> str:
    """1–9 for nouns that have no singular: "penkeri metai", "dvejos durys".

    >>> collective(5, Case.ACCUSATIVE), collective(1, Case.GENITIVE), collective(2, gender=Gender.FEMININE)
    ('penkerius', 'vienerių', 'dvejos')
    """
    hard, soft = _COLLECTIVE_ENDINGS[gender]
    return _COLLECTIVE_STEMS[number] + _pick(hard if number in (2, 3) else soft, case)


def roman(text: str) -> int | None:
    """The value of a Roman numeral up to 50, in capitals, or None.

    >>> roman("XIV"), roman("IX"), roman("IIII"), roman("")
    (14, 9, None, None)
    """
    if not text or not _ROMAN.fullmatch(text):
        return None
    values = [ROMAN_DIGITS[letter] for letter in text]
    return sum(-value if value < after else value for value, after in zip(values, [*values[1:], 0], strict=True))


@lru_cache(maxsize=1)
def cardinal_words() -> dict[str, int]:
    """Every form of a word that is a number by itself, with its value: "dviem" → 2, "šimtams" → 100.

    >>> cardinal_words()["penkias"], cardinal_words()["dvylikos"], cardinal_words()["tūkstančių"]
    (5, 12, 1000)
    """
    values: dict[str, int] = {}
    for units in _UNITS.values():
        values |= {form: value for value, forms in units.items() for form in forms.split()}
    for teen, word in enumerate(_TEENS[1:], 11):
        values |= {word[:-1] + ending: teen for ending in _TEEN_ENDINGS}
    values |= dict.fromkeys(("dešimt", *list(decline("dešimtis", feminine=True).values())[:-1]), 10)
    values |= {word: tens for tens, word in TENS.items()}
    # "dvidešimties" and the like, where a caller declines after all.
    values |= {f"{word}{ending}": tens for tens, word in TENS.items() for ending in ("is", "ies", "į", "imi")}
    for word, value in (("šimtas", 100), ("tūkstantis", 1000)):
        values |= dict.fromkeys((*decline(word, name=False).values(), *decline_plural(word).values()), value)
    values |= {
        collective(number, case, gender): number for number in _COLLECTIVE_STEMS for case in CASES for gender in Gender
    }
    return values


@lru_cache(maxsize=1)
def scale_words() -> dict[str, int]:
    """Every form of the words for a thousand, a million and a milliard, with its value.

    >>> scale_words()["milijonų"], scale_words()["tūkstantį"], len(set(scale_words().values()))
    (1000000, 1000, 3)
    """
    return {
        form: scale
        for scale, noun in _SCALES
        for forms in (decline(noun, name=False), decline_plural(noun))
        for form in forms.values()
    }


@lru_cache(maxsize=1)
def ordinal_words() -> dict[str, int]:
    """Every form of a word that ends an ordinal, with its value: "penktoji" → 5, "dvidešimtą" → 20; to 2999.

    >>> ordinal_words()["trečiosios"], ordinal_words()["trisdešimtą"], ordinal_words()["šimtieji"]
    (3, 30, 100)
    """
    return {
        _agree(stem, case, gender, plural, definite): number
        for number, stem in (*_ORDINAL_STEMS.items(), (2000, _THOUSANDTHS[2000]))
        for gender, plural, definite in _ORDINAL_ENDINGS
        for case in CASES
    }


def _unit(number: int, case: Case, gender: Gender) -> str:
    return _pick(_UNITS[gender][number], case)


def _pick(forms: str, case: Case) -> str:
    return forms.split()[CASES.index(case) % (len(CASES) - 1)]


def _below_thousand(number: int, case: Case, gender: Gender) -> list[str]:
    hundreds, rest = divmod(number, 100)
    words = _counted(hundreds, "šimtas", case) if hundreds else []
    if 10 <= rest < 20:
        words.append(_pick(_TEN, case) if rest == 10 else _TEENS[rest - 10][:-1] + _TEEN_ENDINGS[CASES.index(case) % 6])
    else:
        tens, unit = rest - rest % 10, rest % 10
        words += [TENS[tens]] if tens else []
        words += [_unit(unit, case, gender)] if unit else []
    return words


def _counted(count: int, noun: str, case: Case) -> list[str]:
    """How many hundreds, thousands or millions: one agrees, 2–9 take the plural, teens and tens its genitive."""
    case = Case.NOMINATIVE if case is Case.VOCATIVE else case
    if count == 1:
        return [decline(noun, name=False)[case]]
    words = _below_thousand(count, case, Gender.MASCULINE)
    if count % 10 == 0 or 10 < count % 100 < 20:
        return [*words, decline_plural(noun)[Case.GENITIVE]]
    if count % 10 == 1:
        return [*words, decline(noun, name=False)[case]]
    return [*words, decline_plural(noun)[case]]


def _head(number: int, last: int) -> str:
    """The cardinal before the ordinal's last word: "du tūkstančiai" of 2005, "tūkstantis devyni" of 1900."""
    if last == 100:
        hundreds = number // 100 % 10
        words = [cardinal(number - hundreds * 100)] if number >= 1000 else []
        return " ".join([*words, *([cardinal(hundreds)] if hundreds > 1 else [])])
    return cardinal(number - last)


def _agree(stem: str, case: Case, gender: Gender, plural: bool, definite: bool) -> str:
    ending = _pick(_ORDINAL_ENDINGS[gender, plural, definite], case)
    if stem == _ORDINALS[3] and ending.startswith("i"):
        return f"tret{ending}"  # trečias, but treti and tretieji
    return stem + ending
