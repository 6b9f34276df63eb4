"""Right callers who prove who they are, as whole calls in text: misheard as measured, patient as people are.

They know the answers. They say them, listen to what is read back, notice a mistake nearly always, and key a number
once it was heard wrong. Who was led astray by what was heard, or loses patience, has given up.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Final, Protocol

from ivr.dialog.plan import Plan
from ivr.dialog.ports import Ports
from ivr.dialog.skills.read_back import read_back
from ivr.events import JournalKind, Listen
from ivr.identity.matching import Record
from ivr.identity.questions import Role
from ivr.language.addresses import email_words
from ivr.language.dates import MONTHS, spoken_dates
from ivr.language.keypad_letters import keys_of
from ivr.language.mailboxes import address_keys
from ivr.language.numbers import cardinal
from ivr.language.spelling import plain
from ivr.registry.desk import IdentityDesk
from ivr.simulator.scenario import World
from ivr.simulator.text_call import TextCall, spoken_s

NOTICES: Final = 0.99  # share of wrong readings that a caller notices
KEYS_AFTER_ERROR: Final = 0.5  # share of callers who key a number, once it was heard wrong, before they are told to
THINKS_S: Final = (0.4, 2.0)  # before an answer
AGREES_S: Final = (0.3, 1.0)  # before a yes or no
PATIENCE_S: Final = 240.0  # of questions, then they hang up
LOGIN_FORGOTTEN: Final = "pamiršau prisijungimo vardą"
_CHOICES: Final = {"offer": "darbo pasiūlymas", "measure": "mokymai", "consultation": "patarimas",
                   "plan": "veiklos planas", "benefit": "išmoka", "registration": "registracija"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a call went: ``passed``, ``failed`` or ``given_up``; ``seconds`` from the first question to the verdict."""

    ending: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer as it is said and keyed; ``kind``: the grammar; ``back``: how it is read back when heard right."""

    kind: str
    said: str
    keyed: str
    back: str


def answers_of(record: Record) -> Mapping[str, Answer]:
    """What a right caller answers, by the prompt that asks; what is not stored is not asked for."""
    found = {
        "auth.last_four": _digits("digits:4", record.last4.reveal()),
        "auth.given": _name("given", record.given.reveal()),
        "auth.surname": _name("surname", record.surname.reveal()),
    }
    if registration := record.registration.reveal():
        found["auth.registration"] = _digits(f"digits:{len(registration)}", registration)
    if street := record.street.reveal():
        house = record.house.reveal()
        found["auth.street"] = _name("street", street)
        found["auth.house"] = Answer("number", cardinal(int(house)), f"{house}#", read_back("number", house))
    if phone := record.phone.reveal():
        national = "0" + phone.removeprefix("+370")
        found["auth.phone"] = Answer("phone", digits_said(national), f"{national}#", read_back("phone", phone))
    if record.last_visit is not None:
        month = record.last_visit.month
        found["auth.last_visit"] = Answer("month", MONTHS[month - 1], f"{month}#", read_back("month", str(month)))
    if about := record.last_visit_about.reveal():
        key = str(list(_CHOICES).index(about) + 1)
        found["auth.visit_about"] = Answer("choice", _CHOICES[about], key, f"{_CHOICES[about].capitalize()}.")
    if (end := record.employment_end) is not None:
        said = spoken_dates(end)[0]
        found["auth.employment_end"] = Answer("date", said, f"{end:%Y%m%d}", read_back("date", end.isoformat()))
    if email := record.email.reveal().lower():
        local, _, domain = email.partition("@")
        found["auth.email_box"] = Answer("mailbox", _mailbox_said(local, record), f"{address_keys(local)}#",
                                         read_back("mailbox", local))  # fmt: skip
        provider = address_keys(domain.partition(".")[0])
        found["auth.email_domain"] = Answer("maildomain", email_words(domain), f"{provider}#",
                                            read_back("maildomain", domain))  # fmt: skip
    return found


def _name(kind: str, name: str) -> Answer:
    return Answer(kind, name.lower(), f"{keys_of(name)}#", read_back(kind, name))


def _mailbox_said(local: str, record: Record) -> str:
    """As people say it: their own names as names, the rest as it is written."""
    names = {plain(name.reveal().lower()): name.reveal().lower() for name in (record.given, record.surname)}
    pieces = re.split("(" + "|".join(map(re.escape, names)) + ")", local)
    return " ".join(names.get(piece) or email_words(piece) for piece in pieces if piece)


def _digits(kind: str, digits: str) -> Answer:
    return Answer(kind, digits_said(digits), digits, read_back(kind, digits))


def digits_said(digits: str) -> str:
    """Digit by digit."""
    return " ".join(cardinal(int(digit)) for digit in digits)


class Heard(Protocol):
    """What becomes of an answer on its way to the mind; ``voices``: who may have said it."""

    @property
    def voices(self) -> Sequence[str]: ...

    def heard(self, voice: str, kind: str, text: str, random: Random, listen: Listen) -> tuple[str, float]:
        """The words that are understood and how sure; ``kind`` is the answer's, ``listen`` what is listened for."""


