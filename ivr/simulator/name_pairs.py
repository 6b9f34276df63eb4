"""Pairs of names for measuring the threshold of ``ivr.identity.names``: all different ones, and spellings of each."""

from __future__ import annotations

from collections import defaultdict
from itertools import combinations
from typing import Final

from ivr.identity.names import bare, distance, similarities, stem
from ivr.language.given_names import given_names
from ivr.language.surnames import surnames

# How a Lithuanian name is written elsewhere, or without its letters.
_SPELLINGS: Final = (
    ("v", "w"),
    ("ks", "x"),
    ("š", "sz"),
    ("č", "cz"),
    ("kv", "q"),
    ("f", "ph"),
    ("y", "i"),
    ("ū", "u"),
)
_LIKELY: Final = 0.75  # lower similarities concern no threshold; names of very different letters are not compared
_LETTERS_APART: Final = 4


def accepted() -> tuple[list[float], int]:
    """Similarities above 0.75 of pairs of different names of one list, and how many pairs there are."""
    alike: list[float] = []
    pairs = 0
    for listed, given in ((list(given_names()), True), (list(surnames()), False)):
        pairs += len(listed) * (len(listed) - 1) // 2
        by_ending: dict[str, list[str]] = defaultdict(list)
        for name in listed:
            sound, ending = stem(name, given=given)
            by_ending[ending].append(sound)
        for sounds in by_ending.values():
            for one, other in combinations(sounds, 2):
                longest = max(len(one), len(other))
                if abs(len(one) - len(other)) <= longest * (1 - _LIKELY) and len({*one} ^ {*other}) <= _LETTERS_APART:
                    alike.append(1 - distance(one, other) / longest)
    return [similarity for similarity in alike if similarity >= _LIKELY], pairs


def rejected() -> tuple[list[float], int]:
    """Similarities of names and their other spellings, and how many of them there are."""
    alike = [
        max(similarities(name, spelling, given=given))
        for listed, given in ((given_names(), True), (surnames(), False))
        for name in listed
        for spelling in _spelled(name)
    ]
    return alike, len(alike)


def _spelled(name: str) -> set[str]:
    low = name.lower()
    found = {low.replace(ours, theirs) for ours, theirs in _SPELLINGS} | {bare(low)}
    return found - {low}
