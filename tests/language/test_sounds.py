"""Sounds of Lithuanian: letters with their accents become IPA by the rules of the standard language."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.language.sounds import ACCENTS, accent, ipa, plain, stressed
from ivr.language.sounds_dictionary import Pronunciations
from ivr.language.sounds_foreign import lithuanian_letters
from ivr.language.sounds_stress import guess

LETTERS = "aąbcčdeęėfghiįyjklmnoprsštuųūvzž"
SIGNS = frozenset("ɐaːɛæeɪiəoɔʊubtsʃdfɡɣxjklmnŋprvzʒʲˈ ")
words = st.text(alphabet=LETTERS, min_size=1, max_size=20)


@pytest.mark.parametrize(
    ("marked", "expected"),
    [
        # length: a and e are long under stress in an open syllable, short under a grave
        ("nãmas", "nˈaːmɐs"),
        ("labà", "lɐbˈɐ"),
        ("mẽtas", "mʲˈæːtɐs"),
        ("nè", "nʲˈɛ"),
        ("ąžuolas", "aːʒʊɔlɐs"),
        ("tęsinys", "tʲæːsʲɪnʲiːs"),
        # diphthongs; an acute lengthens the first half
        ("taĩp", "tˈɐɪp"),
        ("káina", "kˈaːɪnɐ"),
        ("šáukti", "ʃˈaːʊktʲɪ"),
        ("dúona", "dˈʊɔnɐ"),
        ("Europà", "ɛʊroːpˈɐ"),
        # stress on l, m, n, r of a mixed diphthong is said on its vowel
        ("lañkas", "lˈɐŋːkɐs"),
        ("pìrmas", "pʲˈɪrmɐs"),
        ("várdas", "vˈaːrdɐs"),
        ("paskam̃bino", "pɐskˈɐmʲːbʲɪnoː"),
        # softness: before front vowels, through clusters, but k and g stay hard before other soft ones
        ("krìsti", "krʲˈɪsʲtʲɪ"),
        ("akmenìs", "ɐkmʲɛnʲˈɪs"),
        ("žmónės", "ʒmˈoːnʲeːs"),
        # i as a sign of softness, and a after it said as e
        ("kẽlias", "kʲˈæːlʲɛs"),
        ("žalià", "ʒɐlʲˈɛ"),
        ("jaũ", "jˈɛʊ"),
        ("biùras", "bʲˈʊrɐs"),
        ("svečių̃", "sʲvʲɛtʃʲˈuː"),
        # two syllables, marked by a hyphen, have a j between them
        ("kli-eñtas", "klʲɪjˈɛnːtɐs"),
        ("ne-im̃ti", "nʲɛˈɪmʲːtʲɪ"),
        ("ieškóti", "jiəʃkˈoːtʲɪ"),
        ("pa-ieškà", "pɐjiəʃkˈɐ"),
        # voice, place, doubling
        ("daũg", "dˈɐʊk"),
        ("atgal̃", "ɐdɡˈɐlː"),
        ("dìrbti", "dʲˈɪrʲpʲtʲɪ"),
        ("ùžsienis", "ˈʊsʲiənʲɪs"),
        ("išsiuñčia", "ɪsʲˈʊnʲːtʃʲɛ"),
        ("pùsšimtis", "pˈʊʃʲɪmʲtʲɪs"),
        ("atčiaũ", "ɐtʃʲˈɛʊ"),
        # short o of foreign words: under a grave, before l, m, n, r and a consonant, where it is marked
        ("telefònas", "tʲɛlʲɛfˈɔnɐs"),
        ("fòrma", "fˈɔrmɐ"),
        ("dienóms", "dʲiənˈoːms"),
        ("sŏci-ãlinis", "sɔtsʲɪjˈæːlʲɪnʲɪs"),
        # letters for two sounds
        ("chòras", "xˈɔrɐs"),
        ("džiaũgsmas", "dʒʲˈɛʊksmɐs"),
        ("herbas", "ɣʲɛrbɐs"),
    ],
)
def test_words(marked: str, expected: str) -> None:
    assert ipa([marked]) == expected


@pytest.mark.parametrize(
    ("phrase", "expected"),
    [
        ("daũg dárbo", "dˈɐʊɡ dˈaːrboː"),  # voiced before voiced
        ("daũg kartų̃", "dˈɐʊk kɐrtˈuː"),
        ("daũg metų̃", "dˈɐʊk mʲɛtˈuː"),  # a pause in voice before other words …
        ("už ùpės", "ʊʒ ˈʊpʲeːs"),  # … but "už" leans on the next
        ("už stãlo", "ʊs stˈaːloː"),
        ("aš sutinkù", "ɐs sʊtʲɪŋkˈʊ"),
    ],
)
def test_words_that_are_said_without_a_pause_change_each_other(phrase: str, expected: str) -> None:
    assert ipa(phrase.split()) == expected


@settings(deadline=None)
@given(st.lists(words, max_size=6))
def test_any_letters_have_sounds_and_no_other_signs(phrase: list[str]) -> None:
    assert set(ipa(phrase)) <= SIGNS
    assert len(ipa(phrase).split()) == len(phrase)


@settings(deadline=None)
@given(st.text(max_size=60))
def test_whatever_is_not_lithuanian_is_silent(text: str) -> None:
    assert set(ipa([text])) <= SIGNS


@settings(deadline=None)
@given(words)
def test_guess_only_adds_one_accent(word: str) -> None:
    guessed = guess(word, alone=True)
    assert plain(guessed) == word
    assert sum(sign in ACCENTS for sign in unicodedata.normalize("NFD", guessed)) <= 1
    assert stressed(guessed) == any(sign in "aąeęėiįyouųū" for sign in word)


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("Kazlauskienė", "kazlauskíenė"),
        ("Petraitytė", "petraitýtė"),
        ("įdarbinimas", "įdarbìnimas"),
        ("registruojamas", "registrúojamas"),
        ("labas", "lãbas"),
        ("į", "į"),
    ],
)
def test_suffix_tells_the_stress(word: str, expected: str) -> None:
    assert guess(word) == expected


def test_accent_tells_kind_and_syllable() -> None:
    assert accent("kalbė́damas") == ("\u0301", 1, 4)
    assert accent("sŏci-ãlinis") == ("\u0303", 2, 5)
    assert accent("ir") is None


@settings(deadline=None)
@given(st.text(max_size=80))
def test_foreign_letters_become_lithuanian_or_go(text: str) -> None:
    letters = [sign for sign in lithuanian_letters(text) if sign.isalpha()]
    assert all(sign.lower() in LETTERS for sign in letters)


def test_lithuanian_stays_as_it_is() -> None:
    text = "Ąžuolas, šįmet 12 kartų – „Sodra“!"
    assert lithuanian_letters(text) == text


# ------------------------------------------------------- list of pronunciations


def test_whole_word_goes_before_its_beginning_and_the_longer_beginning_before_the_shorter() -> None:
    own = Pronunciations.parse(["# about", "", "išmoka\tišmokà", "išmok*\tišmók*", "iš*\tìš*"])
    assert own.reading("išmoka", "ìšmoka") == "išmokà"
    assert own.reading("išmokti", "išmokti") == "išmókti"
    assert own.reading("išeiti", "išeĩti") == "ìšeiti"
    assert own.reading("namas", "nãmas") == "nãmas"


def test_letters_change_and_the_dictionarys_accent_stays() -> None:
    own = Pronunciations.parse(["komisij*\tkŏmisij*"])
    assert own.reading("komisijos", "ko-mì-si-jos") == "kŏ-mì-si-jos"
    assert ipa([own.reading("komisijos", "ko-mì-si-jos")]) == "kɔmʲˈɪsʲɪjoːs"


@pytest.mark.parametrize(
    "line", ["išmoka", "išmoka išmokà", "išmok*\tišmók", "išmok\tišmók*", "social*\tsociall*", "1\ta"]
)
def test_line_that_cannot_be_used_is_named(line: str) -> None:
    with pytest.raises(ValueError, match="line 2"):
        Pronunciations.parse(["# first", line])


def test_word_that_stands_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="line 2: arba stands there twice"):
        Pronunciations.parse(["arba\tarbà", "arba\tàrba"])
