"""A sentence at a question that asked for something else: another matter is heard, and many words for a no are a no."""

from __future__ import annotations

import pytest

from ivr.dialog.facts import Facts
from ivr.dialog.plan import Plan
from ivr.dialog.ports import AskAnswer, AuthQuestion, AuthStep, Kind, Understood
from ivr.events import Consult, Heard, Pressed, RecordingChanged, RecordingState, SpeechStarted, StopSaying
from ivr.privacy import Pii
from ivr.simulator.text_call import GRAMMARS
from tests.dialog.shell import StrictShell

FACTS = Facts(agent_available=True, caller=Pii("+37060000001"), answers_available=True)
QUESTION = "ne aš norėjau paklausti kiek trunka atostogos"


def at(plan: Plan, node: str, facts: Facts = FACTS) -> StrictShell:
    shell = StrictShell(plan.model_copy(update={"start": node}), facts, GRAMMARS)
    shell.tell(lambda now: RecordingChanged(now, RecordingState.OK, running=True))
    shell.answer()
    shell.play_all()
    return shell


def say(shell: StrictShell, text: str, free: str, confidence: float = 0.95) -> None:
    shell.tell(SpeechStarted, after=0.1)
    shell.tell(lambda now: Heard(now, text, confidence, free=free), after=2.0)


def weighed(shell: StrictShell) -> list[str]:
    """Sentences that left the node to be weighed."""
    asked = [action.question for action in shell.actions if isinstance(action, Consult)]
    return [question.text for question in asked if isinstance(question, AskAnswer)]


@pytest.mark.rule("A12.9")
@pytest.mark.parametrize(
    ("node", "text", "free", "kind", "share", "leads"),
    [
        ("help_person", "ne", QUESTION, "faq", 0.9, "question"),
        ("help_person", "ne", "ne ačiū labai jums ačiū", "oos", 0.95, "message_offer"),
        ("help_person", "ne", "ne tai kaip čia dabar yra", "faq", 0.4, "message_offer"),
        ("message_offer", "", "kiek trunka atostogos", "faq", 0.9, "question"),
        ("message_offer", "ne", "ne man reikia sodros numerio", "oos", 0.9, "referral_person"),
        ("more", "ne ačiū", "ne ačiū labai labai jums ačiū", "oos", 0.95, "goodbye"),
        ("more", "ne", QUESTION, "faq", 0.5, "menu"),
        ("callback_phone", "ne", QUESTION, "faq", 0.9, "question"),
        ("callback_phone", "ne", "ne mano numeris dabar kitas", "personal", 0.95, "callback_phone"),
        ("employee_substitute", "ne", "ne aš norėčiau kad perskambintumėte", "message", 0.95, "callback_phone"),
    ],
)
def test_only_another_matter_leads_away(
    plan: Plan, node: str, text: str, free: str, kind: Kind, share: float, leads: str
) -> None:
    shell = at(plan, node)
    say(shell, text, free)
    assert weighed(shell)
    assert shell.machine.node == node, "it waits where it is until it is known"
    shell.consult(Understood(kind, share, "answer" if kind == "faq" else "refuse"))
    while shell.machine.node != leads and shell.queue:
        shell.play()
        if shell.asked:
            shell.consult()
    assert leads in (shell.machine.node, *shell.machine._stage.visited)


@pytest.mark.rule("A12.9", "A12.20")
@pytest.mark.parametrize(
    ("text", "free", "kind", "share", "stopped"),
    [
        ("", "aš norėjau paklausti kiek trunka atostogos", "faq", 0.9, True),
        ("ne", QUESTION, "faq", 0.9, True),
        ("", "aš norėjau paklausti kiek trunka atostogos", "faq", 0.5, False),
        ("", "ar čia jau kas nors", "oos", 0.9, False),
    ],
)
def test_over_a_prompt_a_sure_matter_stops_it(
    plan: Plan, text: str, free: str, kind: Kind, share: float, stopped: bool
) -> None:
    shell = at(plan, "message_offer")
    shell.tick()  # the question is put again
    assert shell.queue
    say(shell, text, free)
    shell.consult(Understood(kind, share, "answer"))
    assert (shell.machine.node != "message_offer") == stopped
    assert any(isinstance(action, StopSaying) for action in shell.actions) == stopped


