"""Stress of Lithuanian words, from the native library of ``phonology_engine`` (PyPI, BSD; Linux and Windows on x86).

The library knows a hundred thousand stems and reads a word in its sentence. What it does not know (surnames, new
words), and every word where it can't be loaded, gets the guess of :mod:`ivr.language.sounds_stress`; that the library
is missing is logged once, because every long word may then be stressed wrong. ``prompts/pronunciation.tsv`` goes
before both.
"""

from __future__ import annotations

import re
import threading
import unicodedata
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, Final

import structlog

from ivr.errors import ConfigError
from ivr.language.sounds import VOWEL_LETTERS, plain, stressed
from ivr.language.sounds_dictionary import Pronunciations
from ivr.language.sounds_stress import guess
from ivr.paths import project_file

PRONUNCIATIONS: Final = project_file("prompts", "pronunciation.tsv")
_log = structlog.get_logger(__name__)
_LONGEST: Final = 180  # characters of a phrase; the library refuses more than 200
_FORMAT: Final = "utf8_stressed_word"
_LITHUANIAN: Final = re.compile(r"[a-ząčęėįšųūž]+")
_lock = threading.Lock()  # the library has one global state


def marked(words: list[str]) -> list[str]:
    """The words of a phrase, in order, in small letters with stress and parted syllables (:mod:`ivr.language.sounds`).

    Words of letters that are not Lithuanian come back as they are. Raises ConfigError when the project's own list
    of pronunciations can't be used.
    """
    lower = [word.lower() for word in words]
    own = pronunciations()
    readings = [own.reading(word, known) for word, known in zip(lower, _looked_up(lower), strict=True)]
    return [reading if stressed(reading) else _guessed(reading, alone=len(words) == 1) for reading in readings]


@cache
def pronunciations(path: Path = PRONUNCIATIONS) -> Pronunciations:
    """The project's own list. Raises ConfigError with the line that can't be used."""
    try:
        return Pronunciations.parse(path.read_text(encoding="utf-8").splitlines())
    except (OSError, ValueError) as error:
        raise ConfigError(path, "", f"can't be used ({error})", "Correct that line") from error


def _guessed(reading: str, *, alone: bool) -> str:
    """A guess for a word without a known accent; a word of one syllable leans on the others unless it is alone."""
    bare = plain(reading)
    vowels = sum(letter in VOWEL_LETTERS for letter in bare)
    return guess(bare, alone=True) if alone else reading if vowels < 2 else guess(bare)


def _looked_up(words: list[str]) -> list[str]:
    """Each word as the library reads it, or as it was when it is unknown or the library is missing."""
    engine = _engine()
    if engine is None:
        return words
    return [reading for phrase in _phrases(words) for reading in _read(engine, phrase)]


def _phrases(words: list[str]) -> Iterator[list[str]]:
    """The words in runs that the library takes at once; what it can't read stands alone."""
    run: list[str] = []
    for word in words:
        readable = _LITHUANIAN.fullmatch(word) and len(word) <= _LONGEST
        if run and (not readable or sum(map(len, run)) + len(run) + len(word) > _LONGEST):
            yield run
            run = []
        if readable:
            run.append(word)
        else:
            yield [word]
    if run:
        yield run


def _read(engine: Any, phrase: list[str]) -> list[str]:
    if not _LITHUANIAN.fullmatch(phrase[0]) or len(phrase[0]) > _LONGEST:
        return phrase
    try:
        with _lock:
            said = engine.process_and_collapse(
                " ".join(phrase).upper(), _FORMAT, normalize=False, include_syllables=True
            )
    except Exception as error:  # the library raises Exception itself
        _log.warning("stress.refused", problem=str(error))
        return phrase
    readings = unicodedata.normalize("NFC", said.lower()).split()
    if [plain(reading) for reading in readings] == phrase:
        return readings
    return phrase if len(phrase) == 1 else [reading for word in phrase for reading in _read(engine, [word])]


@cache
def _engine() -> Any | None:
    try:
        from phonology_engine import PhonologyEngine

        return PhonologyEngine()
    except Exception as error:  # ImportError, OSError, and Exception of its own for another processor
        _log.warning(
            "stress.missing",
            problem=str(error),
            consequence="Lithuanian words are stressed by guess and sound foreign",
            remedy="Install phonology_engine (Linux on x86-64)",
        )
        return None
