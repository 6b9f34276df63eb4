"""What the synthetic voices say: random utterances of a caller of this line.

Half are what grammars listen for (digits, numbers, dates, yes and no, commands,
names, letters), half are whole sentences and random words, so that every sound is
heard beside every other. All lists are our own or come from the word lists in
``words/``, from the language model's questions and from the line's own prompts.
"""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import yaml

from scripts.train_asr.lm.corpus import Corpus
from scripts.train_asr.phones import WORD, words_of

DIGITS: Final = words_of("nulis vienas du trys keturi penki šeši septyni aštuoni devyni")
TEENS: Final = words_of(
    "dešimt vienuolika dvylika trylika keturiolika penkiolika šešiolika septyniolika aštuoniolika devyniolika"
)
TENS: Final = words_of(
    "dvidešimt trisdešimt keturiasdešimt penkiasdešimt šešiasdešimt septyniasdešimt aštuoniasdešimt devyniasdešimt"
)
MONTHS: Final = [
    "sausis",
    "vasaris",
    "kovas",
    "balandis",
    "gegužė",
    "birželis",
    "liepa",
    "rugpjūtis",
    "rugsėjis",
    "spalis",
    "lapkritis",
    "gruodis",
]
MONTHS_OF: Final = words_of(
    "sausio vasario kovo balandžio gegužės birželio liepos rugpjūčio rugsėjo spalio lapkričio gruodžio"
)
ORDINALS: Final = words_of(
    "pirma antra trečia ketvirta penkta šešta septinta aštunta devinta dešimta vienuolikta dvylikta trylikta "
    "keturiolikta penkiolikta šešiolikta septyniolikta aštuoniolikta devyniolikta dvidešimta"
)
DAYS: Final = words_of(
    "pirmadienis antradienis trečiadienis ketvirtadienis penktadienis šeštadienis sekmadienis pirmadienį antradienį "
    "trečiadienį ketvirtadienį penktadienį rytoj šiandien poryt vakar ryte vakare"
)
YES_NO: Final = ("taip", "ne", "taip taip", "ne ne", "aha", "gerai", "neteisingai", "teisingai", "žinoma", "tikrai")
COMMANDS: Final = [
    "nežinau",
    "pakartokite",
    "pakartok",
    "prašau pakartoti",
    "operatorius",
    "noriu operatoriaus",
    "sujunkite",
    "darbuotojas",
    "noriu darbuotojo",
    "konsultantas",
    "pagalba",
    "stop",
    "ačiū",
    "labas",
    "laba diena",
    "sveiki",
    "labas rytas",
    "viso gero",
    "sudie",
    "iki",
    "atšaukti",
    "pradžia",
    "toliau",
    "atgal",
    "tęsti",
    "baigti",
    "taip teisingai",
    "ne neteisingai",
    "klaida",
    "dar kartą",
    "nesupratau",
    "negirdžiu",
    "sutinku",
    "nesutinku",
    "nenoriu",
    "noriu",
    "prašau",
    "minutėlę",
    "palaukite",
    "įjunk",
    "išjunk",
    "į viršų",
    "į apačią",
    "į dešinę",
    "į kairę",
    "startas",
    "pauzė",
    "pirmas",
    "antras",
    "trečias",
    "ketvirtas",
    "kitas",
    "kita",
    "pirma",
    "antra",
    "trečia",
    "garsiau",
    "lėčiau",
    "žmogus",
    "meniu",
    "bendra informacija",
    "mano reikalai",
    "palikti žinutę",
    "darbas užsienyje",
    "atostogos",
    "išmoka",
    "kita tema",
    "iš naujo",
    "siųsti",
]
NAMES: Final = words_of(
    "Jonas Petras Antanas Vytautas Mindaugas Tomas Andrius Darius Saulius Rimantas Algirdas Kęstutis Gintaras Arūnas "
    "Mantas Lukas Matas Domantas Ona Marija Janina Rasa Daiva Irena Rūta Eglė Jurgita Lina Aušra Vida Danutė Aldona "
    "Ieva Emilija Gabija Ugnė Austėja Kamilė Greta Živilė Žydrūnas Šarūnas Ąžuolas"
)
SURNAMES: Final = words_of(
    "Kazlauskas Petrauskas Jankauskas Stankevičius Butkus Vasiliauskas Žukauskas Paulauskas Urbonas Kavaliauskas "
    "Navickas Ramanauskas Kazlauskienė Petrauskienė Jankauskaitė Žukauskienė Butkutė Urbonienė Navickaitė Šimkus "
    "Šimkienė Čepulis Čepaitė Žilinskas Žemaitis Gudaitis Mažeika Norkus Pocius Rimkus Sakalauskas"
)
TOWNS: Final = words_of(
    "Vilnius Kaunas Klaipėda Šiauliai Panevėžys Alytus Marijampolė Utena Tauragė Telšiai Mažeikiai Jonava Kėdainiai "
    "Ukmergė Vilniuje Kaune Klaipėdoje Šiauliuose Panevėžyje"
)
LETTERS: Final = words_of(
    "a bė cė čė dė e ė ef gė ha i ilgoji jot ka el em en o pė er es eš tė u ū vė zet žė iks eta taškas brūkšnys "
    "pabraukimas didžioji mažoji"
)

# "du" is the shortest of them and the weakest: said twice as often.
_DIGITS_DRAWN: Final = (*DIGITS, "du")
_VOWELS: Final = frozenset("aąeęėiįyouųū")
_WORD_FILES: Final = Path(__file__).parent / "words"
_HUNSPELL: Final = Path("/usr/share/hunspell/lt_LT.dic")  # Debian's hunspell-lt; only spoken, never shipped from here
_PROMPTS: Final = Path(__file__).parents[2] / "prompts" / "lt"


