"""The case of a number whose noun doesn't show it: from the preposition, the verb, or the noun behind it.

Abbreviated units ("15 proc.") and numbers that take the genitive plural ("12 mėnesių") leave the case open. Nearest
wins: a noun that the measure describes ("12 mėnesių laikotarpis"), then the preposition, then the verb.
"""

from __future__ import annotations

import re
from typing import Final

from ivr.language.declension import Case
from ivr.language.reading.agreement import A, G, I
from ivr.language.reading.tokens import Kind, Tokens

PREPOSITIONS: Final[dict[str, Case]] = {
    "nuo": G, "iki": G, "lig": G, "ligi": G, "be": G, "prie": G, "iš": G, "dėl": G, "ant": G, "tarp": G, "virš": G,
    "vietoj": G, "vietoje": G, "šalia": G, "viršum": G, "žemiau": G, "aukščiau": G, "pusiau": G, "viduje": G,
    "po": G, "per": A, "apie": A, "pagal": A, "prieš": A, "pro": A, "į": A, "pas": A, "už": A, "kas": A, "aplink": A,
    "su": I, "sulig": I, "ties": I, "priešais": A, "skersai": A, "palei": A,
}  # fmt: skip
# "po" before a share or a price says how much each.
_EACH: Final = frozenset({"money", "percent", "thing"})
# Words that may stand between the preposition and its number.
_FILLERS: Final = frozenset(
    ["ne", "daugiau", "mažiau", "ilgiau", "trumpiau", "vėliau", "anksčiau", "ilgesnį", "trumpesnį", "kaip", "nei",
     "negu", "maždaug", "beveik", "apytiksliai", "apytikriai", "tik", "bent", "jau", "dar", "net", "visus", "pirmus",
     "pirmas", "ištisus", "ištisas", "visas",
     "visų", "tuos", "tas", "tų", "šiuos", "šias", "šių", "paskutinius", "paskutines", "paskutinių", "pastaruosius",
     "pastarąsias", "pastarųjų", "praėjusius", "praėjusias", "praėjusių", "pirmuosius", "pirmąsias", "pirmųjų",
     "artimiausius", "artimiausias", "artimiausių", "kiekvienus", "kiekvienas", "kiekvienų", "kitus", "kitas", "kitų",
     "ateinančius", "ateinančias", "ateinančių", "papildomus", "papildomas", "papildomų", "atitinkamai", "daugiausia",
     "mažiausiai", "vidutiniškai", "likus", "dviejų", "einančius", "einančių", "ilgesnio", "didesnę", "iš"]
)  # fmt: skip
_COMPARED: Final = frozenset({"kaip", "nei", "negu"})
_COMPARED_DURATION: Final = ("vyresn", "jaunesn", "ilgesn", "trumpesn", "senesn")
# Verbs that govern: what is earned, paid, lasted takes the accusative (with "ne" the genitive), what is reached or
# lost the genitive. Only active forms: what "is paid" stays in the nominative.
_ACTIVE: Final = (
    r"(?:a|ia|o|i|ė|ėjo|ės|ėti|ėtų|kite|kit|kime|ys|s|ti|tų|davo|ant|int|antis|antys|anti|intis|intys|inti|anč\w+|inči\w+|us|usi|usį|us\w+|ęs|ę|dam\w+"
    r"|siu|sime|ame|ome|ime|ate|ote|ite|iau|au)"
)
_ACCUSATIVE_VERBS: Final = re.compile(
    r"(?:sudar|gaun|gav|gau|tur|turė|dirb|dirbo|viršij|suteik|skir|skyr|sumok|sumokė|mok|mokė|trunk|truk|galioj|augin"
    r"|išaugin|globoj|sver|siek|praran|prarad|praras|uždirb|kainuoj|kainav|kainuo|perved|pervest|atliek|atlik|praleid|praleis"
    r"|išdirb|pridė|prided)" + _ACTIVE
)
_GENITIVE_VERBS: Final = re.compile(
    r"(?:sulauk|netek|netenk|reik|prireik|pakank|pakak|užtenk|užtek|lauk|trūkst|trūk)" + _ACTIVE
)
# A measure before these is an attribute in the genitive ("18 metų amžius", "50 Eur bauda", "30 proc. nuolaida").
_DESCRIBED: Final = {
    "time": (
        "laikotarp", "asmuo", "asmen", "amži", "trukm", "termin", "staž", "atostogos", "atostogas", "atostogoms",
        "vaik",
        "dyd", "kredit", "įspėj", "pertrauk", "darbuotoj", "jaunuol", "mokinys", "mokini", "galiojim", "patirt",
        "poils", "mergait", "berniuk", "žmog", "žmon", "moter", "vyr", "nepertraukiam", "nedarb", "mokymo", "mokymas",
        "kursai", "kursų", "kursus", "senum", "okupacij", "laikin", "neįgal", "sutart", "stažuot", "praktik", "darbo",
    ),
    "money": (
        "dyd", "sum", "išmok", "baud", "premij", "mokest", "mokesč", "alg", "atlyg", "paskol", "kredit", "pensij",
        "pašalp", "kompensacij", "subsidij", "nuolaid", "rib", "vert", "užmok", "kain", "įmok", "bazin", "par",
    ),
    "percent": ("dyd", "nuolaid", "rib", "tikslum", "norm", "palūkan", "mokest", "mokesč", "lyg", "tarif"),
    "thing": ("dyd", "ilg", "svor", "ploč", "plot", "temperat", "atstum", "talp"),
}  # fmt: skip
_UNDESCRIBED: Final = frozenset(
    ["dalyvauja", "algos", "vaikui", "vaikams", "vaiką", "vaikus", "darbo", "vyresn", "parą", "paros", "paramos",
    "asmeniui",
     "asmenims", "vyksta", "vyko", "vyks", "paroje", "parai"]
)  # fmt: skip
# What goes on for a time: "mokama devynis mėnesius".
_LASTING: Final = re.compile(
    r"(?:mokam|taikom|saugom|teikiam|vykdom)(?:a|as|os|i)|vyksta|vyko|vyks|tęsiasi|tęsis|laukia|laukiau|gyvena|gyveno"
)
# "praėjus trims mėnesiams", "lygus šimtui", "padėjome dvylikai".
_DATIVE_WORDS: Final = re.compile(r"praėjus|likus|suėjus|sukakus|lyg(?:us|i|ūs|ios|ų|ią|iu)|prilyg\w+|pad(?:ė|e)\w+")
_GENITIVE_ADJECTIVES: Final = ("usių", "inių", "ųjų", "ančių", "inčių", "iamų", "omų", "amų")
_GENITIVE_PRONOUNS: Final = frozenset({"visų", "tų", "šių", "kitų", "kiekvienų", "pastarųjų", "dviejų"})
_BACK: Final = 5
_FORWARD: Final = 9