@pytest.mark.rule("A12.17.1")
def test_who_answers_before_it_is_known_has_answered(plan: Plan) -> None:
    shell = at(plan, "message_offer")
    shell.tick()
    say(shell, "", "aš norėjau paklausti kiek trunka atostogos")
    say(shell, "ne", "ne")
    assert shell.machine.node == "goodbye"
    shell.consult(Understood("faq", 0.9, "answer"))
    assert shell.machine.node == "goodbye"


@pytest.mark.rule("A12.17.1")
@pytest.mark.parametrize(
    ("node", "text", "free"),
    [
        ("help_person", "taip", "taip prašau sujunkite mane greičiau"),
        ("help_person", "ne", "ne"),
        ("message_offer", "nenoriu", "nenoriu palikti jokios žinutės jums"),
        ("help_person", "viso gero", "viso gero labai jums ačiū už viską"),
    ],
)
def test_what_answers_is_not_weighed(plan: Plan, node: str, text: str, free: str) -> None:
    shell = at(plan, node)
    say(shell, text, free)
    assert not weighed(shell)
    assert shell.machine.node != node


@pytest.mark.rule("A12.17.1")
@pytest.mark.parametrize(
    ("text", "free", "leads"),
    [
        ("ne su darbuotoju", "nesu darbuotojo", "message_offer"),
        ("su darbuotoju", "ne su darbuotoju", "message_offer"),
        ("noriu kalbėti su darbuotoju", "nenoriu kalbėti su darbuotoju", "message_offer"),
        ("su darbuotoju", "taip su darbuotoju", "connect_wished"),
    ],
)
def test_a_no_to_a_person_counts_in_whichever_reading_it_was_heard(
    plan: Plan, text: str, free: str, leads: str
) -> None:
    shell = at(plan, "help_person")
    say(shell, text, free)
    assert shell.machine.node == leads


@pytest.mark.rule("A12.16")
def test_the_caller_is_spoken_to_meanwhile_and_an_answer_that_never_comes_is_none(plan: Plan) -> None:
    shell = at(plan, "help_person")
    say(shell, "ne", QUESTION)
    shell.tick()
    assert shell.said[-1].startswith("question.looking")
    shell.tell(lambda now: Pressed(now, "*"), after=0.1)
    assert shell.machine.node == "help_person", "keys wait until it is known"
    while shell.machine.node == "help_person":
        shell.play_all()
        shell.tick()
    assert shell.machine.node == "menu", "the key counts after the no"


@pytest.mark.rule("X5", "A3.1")
def test_nothing_that_is_said_in_the_authentication_is_weighed(plan: Plan) -> None:
    shell = at(plan, "personal")
    shell.consult(AuthStep("1", (AuthQuestion("last_four", "digits:4"),)))
    shell.play_all()
    say(shell, "", QUESTION)
    shell.play_all()
    say(shell, "keturi aštuoni šeši vienas", "keturi aštuoni šeši vienas")
    shell.play_all()
    say(shell, "ne", QUESTION)
    assert shell.machine.node == "personal"
    assert not weighed(shell)


@pytest.mark.rule("A12.19")
def test_a_message_that_was_spoken_is_finished_first(plan: Plan) -> None:
    shell = at(plan, "message")
    shell.tell(SpeechStarted, after=0.1)
    shell.tell(lambda now: Heard(now, "prašau paskambinti", 0.9), after=3.0)
    shell.play_all()
    assert shell.machine.node == "message_phone"
    say(shell, "ne", QUESTION)
    assert not weighed(shell)
    assert shell.machine.node == "message_phone"


def test_without_knowledge_signs_alone_tell_another_matter(plan: Plan) -> None:
    shell = at(plan, "help_person", Facts(agent_available=True, caller=Pii("+37060000001")))
    say(shell, "ne", "ne aš noriu kad perskambintumėte man rytoj")
    assert shell.machine.node == "callback_phone"
    shell = at(plan, "help_person", Facts(agent_available=True, caller=Pii("+37060000001")))
    say(shell, "ne", QUESTION)
    assert shell.machine.node == "message_offer"
