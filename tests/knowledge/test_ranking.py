"""Questions find their entries, in whatever words, and what is not for the packs goes its own way."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.commands.knowledge import knowledge
from ivr.errors import KnowledgeError
from ivr.knowledge.evaluation import Question, figures, load_questions
from ivr.knowledge.folds import in_folds
from ivr.knowledge.ranking import CANDIDATES, Answer, Candidate, Ranker, Target, target_of
from ivr.knowledge.words import Concepts, stem, words_of
from ivr.store.search import build_search, search
from ivr.store.shelf import read_shelf

KNOWN = {
    "kortele": (
        "kaip gauti kortelę",
        "kur išduoda kortelę",
        "kortelės prašymas",
        "noriu kortelės",
        "kortelę užsisakyti",
    ),
    "bauda": ("kiek bauda už vėlavimą", "vėluoju grąžinti knygą", "baudos dydis", "pavėlavau su knyga", "kiek mokėti"),
    "laikas": ("kada dirbate", "kelintą atsidarote", "darbo laikas", "ar dirbat šeštadienį", "iki kelintos atidaryta"),
    "rysys": (
        "ar yra internetas",
        "kaip prisijungti prie ryšio",
        "belaidis ryšys",
        "kompiuteriai skaitykloje",
        "tinklas",
    ),
}
OTHERS = {
    "human": ("noriu žmogaus", "sujunkite su darbuotoju", "duokite žmogų", "su operatoriumi"),
    "message": (
        "perskambinkite man",
        "prašau perskambinti",
        "gal galit perskambinti",
        "palikti žinutę",
        "noriu skųstis",
        "skundas",
    ),
    "personal": ("mano skola", "ar mano knyga užsakyta", "mano slaptažodis", "kiek aš skolingas"),
    "oos": ("koks oras", "labas vakaras", "kvailas robotas", "kiek kainuoja pica"),
}


def targets() -> list[Target]:
    return [
        Target(f"linija/{name}", "linija", name, ((number, 1),), examples, f"{name} {examples[0]}")
        for number, (name, examples) in enumerate(KNOWN.items(), 1)
    ]


@pytest.fixture(scope="module")
def ranker() -> Ranker:
    return Ranker(targets(), OTHERS, Concepts({"darbas": ["dirb", "atidar", "atsidar"]}))


@pytest.mark.rule("Q1")
@pytest.mark.parametrize(
    ("asked", "entry"),
    [
        ("norėčiau gauti kortelę", "linija/kortele"),
        ("noreciau gauti kortele", "linija/kortele"),
        ("KORTELĖS", "linija/kortele"),
        ("kiek bauda", "linija/bauda"),
        ("kada atidarote", "linija/laikas"),
        ("internetas", "linija/rysys"),
        ("internto", "linija/rysys"),
    ],
)
def test_other_forms_no_diacritics_and_slips_find_the_entry(ranker: Ranker, asked: str, entry: str) -> None:
    answer = ranker.ask(asked)
    assert answer.candidates[0].id == entry
    assert len(answer.candidates) == min(CANDIDATES, len(KNOWN))


@pytest.mark.rule("A3.9", "A12.7")
@pytest.mark.parametrize(
    ("asked", "kind", "decision"),
    [
        ("noriu žmogaus", "human", "person"),
        ("sujunkite su operatoriumi", "human", "person"),
        ("perskambinkit man", "message", "message"),
        ("mano slaptažodis", "personal", "authenticate"),
    ],
)
def test_what_is_not_for_the_packs_goes_its_own_way(ranker: Ranker, asked: str, kind: str, decision: str) -> None:
    answer = ranker.ask(asked)
    assert (answer.kind, answer.decision) == (kind, decision)


@pytest.mark.parametrize("noise", ["abrakadabra", "zzz", "kakariekū"])
def test_of_words_that_nobody_ever_said_nothing_is_sure(shipped: Ranker, noise: str) -> None:
    answer = shipped.ask(noise)
    assert (answer.kind, answer.decision) == ("oos", "refuse")
    assert answer.confidence <= 0.5
    assert all(share <= 0.5 for _, share in answer.kinds)


def test_a_pack_that_was_not_asked_for_has_no_candidates(ranker: Ranker) -> None:
    assert ranker.ask("kada dirbate", ("ministerija",)).candidates == ()


@settings(deadline=None)
@given(st.text(max_size=60))
def test_any_text_gets_an_answer_with_a_share_as_confidence(ranker: Ranker, text: str) -> None:
    answer = ranker.ask(text)
    assert 0 <= answer.confidence <= 1
    assert [one.score for one in answer.candidates] == sorted((one.score for one in answer.candidates), reverse=True)


def test_the_same_packs_give_the_same_ranking(ranker: Ranker) -> None:
    again = Ranker(targets(), OTHERS, Concepts({"darbas": ["dirb", "atidar", "atsidar"]}))
    for asked in ("kiek mokėti", "knyga vėluoja", "mano kortelė"):
        assert again.ask(asked) == ranker.ask(asked)


def test_stems_join_the_forms_of_a_word_but_not_learning_and_paying() -> None:
    assert len({stem(word) for word in words_of("kortelė kortelės kortelei kortelių kortele")}) == 1
    assert stem("mokosi") != stem("moka")


def test_a_concept_is_found_by_its_longest_beginning_or_the_whole_word() -> None:
    concepts = Concepts({"a": ["alg"], "b": ["algebr"], "c": ["kur="]})
    assert [concepts.of(word) for word in ("algos", "algebra", "kur", "kuro")] == ["a", "b", "c", None]


def asked(kind: str, decision: str, *ids: str) -> Answer:
    return Answer(kind, decision, 0.5, tuple(Candidate(one, ((1, int(one)),), 0.5) for one in ids))  # type: ignore[arg-type]


def test_figures_count_what_they_say() -> None:
    first, second = Question("a", "faq", frozenset({"1.1"})), Question("b", "faq", frozenset({"1.2", "1.9"}))
    found = figures(
        [
            (first, asked("faq", "answer", "1", "2")),
            (first, asked("faq", "answer", "2", "1")),
            (second, asked("faq", "choose", "3", "9")),
            (second, asked("oos", "refuse", "3", "4", "5", "2")),
            (Question("c", "oos", frozenset()), asked("faq", "answer", "1")),
            (Question("d", "personal", frozenset()), asked("personal", "authenticate")),
            (Question("e", "human", frozenset()), asked("message", "message")),
        ]
    )
    assert found == {
        "questions": 7, "faq": 4, "first": 0.25, "first_three": 0.75, "wrong_answered": 0.25, "answered_directly": 0.5,
        "refused": 0.25, "other_kind": 0.0, "oos_answered": 1.0, "oos_not_refused": 1.0, "personal_as_general": 0.0,
        "personal_recognised": 1.0, "wish_recognised": 0.0,
    }  # fmt: skip


def test_a_line_that_is_no_question_is_refused_with_its_number() -> None:
    good = '{"query": "a", "kind": "faq", "topic": 1, "number": 2, "alts": [[1, 3], {"topic": 2, "number": 1}]}'
    assert load_questions(good, "q")[0].right == {"1.2", "1.3", "2.1"}
    for bad in ("{", '{"query": "a", "kind": "x"}', '{"query": "a", "kind": "faq"}', '{"kind": "oos"}', "[]"):
        with pytest.raises(KnowledgeError, match="q:3"):
            load_questions(f"{good}\n\n{bad}\n", "q")


def test_in_folds_every_question_is_asked_once_of_a_ranking_without_it() -> None:
    asked = list(in_folds(targets(), OTHERS, Concepts({}), str.upper))
    every = [example for some in (*KNOWN.values(), *OTHERS.values()) for example in some]
    assert sorted(question.query for question, _ in asked) == sorted(every)
    # The only example with these words finds nothing when it is not among the others.
    alone = next(answer for question, answer in asked if question.query == "ar dirbat šeštadienį")
    assert alone.confidence < 1


def test_staff_find_an_entry_by_beginnings_of_words_without_diacritics(tmp_path: Path) -> None:
    path = tmp_path / "knowledge.db"
    build_search(path, [one for one in read_shelf(Path("dialplans")).placed if one.topic == "child_benefit"])
    assert "ministerija/kokia_saskaita" in {hit.id for hit in search(path, "atskir sąskait")}
    assert search(path, "atskir saskait") == search(path, "atskir sąskait")
    assert search(path, "nesamoneee") == search(path, "?!") == []


@pytest.fixture(scope="module")
def shipped() -> Ranker:
    shelf = read_shelf(Path("dialplans"))
    return Ranker([target_of(one) for one in shelf.placed], shelf.kinds, Concepts(shelf.concepts))


@pytest.mark.slow
@pytest.mark.rule("Q1", "A3.9")
@pytest.mark.parametrize(
    ("asked", "kind"),
    [
        ("prašom sujungti mane su jūsų darbuotoja", "human"),
        ("ar galečiau šnekėti su žmogumi o ne mašina", "human"),
        ("perskambinkit man vėliau jei galit", "message"),
        ("noriu pasiskųsti jūsų konsultantės elgesiu", "message"),
        ("pamiršau slaptažodį priminkite", "personal"),
        ("kada man ateiti pas konsultantę", "personal"),
        ("koks bus oras savaitgalį", "oos"),
        ("užsisakyti picą", "oos"),
        ("kiek pinigų duoda už vaiką per mėnesį", "faq"),
        ("kaip žmogui gauti socialinę pašalpą", "faq"),
        ("kurią dieną mano kortelę išsiuntėt", "personal"),
    ],
)
def test_the_packs_that_are_shipped_tell_kinds_apart(shipped: Ranker, asked: str, kind: str) -> None:
    assert shipped.ask(asked).kind == kind


@pytest.mark.slow
@pytest.mark.rule("Q1")
def test_an_example_question_finds_its_own_entry(shipped: Ranker) -> None:
    wrong = [
        example
        for target in shipped.targets
        for example in target.examples
        if shipped.ask(example).candidates[0].id != target.id
    ]
    assert len(wrong) <= 0.01 * len(shipped.questions), wrong


@pytest.mark.slow
def test_machines_get_one_line_for_each_question_in_the_shape_of_the_contract() -> None:
    asked = "\n".join(json.dumps({"query": query}) for query in ("kiek moka vaiko pinigų", "noriu žmogaus", ""))
    result = CliRunner().invoke(knowledge, ["ask", "--jsonl"], input=asked + "\n")
    assert result.exit_code == 0, result.output
    answers = [json.loads(line) for line in result.output.splitlines()]
    assert len(answers) == 3
    for answer in answers:
        assert set(answer) == {"kind", "decision", "confidence", "candidates"}
        assert len(answer["candidates"]) >= 3
        assert set(answer["candidates"][0]) == {"id", "sources", "score"}
    assert answers[0]["candidates"][0]["sources"] == [[1, 3]]
    assert answers[1]["kind"] == "human"
    assert answers[2]["decision"] == "refuse"
    broken = CliRunner().invoke(knowledge, ["ask", "--jsonl"], input='{"query": "a"}\n{"q": 1}\n')
    assert broken.exit_code == 1
    assert "standard input:2" in broken.output
