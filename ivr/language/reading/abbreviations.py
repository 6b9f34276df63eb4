"""Short forms with a full stop: "t. y.", "pvz.", "ir kt.", "el. p.", "Gedimino pr.", "Nr.", initials."""

from __future__ import annotations

from typing import Final

from ivr.language.adjectives import adjective, phrase
from ivr.language.counting import noun
from ivr.language.dates import month_words
from ivr.language.declension import Case
from ivr.language.numbers import Gender
from ivr.language.reading.agreement import case_of
from ivr.language.reading.context import PREPOSITIONS, preposition
from ivr.language.reading.tokens import Kind, Reading, Tokens
from ivr.language.spelling import LETTERS

# Several short words, written without spaces here.
_PHRASES: Final = {
    "t.y.": "tai yra", "t.t.": "taip toliau", "ir kt.": "ir kita", "a.k.": "asmens kodas", "š.m.": "šių metų",
    "pr.kr.": "prieš Kristų", "p.s.": "post skriptum", "t.p.": "taip pat", "t.pat.": "taip pat", "į.k.": "įmonės kodas",
    "įm.k.": "įmonės kodas", "a.s.": "atsiskaitomoji sąskaita", "m.m.": "mokslo metų", "a.a.": "amžiną atilsį",
    "s.m.": "šių metų", "m.e.": "mūsų eros", "n.d.": "nėra duomenų", "b.k.": "banko kodas",
    "t.sk.": "taip skaičiuojant",
}  # fmt: skip
_ELECTRONIC: Final = {"p": "paštas", "paštas": "", "pašto": "", "paštu": "", "paštą": "", "pašte": "", "paštui": "",
                      "parašas": "", "parašo": "", "parašu": "", "laišką": "", "laiškas": "", "laišku": "",
                      "laiško": "",
                      "būdu": "", "bilietas": "", "dienynas": "", "adresas": "", "adresu": "",
                      "adresą": ""}  # fmt: skip
# One short word with a fixed meaning.
_FIXED: Final = {
    "pvz": "pavyzdžiui", "žr": "žiūrėkite", "plg": "palyginkite", "kt": "kita", "pan": "panašiai", "past": "pastaba",
    "pav": "paveikslas", "lent": "lentelė", "vad": "vadinamasis", "vyr": "vyriausiasis", "pirm": "pirmininkas",
    "pavad": "pavaduotojas", "dir": "direktorius", "doc": "docentas", "prof": "profesorius", "dr": "daktaras",
    "habil": "habilituotas", "inž": "inžinierius", "gyd": "gydytojas", "šv": "šventojo", "red": "redaktorius",
    "angl": "angliškai", "lot": "lotyniškai", "vok": "vokiškai", "rus": "rusiškai", "liet": "lietuviškai",
    "spec": "specialistas", "sutr": "sutrumpintai", "vid": "vidutiniškai", "maks": "ne daugiau kaip",
    "maž": "mažiausiai", "min": "minutės", "proc": "procentų", "tūkst": "tūkstančių", "mln": "milijonų",
    "mlrd": "milijardų", "val": "valanda", "sek": "sekundės", "vnt": "vienetų", "ind": "indeksas", "gyv": "gyventojų",
    "pabr": "pabraukta", "atsak": "atsakymas", "klaus": "klausimas", "tęs": "tęsinys", "dab": "dabar", "buv": "buvęs",
    "kpt": "kapitonas", "plk": "pulkininkas", "gen": "generolas", "ltn": "leitenantas", "ats": "atsargos",
    "išn": "išnaša", "sk": "skyrius", "str": "straipsnis", "psl": "puslapis", "patv": "patvirtinta",
    "adr": "adresas", "tlf": "telefonas", "faks": "faksas", "mob": "mobilusis", "ved": "vedėjas", "pad": "padėjėjas",
    "kab": "kabinetas", "a": "aikštė", "bendr": "bendrovė", "įm": "įmonė", "ltd": "ribotos atsakomybės bendrovė",
    "asm": "asmenų", "sav": "savivaldybės", "apskr": "apskrities", "raj": "rajono", "vlsč": "valsčiaus",
}  # fmt: skip
# Parts of an address; the name before them stays as it is.
_PLACES: Final = {
    "g": "gatvė", "pr": "prospektas", "al": "alėja", "pl": "plentas", "skg": "skersgatvis", "tak": "takas",
    "kel": "kelias", "kr": "krantinė", "k": "kaimas", "mstl": "miestelis", "vs": "viensėdis", "r": "rajonas",
    "a": "aikštė", "aklg": "aklagatvis",
}  # fmt: skip
_DECLINED: Final = {"tel": "telefonas", "nr": "numeris", "mėn": "mėnuo", "sąsk": "sąskaita", "d": "diena", "m": "metai",
                    "skyr": "skyrius"}  # fmt: skip
