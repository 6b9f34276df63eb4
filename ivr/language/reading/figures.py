"""Readers of telephone numbers, addresses and codes in a text."""

from __future__ import annotations

import re
from typing import Final

from ivr.language.addresses import email_words, web_words
from ivr.language.digits import code_words, digit_words, phone_words
from ivr.language.numbers import cardinal
from ivr.language.reading.amounts import value_at
from ivr.language.reading.tokens import Kind, Reading, Tokens

_PHONE_WORDS: Final = ("tel", "telefon", "skamb", "paskamb", "mob", "faks")
_PHONE_NUMBER: Final = ("numer", "trumpuoju")
_CODE_WORDS: Final = ("kod", "sąskait", "registr", "byl", "pažymėjim", "nr", "numer", "serij", "identifik", "indeks")
_SECRET_WORDS: Final = ("koda", "kodo", "kodą", "kodu", "pin")
_SHORTEST_CODE: Final = 4
_LONG: Final = 7
_ACCOUNT: Final = re.compile(r"[A-Z]{2}\d{2}")
_ACCOUNT_GROUPS: Final = 6
_BACK: Final = 4
_MAX_DIGITS: Final = 40


def read_figure(tokens: Tokens, at: int) -> Reading | None:
    """A telephone number, an address, a code, or digits that are no amount.

    >>> from ivr.language.reading.tokens import tokenise
    >>> read_figure(tokenise("asmens kodas 38503051234"), 2).said
    'trys, aštuoni penki nulis trys nulis penki, vienas du trys keturi'
    >>> read_figure(tokenise("tel. 1883"), 2).said, read_figure(tokenise("03610 Vilnius"), 0).said
    ('aštuoniolika, aštuoniasdešimt trys', 'nulis trys šeši vienas nulis')
    >>> read_figure(tokenise("iki 1000 eurų"), 1)
    """
    token = tokens[at]
    if token.kind is Kind.PHONE:
        return Reading(phone_words(token.text), at + 1)
    if token.kind is Kind.EMAIL:
        return Reading(email_words(token.text), at + 1)
    if token.kind is Kind.ADDRESS:
        return Reading(web_words(token.text), at + 1)
    if token.kind is Kind.CODE:
        return _code(tokens, at)
    if token.kind is Kind.DOTTED:
        return None if value_at(tokens, at) is not None else _dotted(tokens, at)
    if token.kind is Kind.NUMBER:
        return _number(tokens, at)
    return None


def _code(tokens: Tokens, at: int) -> Reading:
    """A code; an account's number goes on in groups of four."""
    text, end = tokens[at].text, at + 1
    while _ACCOUNT.fullmatch(tokens[at].text) and tokens[end].kind is Kind.NUMBER and end - at < _ACCOUNT_GROUPS:
        text, end = f"{text} {tokens[end].text}", end + 1
    return Reading(code_words(text), end)


def _number(tokens: Tokens, at: int) -> Reading | None:
    text = tokens[at].text
    if "," in text:
        return None
    if text.isdigit() and _named(tokens, at, _PHONE_WORDS) and 3 <= len(text) <= 9:
        return _phone_groups(tokens, at)
    if _named(tokens, at, _PHONE_NUMBER) and text.isdigit() and 3 <= len(text) <= 4 and not _named(tokens, at, ("nr",)):
        return Reading(phone_words(text), at + 1)
    digits = text.replace(" ", "")
    if len(digits) > 1 and (digits[0] == "0" or len(digits) > 12):
        return Reading(
            digit_words(digits[:_MAX_DIGITS]), at + 1, "" if len(digits) <= _MAX_DIGITS else "too many digits"
        )
    if text.isdigit() and len(text) >= _SHORTEST_CODE and _named(tokens, at, _SECRET_WORDS):
        return Reading(digit_words(text), at + 1)
    if text.isdigit() and (len(text) >= _LONG or (len(text) > 4 and _named(tokens, at, _CODE_WORDS))):
        return Reading(digit_words(text), at + 1)
    return None


def _phone_groups(tokens: Tokens, at: int) -> Reading:
    """A number written in groups that is none of the usual ones: its groups stay."""
    groups, end = [tokens[at].text], at + 1
    while tokens[end].kind is Kind.NUMBER and tokens[end].text.isdigit() and not tokens[end].glued and len(groups) < 6:
        groups.append(tokens[end].text)
        end += 1
    return Reading(", ".join(phone_words(group) for group in groups), end)


def _dotted(tokens: Tokens, at: int) -> Reading:
    """Numbers of sections: "4.7" as its parts."""
    parts = re.split(r"[.,]", tokens[at].text)
    if any(len(part) > _LONG for part in parts):
        return Reading(digit_words("".join(parts)[:_MAX_DIGITS]), at + 1)
    return Reading(" taškas ".join(cardinal(int(part)) for part in parts[:8]), at + 1)


def _named(tokens: Tokens, at: int, stems: tuple[str, ...]) -> bool:
    """Whether one of the words shortly before says what kind of number this is."""
    for back in range(at - 1, at - 1 - _BACK, -1):
        word = tokens.word(back)
        if word.startswith(stems):
            return True
        if tokens[back].kind is Kind.LINE:
            return False
    return False
