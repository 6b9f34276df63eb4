"""English as Kokoro reads it: every sign is one that the model knows, and the sounds are the words'."""

from __future__ import annotations

import json

import pytest

from ivr.paths import project_file
from ivr.speech.english_sounds import english
from ivr.speech.kokoro_files import VOCABULARY
from ivr.speech.prompts import PromptBook

SIGNS = frozenset(json.loads(VOCABULARY.read_text(encoding="utf-8"))["vocab"])


@pytest.mark.parametrize(
    ("text", "sounds"),
    [
        ("Please wait.", "plˈiz wˈAt."),
        ("Good bye, my voice now goes.", "ɡˈʊd bˈI, mI vˈYs nˈW ɡˈOz."),
        ("One moment, please.", "wˈʌn mˈOmənt, plˈiz."),
        ("the right member of staff", "ðə ɹˈIt mˈɛmbəɹ ʌv stˈæf"),
        ("a church bridge", "ə ʧˈɜɹʧ bɹˈɪʤ"),
        ("First. Second?", "fˈɜɹst. sˈɛkənd?"),
        ("", ""),
        ("…", ""),
    ],
)
def test_words_become_the_models_signs(text: str, sounds: str) -> None:
    assert english(text) == sounds


def test_every_sign_of_the_english_prompts_is_known_to_the_model() -> None:
    book = PromptBook(project_file("prompts"), "en")
    unknown = {sign for prompt in book.ids for sign in english(book.text(prompt)) if sign not in SIGNS}
    assert unknown == set()
