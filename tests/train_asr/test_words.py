"""The lexicon's word lists: enough, clean, licensed, and holding every word that the line listens for."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from ivr.dialog.plan import load_plan, phrases
from ivr.language.declension import Case, decline
from ivr.language.given_names import given_names
from ivr.language.surnames import surnames
from ivr.paths import project_file
from ivr.speech.grammars import NAMES, by_name, missing_words
from scripts.train_asr.lm.vocabulary import floor
from scripts.train_asr.wordlists import hunspell, inflect
from scripts.train_asr.wordlists.__main__ import HURRIED, SUBJECTS, correct, main
from scripts.train_asr.wordlists.lists import LATEST_YEAR, WORDS, all_lists, sayable, words_in

FILES = sorted(WORDS.glob("*.txt"))


@pytest.fixture(scope="module")
def lexicon() -> frozenset[str]:
    return frozenset(floor())


def entries(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines()


def test_there_are_enough_words_and_none_twice(lexicon: frozenset[str]) -> None:
    listed = [word for path in FILES for word in entries(path)[1:]]
    assert 20_000 <= len(listed) <= 120_000
    assert len(listed) == len(lexicon)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_list_names_its_source_and_holds_only_sayable_words(path: Path) -> None:
    head, *words = entries(path)
    assert head.startswith("# ")
    assert "GPL-3.0-or-later" in head or "BSD-3-Clause" in head
    assert words
    assert not [word for word in words if not sayable(word)]


def test_the_notice_of_the_dictionary_lies_beside_the_lists() -> None:
    assert "Albertas Agejevas" in (WORDS / "LICENCE-hunspell-lt").read_text(encoding="utf-8")


def test_words_that_are_only_wrongly_spelled_are_absent(lexicon: frozenset[str]) -> None:
    wrong = "del as aciu zmogus cia ismoka prasau issiusti rugpjucio sestadienis desimt"
    assert not [word for word in wrong.split() if word in lexicon]


@pytest.mark.parametrize("name", [name for name in NAMES if name != "open"])
def test_every_word_of_a_grammar_is_in_the_lists(name: str, lexicon: frozenset[str]) -> None:
    assert missing_words(by_name(name, latest_year=LATEST_YEAR), lexicon) == ()


def test_every_word_of_plan_and_prompts_is_in_the_lists(lexicon: frozenset[str]) -> None:
    plan = load_plan(project_file("dialplans", "1883.yaml").read_text(encoding="utf-8"), "1883.yaml", lexicon=lexicon)
    assert all(word in lexicon for phrase in phrases(plan) for word in phrase.split())
    texts = yaml.safe_load(project_file("prompts", "lt", "line.yaml").read_text(encoding="utf-8"))
    assert not [word for text in texts.values() for word in words_in(text) if word not in lexicon]


def test_names_stand_in_all_their_cases(lexicon: frozenset[str]) -> None:
    for forms in given_names().values():
        assert {form.lower() for form in forms.values()} <= lexicon
    for forms in surnames().values():
        assert {forms[Case.NOMINATIVE].lower(), forms[Case.GENITIVE].lower()} <= lexicon
    for name in ("Kazlauskas", "Stankevičius", "Petrauskienė", "Jankauskaitė", "Butkutė"):
        spoken = {form.lower() for case, form in decline(name).items() if case is not Case.LOCATIVE}
        assert spoken <= lexicon


@pytest.mark.parametrize(
    "words",
    [
        "dvidešimt trys nulis penki penkerius dviem trečiąją keturioliktos šimtai tūkstančių",
        "taip aha mhm neteisingai nesutinku jokiu būdu",
        "pakartokite lėčiau atgal darbuotoją žmogumi sustokite",
        "nosinė ilgoji eta taškas pabraukimas brūkšnys džimeil iks žė eš",
        "vilniaus kaune šiaulių telšiuose laisvės gedimino prospekte",
        "ė mm nu žinokit minutėlę",
        "išmoka bedarbio pensijos atostoginiai dekretas nedarbingumo darbdavys įdarbinimo",
        "dirbu nedirbu užsiregistruoti paskambinkite nesinaudoju skųsčiausi atleido",
    ],
)
def test_words_that_callers_use_are_there(words: str, lexicon: frozenset[str]) -> None:
    assert not [word for word in words.split() if word not in lexicon]


def test_the_lists_are_those_that_the_generators_make() -> None:
    """Lists that need no speller are made anew; the files are stale when this fails: make them again."""
    seen: set[str] = set()
    for wordlist in all_lists():
        if not wordlist.checked:
            words = [word for word in dict.fromkeys(correct(wordlist)) if word not in seen]
            seen |= set(words)
            assert entries(WORDS / f"{wordlist.name}.txt")[1:] == words, wordlist.name


def test_lists_are_made_with_a_speller_that_stands_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The subjects' list holds a text's right words and the families of its nouns, and not its wrong ones."""
    text = tmp_path / "subjects.txt"
    text.write_text("Kurmis mato kurmio namą. Kurmis rašo klaydą www.", encoding="utf-8")
    family = frozenset({"kurmis", "kurmio", "kurmiui"})
    monkeypatch.setattr(hunspell, "misspelled", lambda words: frozenset({"klaydą"} & set(words)))
    monkeypatch.setattr(hunspell, "load", lambda: (family, frozenset({"lietus", "lietaus"})))
    assert main(["--out", str(tmp_path / "words"), "--subjects", str(text)]) == 0
    made = entries(tmp_path / "words" / f"{SUBJECTS}.txt")
    assert "kurmiui" in made
    assert "BSD-3-Clause" in made[0]
    assert not {"klaydą", "www", "lietaus"} & set(made)
    hurried = set(entries(tmp_path / "words" / f"{HURRIED}.txt"))
    assert {"žmonėm", "geriem", "kokiom", "jum"} & hurried
    assert not {"kolektyvinėms", "jums"} & hurried


