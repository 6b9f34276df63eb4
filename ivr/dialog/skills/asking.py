"""Ask and wait: three failures at most, first other words, then the keypad, then on to where help is."""

from __future__ import annotations

from typing import TypeVar

from ivr.dialog.nodes import Asking
from ivr.dialog.parts import Prompts, Three
from ivr.dialog.skills.base import Skill
from ivr.dialog.stage import Stage
from ivr.events import EarChanged, Event

A = TypeVar("A", bound=Asking)


class Asks(Skill[A]):
    """What every node does that asks; what it takes for an answer is the skill's own."""

    obeys = True
    waits = True

    def __init__(self, node: A, stage: Stage) -> None:
        super().__init__(node, stage)
        self._failures = 0

    @property
    def hint(self) -> Prompts:
        """How to answer, said after the first failure."""
        return self.node.hint

    @property
    def keypad(self) -> Prompts:
        """How to answer by keys, said after the second failure and where nobody hears."""
        return self.node.keypad

    def enter(self) -> None:
        self.ask()

    def ask(self) -> None:
        """Put the question; without recognition the keypad takes the place of the hint."""
        if self.stage.ear_available:
            self.stage.say(self.node.ask)
        else:
            question = [prompt for prompt in self.node.ask if prompt not in self.node.hint]
            self.stage.say([*question, *self.node.keypad])

    def said(self, completed: bool) -> None:
        self.stage.wait_for_caller()

    def pressed(self, key: str) -> None:
        self.stage.stop_saying()
        self.unmatched()

    def unmatched(self) -> None:
        self.fail(self.node.no_match or self.stage.plan.no_match, "unclear")

    def speech_started(self) -> None:
        self.stage.clear_timer("no_input")
        self.stage.set_timer("turn", self.stage.plan.settings.max_turn_s)

    def timer(self, name: str) -> None:
        if name == "turn":  # a monologue: we may interrupt now, and apologise (A12.21)
            self.stage.speech_active = False
            self.unmatched()
        elif name == "no_input":
            self.fail(self.node.no_input or self.stage.plan.no_input, "silence")

    def on(self, event: Event) -> None:
        if isinstance(event, EarChanged) and not event.available:
            self.stage.clear_timer("turn")
            self.stage.clear_timer("no_input")
            self.stage.stop_saying()
            self.stage.say([*self.stage.plan.deaf, *self.keypad], repeatable=False)

    def fail(self, wordings: Three, by: str) -> None:
        """One more failure, ``by`` silence or unclear words."""
        self.stage.clear_timer("no_input")
        self.stage.clear_timer("turn")
        wording = wordings[self._failures]
        self._failures += 1
        if self._failures == len(wordings):
            self.stage.turn_prompts.clear()
            self.stage.say([wording], repeatable=False)
            self.gave_up()
            return
        keypad = self._failures == 2 or not self.stage.ear_available
        self.stage.say([wording, *(self.keypad if keypad else self.hint)], repeatable=False)

    def gave_up(self) -> None:
        """The third failure."""
        self.stage.goto(self.node.give_up)
