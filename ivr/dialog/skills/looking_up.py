"""Ask the world and speak meanwhile: after a second and a half, and again, so that nobody waits in silence (A12.16)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from ivr.dialog.nodes import LookUp
from ivr.dialog.ports import Question
from ivr.dialog.skills.base import Skill
from ivr.dialog.stage import Stage
from ivr.events import Consulted, Event

L = TypeVar("L", bound=LookUp)


class Lookup:
    """One question at a time; its owner passes on what it is told. Nothing counts as the caller's turn meanwhile.

    ``in_vain`` is called when no answer came in the node's ``patience_s``.
    """

    def __init__(self, node: LookUp, stage: Stage, in_vain: Callable[[], None]) -> None:
        self._node, self._stage, self._in_vain = node, stage, in_vain
        self._ticket = ""
        self._sentences = 0

    def ask(self, question: Question) -> None:
        """Send the question; from here on the line owes the turn."""
        self._ticket = self._stage.consult(question)
        self._stage.clear_timer("no_input")
        self._stage.looking_up = True
        self._stage.close_ear()
        self._stage.set_timer("patience", self._node.patience_s)
        if not self._stage.speaking:
            # What was looked up before this counts too: the caller hears one silence.
            self._stage.set_timer("waiting", max(0.0, self._node.pause_s - self._stage.quiet_s))

    def said(self) -> bool:
        """A sentence is over; the next follows after a pause. False when nothing is waited for."""
        if self._ticket:
            self._stage.set_timer("waiting", self._node.pause_s)
        return bool(self._ticket)

    def timer(self, name: str) -> bool:
        """Whether the timer was one of this waiting."""
        if name == "waiting" and self._ticket:
            words = self._node.waiting[self._sentences % len(self._node.waiting)]
            self._sentences += 1
            self._stage.say([words], repeatable=False)
        elif name == "patience":
            self.over()
            self._in_vain()
        return name in ("waiting", "patience")

    def answered(self, event: Consulted) -> bool:
        """Whether ``event`` answers the question that was asked last."""
        if event.ticket != self._ticket:
            return False
        self.over()
        return True

    def over(self) -> None:
        """Nothing is waited for any more."""
        self._ticket = ""
        self._stage.looking_up = False
        self._stage.clear_timer("waiting")
        self._stage.clear_timer("patience")


class LooksUp(Skill[L]):
    """A skill that asks the world; named before the other classes of a skill, so that it is told first."""

    def __init__(self, node: L, stage: Stage) -> None:
        super().__init__(node, stage)
        self._lookup = Lookup(node, stage, lambda: self.answered(None))

    def look_up(self, question: Question) -> None:
        """Ask; :meth:`answered` comes of it."""
        self._lookup.ask(question)

    def answered(self, answer: object | None) -> None:
        """What the world answered to the question that was asked last; None: nothing, or not in time."""
        raise NotImplementedError  # each skill has its own

    def said(self, completed: bool) -> None:
        if not self._lookup.said():
            super().said(completed)

    def timer(self, name: str) -> None:
        if not self._lookup.timer(name):
            super().timer(name)

    def on(self, event: Event) -> None:
        if isinstance(event, Consulted) and self._lookup.answered(event):
            self.answered(event.answer)
        else:
            super().on(event)
