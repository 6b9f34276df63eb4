"""Acronyms: those that everybody knows in full are said so, in their case; the others letter by letter or as words."""

from __future__ import annotations

from typing import Final

from ivr.language.adjectives import phrase
from ivr.language.declension import Case
from ivr.language.reading.context import PREPOSITIONS
from ivr.language.reading.tokens import Kind, Reading, Tokens
from ivr.language.spelling import LETTERS

# As ``adjectives.phrase`` wants them: "=" marks words that stay.
ACRONYMS: Final = {
    "BSI": "bazinė socialinė išmoka", "VRP": "=valstybės remiamos pajamos", "MMA": "minimalioji mėnesinė alga",
    "MVA": "minimalusis valandinis atlygis", "UŽT": "=Užimtumo tarnyba", "ES": "=Europos Sąjunga",
    "LR": "=Lietuvos Respublika", "DK": "=Darbo kodeksas", "CK": "civilinis kodeksas", "BK": "baudžiamasis kodeksas",
    "ANK": "=Administracinių =nusižengimų kodeksas", "SADM": "=Socialinės =apsaugos =ir =darbo ministerija",
    "NDNT": "=Neįgalumo =ir =darbingumo =nustatymo tarnyba", "VTAS": "=Vaiko =teisių =apsaugos skyrius",
    "VDI": "valstybinė =darbo inspekcija", "VMI": "valstybinė =mokesčių inspekcija", "TSRS": "=Tarybų Sąjunga",
    "SPIS": "=Socialinės =paramos =šeimai informacinė sistema", "UAB": "uždaroji akcinė bendrovė",
    "AB": "akcinė bendrovė", "VŠĮ": "viešoji įstaiga", "IĮ": "individuali įmonė", "MB": "mažoji bendrija",
    "GPM": "=gyventojų =pajamų mokestis", "PVM": "=pridėtinės =vertės mokestis", "EB": "=Europos Bendrija",
    "EEE": "=Europos =ekonominė erdvė", "EK": "=Europos Komisija", "JAV": "Jungtinės =Amerikos Valstijos",
    "LRV": "=Lietuvos =Respublikos Vyriausybė", "LRS": "=Lietuvos =Respublikos Seimas",
    "PSD": "=privalomasis =sveikatos draudimas",
    "VSDFV": "=Valstybinio =socialinio =draudimo =fondo valdyba",
    "DI": "=dirbtinis intelektas", "SKU": "=Savivaldybės =kontrolės tarnyba",
}  # fmt: skip
# Said as words, or by letters, with an unchanging form.
_SAID: Final = {
    "SODRA": "Sodra", "SODROS": "Sodros", "SODRAI": "Sodrai", "SODRĄ": "Sodrą", "SODROJE": "Sodroje", "IT": "ai tė",
    "ID": "ai dė", "SMS": "es em es", "PIN": "pin", "NATO": "NATO", "COVID": "kovid", "ISAK": "isak", "PDF": "pė dė ef",
    "OK": "okei", "TV": "televizija", "FAQ": "dažni klausimai", "CV": "sivi", "EURES": "eures",
    "ESF": "Europos socialinis fondas",
    "URL": "u er el", "DUK": "dažniausiai užduodami klausimai", "WIFI": "vaifai", "HTML": "ha tė em el",
}  # fmt: skip
_VOWELS: Final = frozenset("AĄEĘĖIĮYOUŲŪ")
_LONGEST_SPELLED: Final = 6
_NOMINATIVE_BEFORE: Final = frozenset(
    ["yra", "buvo", "bus", "gali", "turi", "moka", "skiria", "teikia", "priima", "nustato", "sprendžia", "vertina",
     "išduoda", "pateikia", "atlieka", "organizuoja", "ir", "ar", "arba", "bei", "kad", "nuo", "iki", "per", "o", "bet",
     "numato", "reglamentuoja", "apskaičiuoja", "konsultuoja", "informuoja", "privalo", "nėra", "ne", "nustatė",
     "priėmė", "atsako", "rekomenduoja", "siunčia", "gauna", "leidžia", "draudžia", "mokama", "taikoma", "taikomas"]
)  # fmt: skip
_LOCATIVE_BEFORE: Final = ("nustatyt", "numatyt", "apibrėžt", "įtvirtint", "reglament")
_GOVERNING: Final = {"registr": Case.LOCATIVE, "užsiregistr": Case.LOCATIVE, "dirb": Case.LOCATIVE,
"gyven": Case.LOCATIVE,
                     "pateik": Case.DATIVE, "praneš": Case.DATIVE, "kreip": Case.ACCUSATIVE, "gau": Case.ACCUSATIVE,
"siek": Case.GENITIVE, "viršij": Case.ACCUSATIVE,
                     "neviršij": Case.GENITIVE, "vadovauj": Case.INSTRUMENTAL,
                     "vadovautis": Case.INSTRUMENTAL}  # fmt: skip


