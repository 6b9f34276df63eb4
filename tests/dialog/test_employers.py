"""Employers are never authenticated: what they ask about their own company leads to general information or a person."""

from __future__ import annotations

import pytest

from ivr.dialog.gate import judge, matters_of, weigh
from ivr.dialog.nodes import AuthenticateNode, ChoiceNode, GateNode
from ivr.dialog.plan import Plan, load_plan
from ivr.dialog.ports import Understood
from ivr.knowledge.ranking import Ranker, target_of
from ivr.knowledge.words import Concepts
from ivr.paths import project_file
from ivr.store.shelf import read_shelf


@pytest.fixture(scope="module")
def plan() -> Plan:
    path = project_file("dialplans", "1883.yaml")
    return load_plan(path.read_text(encoding="utf-8"), str(path))


@pytest.fixture(scope="module")
def ranker() -> Ranker:
    shelf = read_shelf(project_file("dialplans"))
    return Ranker([target_of(one) for one in shelf.placed], shelf.kinds, Concepts(shelf.concepts))


def led_to(sentence: str, plan: Plan, ranker: Ranker) -> str:
    """The node of what a sentence at the open question means the likeliest, by the line's own knowledge."""
    gate = plan.nodes["menu"]
    assert isinstance(gate, GateNode)
    found = ranker.ask(sentence)
    understood = Understood(found.kind, found.confidence, found.decision, (), found.kinds)
    verdict = judge(weigh(sentence, matters_of(gate), understood), matters_of(gate), plan.settings.margin)
    assert verdict.first is not None
    return next(option.goto for option in gate.options if option.intent == verdict.first.intent)


@pytest.mark.rule("T4.1", "A7.4")
@pytest.mark.parametrize(
    "sentence",
    [
        "esu darbdavys ir noriu sužinoti savo įmonės registracijos numerį",
        "kada mūsų įmonei bus pervesta subsidija",
        "skambinu iš įmonės dėl mūsų paraiškos",
        "mano darbuotoja išėjo dekretinių kaip pratęsti sutartį",
    ],
)
def test_an_employer_s_own_matter_is_no_job_seeker_s(sentence: str, plan: Plan, ranker: Ranker) -> None:
    assert led_to(sentence, plan, ranker) == "employer"


@pytest.mark.rule("A8")
@pytest.mark.parametrize("sentence", ["ką darbdavys privalo daryti dėl mobingo", "mano pensija kada ateis"])
def test_what_is_no_employer_s_own_matter_goes_where_it_always_went(sentence: str, plan: Plan, ranker: Ranker) -> None:
    assert led_to(sentence, plan, ranker) != "employer"


@pytest.mark.rule("T4.1", "X4")
def test_employers_choose_between_general_information_and_a_person(plan: Plan) -> None:
    node = plan.nodes["employer"]
    assert isinstance(node, ChoiceNode)
    assert {(option.intent, option.goto, option.keys) for option in node.options} == {
        ("general", "question", ("1",)), ("person", "person", ("2",)),
    }  # fmt: skip
    roles = {node.role for node in plan.nodes.values() if isinstance(node, AuthenticateNode)}
    assert roles == {"job_seeker", "e_service"}, "nobody else can be authenticated"
