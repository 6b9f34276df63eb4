"""Forms of adjectives and verbs by rule, for the words that callers use.

Only forms that are heard on a telephone: no archaic tenses, no declined gerunds. What the rules get wrong is
thrown out by the speller when the lists are made.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ivr.language.declension import CASES, Case, decline, decline_plural, decline_plural_only

# Masculine and feminine, singular and plural, by the ending of the masculine nominative.
_ADJECTIVES: Final = {
    "ias": "ias io iam ią iu iame i ių iems ius iais iuose ia ios iai ią ia ioje ios ių ioms ias iomis iose",
    "as": "as o am ą u ame i ų iems us ais uose a os ai ą a oje os ų oms as omis ose",
    "us": "us aus iam ų iu iame ūs ių iems ius iais iuose i ios iai ią ia ioje ios ių ioms ias iomis iose",
    "esnis": "esnis esnio esniam esnį esniu esniame esni esnių esniems esnius esniais esniuose "
    "esnė esnės esnei esnę esne esnėje esnės esnių esnėms esnes esnėmis esnėse",
    "is": "is io iam į iu iame iai ių iams ius iais iuose ė ės ei ę e ėje ės ių ėms es ėmis ėse",
}
_PRESENT: Final = {
    "ia": "iu i ia iame iate",
    "i": "iu i i ime ite",
    "o": "au ai o ome ote",
    "a": "u i a ame ate",
}
_PAST: Final = {"o": "au ai o ome ote", "ė": "iau ei ė ėme ėte"}
_FUTURE: Final = ("iu", "i", "", "ime", "ite")
_CONDITIONAL: Final = ("čiau", "tum", "tų", "tume", "tumėte")
# Places in a person table: I, he, we.
_DENIED: Final = (0, 2, 3)
_IMPERATIVE: Final = ("k", "kite")
# What is dropped in a hurry. Plurals of nouns and adjectives ("vaikam", "akim"), which spellers don't know; places
# ("mokykloj", "kambary") and persons of verbs ("dirbam", "eikit"), which they do.
_HURRIED_PLURALS: Final = {"iems": "iem", "omis": "om", "ėmis": "ėm", "imis": "im", "umis": "um", "ams": "am",
                           "oms": "om", "ėms": "ėm", "ims": "im", "ums": "um"}  # fmt: skip
_HURRIED: Final = {"tume": "tumėm", "tumėte": "tumėt", "oje": "oj", "ėje": "ėj", "yje": "y", "uje": "uj", "ame": "am",
                   "ome": "om", "ime": "im", "ėme": "ėm", "ate": "at", "ote": "ot", "ite": "it", "ėte": "ėt",
                   "ti": "t"}  # fmt: skip
_REFLEXIVE: Final = {"u": "uosi", "i": "iesi", "a": "asi", "o": "osi", "ė": "ėsi", "au": "ausi", "ai": "aisi",
                     "ei": "eisi", "me": "mės", "te": "tės"}  # fmt: skip
# The locative of an adjective is hardly said on a telephone.
_LOCATIVE: Final = 5
_NOT_VOCATIVE: Final = tuple(case for case in CASES if case is not Case.VOCATIVE)


def hurried(word: str) -> tuple[str, bool] | None:
    """The word as it is said in a hurry, and whether spellers know such forms; None where nothing is dropped.

    >>> hurried("vaikams"), hurried("naktimis"), hurried("dirbame"), hurried("darbas")
    (('vaikam', False), ('naktim', False), ('dirbam', True), None)
    """
    for endings, known in ((_HURRIED_PLURALS, False), (_HURRIED, True)):
        for ending, said in endings.items():
            if word.endswith(ending) and len(word) > len(ending):
                return word.removesuffix(ending) + said, known
    return None


def noun(word: str, *, third: bool = False) -> Iterator[str]:
    """Singular and plural.

    >>> list(noun("darbas"))[:3], "pensijoj" in set(noun("pensija"))
    (['darbas', 'darbo', 'darbui'], True)
    """
    for forms in (decline(word, feminine=third, name=False), decline_plural(word, feminine=third)):
        yield from (forms[case] for case in _NOT_VOCATIVE)
    if word[-1] in "aė":
        # In a hurry: "bažnyčioj", "eilėj".
        yield decline(word)[Case.LOCATIVE][:-1]


def plural_noun(word: str) -> Iterator[str]:
    """A noun without singular."""
    forms = decline_plural_only(word.lower())
    yield from (forms[case] for case in _NOT_VOCATIVE)


def adjective(word: str) -> Iterator[str]:
    """Both genders and numbers.

    >>> forms = set(adjective("sunkus"))
    >>> {"sunkaus", "sunki", "sunkių"} <= forms, "didesniems" in set(adjective("didesnis"))
    (True, True)
    """
    for ending, forms in _ADJECTIVES.items():
        if word.endswith(ending):
            stem = word.removesuffix(ending)
            # t and d soften before what is spelled with an i, but not before the plain -i and -iems.
            for at, form in enumerate(forms.split()):
                if at % 6 == _LOCATIVE:
                    continue
                hard = form in ("i", "iems") or not form.startswith("i")
                yield stem + form if hard else _soft(stem) + form[1:]
            return


def verb(infinitive: str, present: str, past: str) -> Iterator[str]:
    """Finite forms and the participles that callers use; the usual ones also denied.

    >>> forms = set(verb("dirbti", "dirba", "dirbo"))
    >>> {"dirbau", "dirbsiu", "dirbtų", "dirbkite", "nedirba", "dirbanti", "dirbęs"} <= forms
    True
    >>> {"kreipiuosi", "kreipsimės", "kreipkitės", "nesikreipiau"} <= set(verb("kreiptis", "kreipiasi", "kreipėsi"))
    True
    """
    reflexive = infinitive.endswith("tis")
    base = infinitive.removesuffix("s") if reflexive else infinitive
    present, past = (part.removesuffix("si") if reflexive else part for part in (present, past))
    forms = list(dict.fromkeys(_finite(base, present, past)))
    if reflexive:
        yield infinitive
        yield from (_reflect(form) for form in forms if form != base)
    else:
        yield from forms
        yield infinitive[:-1]  # in a hurry: "paskambint"
        yield from _participles(base, present, past)
    if not infinitive.startswith("ne"):
        no = "nesi" if reflexive else "ne"
        persons = (*_presents(present), *_pasts(past))
        yield from (f"{no}{form}" for at, form in enumerate(persons) if at % 5 in _DENIED)
        yield f"{no}{base}"


def _finite(infinitive: str, present: str, past: str) -> Iterator[str]:
    stem = infinitive.removesuffix("ti")
    yield infinitive
    yield from _presents(present)
    yield from _pasts(past)
    yield from (f"{stem}dav{form}" for form in ("au", "o"))
    future = f"{stem[:-1]}š" if stem[-1] in "šž" else stem if stem[-1] == "s" else f"{stem}s"
    yield from (future + form for form in _FUTURE)
    yield from (stem + form for form in _CONDITIONAL)
    imperative = stem[:-1] if stem[-1] in "kg" else stem
    yield from (imperative + form for form in _IMPERATIVE)


def _presents(present: str) -> Iterator[str]:
    ending = next(ending for ending in _PRESENT if present.endswith(ending))
    yield from _person(present.removesuffix(ending), _PRESENT[ending], hard_second=ending == "ia")


def _pasts(past: str) -> Iterator[str]:
    yield from _person(past[:-1], _PAST[past[-1]])


def _participles(infinitive: str, present: str, past: str) -> Iterator[str]:
    stem = infinitive.removesuffix("ti")
    ending = next(ending for ending in _PRESENT if present.endswith(ending))
    root = present.removesuffix(ending)
    active = root + {"ia": "ian", "i": "in", "o": "an", "a": "an"}[ending]
    yield from (f"{active}{form}" for form in ("t", "tis", "ti", "čių"))
    yield from (f"{root}{ending}m{form}" for form in ("as", "a", "i"))
    yield from (f"{stem}t{form}" for form in ("as", "a", "i"))
    yield from (f"{stem}{form}" for form in ("damas", "dama", "dami"))
    soft = past.endswith("ė") and infinitive.endswith("yti")
    stem = _soft(past[:-1]) if soft else past[:-1]
    yield from (f"{past[:-1]}ęs", f"{past[:-1]}ę", f"{stem}usi", f"{stem}usios")


def _person(stem: str, endings: str, *, hard_second: bool = False) -> Iterator[str]:
    for ending in endings.split():
        if ending == "i" and hard_second:
            yield _harden(stem) + ending
        elif ending.startswith("i") and len(ending) > 1 and ending not in ("ime", "ite"):
            yield _soft(stem) + ending[1:]
        else:
            yield stem + ending


def _soft(stem: str) -> str:
    if stem.endswith(("č", "dž")):
        return f"{stem}i"
    if stem.endswith("t"):
        return f"{stem[:-1]}či"
    if stem.endswith("d"):
        return f"{stem[:-1]}dži"
    return stem if stem.endswith("j") else f"{stem}i"


def _harden(stem: str) -> str:
    """kvieč → kviet, leidž → leid: before the second person's -i."""
    if stem.endswith("dž"):
        return stem[:-1]
    return f"{stem[:-1]}t" if stem.endswith("č") else stem


def _reflect(form: str) -> str:
    for ending in sorted(_REFLEXIVE, key=len, reverse=True):
        if form.endswith(ending):
            return form.removesuffix(ending) + _REFLEXIVE[ending]
    return f"{form}is" if form.endswith(("s", "k")) else f"{form}si"