# Endings of the words that may stand before a shortened "mėnuo".
_ADJECTIVES: Final = (
    "ių",
    "ųjų",
    "usį",
    "inį",
    "šį",
    "tą",
    "kitą",
    "ąjį",
    "vieną",
    "kiekvieną",
    "usio",
    "inio",
    "ojo",
    "šio",
    "usius",
    "inius",
    "uosius",
)
# Those that often end a sentence before a capital letter.
_CLOSING: Final = frozenset(
    {"kt", "pan", "t", "proc", "d", "mėn", "str", "val", "vnt", "min", "mln", "tūkst", "p", "ct"}
)
_PROPER: Final = ("lietuv", "vyriausyb", "seim", "europ", "respublik", "vilni", "kaun", "klaipėd", "aukščiaus", "nr")


def read_abbreviation(tokens: Tokens, at: int) -> Reading | None:
    """A short form that ends in a full stop.

    >>> from ivr.language.reading.tokens import tokenise
    >>> [read_abbreviation(tokenise(text), 0).said for text in ("t. y. darbo", "pvz., jei", "el. p. yra", "š. m. kovą")]
    ['tai yra', 'pavyzdžiui', 'elektroninis paštas', 'šių metų']
    >>> read_abbreviation(tokenise("Gedimino pr. 5"), 1).said, read_abbreviation(tokenise("V. Kudirkos"), 0).said
    ('prospektas', 'vė')
    >>> read_abbreviation(tokenise("su tel. numeriu"), 1).said, read_abbreviation(tokenise("namas. Ir"), 0)
    ('telefono', None)
    """
    if tokens[at].kind is not Kind.WORD:
        return None
    low = tokens.low(at)
    if low == "vid" and tokens[at + 1].text == "." and (agreed := case_of(tokens.word(at + 2), singular=True)):
        lemma = "vidutinė" if agreed[1] is Gender.FEMININE else "vidutinis"
        return Reading(adjective(lemma, agreed[0]), at + 2)
    if low in {"el", "elektr"}:
        return _electronic(tokens, at)
    if tokens[at + 1].text != "." or not tokens[at + 1].glued:
        return None
    for size in (4, 3):
        # "t. y." with or without its space; a capital begins a sentence ("Z. Ir").
        said = _PHRASES.get("".join(tokens.low(at + step) for step in range(size)))
        if said:
            return Reading(said, at + size)
    if len(low) == 1 and tokens.is_capital(at) and low in LETTERS and _initial(tokens, at):
        return Reading(LETTERS[low][0], at + 2)
    if low in _PLACES and (tokens.is_capital(at - 1) or tokens[at - 1].text == "."):
        return Reading(_place(tokens, at, _PLACES[low]), at + 2)
    if low in _DECLINED:
        return _declined(tokens, at, low)
    if low in _FIXED and len(low) > 1:
        return Reading(_FIXED[low], at + 2)
    return None


