"""The word lists of the recogniser's lexicon: where each comes from, and what is in it.

A list is words, one a line, the most useful lists first; a word is in the first list that has it. The graph
builder reads all of ``scripts/train_asr/words/*.txt`` in the order of their names.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from ivr.language.dates import month_words
from ivr.language.declension import Case, Forms
from ivr.language.given_names import given_names
from ivr.language.numbers import cardinal_words, ordinal_words
from ivr.language.places import STREET_KINDS, municipalities, place_forms, streets
from ivr.language.spelling import spelling_words
from ivr.language.surnames import MEN, surnames
from ivr.speech.grammars import NAMES, Email, by_name
from scripts.train_asr.lm.corpus import Corpus, examples
from scripts.train_asr.wordlists import inflect

HERE: Final = Path(__file__).resolve().parent
PROJECT: Final = HERE.parents[2]
WORDS: Final = HERE.parent / "words"
OWN: Final = "our own; GPL-3.0-or-later"
HUNSPELL: Final = (
    "word forms of the line's subjects, checked and completed with Debian's hunspell-lt "
    "(2000-2013 Albertas Agejevas, BSD-3-Clause; see words/LICENCE-hunspell-lt)"
)
_WORD: Final = re.compile("[abcčdeėfghiyjklmnoprsštuūvzžąęįų]{1,24}")
_VOWEL: Final = re.compile("[aąeęėiįyouųū]")
# Single letters that are words or names of letters; everything else of one letter is not pronounced alone.
_SINGLE: Final = frozenset("aąeęėiįyouųū")
_HUMMED: Final = frozenset({"mm", "mmm", "mhm", "hm", "hmm"})
# Fixed, so that the lists do not depend on the day they are made; birthdays after it are no caller's.
LATEST_YEAR: Final = 2030


@dataclass(frozen=True, slots=True)
class WordList:
    """``words`` makes the list anew; ``checked`` lists are held against the speller."""

    name: str
    source: str
    words: Callable[[], Iterable[str]]
    checked: bool = False


def sayable(word: str) -> bool:
    """Whether the word is written in Lithuanian letters and can be pronounced.

    >>> sayable("ąžuolas"), sayable("www"), sayable("e"), sayable("b"), sayable("mhm")
    (True, False, True, False, True)
    """
    if word in _HUMMED or len(word) == 1:
        return word in _HUMMED | _SINGLE
    return bool(_WORD.fullmatch(word) and _VOWEL.search(word))


def words_in(text: str) -> list[str]:
    """The sayable words of a text, in order, lower case.

    >>> words_in("Ar „taip“? www 12")
    ['ar', 'taip']
    """
    return [word for word in re.findall(r"[^\W\d_]+", text.lower()) if sayable(word)]


def all_lists() -> tuple[WordList, ...]:
    """Every list but the one of the subjects' vocabulary, which :func:`subject_words` makes from texts."""
    return (
        WordList("10-talk", OWN, _talk),
        WordList("11-line", OWN, _line),
        WordList("12-grammars", OWN, _grammars),
        WordList("13-figures", OWN, _figures),
        WordList("14-places", OWN, _places),
        WordList("15-questions", OWN, lambda: Corpus.load().words()),
        WordList("20-given-names", OWN, lambda: _names(given_names())),
        WordList("21-surnames", OWN, _surnames),
        WordList("31-common", OWN, _common, checked=True),
        WordList("32-answers", OWN, lambda: (word for said, _ in examples() for word in said), checked=True),
    )


def _talk() -> Iterator[str]:
    for line in (HERE / "talk.txt").read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            yield from line.split()


def _line() -> Iterator[str]:
    """Every word of the dial plans' phrases and of the prompts that callers hear."""
    for path in sorted((PROJECT / "dialplans").glob("*.yaml")):
        yield from _strings(yaml.safe_load(path.read_text(encoding="utf-8")))
    for path in sorted((PROJECT / "prompts" / "lt").glob("*.yaml")):
        texts: dict[str, str] = yaml.safe_load(path.read_text(encoding="utf-8"))
        for text in texts.values():
            yield from words_in(text)


def _strings(content: Any) -> Iterator[str]:
    """Words of phrases and titles: strings under these keys, wherever they are."""
    if isinstance(content, dict):
        for key, value in content.items():
            if key in ("phrases", "title"):
                yield from (word for text in ([value] if isinstance(value, str) else value) for word in words_in(text))
            else:
                yield from _strings(value)
    elif isinstance(content, list):
        for item in content:
            yield from _strings(item)


def _grammars() -> Iterator[str]:
    """Words of all typed grammars; names have lists of their own."""
    grammars = [by_name(name, latest_year=LATEST_YEAR) for name in NAMES if name not in ("name", "email")]
    for grammar in (*grammars, Email(names=False)):
        for phrase in grammar.phrases():
            yield from phrase.split()


def _figures() -> Iterator[str]:
    yield from cardinal_words()
    yield from ordinal_words()
    yield from month_words()
    for phrase in spelling_words():
        yield from phrase.split()


def _names(named: dict[str, Forms]) -> Iterator[str]:
    yield from (name.lower() for name in named)
    yield from (form.lower() for forms in named.values() for form in forms.values())


def _surnames() -> Iterator[str]:
    """All cases but the locative, which nobody says of a person; the short form in two."""
    full = {
        name
        for man in MEN
        for name in surnames()
        if name == man or name.endswith(("ienė", "aitė", "ytė", "utė", "ūtė"))
    }
    yield from (name.lower() for name in surnames())
    for name, forms in surnames().items():
        cases = [case for case in Case if case is not Case.LOCATIVE] if name in full else [Case.GENITIVE]
        yield from (forms[case].lower() for case in cases)


def _places() -> Iterator[str]:
    for place in municipalities():
        yield from (word for said in (place.name, *place.spoken) for word in words_in(said))
    for forms in place_forms().values():
        yield from (word for form in forms.values() for word in words_in(form))
    for name in streets():
        yield from words_in(name)
    for kind in STREET_KINDS:
        yield from inflect.noun(kind)


def _common() -> Iterator[str]:
    section = ""
    for line in (HERE / "lemmas.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            section = line.strip("[]")
        elif line and not line.startswith("#"):
            for lemma in [line] if section == "verbs" else line.split():
                yield from _forms(section, lemma)


def _forms(section: str, lemma: str) -> Iterator[str]:
    """``!`` before a lemma: the speller lacks it, so its forms carry the mark on."""
    mark = "!" if lemma.startswith("!") else ""
    lemma = lemma.removeprefix("!")
    if section == "verbs":
        infinitive, present, past = lemma.split()
        forms: Iterable[str] = inflect.verb(infinitive, present, past)
    elif section == "adjectives":
        forms = inflect.adjective(lemma)
    elif section == "plural":
        forms = inflect.plural_noun(lemma)
    else:
        forms = inflect.noun(lemma, third=section == "third")
    yield from (mark + form.lower() for form in forms)
