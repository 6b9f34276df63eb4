"""Signs that are heard as words or pauses: brackets, dashes, slashes, list marks, optional endings, footnote marks."""

from __future__ import annotations

from typing import Final

from ivr.language.counting import F
from ivr.language.declension import Case
from ivr.language.money import CURRENCIES
from ivr.language.numbers import ordinal
from ivr.language.reading.acronyms import ACRONYMS
from ivr.language.reading.tokens import Kind, Reading, Tokens
from ivr.language.reading.units import unit_at
from ivr.language.spelling import LETTERS

_PAUSES: Final = {",": ",", ";": ",", ":": ",", ".": ".", "!": ".", "?": "?", "…": ".", "...": ".", "<...>": ",",
                  "(": ",", ")": ",", "[": ",", "]": ",", "{": ",", "}": ",", "->": ",", "→": ",", "|": ",", "\\": ",",
                  "·": ",", "•": "."}  # fmt: skip
# Heard as nothing: quotation and footnote marks, decoration.
_SILENT: Final = frozenset("„“”\"'’‘‚«»‹›`´*†‡¹²³⁰⁴⁵⁶⁷⁸⁹ªº™®©^~¬¶_■□▪▫●○◦►▶✓✔–—-‑−▢♦※­")
_WORDS: Final = {
    "%": "procentų", "€": "eurų", "&": "ir", "+": "plius", "=": "lygu", "×": "kart", "#": "grotelės", "@": "eta",
    "§": "paragrafas", "№": "numeris", "°": "laipsnių", "½": "pusė", "¼": "ketvirtis", "¾": "trys ketvirčiai",
    "$": "dolerių", "£": "svarų", "±": "plius minus", "≤": "ne daugiau kaip", "≥": "ne mažiau kaip", "÷": "padalyti iš",
    "α": "alfa", "β": "beta", "γ": "gama", "µ": "mikro", "μ": "mikro", "Ω": "omega", "∞": "begalybė", "⁄": "iš",
}  # fmt: skip
_DASHES: Final = frozenset("-–—‑−")
_BULLETS: Final = frozenset("•·*-–—■□▪▫●○◦►▶✓✔")
_LAST_ITEM: Final = 99
_MAX_ENDING: Final = 5
_MAX_ENDINGS: Final = 14
_FULL: Final = frozenset("aąeęėiįyouųūs")


def read_mark(tokens: Tokens, at: int) -> Reading | None:
    """A sign, or None when nobody could say it.

    >>> from ivr.language.reading.tokens import tokenise
    >>> [read_mark(tokenise(text), 1).said for text in ("tėvo/motinos", "a – b", "x + y")]
    ['arba', ',', 'plius']
    >>> read_mark(tokenise("(-ių) ir"), 0), read_mark(tokenise("tarnyba (NDNT)"), 1), read_mark(tokenise("♥"), 0)
    (Reading(said='', end=4, fault=''), Reading(said='', end=4, fault=''), None)
    """
    text = tokens[at].text
    if text == "(":
        return _bracket(tokens, at)
    if text in _DASHES:
        return _dash(tokens, at)
    if text == "/":
        return _slash(tokens, at)
    if text in "<>" and tokens[at].kind is Kind.SIGN:
        more = "daugiau kaip" if text == ">" else "mažiau kaip"
        return Reading(more if tokens[at + 1].kind is Kind.NUMBER else ",", at + 1)
    if text in {"„", '"'} and tokens.word(at + 1) == "dėl" and tokens[at - 1].kind is not Kind.LINE:
        return Reading(",", at + 1)  # the title of an order behind its name
    if text in _PAUSES:
        return Reading(_PAUSES[text], at + 1)
    if text in _WORDS:
        return Reading(_WORDS[text], at + 1)
    if text in _SILENT:
        return Reading("", at + 1)
    return None


def read_item(tokens: Tokens, at: int) -> Reading | None:
    """The mark of a list item: "1.", "2)", "a)" or a bullet at the beginning of a line; "2)" also inside one.

    >>> from ivr.language.reading.tokens import tokenise
    >>> read_item(tokenise("1. Vaikai"), 0).said, read_item(tokenise("; 2) visi"), 1).said
    ('pirma,', 'antra,')
    >>> read_item(tokenise("b) kiti"), 0).said, read_item(tokenise("5 vaikai"), 0)
    ('bė,', None)
    """
    token, after = tokens[at], tokens[at + 1]
    begins = tokens[at - 1].kind is Kind.LINE or tokens[at - 1].text in {"•", "*"}
    if begins and token.text in _BULLETS:
        return Reading("", at + 1)
    if not after.glued or after.text not in {")", "."} or (after.text == "." and not begins):
        return None
    if (
        token.kind is Kind.NUMBER
        and token.text.isdigit()
        and 1 <= int(token.text) <= _LAST_ITEM
        and token.text[0] != "0"
    ):
        if after.text == ")" and _opened(tokens, at):
            return None
        stop = "." if tokens[at + 2].kind is Kind.LINE else ","
        return Reading(ordinal(int(token.text), gender=F) + stop, at + 2)
    if begins and after.text == ")" and token.kind is Kind.WORD and token.text.lower() in LETTERS:
        return Reading(f"{LETTERS[token.text.lower()][0]},", at + 2)
    return None


