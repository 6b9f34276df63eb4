"""What the call knows by now: values that the caller gave, whom they want, who they proved to be.

Nothing that was said is asked for twice: a value that was only heard in passing is a candidate,
which is read back instead of asked for (A12.9, A12.19).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from ivr.dialog.facts import Errand
from ivr.dialog.ports import Employee, SpokenAnswer, Understood
from ivr.dialog.spoken import spoken_person_with, spoken_place, spoken_time, spoken_wait
from ivr.events import Prompt
from ivr.language.addresses import email_words
from ivr.language.phones import spoken_phone
from ivr.language.spelling import dictated

_PLACES = 5  # have a prompt of their own, ``place.1`` to ``place.5``
_AS_SAID = {"$phone": spoken_phone, "$email": email_words}
_PRIVATE = frozenset(
    ("$phone", "$name", "$email", "$callee", "$callee_with", "$answer")
)  # of the caller, not written down as said


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of the recording, in seconds on the call's clock."""

    started: float
    ended: float


@dataclass(slots=True)
class Memory:
    """``slots``: confirmed values by slot; ``candidates``: heard, not confirmed. Phone numbers are ``+370…``.

    ``asked``: the caller's own words of a question that waits for its answer, and ``found`` what was made of them;
    the next question node takes both instead of asking again. ``answered``: id of the answer that was given last,
    ``given`` the answer itself, ``parts_told`` how many parts of its long version were told.
    ``told``: a sentence on its way to a gate, ``weighed`` what the knowledge made of it already; ``matter``: what the
    caller came with, in own words, for whoever gets the call next; ``astray``: how many sentences in a row were
    nothing of ours. ``errand``: why the line placed the call, None when it did not; ``wanted``: the employee whose
    matter it is.
    """

    slots: dict[str, str] = field(default_factory=dict)
    candidates: dict[str, str] = field(default_factory=dict)
    employee: Employee | None = None
    subject: str = ""  # of the registry; not empty once authenticated
    subject_role: str = ""  # as which they were: each role is told its own matters only (A3.6)
    auth_attempts: int = 0
    offered_time: datetime | None = None
    agreed_time: datetime | None = None  # the offered one, once the caller has said yes to it
    opens: datetime | None = None
    wait_s: float = 0.0
    place: int = 0  # in line, 1 is next; 0: never stood there
    in_line_since: float = 0.0  # on the call's clock
    topic: str = ""
    told: str = ""
    weighed: Understood | None = None
    matter: str = ""
    astray: int = 0
    asked: str = ""
    found: Understood | None = None
    answered: str = ""
    given: SpokenAnswer | None = None
    parts_told: int = 0
    rude: int = 0  # how often the caller was rude
    message: Span | None = None  # spoken, not yet handed to the staff
    message_kind: str = "message"
    errand: Errand | None = None
    wanted: str = ""

    @staticmethod
    def of(errand: Errand | None, wait_s: float) -> Memory:
        """What is known when the call begins."""
        if errand is None:
            return Memory(wait_s=wait_s)
        matter = errand.matter.reveal()
        return Memory(wait_s=wait_s, errand=errand, wanted=errand.wanted, topic=errand.topic, matter=matter)

    def tell(self, sentence: str, weighed: Understood | None = None) -> None:
        """A sentence for the node that comes next, with what the knowledge made of it where that was asked."""
        self.told, self.weighed = sentence, weighed

    def take_told(self) -> tuple[str, Understood | None]:
        """The sentence on its way and what was made of it; after this there is none."""
        told, self.told = self.told, ""
        weighed, self.weighed = self.weighed, None
        return told, weighed

    @property
    def place_prompt(self) -> str:
        """The place in line as a fixed prompt, for languages that the line can't put into sentences of its own."""
        return f"place.{self.place}" if self.place <= _PLACES else "place.more"

    def dictated(self, prompt: str | Prompt) -> str | Prompt:
        """A part of a saying with its value letter by letter, for who writes it down; any other part as it is."""
        if isinstance(prompt, Prompt) or not (value := self._value(prompt)):
            return prompt
        letters = dictated(value)
        return Prompt(text=_sentence(letters), private=prompt in _PRIVATE) if letters else prompt

    def _value(self, name: str) -> str:
        """What the caller could write down behind ``$name``; empty for what has no letters, or is not known."""
        match name:
            case "$person" | "$person_with" if self.employee is not None:
                return self.employee.name
            case "$substitute" if self.employee is not None and self.employee.substitute is not None:
                return self.employee.substitute.name
            case "$phone" | "$name" | "$person" | "$email":
                return self.candidates.get(name[1:]) or self.slots.get(name[1:]) or ""
            case _:
                return ""

    def spoken(self, name: str, now: datetime | None) -> Prompt | None:
        """The value behind ``$name`` as a sentence of its own, or None while it is not known."""
        match name:
            case "$phone" | "$name" | "$person" | "$email":
                value = self._value(name)
                if not value:
                    return None
                said = _AS_SAID[name](value) if name in _AS_SAID else value
                return Prompt(text=f"{said}.", private=name in _PRIVATE)
            case "$callee" | "$callee_with" | "$answer" if self.errand is not None:
                return self._of_errand(name, self.errand)
            case "$person_with" if self.employee is not None:
                return Prompt(text=f"{spoken_person_with(self.employee.name)}.")
            case "$unit" if self.employee is not None and self.employee.unit:
                return Prompt(text=f"{self.employee.unit}.")
            case "$substitute" if self.employee is not None and self.employee.substitute is not None:
                return Prompt(text=f"{spoken_person_with(self.employee.substitute.name)}.")
            case "$returns" if self.employee is not None and self.employee.returns is not None and now is not None:
                return Prompt(text=_sentence(spoken_time(self.employee.returns, now)))
            case "$time" if self.offered_time is not None and now is not None:
                return Prompt(text=_sentence(spoken_time(self.offered_time, now)))
            case "$place" if self.place > 0:
                return Prompt(text=_sentence(spoken_place(self.place, self.wait_s)))
            case "$opens" if self.opens is not None and now is not None:
                return Prompt(text=_sentence(spoken_time(self.opens, now)))
            case "$wait" if self.wait_s > 0:
                return Prompt(text=_sentence(spoken_wait(self.wait_s)))
            case _:
                return None

    @staticmethod
    def _of_errand(name: str, errand: Errand) -> Prompt | None:
        if name == "$answer":
            return Prompt(text=errand.answer.reveal(), private=True) if errand.answer else None
        if not errand.name:
            return None
        called = errand.name.reveal()
        return Prompt(text=f"{spoken_person_with(called) if name == '$callee_with' else called}.", private=True)


def _sentence(words: str) -> str:
    return f"{words[:1].upper()}{words[1:]}."
