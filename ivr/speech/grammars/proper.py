"""Grammars of proper names: people, streets, municipalities.

All of them are built from the public lists of ``ivr.language``, so that neither what the ear expects nor what it
hears can tell anything about the person who is being asked.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, NamedTuple

from ivr.language.declension import Forms
from ivr.language.given_names import given_names
from ivr.language.places import STREET_KINDS, municipalities, streets
from ivr.language.surnames import surnames
from ivr.speech.grammars.base import SpokenGrammar, without_fillers

_INTRODUCTIONS: Final = ("mano vardas", "mano pavardė", "vardas", "pavardė", "aš", "aš esu", "esu", "ir")
_STREET_WORDS: Final = ("gatvėje", "gatvės", "alėjoje", "prospekte", "gyvenu", "mano", "adresas")


class PersonName(NamedTuple):
    """A name in the nominative; what was not said is empty."""

    given: str
    surname: str


@dataclass(frozen=True, slots=True)
class Name(SpokenGrammar[PersonName]):
    """Name, surname or both. ``extra``: further names of a whole registry, never of one person."""

    extra: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return "name"

    def phrases(self) -> tuple[str, ...]:
        listed = (*given_names(), *surnames(), *self.extra)
        return (*(name.lower() for name in listed), *_INTRODUCTIONS)

    def parse(self, text: str) -> PersonName | None:
        noise = {word for phrase in _INTRODUCTIONS for word in phrase.split()}
        given: list[str] = []
        family: list[str] = []
        own = {name.lower(): name for name in self.extra}
        for word in without_fillers(text).split():
            if word in noise:
                continue
            # A word that is both ("Urbonas") is the surname when a name was said before it.
            if word in _given_forms() and not family and not (given and word in _surname_forms()):
                given.append(_given_forms()[word])
            elif word in _surname_forms() or word in own:
                family.append(_surname_forms().get(word) or own[word])
            elif word in _given_forms():
                given.append(_given_forms()[word])
            else:
                return None
        if (not given and not family) or len(given) > 2 or len(family) > 1:
            return None
        return PersonName(" ".join(given), "".join(family))


@dataclass(frozen=True, slots=True)
class GivenName(SpokenGrammar[str]):
    """Given names alone, one or two: heard a little better than among surnames. Value: in the nominative."""

    @property
    def name(self) -> str:
        return "given"

    def phrases(self) -> tuple[str, ...]:
        return (*(name.lower() for name in given_names()), "mano vardas", "vardas")

    def parse(self, text: str) -> str | None:
        said = [word for word in without_fillers(text).split() if word not in ("mano", "vardas")]
        names = [_given_forms().get(word, "") for word in said]
        return " ".join(names) if 1 <= len(names) <= 2 and all(names) else None


@dataclass(frozen=True, slots=True)
class Surname(SpokenGrammar[str]):
    """A surname alone. Value: in the nominative."""

    @property
    def name(self) -> str:
        return "surname"

    def phrases(self) -> tuple[str, ...]:
        return (*(name.lower() for name in surnames()), "mano pavardė", "pavardė")

    def parse(self, text: str) -> str | None:
        said = [word for word in without_fillers(text).split() if word not in ("mano", "pavardė")]
        return _surname_forms().get(said[0]) if len(said) == 1 else None


@dataclass(frozen=True, slots=True)
class Street(SpokenGrammar[str]):
    """A street's name. Value: the name as it stands before the word for street ("Laisvės")."""

    extra: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return "street"

    def phrases(self) -> tuple[str, ...]:
        names = [street.lower() for street in (*streets(), *self.extra)]
        kinds = [f"{street} {kind}" for street in names[:1] for kind in STREET_KINDS]
        return (*names, *(f"{street} gatvė" for street in names), *kinds, *_STREET_WORDS)

    def parse(self, text: str) -> str | None:
        noise = {*STREET_KINDS, *(word for phrase in _STREET_WORDS for word in phrase.split())}
        said = " ".join(word for word in without_fillers(text).split() if word not in noise)
        return {street.lower(): street for street in (*streets(), *self.extra)}.get(said)


@dataclass(frozen=True, slots=True)
class MunicipalityName(SpokenGrammar[str]):
    """One of the sixty. Value: its official name ("Kauno rajono savivaldybė")."""

    @property
    def name(self) -> str:
        return "municipality"

    def phrases(self) -> tuple[str, ...]:
        return tuple(_municipal())

    def parse(self, text: str) -> str | None:
        return _municipal().get(without_fillers(text))


@lru_cache(maxsize=1)
def _given_forms() -> dict[str, str]:
    return _by_form(given_names())


@lru_cache(maxsize=1)
def _surname_forms() -> dict[str, str]:
    return _by_form(surnames())


@lru_cache(maxsize=1)
def whole_names() -> tuple[str, ...]:
    """Given names and surnames of the public lists, in lower case."""
    return tuple(name.lower() for name in (*given_names(), *surnames()))


def _by_form(names: Mapping[str, Forms]) -> dict[str, str]:
    """Form → nominative; forms that belong to two names are left out, nominatives always win."""
    owners: dict[str, set[str]] = {}
    for name, forms in names.items():
        for form in forms.values():
            owners.setdefault(form.lower(), set()).add(name)
    found = {form: next(iter(own)) for form, own in owners.items() if len(own) == 1}
    return found | {name.lower(): name for name in names}


@lru_cache(maxsize=1)
def _municipal() -> dict[str, str]:
    """What is said → the official name."""
    return {spoken: place.name for place in municipalities() for spoken in place.spoken}