def described(tokens: Tokens, at: int, sense: str = "time") -> bool:
    """Whether the noun at ``at`` is one that the measure before it describes.

    >>> from ivr.language.reading.tokens import tokenise
    >>> described(tokenise("laikotarpis"), 0), described(tokenise("yra"), 0), described(tokenise("dydžio"), 0, "money")
    (True, False, True)
    """
    word = tokens.word(at)
    if word in {"ir", "ar", "arba", "bei"} and tokens.word(at + 1).startswith(("mažesn", "didesn")):
        return sense == "percent" and tokens.word(at + 2) not in _COMPARED
    return bool(word) and word.startswith(_DESCRIBED.get(sense, ())) and word not in _UNDESCRIBED


def preposition(tokens: Tokens, at: int, sense: str = "time") -> Case | None:
    """The case that the preposition before ``at`` asks for; ``sense`` is time, money, percent or thing.

    >>> from ivr.language.reading.tokens import tokenise
    >>> preposition(tokenise("per ne daugiau kaip 5"), 4).value, preposition(tokenise("po 5"), 1, "percent").value
    ('accusative', 'accusative')
    >>> preposition(tokenise("nuo pajamų 15"), 2)
    """
    for back in range(at - 1, max(at - 1 - _BACK, -1), -1):
        word = tokens.word(back)
        if word == "po":
            return A if sense in _EACH else G
        if word == "iš" and tokens.word(back + 1) in {"viso", "karto", "esmės"}:
            return None
        if word in PREPOSITIONS:
            return PREPOSITIONS[word]
        if (
            back == at - 1
            and sense == "time"
            and word != "pajamų"
            and (word.endswith(_GENITIVE_ADJECTIVES) or word in _GENITIVE_PRONOUNS)
        ):
            return G
        if word not in _FILLERS:
            return None
    return None


def open_case(tokens: Tokens, at: int, after: int, sense: str = "time") -> Case:
    """The case of a number at ``at`` whose measure ends before ``after`` and shows none.

    >>> from ivr.language.reading.tokens import tokenise
    >>> [open_case(tokenise(text), text.split().index("12"), text.split().index("mėn") + 1).value for text in
    ...  ("iki 12 mėn", "per 12 mėn laikotarpį", "sulaukus 12 mėn", "dirba 12 mėn")]
    ['genitive', 'genitive', 'genitive', 'accusative']
    """
    if described(tokens, after, sense):
        return G
    if tokens.word(at - 1) in {"ir", "ar", "arba", "bei"} and tokens[at - 2].kind is Kind.NUMBER:
        at -= 2  # "tarp 5 ir 10"
    governed = preposition(tokens, at, sense)
    if governed is not None:
        each = governed is G and tokens.word(at - 1) == "po" and tokens.word(after) == "per"
        return A if each else governed  # "po aštuonias valandas per dieną"
    before = tokens.word(at - 1)
    if before in _COMPARED:
        return _compared(tokens, at, sense)
    if tokens.word(after).startswith(("sulauk", "netek")) and sense == "time":
        return G
    return _governed(tokens, at, sense) or (G if sense == "percent" and _sized(tokens, after) else Case.NOMINATIVE)


def _sized(tokens: Tokens, at: int) -> bool:
    """Whether words behind a share end in "… dydžio išmoka", which it then describes."""
    for step in range(_FORWARD):
        word = tokens.word(at + step)
        if not word:
            return False
        if word == "dydžio":
            return tokens.word(at + step + 1).startswith(_DESCRIBED["money"])
    return False


def _compared(tokens: Tokens, at: int, sense: str) -> Case:
    """After "kaip": an age or length described, otherwise a duration in the accusative, or plainly named."""
    if tokens.word(at - 2).startswith(_COMPARED_DURATION) and sense == "time":
        return G
    return _governed(tokens, at - 1, sense) or (A if sense == "time" else Case.NOMINATIVE)


def _governed(tokens: Tokens, at: int, sense: str) -> Case | None:
    for back in range(at - 1, max(at - 1 - _BACK, -1), -1):
        word = tokens.word(back)
        if not word:
            return None
        if sense == "time" and _LASTING.fullmatch(word):
            return A
        if _DATIVE_WORDS.fullmatch(word):
            return Case.DATIVE
        if _GENITIVE_VERBS.fullmatch(word.removeprefix("ne")) or _GENITIVE_VERBS.fullmatch(word):
            return G
        if word.startswith("ne") and _ACCUSATIVE_VERBS.fullmatch(word[2:]):
            return G
        if _ACCUSATIVE_VERBS.fullmatch(word):
            return A
        if word not in _FILLERS and back < at - 1:
            return None
    return None
