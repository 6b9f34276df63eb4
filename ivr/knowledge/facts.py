"""Numbers of a text as facts: amounts, ages, shares, terms and dates, told by digits or by words.

The same reading is used for the ministry's page ("50,16 Eur", "2019 m. sausio 1 d.") and for our spoken texts
("penkiasdešimt eurų šešiolika centų", "du tūkstančiai devynioliktų metų sausio pirmosios"), so that a program can
prove that a spoken number stands in its source. Numbers of laws, their articles and points, phone numbers and web
addresses are no facts: they are never spoken.

A fact is written as text: "50.16 eur", "15 %", "18 metai", "2019-01-01", "2019-01", "--07-01", "2019 m.", "--09",
or the bare number where no unit follows.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Final

from ivr.language.dates import month_words
from ivr.language.numbers import TENS, cardinal_words, ordinal_words
from ivr.language.spoken_numbers import number_of

YEARS: Final = range(1900, 2100)
LONGEST_NUMBER: Final = 9  # words: "devyni šimtai devyniasdešimt devyni tūkstančiai devyni šimtai …"

_UNITS: Final = (
    ("eur", r"eur|eurai|euras|eur[aoųuąęe]\w*|€"),
    ("ct", r"cent(?:as|o|ą|ai|ų|us|ais|ams)|ct"),
    ("%", r"%|proc|procent\w*"),
    ("metai", r"met(?:ai|ų|us|ams|ais|uose)|m"),
    ("diena", r"d|(?:mėnesio )?dien\w*"),  # before the month: "dvidešimt penktos mėnesio dienos"
    ("mėnuo", r"mėn|mėnuo|mėnes\w*"),
    ("savaitė", r"sav|savai[tč]\w*"),
    ("valanda", r"val|valand\w*"),
    ("minutė", r"min|minu[tč]\w*"),
    ("kartas", r"kart(?:as|o|ą|ai|ų|us|ais|ams)"),
    ("bsi", r"bsi|bazin\w*"),
    ("vrp", r"vrp|valstybės remiam\w*"),
    ("mma", r"mma|minim(?:ali\w*|aliosios) (?:mėnesin\w* )?alg\w*"),
    ("m2", r"m2|kvadratin\w*"),
    ("m3", r"m3|kubin\w*"),
    ("vaikas", r"vaik(?:as|ui|ą|u|ai|ų|ams|us|ais|uose)"),
    ("kategorija", r"kategorij\w*"),
    ("klasė", r"(?:kvalifikacin\w+ )?klas(?:ė|ės|ei|ę|e|ių|es|ėse|ėje|ėms|ėmis)"),
    ("laipsnis", r"laipsn(?!iš)\w*"),
    ("etatas", r"etat\w*"),
)
_UNIT: Final = re.compile("|".join(f"(?P<u{i}>(?:{form})(?![\\w]))" for i, (_, form) in enumerate(_UNITS)), re.I)
_BETWEEN: Final = re.compile(r"(?:kalendorin\w+|darbo|piln\w+|paskutin\w+|praėjus\w+|ankstesn\w+|iš eilės)\s+", re.I)
_BLANK: Final = re.compile(r"\s*")
_AGE, _CHILD = "metai", "vaikas"
_UNTOLD: Final = frozenset((_AGE, _CHILD, "bsi"))
"""Units that the page leaves out: the ages of a table, children ("vienam ar dviem"), shares of the base amount."""
_SHARING: Final = re.compile(r"[–-]|ar|arba|ir|iki")
# What is cut out before numbers are looked for: addresses, acts' numbers, articles, phones.
_NOT_FACTS: Final = (
    re.compile(r"^\d{1,2}[.)]\s|(?<![\w(])\d{1,2}\)(?=\s)", re.M),  # labels of lists
    re.compile(r"(?:https?://|www\.)\S+", re.I),
    re.compile(r"\b(?:nr\.?|Nr\.?)\s*[\w-]*\d[\w/.-]*", re.I),
    re.compile(r"\b[A-ZĄČĘĖĮŠŲŪŽ]{1,4}\d*-\d[\w/-]*"),
    re.compile(r"\b\d{2,4}/\d{2,4}\b(?!\s*(?:eur|proc))", re.I),
    # Lists are bounded, or every number of a long one would be tried against all that follow it.
    re.compile(
        r"\b\d[\d–-]{0,9}\s*(?:straipsn\w*|str\.)\s*\d[\d,–-]{0,19}(?:\s*(?:ir|ar|,)\s*\d{1,4}){0,9}\s*(?:d\.|dal\w+)",
        re.I,
    ),
    re.compile(
        r"\b\d[\d.]{0,19}+(?:[,–-]{1,3}+[\d.]{1,20}+){0,9}+(?:\s*+(?:ir|ar|,|–)\s*+\d[\d.]{0,19}+){0,9}+[,–-]*+\s*+"
        r"(?:straipsn\w*|str\b\.?|dal(?:is|ies|yje|į|imi|yse|ių|ys)\b|d\.(?=\s*(?:\d+\s*p\.|nuostat))|punkt\w*|papunk\w*|pried\w*)",
        re.I,
    ),
    re.compile(r"\(?\s*8[\s-]*\d{1,3}\s*\)?\s*\d[\d\s]{4,8}\d|\(8 ?\d{1,3}\)\s*[\d ]{5,9}|\+370[\d ]{8,11}"),
)
_DIGITS: Final = r"\d+(?:[   ]\d{3})*(?:[.,]\d+)?"
_TOKEN: Final = re.compile(
    rf"(?P<iso>\d{{4}}-\d{{2}}-\d{{2}})|(?P<number>(?<![\w,.]){_DIGITS})|(?P<word>[^\W\d_]+)", re.I
)
# "II grupės", "I ir II laipsnio"; a chapter's number or an initial is no such number.
_ROMAN: Final = re.compile(r"(?:X{0,3})(?:IX|IV|V?I{0,3})")
_COUNTED: Final = re.compile(
    r"\s+(?:(?:ir|ar|arba|–|-)\s+[IVX]+\s+)?(?:laipsn|grup|ketvir|kategor|klas|lyg|pakop|pus|etap)", re.I
)
_ROMAN_DIGITS: Final = {"I": 1, "V": 5, "X": 10}
_PREFIXES: Final = {
    "vien": 1, "dvi": 2, "tri": 3, "keturi": 4, "penkia": 5, "šešia": 6, "septyn": 7, "aštuon": 8, "devyn": 9,
    "dešimt": 10, "vienuolik": 11, "dvylik": 12, "trylik": 13, "keturiolik": 14, "penkiolik": 15,
    "šešiolik": 16, "septyniolik": 17, "aštuoniolik": 18, "devyniolik": 19,
} | {word: number for number, word in TENS.items()}  # fmt: skip
_AGED: Final = re.compile(
    rf"(?P<stem>{'|'.join(sorted(_PREFIXES, key=len, reverse=True))})(?:a|ia)?"
    r"me(?:tis|tį|čio|tė|tės|tę|tei|čiui|čiams|čiai|čių|čius|čiu|tėms|tės)$"
)
_YEAR_OLD: Final = re.compile(r"-?me(?:tis|tį|čio|tė|tės|čiams|čiai|čių|čiui)\b")
_FRACTIONS: Final = {
    "pus": Decimal("0.5"),
    "pusantr": Decimal("1.5"),
    "trečdal": Decimal(1) / 3,
    "ketvirtadal": Decimal("0.25"),
    "penktadal": Decimal("0.2"),
    "dešimtadal": Decimal("0.1"),
}
_FRACTION: Final = re.compile(
    r"(?P<stem>pusantr|trečdal|ketvirtadal|penktadal|dešimtadal)(?:o|os|ų|us|ais|iais|ius|į|is|io|iu|iui|yje|a|i)$|(?P<half>pus)(?:ė|ę|ės|ei|e)$"
)
_VIENI: Final = frozenset(("vieni", "vienus", "vieniems", "vienais", "vienos", "vienoms"))
"""Plural forms of one, a number only before a plural that is counted: "vieni metai", not "vieni tėvai"."""
_TIMES: Final = re.compile(r"(?P<stem>dvigub|trigub|keturgub|dukart|triskart)(?:ai|as|a|o|os|ą|am|ų|us|ais)?$")
_TIMES_OF: Final = {"dvigub": 2, "dukart": 2, "trigub": 3, "triskart": 3, "keturgub": 4}
_WHOLE: Final = re.compile(r"sveik(?:as|a|ų|os|i|ą|us|o|oms|ais|omis)$")
_TENTHS: Final = re.compile(
    r"(?P<size>dešimt|šimt|tūkstant)(?:oji|osios|ųjų|osioms|ąsias|osiomis|ąją|osiosios|oms|os|ų|ąja)$"
)


@dataclass(frozen=True)
class Mention:
    """A number as a text says it. ``fact``: its written form; ``said``: the words or digits; offsets into the text."""

    fact: str
    said: str
    start: int
    end: int


@dataclass(frozen=True)
class _Token:
    """A word, or a number with its value; ``ordinal`` where the words say "pirmas", not "vienas"."""

    text: str
    start: int
    end: int
    value: Decimal | None = None
    digits: bool = False


def mentions(text: str) -> list[Mention]:
    """Every number of a text, in order.

    >>> [m.fact for m in mentions("Nuo 2019 m. sausio 1 d. – 50,16 Eur (1,32 BSI), vaikui iki 18 metų")]
    ['2019-01-01', '50.16 eur', '1.32 bsi', '18 metai']
    >>> [m.fact for m in mentions("penkiasdešimt eurų šešiolika centų, iki aštuoniolikos")]
    ['50.16 eur', '18']
    """
    return list(_read(_tokens(_blanked(text)), text))


def facts_of(text: str) -> tuple[str, ...]:
    """The facts of a text, each once, sorted."""
    return tuple(sorted({mention.fact for mention in mentions(text)}))


def unproved(text: str, facts: Collection[str]) -> list[Mention]:
    """Numbers of a spoken text that don't stand among the facts.

    Parts of a date are proved by a date that holds them. A number without a unit is proved by an age ("sukaks
    aštuoniolika") or by a fact in a unit that the text counts elsewhere ("vieną ar du vaikus, o jei tris"); of units
    only those of :data:`_UNTOLD` are proved by a bare number of the source.
    """
    said = mentions(text)
    told = {_AGE, _CHILD, *(mention.fact.partition(" ")[2] for mention in said)}
    return [mention for mention in said if not _proved(mention.fact, facts, told)]


def _proved(said: str, facts: Collection[str], told: Collection[str]) -> bool:
    if said in facts:
        return True
    date = _date_parts(said)
    if date:
        known = [parts for parts in (_date_parts(fact) for fact in facts) if parts]
        return any(all(mine in (None, other) for mine, other in zip(date, parts, strict=True)) for parts in known)
    value, _, unit = said.partition(" ")
    if unit:
        return unit in _UNTOLD and value in facts
    dates = [parts for fact in facts if (parts := _date_parts(fact))]
    if any(value in (year, day) for year, _, day in dates):
        return True
    others = [fact.partition(" ") for fact in facts if not _date_parts(fact)]
    return any(value == other and kind in told for other, _, kind in others)


def _date_parts(fact: str) -> tuple[str | None, str | None, str | None] | None:
    """Year, month and day of a date's fact, None for what it does not say; None for what is no date."""
    if match := re.fullmatch(r"(\d{4})-(\d\d)(?:-(\d\d))?", fact):
        return match[1], str(int(match[2])), str(int(match[3])) if match[3] else None
    if match := re.fullmatch(r"--(\d\d)(?:-(\d\d))?", fact):
        return None, str(int(match[1])), str(int(match[2])) if match[2] else None
    if match := re.fullmatch(r"(\d{4}) m\.", fact):
        return match[1], None, None
    return None


def _blanked(text: str) -> str:
    for pattern in _NOT_FACTS:
        text = pattern.sub(lambda match: " " * len(match[0]), text)
    return text


def _tokens(text: str) -> list[_Token]:
    raw = [_token(match, text) for match in _TOKEN.finditer(text)]
    found: list[_Token] = []
    at = 0
    while at < len(raw):
        length, value = _worded(raw, at)
        if value is None:
            found.append(raw[at])
            at += 1
            continue
        last = raw[at + length - 1]
        found.append(_Token(text[raw[at].start : last.end], raw[at].start, last.end, value))
        at += length
    return found


def _token(match: re.Match[str], text: str) -> _Token:
    if match["number"]:
        value = Decimal(re.sub(r"\s", "", match["number"]).replace(",", "."))
        return _Token(match[0], match.start(), match.end(), value, digits=True)
    if _ROMAN.fullmatch(match[0]) and _COUNTED.match(text, match.end()):
        return _Token(match[0], match.start(), match.end(), Decimal(_roman(match[0])))
    return _Token(match[0], match.start(), match.end())


def _roman(numeral: str) -> int:
    """ "IV" → 4."""
    values = [_ROMAN_DIGITS[sign] for sign in numeral]
    return sum(-value if value < max(values[at:]) else value for at, value in enumerate(values))


def _worded(raw: Sequence[_Token], at: int) -> tuple[int, Decimal | None]:
    """How many tokens from ``at`` say one number in words, and its value."""
    words: list[str] = []
    for token in raw[at : at + LONGEST_NUMBER]:
        word = token.text.lower()
        if token.digits or not (_says_number(word) or (words and _WHOLE.match(word))):
            break
        words.append(word)
    for split, word in enumerate(words):
        if split and _WHOLE.match(word):
            return _decimal(words, split)
    for length in range(len(words), 0, -1):
        number = number_of(" ".join(words[:length]), ordinal=True)
        if number is not None:
            half = [token.text.lower() for token in raw[at + length : at + length + 2]] == ["su", "puse"]
            return length + 2 * half, Decimal(number) + (_FRACTIONS["pus"] if half else 0)
    return 1, _one_word(raw[at].text.lower())


def _decimal(words: Sequence[str], split: int) -> tuple[int, Decimal | None]:
    """ "viena sveika trisdešimt dvi šimtosios" → 1.32."""
    whole = number_of(" ".join(words[:split]))
    for end in range(len(words), split + 2, -1):
        size = _TENTHS.match(words[end - 1])
        part = number_of(" ".join(words[split + 1 : end - 1]))
        if whole is not None and size and part is not None:
            scale = {"dešimt": 10, "šimt": 100, "tūkstant": 1000}[size["size"]]
            return end, whole + Decimal(part) / scale
    return 1, None


def _one_word(word: str) -> Decimal | None:
    """Numbers grown into one word: "aštuoniolikmetis", "pusantrų"."""
    if match := _FRACTION.match(word):
        return _FRACTIONS[match["stem"] or match["half"]]
    return None


@lru_cache(maxsize=1)
def _number_words() -> frozenset[str]:
    return frozenset({*cardinal_words(), *ordinal_words()})


def _says_number(word: str) -> bool:
    return word in _number_words() or bool(_TENTHS.match(word))


def _read(tokens: Sequence[_Token], text: str) -> Iterator[Mention]:
    at = 0
    while at < len(tokens):
        fact, length = _dated(tokens, at, text)
        if not fact:
            fact, length = _counted(tokens, at, text)
        if fact:
            start, end = tokens[at].start, tokens[at + length - 1].end
            yield Mention(fact, text[start:end], start, end)
        at += max(length, 1)


def _dated(tokens: Sequence[_Token], at: int, text: str) -> tuple[str, int]:
    """A date that begins at ``at``: with or without year, month or day; the fact and how many tokens it takes."""
    first = tokens[at]
    if iso := re.fullmatch(r"\d{4}-\d{2}-\d{2}", first.text):
        return iso[0], 1
    if first.value is not None and first.value in YEARS:
        year, then = int(first.value), at + 1
        if (triple := _spaced(tokens, at)) is not None:
            return triple, 3
        then += _is(tokens, then, r"m|met(?:ai|ų|us|ams|ais|uose)")
        month = _month(tokens, then)
        if month:
            day, used = _day(tokens, then + 1)
            return f"{year}-{month:02}" + (f"-{day:02}" if day else ""), then + 1 + used - at
        if then > at + 1 or (first.digits and not _unit_after(tokens, at, text)):
            return f"{year} m.", then - at
        return "", 0
    month = _month(tokens, at)
    if month:
        day, used = _day(tokens, at + 1)
        return f"--{month:02}" + (f"-{day:02}" if day else ""), 1 + used
    return "", 0


def _spaced(tokens: Sequence[_Token], at: int) -> str | None:
    """ "2014 01 01"."""
    parts = tokens[at : at + 3]
    if len(parts) == 3 and all(token.digits and len(token.text) == 2 for token in parts[1:]):
        return f"{parts[0].text}-{parts[1].text}-{parts[2].text}"
    return None


def _month(tokens: Sequence[_Token], at: int) -> int:
    return month_words().get(tokens[at].text.lower(), 0) if at < len(tokens) else 0


def _day(tokens: Sequence[_Token], at: int) -> tuple[int, int]:
    """Day of the month and the tokens it takes, with "d." or "dieną"; zeros where there is none."""
    mark = _is(tokens, at, r"mėn|mėnes\w*")
    if mark and not (at + 1 < len(tokens) and tokens[at + 1].value is not None):
        return 0, mark
    at += mark
    if at < len(tokens):
        value = tokens[at].value
        if value is not None and value in range(1, 32):
            noun = _is(tokens, at + 1, r"d|dien\w*")
            if noun or not tokens[at].digits:
                return int(value), mark + 1 + noun
    return 0, 0


def _is(tokens: Sequence[_Token], at: int, form: str) -> int:
    """1 where the token has that form, else 0."""
    return int(at < len(tokens) and bool(re.fullmatch(form, tokens[at].text, re.I)))


def _counted(tokens: Sequence[_Token], at: int, text: str) -> tuple[str, int]:
    first = tokens[at]
    if first.value is None:
        return _in_one_word(tokens, at), 1
    if first.digits and _YEAR_OLD.match(text, first.end):
        return f"{_written(first.value)} metai", 1
    unit = _unit_after(tokens, at, text)
    if not unit:
        unit = _unit_shared(tokens, at, text)
    if unit == "eur":
        cents, used = _cents(tokens, at, text)
        return f"{_written(first.value + cents if cents else first.value)} eur", 1 + used  # a sum has 28 digits at most
    if unit == "ct":
        return f"{_written(first.value / 100)} eur", 1
    return f"{_written(first.value)} {unit}".strip(), 1


def _in_one_word(tokens: Sequence[_Token], at: int) -> str:
    """Numbers that are one word with what they count: "keturiolikmetis", "dvigubai", "vieni metai"; or nothing."""
    word = tokens[at].text.lower()
    if aged := _AGED.match(word):
        return f"{_PREFIXES[aged['stem']]} metai"
    if times := _TIMES.match(word):
        return f"{_TIMES_OF[times['stem']]} kartas"
    return "1 metai" if word in _VIENI and _is(tokens, at + 1, r"met(?:ai|us|ams|ais)") else ""


def _unit_shared(tokens: Sequence[_Token], at: int, text: str) -> str:
    """The unit of a number that shares it with the next: "14–18 metų", "vieną ar du vaikus", "nuo … iki … metų"."""
    for step in (1, 2):
        if at + step >= len(tokens):
            return ""
        other = tokens[at + step]
        between = text[tokens[at].end : other.start].strip().lower()
        if other.value is not None:
            return _unit_after(tokens, at + step, text) if _SHARING.fullmatch(between) else ""
    return ""


def _cents(tokens: Sequence[_Token], at: int, text: str) -> tuple[Decimal, int]:
    """ "… eurų šešiolika centų": the cents after an amount, and how many tokens lie up to their number."""
    for step in (2, 3):
        if at + step < len(tokens) and tokens[at + step].value is not None:
            if step == 3 and tokens[at + 2].text.lower() not in ("ir",):
                return Decimal(0), 0
            if _unit_after(tokens, at + step, text) == "ct":
                value = tokens[at + step].value
                assert value is not None  # noqa: S101  # just looked at
                return value / 100, step
            return Decimal(0), 0
    return Decimal(0), 0


def _unit_after(tokens: Sequence[_Token], at: int, text: str) -> str:
    """The unit that follows a number, over "kalendorinių", "darbo" and the like."""
    place = _past(_BLANK, text, tokens[at].end)
    while (past := _past(_BETWEEN, text, place)) > place:
        place = past
    match = _UNIT.match(text, place)
    return _UNITS[int(match.lastgroup[1:])][0] if match and match.lastgroup else ""


def _past(pattern: re.Pattern[str], text: str, place: int) -> int:
    """Where the pattern ends that begins at a place; that place where none does."""
    match = pattern.match(text, place)
    return match.end() if match else place


def _written(value: Decimal) -> str:
    """Without needless zeros: 210.90 → "210.9"; of any length, as a caller may key it."""
    return f"{value:.4f}".rstrip("0").rstrip(".")
