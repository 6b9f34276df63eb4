"""What callers say in their own words is told apart by what it is about."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.commands.knowledge_ask import ranker_of
from ivr.dialog.gate import Matter, Meant, judge, matter_of, matters_of, weigh
from ivr.dialog.nodes import GateNode
from ivr.dialog.plan import Plan
from ivr.dialog.ports import Kind, Understood
from ivr.paths import project_file
from ivr.store.shelf import read_shelf

MATTERS = (
    Matter("general", "faq"),
    Matter("message", "message"),
    Matter("complaint", "message", ("skund", "pasiskųs")),
    Matter("person", "human"),
    Matter("other", "oos", sure=0.8),
)
# What people say, the matter that it is, as nobody wrote it into a pack.
SAID = (
    ("kiek mokama vaiko pinigų už antrą vaiką", "general"),
    ("ar galiu gauti pašalpą šildymui", "general"),
    ("kokių dokumentų reikia neįgalumo pensijai", "general"),
    ("kiek dienų atostogų man priklauso", "general"),
    ("kada mokama slaugos išmoka mirus artimajam", "general"),
    ("ar priklauso nemokamas maitinimas mokykloje", "general"),
    ("laba diena noriu paklausti ar priklauso vaiko pinigai", "general"),
    ("norėčiau sužinoti kokių dokumentų reikia pašalpai", "general"),
    ("sakykite prašau kiek dienų trunka atostogos", "general"),
    ("kada man ateis mano išmoka", "personal"),
    ("ar mano prašymas jau išnagrinėtas", "personal"),
    ("kokia mano registracijos data", "personal"),
    ("kada mano kitas vizitas pas konsultantą", "personal"),
    ("noriu pasišnekėti su gyvu žmogumi", "person"),
    ("junkite mane su kokiu nors specialistu", "person"),
    ("nenoriu kalbėti su robotu duokite žmogų", "person"),
    ("gal galėtumėte sujungti su konsultantu", "person"),
    ("noriu palikti žinutę jūsų darbuotojui", "message"),
    ("perduokite prašau mano konsultantei kad negaliu atvykti", "message"),
    ("norėčiau palikti pranešimą", "message"),
    ("gal galėtumėte man perskambinti vėliau", "callback"),
    ("paskambinkite man rytoj prašau", "callback"),
    ("noriu kad su manimi susisiektų darbuotojas", "callback"),
    ("noriu pasiskųsti dėl jūsų darbuotojo elgesio", "quality"),
    ("turiu skundą dėl aptarnavimo", "quality"),
    ("esu labai nepatenkintas kaip su manimi kalbėjo", "quality"),
    ("pamiršau savo slaptažodį", "login"),
    ("negaliu prisijungti prie savo paskyros", "login"),
    ("svetainė neįleidžia manęs sako neteisingas slaptažodis", "login"),
    ("labas kaip sekasi", "small_talk"),
    ("koks šiandien oras", "small_talk"),
    ("jūs visi esat idiotai ir debilai", "insult"),
    ("eik tu velniop su savo robotais", "insult"),
    ("man reikia sodros numerio", "sodra"),
    ("norėčiau kreiptis į darbo inspekciją", "labour_inspection"),
    ("skambinu dėl mokesčių inspekcijos deklaracijos", "other_institution"),
    ("noriu sužinoti ar mano vyras gavo išmoką", "third_party"),
    ("kada mano mamos vizitas", "third_party"),
    ("kiek kainuoja bilietas į kauną", "not_for_us"),
    ("norėčiau užsisakyti picą", "not_for_us"),
    ("kada išvyksta traukinys į vilnių", "not_for_us"),
)


@pytest.fixture(scope="module")
def gate(plan: Plan) -> GateNode:
    node = plan.nodes["menu"]
    assert isinstance(node, GateNode)
    return node


@pytest.mark.rule("A12.9", "A3.1", "A3.9", "A7.1", "A7.5")
def test_what_people_say_is_told_apart_or_asked_about(plan: Plan, gate: GateNode) -> None:
    ranker = ranker_of(read_shelf(project_file("dialplans")))
    matters = matters_of(gate)
    right, wrong = 0, []
    for text, intent in SAID:
        text = matter_of(text, gate.openers)
        answer = ranker.ask(text)
        found = Understood(answer.kind, answer.confidence, answer.decision, (), answer.kinds)
        verdict = judge(weigh(text, matters, found), matters, plan.settings.margin)
        named = {meant.intent for meant in (verdict.first, verdict.second) if meant is not None}
        right += verdict.sure and named == {intent}
        if verdict.sure and intent not in named:
            wrong.append((text, named))
    assert right >= 0.85 * len(SAID)
    assert len(wrong) <= 0.05 * len(SAID), wrong


@pytest.mark.rule("A12.10")
@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        ("tegul man kas nors paskambina", True),
        ("ar galėtumėte perskambinti po pietų", True),
        ("paskambinkite man rytoj", True),
        ("geriau aš rytoj paskambinsiu", False),
        ("perskambinsiu jums vėliau", False),
    ],
)
def test_who_means_to_call_again_themselves_wants_no_callback(gate: GateNode, said: str, wanted: bool) -> None:
    meant = weigh(said, matters_of(gate), Understood("message", 0.9, "message"))
    assert (meant[0].intent == "callback") == wanted


def test_a_sign_tells_matters_of_one_kind_apart() -> None:
    found = Understood("message", 0.9, "message")
    assert weigh("turiu skundą", MATTERS, found)[0].intent == "complaint"
    assert weigh("norėčiau kai ką perduoti", MATTERS, found)[0].intent == "message"
    # A word alone does not turn a general question into a complaint.
    faq = Understood("faq", 0.95, "answer")
    assert weigh("per kiek laiko išnagrinėjamas skundas", MATTERS, faq)[0].intent == "general"


def test_matters_that_are_as_likely_are_both_named_and_unlikely_ones_none() -> None:
    torn = Understood("human", 0.5, "person", (), (("human", 0.5), ("message", 0.45), ("faq", 0.05)))
    verdict = judge(weigh("palikti arba pakalbėti", MATTERS, torn), MATTERS, 0.25)
    assert verdict.first is not None
    assert verdict.second is not None
    assert {verdict.first.intent, verdict.second.intent} == {"person", "message"}
    assert judge((), MATTERS, 0.25) == judge([Meant("general", 0.2)], MATTERS, 0.25)
    assert judge([Meant("general", 0.2)], MATTERS, 0.25).first is None
    assert not judge([Meant("other", 0.7)], MATTERS, 0.25).sure
    assert judge([Meant("general", 0.7)], MATTERS, 0.25).sure


KINDS: tuple[Kind, ...] = ("faq", "personal", "human", "message", "oos")


@given(
    st.text(max_size=60), st.none() | st.builds(Understood, st.sampled_from(KINDS), st.floats(0, 1), st.just("refuse"))
)
def test_shares_are_shares_whatever_was_said(text: str, found: Understood | None) -> None:
    meant = weigh(text, MATTERS, found)
    assert sum(one.confidence for one in meant) <= 1.0 + 1e-9
    assert [one.confidence for one in meant] == sorted((one.confidence for one in meant), reverse=True)
    verdict = judge(meant, MATTERS, 0.25)
    assert verdict.second is None or verdict.first is not None
