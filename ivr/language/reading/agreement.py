"""What a noun's ending says about the number before it: case, gender, and whether it is counted collectively.

The number's form is all that is wanted, so ambiguities that don't change it ("vieną" of both genders) are left.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from ivr.language.counting import F, M
from ivr.language.declension import Case
from ivr.language.numbers import Gender
from ivr.language.reading.tokens import Kind, Tokens


class Agreement(NamedTuple):
    """The noun that a number counts: its case, gender, whether it has no singular, and the position after it."""

    case: Case
    gender: Gender
    collectively: bool
    end: int
    low: str


N, G, D, A, I, L = list(Case)[:6]  # noqa: E741  (the grammarians' own letters)
# Longest first; for 2–9.
_PLURAL: Final = (
    ("iuose", L, M), ("uose", L, M), ("iose", L, F), ("ose", L, F), ("ėse", L, F), ("yse", L, F),
    ("iams", D, M), ("ams", D, M), ("iems", D, M), ("ums", D, M), ("oms", D, F), ("ėms", D, F), ("ims", D, F),
    ("iais", I, M), ("ais", I, M), ("umis", I, M), ("omis", I, F), ("ėmis", I, F), ("imis", I, F),
    ("ius", A, M), ("us", A, M), ("ias", A, F), ("as", A, F), ("es", A, F), ("is", A, F),
    ("iai", N, M), ("ai", N, M), ("ieji", N, M), ("ūs", N, M), ("i", N, M), ("ios", N, F), ("os", N, F), ("ės", N, F),
    ("ys", N, F), ("ių", G, M), ("ų", G, M),
)  # fmt: skip
# For numbers that end in one.
_SINGULAR: Final = (
    ("oje", L, F), ("ėje", L, F), ("yje", L, M), ("uje", L, M), ("ame", L, M), ("e", L, M),
    ("iui", D, M), ("ui", D, M), ("iam", D, M), ("am", D, M), ("ai", D, F), ("ei", D, F),
    ("ą", A, M), ("ę", A, F), ("į", A, M), ("ų", A, M), ("iu", I, M), ("u", I, M),
    ("ios", G, F), ("os", G, F), ("ės", G, F), ("ies", G, F), ("aus", G, M), ("io", G, M), ("o", G, M),
    ("as", N, M), ("is", N, M), ("ys", N, M), ("us", N, M), ("uo", N, M), ("a", N, F), ("ė", N, F),
)  # fmt: skip
# What the ending doesn't say.
_KNOWN_PLURAL: Final = {
    "asmenys": (N, M), "žmonės": (N, M), "asmenis": (A, M), "žmones": (A, M), "asmenims": (D, M), "žmonėms": (D, M),
    "asmenimis": (I, M), "žmonėmis": (I, M), "mėnesiai": (N, M), "dantys": (N, M), "debesys": (N, M), "vagys": (N, M),
    "moterys": (N, F), "dukterys": (N, F), "seserys": (N, F),
}  # fmt: skip
_KNOWN_SINGULAR: Final = {
    "mėnuo": (N, M), "asmuo": (N, M), "žmogus": (N, M), "dalis": (N, F), "šalis": (N, F), "sutartis": (N, F),
    "dalyje": (L, F), "šalyje": (L, F), "sutartyje": (L, F), "dalimi": (I, F), "sutartimi": (I, F), "sūnus": (N, M),
    "moteris": (N, F), "moters": (G, F), "naktis": (N, F), "sesuo": (N, F), "dukters": (G, F), "nakties": (G, F),
}  # fmt: skip
# Words between the number and its noun that agree with neither: "5 darbo dienos", "3 euro monetos".
_BETWEEN: Final = frozenset(
    ["darbo", "poilsio", "švenčių", "mokslo", "savaitės", "bazinių", "nakties", "veiklos", "stažo", "tarnybos",
     "pilnų", "valstybinės", "lietuvos", "kredito", "mokesčio", "procentinių", "paros", "kūdikių"]
)  # fmt: skip
_NO_NOUNS: Final = frozenset(
    ["yra", "ir", "ar", "arba", "bei", "bus", "buvo", "gali", "turi", "kas", "tai", "kai", "iki", "nei", "bet", "per",
     "prie", "apie", "po", "su", "už", "be", "o", "ne", "taip", "jei", "jeigu", "kad", "nes", "kuris", "kuri", "kurie",
     "kurios", "kurių", "kurį", "kurią", "kuriuos", "kurias", "kuriam", "kuriai", "iš", "į", "nuo", "pagal", "visi",
     "visos", "vėliau", "daugiau", "mažiau", "pas", "tik", "dar", "jau", "vis", "pusė"]
)  # fmt: skip
_YEARS: Final = {"metai": N, "metų": G, "metams": D, "metus": A, "metais": I, "metuose": L}
COLLECTIVES: Final = frozenset(
    ["metai", "metų", "metams", "metus", "metais", "metuose", "vartai", "vartų", "kursai", "kursų", "kursus",
     "rinkimai", "rinkimų", "rinkimus", "atostogos", "atostogų", "atostogas", "durys", "durų", "duris", "marškiniai",
     "mokslai", "pietūs", "sutuoktuvės", "namai"]
)  # fmt: skip
_REACH: Final = 4


def noun_after(tokens: Tokens, at: int, *, singular: bool) -> Agreement | None:
    """The noun that the number before ``at`` counts, when its ending agrees with such a number.

    >>> from ivr.language.reading.tokens import tokenise
    >>> noun_after(tokenise("darbo dienas"), 0, singular=False)[:2]
    (<Case.ACCUSATIVE: 'accusative'>, <Gender.FEMININE: 'feminine'>)
    >>> noun_after(tokenise("kalendoriniais metais"), 0, singular=False).collectively, noun_after(tokenise("yra"), 0,
    ...     singular=False)
    (True, None)
    """
    skipped = 0
    while tokens.word(at + skipped) in _BETWEEN and skipped < _REACH:
        skipped += 1
    first = tokens.word(at + skipped)
    if not first or first in _NO_NOUNS:
        return None
    agreed = case_of(first, singular=singular and first not in _YEARS)
    if agreed is None:
        return None
    case, gender = agreed
    # An adjective may stand before the noun; "kalendorinius metus" is counted as "metus" is.
    end = at + skipped + 1
    reach = end
    last = first
    while reach < end + 2 and tokens.word(reach):
        if tokens.word(reach) in COLLECTIVES:
            return Agreement(case, gender, True, reach + 1, tokens.word(reach))
        if tokens.word(reach) not in _BETWEEN:
            break
        reach += 1
    if is_adjective(first) and tokens[end].kind is Kind.WORD:
        following = case_of(tokens.word(end), singular=singular)
        if following is not None and following[0] is case:
            last, end = tokens.word(end), end + 1
    return Agreement(case, gender, first in COLLECTIVES, end, last)


def case_of(word: str, *, singular: bool) -> tuple[Case, Gender] | None:
    """Case and gender that a noun or adjective asks of its number, or None for an ending that no such noun has.

    >>> case_of("vaikus", singular=False)[0].value, case_of("dieną", singular=True)[0].value
    ('accusative', 'accusative')
    >>> case_of("labai x", singular=True)
    """
    known = (_KNOWN_SINGULAR if singular else _KNOWN_PLURAL).get(word)
    if known:
        return known
    for ending, case, gender in _SINGULAR if singular else _PLURAL:
        if word.endswith(ending) and len(word) > len(ending) + 1:
            return case, gender
    return None


def is_adjective(word: str) -> bool:
    """Whether the word looks like an adjective or participle in the plural, by the endings that nouns seldom have.

    >>> is_adjective("kalendorinių"), is_adjective("dienų"), is_adjective("praėjusius")
    (True, False, True)
    """
    return word.endswith(
        ("iniai", "inių", "inius", "iniais", "iniams", "inės", "ines", "inėmis", "inėms", "usius", "usių", "usių",
         "usieji", "usiuosius", "ieji", "ųjų", "iuosius", "ąsias", "osios", "omas", "omus", "omi", "amas", "amus",
         "omos", "omų", "amų", "omai")
    )  # fmt: skip