@pytest.mark.parametrize(
    ("whole", "said"),
    [
        ("žmonėms", ("žmonėm", False)),
        ("geriems", ("geriem", False)),
        ("popieriais", None),
        ("kambaryje", ("kambary", True)),
        ("gausite", ("gausit", True)),
        ("norėtume", ("norėtumėm", True)),
        ("skambinti", ("skambint", True)),
        ("ate", None),
    ],
)
def test_what_is_dropped_in_a_hurry(whole: str, said: tuple[str, bool] | None) -> None:
    assert inflect.hurried(whole) == said


@pytest.mark.parametrize(
    ("lemma", "wanted"),
    [
        (
            ("kviesti", "kviečia", "kvietė"),
            "kviečiu kvieti kviečiate kviečiau kvietei kvies kviestų kvieskite nekviečiu",
        ),
        (("girdėti", "girdi", "girdėjo"), "girdžiu girdi girdime girdėjau girdėsiu negirdžiu girdėtų"),
        (("leisti", "leidžia", "leido"), "leidžiu leidi leidome leis leiskite neleido leistas"),
        (("matyti", "mato", "matė"), "matau matai mačiau matei matys matęs mačiusi nematau"),
        (("nešti", "neša", "nešė"), "nešu nešiu neš neškite nešiau"),
        (("bėgti", "bėga", "bėgo"), "bėk bėkite bėgsiu bėgau"),
        (("mokytis", "mokosi", "mokėsi"), "mokausi mokiausi mokysiuosi mokysis mokykitės nesimokau nesimokyti"),
    ],
)
def test_verbs_are_conjugated(lemma: tuple[str, str, str], wanted: str) -> None:
    assert set(wanted.split()) <= set(inflect.verb(*lemma))


def test_adjectives_agree_in_gender_and_number() -> None:
    assert {"gero", "geros", "gerų", "geriems", "geroms"} <= set(inflect.adjective("geras"))
    assert {"sunkaus", "sunkūs", "sunkios"} <= set(inflect.adjective("sunkus"))
    assert {"socialiniai", "socialinių", "socialinės"} <= set(inflect.adjective("socialinis"))
    assert {"didesni", "didesniems"} <= set(inflect.adjective("didesnis"))