class RightCaller:
    """One call from the menu to the verdict, about one's own registration or, ``e_service``, one's login name."""

    def __init__(
        self, plan: Plan, texts: Mapping[str, str], desk: IdentityDesk, record: Record, number: str,
        hearing: Heard, random: Random, role: Role = "job_seeker",
    ) -> None:  # fmt: skip
        self._random, self._hearing, self._role = random, hearing, role
        self._voice = random.choice(hearing.voices)
        self._answers = answers_of(record)
        self._asked: str = ""
        self._erred = False
        self._call = TextCall(plan, texts, World(lookups="work", caller=number), ports=Ports(registry=desk))

    def run(self) -> Outcome:
        """The whole call."""
        call = self._call
        call.answer()
        self._until_my_turn()
        if self._role == "e_service":
            call.say(LOGIN_FORGOTTEN)  # how well wishes are heard is measured elsewhere
        else:
            call.press("2")
        self._until_my_turn()
        while (ending := self._ending()) is None:
            self._reply()
            self._until_my_turn()
        began = next((e.at for e in call.entries if e.kind == JournalKind.AUTH_STARTED.value), call.now)
        ended = next((e.at for e in call.entries if e.kind == JournalKind.AUTH_VERDICT.value), call.now)
        call.hangup()
        return Outcome(ending, ended - began)

    def _ending(self) -> str | None:
        verdicts = [e.data["verdict"] for e in self._call.entries if e.kind == JournalKind.AUTH_VERDICT.value]
        if verdicts:
            return str(verdicts[0])
        started = next((e.at for e in self._call.entries if e.kind == JournalKind.AUTH_STARTED.value), None)
        lost = self._call.over is not None or self._call.bridged or self._call.machine.node not in ("personal", "login")
        if started is None or lost or self._call.now - started > PATIENCE_S:
            return "given_up"
        return None

    def _reply(self) -> None:
        """Answer what was asked last: a question, or whether it was heard right."""
        played = self._call.heard_prompts
        last = next(each for each in reversed(played) if each.prompt)
        confirming = last.prompt in ("auth.right", "yesno.keypad")
        self._call.clock.advance(self._random.uniform(*(AGREES_S if confirming else THINKS_S)))
        if confirming:
            back = next(each.text for each in reversed(played) if not each.prompt)
            right = back == self._answers[self._asked].back or self._random.random() > NOTICES
            self._erred = self._erred or not right
            if last.prompt == "yesno.keypad":
                self._call.press("1" if right else "2")
            else:
                self._say("yesno", "taip" if right else "ne")
            return
        asked = next((each.prompt for each in reversed(played) if _question(each.prompt) in self._answers), "")
        if _question(asked) != self._asked:
            self._asked, self._erred = _question(asked), False
        answer = self._answers[self._asked]
        keyed = asked.endswith("_keypad") or (self._erred and self._random.random() < KEYS_AFTER_ERROR)
        if answer.keyed and keyed:
            for key in answer.keyed:
                self._call.press(key)
                self._call.clock.advance(0.5)
        else:
            self._say(answer.kind, answer.said)

    def _say(self, kind: str, text: str) -> None:
        listen = self._call.listening
        if listen is None:
            return
        heard, sure = self._hearing.heard(self._voice, kind, text, self._random, listen)
        self._erred = self._erred or heard != text
        # What the ear did not understand reaches the mind as a turn without words.
        self._call.say(heard or "…", for_s=spoken_s(text), sure=sure)

    def _until_my_turn(self) -> None:
        call = self._call
        while not (call.callers_turn or call.over is not None or call.bridged):
            if call.clock.next_at is None:
                return
            call.clock.step()
        call.clock.advance(0)


def _question(prompt: str) -> str:
    """The question that a prompt puts, whichever way."""
    base = prompt.removesuffix("_keypad").removesuffix("_list")
    return {"auth.visit_about_keypad": "auth.visit_about"}.get(prompt, base)
