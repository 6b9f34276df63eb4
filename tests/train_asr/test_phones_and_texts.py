"""Spelling to sounds, and what the synthetic voices are told to say."""

import pytest

from scripts.train_asr.kokoro import UNHEARD, training_voices
from scripts.train_asr.phones import PHONES, POSITIONED, base_phone, positioned, pronounce, pronunciations, words_of
from scripts.train_asr.texts import Texts, day, number, word_list


@pytest.mark.parametrize(
    ("word", "sounds"),
    [
        ("šiandien", "š a n d ie n"),
        ("duok", "d uo k"),
        ("choras", "h o r a s"),
        ("į", "y"),
        ("gerų", "g e r ū"),
        ("maxima", "m a k s i m a"),
    ],
)
def test_a_word_sounds_as_lithuanian_spelling_says(word: str, sounds: str) -> None:
    assert " ".join(pronounce(word)) == sounds


@pytest.mark.parametrize("word", ["du3", "naïve", ""])
def test_a_word_with_unknown_letters_is_refused_and_not_guessed(word: str) -> None:
    with pytest.raises(ValueError, match="can't be pronounced"):
        pronounce(word)


def test_positions_lead_back_to_their_phones() -> None:
    assert [PHONES[base_phone(number)] for number in positioned(("p", "e", "n"))] == ["p", "e", "n"]
    assert positioned(("y",)) == [2 + 4 * (PHONES.index("y") - 1) + 3]
    assert {base_phone(number) for number in range(1, POSITIONED + 1)} == set(range(len(PHONES)))


@pytest.mark.parametrize(
    ("value", "spoken"),
    [
        (0, "nulis"),
        (23, "dvidešimt trys"),
        (40, "keturiasdešimt"),
        (112, "šimtas dvylika"),
        (2019, "du tūkstančiai devyniolika"),
    ],
)
def test_numbers_are_spoken_as_callers_do(value: int, spoken: str) -> None:
    assert number(value) == spoken


def test_days_of_the_month_are_ordinals() -> None:
    assert (day(1), day(20), day(23), day(30)) == ("pirma", "dvidešimta", "dvidešimt trečia", "trisdešimta")


def test_du_is_said_in_two_ways_and_other_words_in_one() -> None:
    assert pronunciations("Du") == (("d", "u"), ("d", "o"))
    assert pronunciations("duok") == (pronounce("duok"),)


def test_everything_said_can_be_pronounced_and_a_seed_says_it_again() -> None:
    said = [text for source in [Texts(7)] for text in (source() for _ in range(300))]
    again = Texts(7)
    assert said == [again() for _ in said]
    for text in said:
        assert all(pronounce(word) for word in words_of(text))


def test_word_lists_are_read_in_order_without_comments_and_doubles(tmp_path) -> None:  # type: ignore[no-untyped-def]
    (tmp_path / "b.txt").write_text("vilnius\nkaunas\n", encoding="utf-8")
    (tmp_path / "a.txt").write_text("# names\nŽivilė\nvilnius  # a town\nx-y\n\n", encoding="utf-8")
    assert word_list(tmp_path) == ["živilė", "vilnius", "kaunas"]


def test_ten_voices_are_never_trained_on(tmp_path) -> None:  # type: ignore[no-untyped-def]
    for name in [*UNHEARD, "af_heart", "if_sara"]:
        (tmp_path / f"{name}.bin").touch()
    assert len(UNHEARD) == 10
    assert training_voices(tmp_path) == ["af_heart", "if_sara"]