def read_optional(tokens: Tokens, at: int) -> Reading | None:
    """A word with an optional ending: the word alone, or the stem with the first ending; "ir (ar)", "ir/ar".

    >>> from ivr.language.reading.tokens import tokenise
    >>> [read_optional(tokenise(text), 0).said for text in ("vaiko (-ų)", "darbuotoja(s)", "ir (ar)")]
    ['vaiko', 'darbuotojas', 'ir arba']
    >>> read_optional(tokenise("(įsi)vertinimu"), 0).said, read_optional(tokenise("(ne)gauna"), 0).said
    ('įsivertinimu', 'gauna ar negauna')
    """
    if tokens[at].text == "(":
        return _prefix(tokens, at)
    word = tokens.word(at)
    if not word:
        return None
    opened = tokens[at + 1].text
    if word == "ir" and opened in {"(", "/"} and tokens.word(at + 2) in {"ar", "arba"}:
        end = at + 3
        return Reading("ir arba", end + 1 if opened == "(" and tokens[end].text == ")" else end)
    if opened != "(":
        return None
    if tokens[at + 2].text in _DASHES and tokens.word(at + 3) and tokens[at + 3].glued:
        closed = _endings(tokens, at + 1)
        if closed is None:
            return None
        stem = tokens[at].text
        return Reading(stem if word[-1] in _FULL else stem + tokens.word(at + 3), closed)
    ending = tokens.word(at + 2)
    if tokens[at + 1].glued and ending and len(ending) <= _MAX_ENDING and tokens[at + 3].text == ")":
        whole = tokens[at].text
        joined = word[-1] not in _FULL or (ending == "s" and word[-1] in "aė")
        return Reading(whole + ending if joined else whole, at + 4)
    return None


def _endings(tokens: Tokens, at: int) -> int | None:
    """The end of "(-is, -ė)", whose bracket is at ``at``."""
    for end in range(at + 1, at + _MAX_ENDINGS):
        token = tokens[end]
        if token.text == ")":
            return end + 1
        if token.kind is Kind.WORD and len(token.text) <= _MAX_ENDING:
            continue
        if token.text not in _DASHES | {",", "/", ";"}:
            return None
    return None


def _prefix(tokens: Tokens, at: int) -> Reading | None:
    inside, whole = tokens.word(at + 1), tokens[at + 3]
    if not inside or tokens[at + 2].text != ")" or whole.kind is not Kind.WORD or not whole.glued:
        return None
    if inside == "ne":
        return Reading(f"{whole.text} ar ne{whole.text.lower()}", at + 4)
    return Reading(tokens[at + 1].text + whole.text, at + 4)


def _bracket(tokens: Tokens, at: int) -> Reading:
    if tokens[at + 1].text in _DASHES and tokens.word(at + 2) and (closed := _endings(tokens, at)):
        return Reading("", closed)
    # A short name behind its full one is not said twice.
    if tokens[at + 2].text == ")" and tokens[at + 1].text in ACRONYMS and tokens[at - 1].kind is Kind.WORD:
        return Reading("", at + 3)
    if (
        tokens[at + 2].text == ")"
        and tokens[at + 1].kind in {Kind.NUMBER, Kind.SIGN}
        and tokens[at - 1].kind is Kind.WORD
    ):
        return Reading(
            "" if tokens[at + 1].text in _SILENT else ",", at + 3 if tokens[at + 1].text in _SILENT else at + 1
        )
    return Reading(",", at + 1)


def _dash(tokens: Tokens, at: int) -> Reading:
    before, after = tokens[at - 1], tokens[at + 1]
    if tokens[at].glued and after.glued:
        return Reading("", at + 1)
    if after.kind is Kind.NUMBER and after.glued and before.kind is not Kind.NUMBER and tokens[at].text in {"-", "−"}:
        return Reading("minus" if before.kind is not Kind.LINE else "", at + 1)
    if tokens[at].glued != after.glued and before.kind is Kind.WORD:
        return Reading("" if tokens[at].glued and tokens[at].text == "-" else ",", at + 1)
    return Reading(",", at + 1)


def _slash(tokens: Tokens, at: int) -> Reading:
    unit = unit_at(tokens, at + 1)
    if unit and tokens[at].glued and unit_at(tokens, at - 1):
        return Reading(
            f"{'už' if tokens.low(at - 1) in CURRENCIES else 'per'} {unit.form(1, Case.ACCUSATIVE)}", unit.end
        )
    between = tokens[at - 1].kind is Kind.WORD and tokens[at + 1].kind is Kind.WORD
    return Reading("arba" if between and tokens.word(at + 1) not in {"ir", "ar", "arba"} else ",", at + 1)


def _opened(tokens: Tokens, at: int) -> bool:
    """Whether a bracket was opened before "2)" and not closed."""
    for back in range(at - 1, at - 30, -1):
        if tokens[back].text == "(":
            return True
        if tokens[back].text == ")" or tokens[back].kind is Kind.LINE:
            return False
    return False