def number(value: int) -> str:
    """A whole number below ten thousand as spoken in the nominative."""
    if value < 10:
        return DIGITS[value]
    if value < 20:
        return TEENS[value - 10]
    if value < 100:
        return TENS[value // 10 - 2] + (" " + DIGITS[value % 10] if value % 10 else "")
    if value < 1000:
        head = "šimtas" if value < 200 else f"{DIGITS[value // 100]} šimtai"
        return head + (" " + number(value % 100) if value % 100 else "")
    head = "tūkstantis" if value < 2000 else f"{DIGITS[value // 1000]} tūkstančiai"
    return head + (" " + number(value % 1000) if value % 1000 else "")


def day(value: int) -> str:
    """A day of the month, 1–31, as an ordinal."""
    if value <= 20:
        return ORDINALS[value - 1]
    return "trisdešimta" if value == 30 else f"{TENS[value // 10 - 2]} {ORDINALS[value % 10 - 1]}"


def word_list(folder: Path = _WORD_FILES) -> list[str]:
    """All words of ``folder/*.txt`` (one a line, UTF-8, ``#`` begins a comment), each once."""
    return list(dict.fromkeys(word for path in sorted(folder.glob("*.txt")) for word in words_in(path)))


def words_in(path: Path) -> list[str]:
    """The words of one list; none where there is no such file."""
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    words = (line.partition("#")[0].strip().lower() for line in lines)
    return [word for word in words if WORD.fullmatch(word)]


def dictionary(path: Path = _HUNSPELL) -> list[str]:
    """Base forms of hunspell's Lithuanian dictionary with at least one vowel, 2–12 letters; none where it is absent."""
    if not path.is_file():
        return []
    entries = path.read_text(encoding="iso8859-13", errors="ignore").split()
    words = dict.fromkeys(entry.partition("/")[0] for entry in entries)
    return [w for w in words if 2 <= len(w) <= 12 and WORD.fullmatch(w) and not _VOWELS.isdisjoint(w)]


def sentences(folder: Path = _PROMPTS) -> list[str]:
    """Phrases of 2–9 words: callers' questions, and the line's own prompts with every kind of ending."""
    found = {text for text in Corpus.load().utterances()[::8] if 1 < len(text.split()) <= 9}
    for path in sorted(folder.glob("*.yaml")):
        for text in yaml.safe_load(path.read_text(encoding="utf-8")).values():
            for phrase in re.split(r"[.,;:?!„“–]+", str(text)):
                words = words_of(phrase)
                found.update(" ".join(words[at : at + 9]) for at in range(0, len(words), 9) if len(words) - at > 1)
    return sorted(found)


class Texts:
    """An endless source of utterances; the same seed says the same things. A comma stands for a short pause."""

    def __init__(self, seed: int, words: Sequence[str] = (), phrases: Sequence[str] = ()) -> None:
        self._random = random.Random(seed)
        self._words = list(words) or [*dictionary(), *word_list()] or [*NAMES, *SURNAMES, *TOWNS]
        self._phrases = list(phrases) or sentences() or list(COMMANDS)
        self._given = words_in(_WORD_FILES / "20-given-names.txt") or list(NAMES)
        self._surnames = words_in(_WORD_FILES / "21-surnames.txt") or list(SURNAMES)

    def __call__(self) -> str:
        kinds = (self._digits, self._word, self._number, self._date, self._short, self._name, self._letters)
        kind = self._random.choices((*kinds, self._sentence, self._random_words), (24, 16, 6, 9, 15, 8, 5, 15, 8))[0]
        return kind()

    def _digits(self) -> str:
        count = self._random.choice((1, 2, 3, 4, 4, 4, 5, 6, 8))
        spoken = [
            self._random.choice(_DIGITS_DRAWN) + ("," if self._random.random() < 0.15 else "") for _ in range(count)
        ]
        return " ".join(spoken).rstrip(",")

    def _word(self) -> str:
        return self._random.choice((*DIGITS, *YES_NO, *COMMANDS, "taip", "ne", "taip", "ne"))

    def _number(self) -> str:
        tens, hundreds = self._random.randint(10, 99), self._random.randint(100, 999)
        return " ".join(number(self._random.choice((tens, hundreds))) for _ in range(self._random.randint(1, 2)))

    def _date(self) -> str:
        month, spoken_day = self._random.choice(MONTHS_OF), day(self._random.randint(1, 31))
        year = number(self._random.randint(1940, 2030))
        single = self._random.choice((*MONTHS, *DAYS))
        return self._random.choice((single, single, f"{month} {spoken_day}", f"{year} metų {month} {spoken_day}"))

    def _short(self) -> str:
        first = self._random.choice((*YES_NO, *COMMANDS))
        return first if self._random.random() < 0.6 else f"{first}, {self._random.choice((*YES_NO, *COMMANDS))}"

    def _name(self) -> str:
        given = self._random.choice((self._random.choice(NAMES), self._random.choice(self._given)))
        surname = self._random.choice((self._random.choice(SURNAMES), self._random.choice(self._surnames)))
        return self._random.choice((f"{given} {surname}", surname, given, self._random.choice(TOWNS)))

    def _letters(self) -> str:
        return " ".join(self._random.choice(LETTERS) for _ in range(self._random.randint(2, 5)))

    def _sentence(self) -> str:
        return self._random.choice(self._phrases)

    def _random_words(self) -> str:
        return " ".join(self._random.choice(self._words) for _ in range(self._random.randint(1, 3)))