def read_acronym(tokens: Tokens, at: int) -> Reading | None:
    """A word in capitals.

    >>> from ivr.language.reading.tokens import tokenise
    >>> read_acronym(tokenise("NDNT sprendimas"), 0).said, read_acronym(tokenise("su UŽT"), 1).said
    ('Neįgalumo ir darbingumo nustatymo tarnybos', 'Užimtumo tarnyba')
    >>> [read_acronym(tokenise(text), 0).said for text in ("VRP dydžio", "KGB", "SODRA")]
    ['valstybės remiamų pajamų', 'ka gė bė', 'Sodra']
    """
    token = tokens[at]
    if token.kind is not Kind.WORD or len(token.text) < 2:
        return None
    name = token.text.upper() if token.text in {"VšĮ", "Všį", "Uab"} else token.text
    if not name.isupper():
        return None
    if name in ACRONYMS and not (tokens.shouted(at) and len(name) < 3):
        return Reading(phrase(ACRONYMS[name], _case(tokens, at, name)), at + 1)
    if name in _SAID:
        return Reading(_SAID[name], at + 1)
    if tokens.shouted(at):
        return None
    vowels = sum(letter in _VOWELS for letter in name)
    if len(name) > _LONGEST_SPELLED or (vowels and len(name) >= 4):
        return None
    if len(name) > 2 and tokens[at - 1].kind is Kind.WORD and tokens[at - 1].text.isupper() and vowels:
        return None
    return Reading(spelled(name), at + 1)


def spelled(text: str) -> str:
    """Letters by their names; digits and anything else are left out.

    >>> spelled("ABC"), spelled("Žx")
    ('a bė cė', 'žė iks')
    """
    return " ".join(LETTERS[letter][0] for letter in text.lower() if letter in LETTERS)


def _case(tokens: Tokens, at: int, name: str) -> Case:
    before, after = tokens.word(at - 1), tokens.word(at + 1)
    noun_follows = (
        bool(after)
        and after not in _NOMINATIVE_BEFORE
        and after not in PREPOSITIONS
        and not tokens[at + 1].text.isupper()
    )
    if ACRONYMS[name].endswith("kodeksas") and after.startswith(_LOCATIVE_BEFORE):
        return Case.LOCATIVE
    if name in {"UAB", "AB", "VŠĮ", "IĮ", "MB"} and not noun_follows:
        return PREPOSITIONS.get(before, Case.NOMINATIVE)
    if before in PREPOSITIONS and before != "po" and not (noun_follows and not after.startswith(_LOCATIVE_BEFORE)):
        return PREPOSITIONS[before]
    if noun_follows and not after.endswith(("ama", "oma", "iama", "yta", "ėta", "ta", "uoja", "ina", "ęs")):
        return Case.GENITIVE
    for stem, case in _GOVERNING.items():
        if before.startswith(stem):
            return case
    share = tokens[at - 1].text == "%" or (tokens[at - 1].text == "." and tokens.word(at - 2) == "proc")
    if share or before in {"procentų", "procento", "procentus", "procentai"}:
        return Case.GENITIVE
    if tokens[at - 1].kind is Kind.NUMBER or (before.endswith(("tos", "mos", "inės", "osios")) and len(before) > 5):
        return Case.GENITIVE
    return PREPOSITIONS.get(before, Case.NOMINATIVE)
