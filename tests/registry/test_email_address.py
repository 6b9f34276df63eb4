"""A user of e-services proves who they are with their e-mail address: said in two halves, or keyed (T6.1, X4)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from random import Random

import pytest

from ivr.dialog.plan import Plan
from ivr.dialog.ports import Ports
from ivr.events import Action, Listen
from ivr.identity.matching import Record
from ivr.identity.ports import Matters
from ivr.language.mailboxes import DOMAINS, own_phrases
from ivr.privacy import Pii, Secret
from ivr.registry.desk import DeskRules, IdentityDesk
from ivr.registry.memory import PeopleInMemory
from ivr.registry.people import Person
from ivr.registry.tries import TryLog
from ivr.simulator.identity_calls import answers_of
from ivr.simulator.scenario import World
from ivr.simulator.text_call import TextCall
from ivr.speech.grammars import Mailbox, MailDomain
from tests.identity.people import EVERYTHING

ADDRESS = "jonas.petraitis83@inbox.lt"
USER = replace(EVERYTHING, house=Pii("12"), email=Pii(ADDRESS))


class User:
    """Somebody who forgot their login name, knows their answers, and gives them as they are told to."""

    def __init__(self, plan: Plan, texts: dict[str, str], stored: Record, *, keys: bool) -> None:
        matters = Matters(registered=False, login=Pii("jonas"))
        people = PeopleInMemory([Person("p-1", Secret("33309240064"), stored, matters)])
        log = TryLog(":memory:", bytes(32))
        now = datetime(2025, 3, 3, 9, tzinfo=UTC)
        desk = IdentityDesk(people, log, lambda: now, Random(4), DeskRules(least_s=0.0))
        self.listened: list[Listen] = []
        self.call = TextCall(plan, texts, World(lookups="work"), ports=Ports(registry=desk), on_action=self._saw)
        self.answers, self.keys = answers_of(USER), keys

    def run(self, instead: dict[str, str] | None = None) -> str:
        """The verdict; ``instead``: other words for a question, once."""
        other = dict(instead or {})
        self.call.answer()
        self._wait()
        self.call.say("pamiršau prisijungimo vardą")
        self._wait()
        for _ in range(30):
            if verdicts := [e.data["verdict"] for e in self.call.entries if e.kind == "auth.verdict"]:
                return str(verdicts[0])
            self._reply(other)
            self._wait()
        return "none"

    def _reply(self, other: dict[str, str]) -> None:
        played = self.call.heard_prompts
        last = next(p.prompt for p in reversed(played) if p.prompt)
        if last == "auth.right":
            asked = next(p.prompt for p in reversed(played) if p.prompt.removesuffix("_keypad") in self.answers)
            back = next(p.text for p in reversed(played) if not p.prompt)
            self.call.say("taip" if back == self.answers[asked.removesuffix("_keypad")].back else "ne")
            return
        answer = self.answers[last.removesuffix("_keypad")]
        if self.keys or last.endswith("_keypad"):
            for key in answer.keyed:
                self.call.press(key)
        else:
            self.call.say(other.pop(last, answer.said))

    def _wait(self) -> None:
        while not (self.call.callers_turn or self.call.over or self.call.clock.next_at is None):
            self.call.clock.step()
        self.call.clock.advance(0)

    def _saw(self, _at: float, action: Action) -> None:
        if isinstance(action, Listen):
            self.listened.append(action)

    @property
    def mailboxes(self) -> list[Listen]:
        return [listen for listen in self.listened if listen.grammar.name == "mailbox"]


@pytest.mark.rule("T6.1", "A3.6", "A3.9", "X4")
@pytest.mark.parametrize("keys", [False, True])
def test_who_gives_digits_name_and_address_is_told_the_login_name(
    plan: Plan, texts: dict[str, str], keys: bool
) -> None:
    user = User(plan, texts, USER, keys=keys)
    assert user.run() == "passed"
    user._wait()
    assert any("jonas" in played.text for played in user.call.heard_prompts if not played.prompt)


@pytest.mark.rule("T6.1", "T5", "X6")
@pytest.mark.parametrize("keys", [False, True])
@pytest.mark.parametrize(
    "stored", ["jonas.petraitis38@inbox.lt", "jonas.petraitis83@gmail.com", "petraitis83@inbox.lt"]
)
def test_another_address_is_not_let_in(plan: Plan, texts: dict[str, str], stored: str, keys: bool) -> None:
    assert User(plan, texts, replace(EVERYTHING, email=Pii(stored)), keys=keys).run() == "failed"


@pytest.mark.rule("X4")
def test_what_is_misheard_is_said_again_with_all_names_expected_and_keyed_in_the_end(
    plan: Plan, texts: dict[str, str]
) -> None:
    user = User(plan, texts, USER, keys=False)
    assert user.run({"auth.email_box": "jonas taškas petraitis"}) == "passed"
    first, again = user.mailboxes[0].grammar.phrases, user.mailboxes[-1].grammar.phrases
    assert {"jonas", "petraitis", "jot", "taškas"} <= set(first)
    assert "kazlauskienė" not in first
    assert {"kazlauskienė", "petraitis", "jonas"} <= set(again)


@pytest.mark.rule("X6", "T8")
def test_which_names_are_expected_is_what_was_said_and_not_what_is_stored(plan: Plan, texts: dict[str, str]) -> None:
    """The same words, another person's address or nobody's at all: the ear expects the same."""
    expected = []
    for stored in (USER, replace(USER, email=Pii("visai.kitas@gmail.com")), replace(USER, surname=Pii("Kazlauskas"))):
        user = User(plan, texts, stored, keys=False)
        user.run()
        expected.append([listen.grammar for listen in user.mailboxes])
    assert expected[0]
    assert expected[0] == expected[1] == expected[2]


@pytest.mark.parametrize(
    ("said", "written"),
    [
        ("jonas taškas petraitis aštuoniasdešimt trys", "jonas.petraitis83"), ("jonas petraitis eta", "jonaspetraitis"),
        ("žilvinas brūkšnelis šarka", "zilvinas-sarka"), ("jot taškas petraitis", "j.petraitis"),
        ("taškas", None), ("", None), ("dėl išmokos", None),
    ],
)  # fmt: skip
def test_half_an_address_as_it_is_said(said: str, written: str | None) -> None:
    assert Mailbox().parse(said) == written


@pytest.mark.parametrize("domain", list(DOMAINS))
def test_every_provider_is_heard_with_and_without_its_country(domain: str) -> None:
    for said in DOMAINS[domain]:
        assert MailDomain().parse(said) == domain
        assert MailDomain().parse(f"eta {said}") == domain
        assert MailDomain().parse(said.partition(" taškas")[0]) == domain
        assert set(said.split()) <= {word for phrase in MailDomain().phrases() for word in phrase.split()}


def test_only_one_s_own_names_numbers_and_signs_are_expected_first() -> None:
    phrases = set(own_phrases(["Ona Šarūnė", "Žukaitė-Rimšienė"]))
    assert {"ona", "šarūnė", "žukaitė", "rimšienė", "o", "eš", "es", "žė", "zė", "er"} <= phrases
    assert len(phrases) < 300
    words = {word for phrase in phrases for word in phrase.split()}
    assert len(words) < 130
    assert "kazlauskas" not in words


@pytest.mark.parametrize("heard", ["taškas kom", "gero", "zebra el tė taškas kom", "dėl taškas el tė", ""])
def test_what_may_be_several_providers_is_none(heard: str) -> None:
    assert MailDomain().parse(heard) is None
