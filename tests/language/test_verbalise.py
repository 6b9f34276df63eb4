"""Whatever arrives, what leaves the verbaliser is letters and pauses; what it could not say, it names."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ivr.language.adjectives import phrase
from ivr.language.declension import CASES
from ivr.language.reading.acronyms import ACRONYMS
from ivr.language.reading.tokens import Token, Tokens
from ivr.language.verbalise import speak, unspeakable, verbalise

UNHURRIED = settings(deadline=None)  # the machine may be busy with other things
SPEAKABLE = set("aąbcčdeęėfghiįyjklmnoprsštuųūvzž ,.?")
PIECES = st.sampled_from(
    [
        "nuo", "iki", "per", "po", "su", "už", "apie", "ir", "ar", "kaip", "d.", "m.", "mėn.", "val.", "proc.", "Eur",
        "str.", "straipsnio", "dalis", "įstatymo", "kodekso", "Nr.", "DK", "BSI", "tel.", "g.", "sausio", "2019", "1",
        "21", "0,5", "1 000", "2019-01-01", "8:30", "3-oje", "II", "(", ")", "-", "–", "/", ".", ",", "„", "“", "%",
        "€", "\n", "•", "www.uzt.lt", "a@b.lt", "+370 612 34567", "A1-120/V-346", "3.192", "12–18", "metų", "dienas",
        "(-ių)", "t. y.", "<b>", "&amp;", "x", "I", "š. m.", "mln.", "m2", "°C", "lygi", "praėjus", "2 MMA", "dydžio",
    ]
)  # fmt: skip
HOSTILE = [
    "",
    " ",
    "\n\n\n",
    "\x00\x01\x7f\ufeff",
    "😀" * 500,
    "a" * 10_000,
    "1" * 10_000,
    "1 " * 5_000,
    "1." * 5_000,
    "1-" * 5_000,
    "a." * 5_000,
    "a@" * 5_000,
    "(" * 10_000,
    "(-" * 5_000,
    "<" * 10_000,
    "<a " * 3_000,
    "&" * 10_000,
    "&#x110000;",
    "<script>alert(1)</script>",
    "www." + "a" * 9_000,
    "+" + "3" * 9_000,
    "I" * 9_000,
    "iki " * 2_500,
    "ir 1 " * 2_000,
    "įstatymo 1 " * 900,
    "kodekso 1 str. " * 700,
    "2019 m. " * 1_200,
    "\ud800",
    "٣ ４ ²",
    "中文 العربية עברית",
    "\u0301\u0302" * 100,
]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text_leaves_letters_and_pauses(text: str) -> None:
    assert set(verbalise(text).lower()) <= SPEAKABLE


@pytest.mark.parametrize("text", [text for text in HOSTILE if len(text) > 1_000], ids=lambda text: text[:6])
def test_the_work_grows_with_the_length_and_not_with_its_square(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work is counted in looks at a token: four times the text takes four times as many, not sixteen."""
    looks = 0
    look = Tokens.__getitem__

    def counted(tokens: Tokens, at: int) -> Token:
        nonlocal looks
        looks += 1
        return look(tokens, at)

    monkeypatch.setattr(Tokens, "__getitem__", counted)

    def work(sample: str) -> int:
        nonlocal looks
        looks = 0
        verbalise(sample)
        return looks

    quarter = work(text[: len(text) // 4])
    assert work(text) <= 5 * quarter + 1_000


@UNHURRIED
@given(st.text(max_size=400))
def test_any_text_leaves_letters_and_pauses(text: str) -> None:
    assert set(verbalise(text).lower()) <= SPEAKABLE


@UNHURRIED
@given(st.lists(st.tuples(PIECES, st.sampled_from(["", " "])), max_size=30))
def test_any_mixture_of_short_forms_leaves_letters_and_pauses(pieces: list[tuple[str, str]]) -> None:
    said = verbalise("".join(piece + gap for piece, gap in pieces))
    assert set(said.lower()) <= SPEAKABLE
    assert not said.startswith((",", ".", " "))
    assert ",," not in said
    assert "  " not in said


@UNHURRIED
@given(st.lists(PIECES, max_size=20))
@example(["I", "I", "mėn."])
@example(["I", "II", "I", "I", "kat."])
def test_what_was_said_once_is_said_again_as_it_is(pieces: list[str]) -> None:
    """Speakable text is a fixed point: the line may verbalise twice. Single letters become their names only once."""
    said = verbalise(" ".join(pieces))
    again = verbalise(said)
    assert again.lower() == verbalise(again).lower()


@pytest.mark.parametrize("name", ACRONYMS)
def test_every_acronym_has_all_its_cases(name: str) -> None:
    assert all(phrase(ACRONYMS[name], case) for case in CASES)


def test_prompts_in_words_stay_as_they_are() -> None:
    text = "Laba diena. Jūs paskambinote į Užimtumo tarnybą, kuo galiu padėti?"
    assert speak(text) == (text, (), ())


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("Viskas aišku, 5 proc.", []),
        ("Labas 😀", ["😀"]),
        ("Labas ♥ rytas ☎", ["♥", "☎"]),
        ("Rašyba brzdk.", ["brzdk"]),
        ("中", ["中"]),
    ],
)
def test_what_nobody_can_say_is_named(text: str, pieces: list[str]) -> None:
    faults = unspeakable(text)
    assert [fault.piece for fault in faults] == pieces
    assert all(text[fault.at :].startswith(fault.piece) for fault in faults)


def test_short_forms_are_reported_as_rewritten() -> None:
    assert speak("Per 5 d. d., t. y. iki penktadienio.").rewritten == ("5 d. d.", "t. y.")
