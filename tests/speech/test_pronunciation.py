"""Lithuanian text is stressed by the dictionary, by our own list before it, and by a guess, told once, without it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from ivr.errors import ConfigError
from ivr.language.dates import month_words
from ivr.language.numbers import cardinal_words, ordinal_words
from ivr.language.sounds import plain, stressed
from ivr.paths import project_file
from ivr.speech import stress
from ivr.speech.prompts import PromptBook
from ivr.speech.pronunciation import pronounce
from ivr.speech.stress import marked, pronunciations

LEANING = set(
    """
    ir ar į iš už su be per nuo prie po ant bet kad kai jau tai dėl apie iki nors nes tik pas ne o
    """.split()  # noqa: SIM905
)

pytest.importorskip("phonology_engine", reason="the stress library exists for x86 only")


@pytest.fixture
def no_library(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setitem(sys.modules, "phonology_engine", None)
    stress._engine.cache_clear()
    yield
    stress._engine.cache_clear()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Laba diena. Kuo galiu padėti?", "lˈaːbɐ dʲiənˈɐ. kˈʊɔ ɡɐlʲˈʊ pɐdʲˈeːtʲɪ?"),
        ("Užimtumo tarnyba", "ʊʒʲɪmtˈʊmoː tɐrʲnʲˈiːbɐ"),
        ("keturiasdešimt aštuoni eurai", "kʲˈæːtʊrʲɛzʲdʲɛʃʲɪmt ɐʃtʊɔnʲˈɪ ˈɛʊrɐɪ"),
        ("taip arba ne", "tˈɐɪp ɐrbˈɐ nʲˈɛ"),
        ("Sodra – socialinis draudimas", "sˈoːdrɐ, sɔtsʲɪjˈæːlʲɪnʲɪz drɐʊdʲˈɪmɐs"),
        ("ponia Kazlauskienė", "poːnʲˈɛ kɐzlɐʊsʲkʲˈiənʲeː"),
        ("", ""),
        ("… – ?", ""),
        ("😀 日本", ""),
    ],
)
def test_text_becomes_stressed_ipa_with_its_pauses(text: str, expected: str) -> None:
    assert pronounce(text) == expected


def test_every_word_of_the_prompts_is_stressed_but_those_that_lean_on_others() -> None:
    book = PromptBook(project_file("prompts"), "lt")
    for prompt in book.ids:
        words = "".join(c if c.isalpha() else " " for c in book.text(prompt)).split()
        bare = {plain(reading) for reading in marked(words) if not stressed(reading)}
        assert bare <= LEANING, prompt


def test_numbers_and_months_are_known_and_not_guessed() -> None:
    own = pronunciations()
    words = [word for word in {*cardinal_words(), *ordinal_words(), *month_words()} if " " not in word]
    unknown = [word for word in words if not stressed(own.reading(word, stress._looked_up([word])[0]))]
    assert unknown == []


def test_sentence_decides_between_words_that_are_written_alike() -> None:
    assert marked(["virtualioji", "asistentė"])[1] == "asisteñtė"
    assert [stressed(reading) for reading in marked(["ar", "sutinkate"])] == [False, True]
    assert marked(["ne"]) == ["nè"]


def test_without_the_library_words_are_guessed_and_the_log_says_so_once(no_library: None) -> None:
    with capture_logs() as logs:
        first, second = pronounce("Registracija, žinutė"), pronounce("arba nežinomas")
    assert first == "rʲɛɡʲɪstrˈaːtsʲɪjɛ, ʒʲɪnˈʊtʲeː"
    assert second.startswith("ɐrbˈɐ ")  # our own list needs no library
    assert [(entry["event"], entry["log_level"]) for entry in logs] == [("stress.missing", "warning")]


@settings(deadline=None)
@given(st.text(max_size=300))
def test_any_text_is_pronounced(text: str) -> None:
    assert set(pronounce(text)) <= frozenset("ɐaːɛæeɪiəoɔʊubtsʃdfɡɣxjklmnŋprvzʒʲˈ ,.:!?")


def test_very_long_words_and_sentences_are_pronounced() -> None:
    assert pronounce("a" * 10_000)
    assert pronounce("Kreipkitės į Užimtumo tarnybą " * 300).count("ʊʒʲɪmtˈʊmoː") == 300


def test_own_list_is_written_in_order() -> None:
    lines = project_file("prompts", "pronunciation.tsv").read_text(encoding="utf-8").splitlines()
    entries = [line.split("\t") for line in lines if line and not line.startswith("#")]
    assert all(len(entry) == 2 for entry in entries)
    own = pronunciations()
    assert len(own.words) + len(own.beginnings) + len(own.insides) == len(entries)


def test_line_of_the_list_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    path = tmp_path / "pronunciation.tsv"
    path.write_text("arba\tarbà\nišmoka\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="line 2"):
        pronunciations(path)