def ends_sentence(tokens: Tokens, at: int) -> bool:
    """Whether the full stop of a short form, the token before ``at``, also ends its sentence.

    >>> from ivr.language.reading.tokens import tokenise
    >>> [ends_sentence(tokenise(text), 2) for text in ("proc. Kitas", "proc. kitas", "d. Lietuvos", "dr. Jonas", "m.")]
    [True, False, False, False, True]
    """
    if tokens[at - 1].text != ".":
        return False
    if tokens[at].kind is Kind.LINE:
        return True
    if len(tokens[at - 2].text) == 1 and tokens[at - 2].text.isupper():
        return False  # an initial
    capital = tokens.is_capital(at) and not tokens[at].text.isupper() and not tokens.word(at).startswith(_PROPER)
    return capital and tokens.low(at - 2) in _CLOSING


def _electronic(tokens: Tokens, at: int) -> Reading | None:
    end = tokens.after_dot(at + 1)
    follows = tokens.word(end)
    if end == at + 1 or follows not in _ELECTRONIC:
        return None
    if follows == "p":
        case = PREPOSITIONS.get(tokens.word(at - 1)) or Case.NOMINATIVE
        if tokens.word(at - 1).startswith(("rašy", "siųs", "pateik", "kreip", "susisiek", "atsiųs", "gau")):
            case = Case.INSTRUMENTAL
        return Reading(phrase("elektroninis paštas", case), tokens.after_dot(end + 1))
    agreed = case_of(follows, singular=True)
    return Reading(phrase("elektroninis paštas", agreed[0]).split()[0] if agreed else "elektroninis", end)


def _initial(tokens: Tokens, at: int) -> bool:
    """Whether "V." is a person's initial: a name or another initial follows."""
    after = tokens[at + 2]
    return after.kind is Kind.WORD and after.text[0].isupper() and tokens.word(at + 2) not in {"ir", "ar"}


def _place(tokens: Tokens, at: int, word: str) -> str:
    singular = noun(word).singular or {}
    for back in range(at - 1, at - 4, -1):
        if tokens.word(back) in {"į", "iš", "prie", "nuo", "iki"}:
            return singular[PREPOSITIONS[tokens.word(back)]]
    return singular[Case.NOMINATIVE]


def _agreeing(before: str, word: str) -> str:
    """The noun in the case and number that the adjective before it shows."""
    thing = noun(word)
    if before.endswith(("ių", "ų")):
        return thing.plural[Case.GENITIVE]
    many = case_of(before, singular=False)
    one = case_of(before, singular=True)
    if many and before.endswith(("us", "as", "es", "iai", "os")):
        return thing.plural[many[0]]
    return (thing.singular or thing.plural)[one[0] if one else Case.GENITIVE]


def _declined(tokens: Tokens, at: int, low: str) -> Reading | None:
    thing = noun(_DECLINED[low])
    forms = thing.singular or thing.plural
    end = at + 2
    before = tokens.word(at - 1)
    if low == "d" and tokens.word(end) == "d" and tokens[end + 1].text == "." and before:
        return Reading(f"darbo {_agreeing(before, 'diena')}", end + 2)
    if low == "mėn" and before.endswith(_ADJECTIVES) and before not in month_words():
        return Reading(_agreeing(before, "mėnuo"), end)
    if low in {"d", "m"} and tokens[at - 1].kind not in {Kind.DATE, Kind.SUFFIXED}:
        return None
    if low == "mėn" and before in month_words():
        case = preposition(tokens, at - 1) or Case.ACCUSATIVE
        if tokens[end].kind is Kind.NUMBER:
            case = Case.GENITIVE
        return Reading(forms[case], end)
    if low == "tel" and tokens.word(end).startswith(("numer", "nr", "ryš", "konsult")):
        return Reading(forms[Case.GENITIVE], end)
    if low == "mėn" and tokens.word(end).startswith(("pradž", "pabaig", "vidur")):
        return Reading(forms[Case.GENITIVE], end)
    case = PREPOSITIONS.get(before) or Case.NOMINATIVE
    if low == "tel" and before.endswith("uoju"):
        return Reading(forms[Case.INSTRUMENTAL], end)
    if low == "tel" and before.startswith(("skamb", "paskamb", "kreip", "konsult", "susisiek", "inform")):
        case = Case.INSTRUMENTAL
    return Reading(forms[case], end)
