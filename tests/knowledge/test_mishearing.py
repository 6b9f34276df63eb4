"""Noise for measuring: what a recogniser would make of words, never what no recogniser could write."""

from __future__ import annotations

import pytest

from ivr.knowledge.mishearing import Confuser, distance
from ivr.knowledge.words import words_of

TEXTS = (
    "vaikas vaiko vaikui laikas laiko pinigai pinigų pinigus minkai kada moka mokės mokesčiai reikia eilė reikė",
    "kortelė kortelės portalas gauti gaunu gausiu šeima šiemet šeimos savivaldybė vienas diena nuo mama namo taip",
)


@pytest.fixture(scope="module")
def confuser() -> Confuser:
    return Confuser(TEXTS)


def test_about_the_share_of_words_asked_for_is_spoilt_and_the_same_seed_repeats(confuser: Confuser) -> None:
    text = " ".join(TEXTS * 20)
    heard = confuser.misheard(text, 0.2, seed=3).split()
    spoilt = 1 - sum(word in text.split() for word in heard) / len(text.split())
    assert 0.1 < spoilt < 0.3
    assert confuser.misheard(text, 0.2, seed=3).split() == heard != confuser.misheard(text, 0.2, seed=4).split()
    assert confuser.misheard(text, 0.0, seed=3) == text
    assert confuser.misheard("", 1.0, seed=1) == ""


def test_a_slip_is_a_word_of_the_vocabulary_its_beginning_or_nothing(confuser: Confuser) -> None:
    known = {word for text in TEXTS for word in words_of(text)}
    for seed in range(40):
        for heard in confuser.misheard("vaikui kortelės mokesčiai pinigus", 1.0, seed).split():
            assert heard in known or any(word.startswith(heard) for word in known)


def test_another_word_sounds_alike_and_forms_of_the_word_are_told_from_it(confuser: Confuser) -> None:
    assert confuser.alike("vaikas")[0] == "laikas"
    assert "vaiko" in confuser.forms("vaikas")
    assert not set(confuser.alike("vaikas")) & set(confuser.forms("vaikas"))


def test_letters_that_sound_alike_are_nearer_than_others() -> None:
    assert distance("bosas", "posas") < distance("bosas", "rosas")
    assert distance("mano", "meno") < distance("mano", "mado")
    assert distance("kortele", "kortel") == distance("kortel", "kortele") > 0
    assert distance("", "ab") > 0
