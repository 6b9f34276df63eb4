"""Whether a question goes on with what was answered before (A12.9), and which part of an answer it asks for."""

from __future__ import annotations

import re
from typing import Final, Literal

from ivr.knowledge.words import words_of

ALONE: Final = 3
"""A question needs so many words that say something to stand alone."""
_GOES_ON: Final = re.compile(r"^(?:o|bet|ir|tai|jei|jeigu|jei jau|taip pat|dar)\b", re.I)
_EMPTY: Final = frozenset(
    word
    for words in (
        "o ar ir bet tai jei jeigu kaip kiek kada kur kas koks kokia kokie kokiu kokius kokio kam kuo man mano jau dar",
        "tada reikia galima galiu yra bus butu noriu norejau suzinoti sakykit pasakykit prasau na nu aha taip ne cia",
        "to ta del apie uz nuo iki per su be",
    )
    for word in words.split()
)
_PARTS: Final = {
    "documents": re.compile(r"\b(?:dokument|pazym|popier|pateikt|prasym|atsinesti|prideti)"),
    "submit": re.compile(r"\b(?:kreipt|pateikt|paduot|internetu|atvykti|nuvykti|atnest|issiust)"),
}


def goes_on(text: str) -> bool:
    """Words that take up what was said before, or too few of them to stand alone.

    >>> goes_on("o jei vaikui jau aštuoniolika"), goes_on("kur kreiptis")
    (True, True)
    >>> goes_on("kada prasideda kasmetinės atostogos")
    False
    """
    return bool(_GOES_ON.match(text.strip())) or len(telling(text)) < ALONE


def telling(text: str) -> list[str]:
    """Words that say something, folded.

    >>> telling("O kiek man reikia dokumentų?")
    ['dokumentu']
    """
    return [word for word in words_of(text) if word not in _EMPTY]


def part_asked(text: str) -> Literal["documents", "submit"] | None:
    """The part of an answer that a short question is about.

    >>> part_asked("o kokių dokumentų reikia"), part_asked("kur kreiptis"), part_asked("o jei vaikui trys")
    ('documents', 'submit', None)
    """
    said = " ".join(words_of(text))
    if _PARTS["documents"].search(said) and not said.startswith("kur"):
        return "documents"
    return "submit" if _PARTS["submit"].search(said) else None
