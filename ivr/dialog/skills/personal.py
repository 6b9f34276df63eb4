"""Tell an authenticated person what the registry says about them; nobody else (A3.1, A7.4, A7.5)."""

from __future__ import annotations

from ivr.dialog.nodes import PersonalNode
from ivr.dialog.ports import AskPersonal
from ivr.dialog.skills.looking_up import LooksUp
from ivr.dialog.stage import Stage
from ivr.events import JournalKind, Prompt


class Personal(LooksUp[PersonalNode]):
    """Without a subject that the registry has verified nothing is even asked for."""

    obeys = True

    def __init__(self, node: PersonalNode, stage: Stage) -> None:
        super().__init__(node, stage)
        self._telling = False

    def enter(self) -> None:
        subject = self.stage.memory.subject
        if not subject:
            self.stage.goto(self.node.unavailable)
            return
        self.look_up(AskPersonal(subject, self.node.about))

    def said(self, completed: bool) -> None:
        super().said(completed)
        if self._telling:
            self.stage.goto(self.node.next)

    def answered(self, answer: object | None) -> None:
        sentences = answer if isinstance(answer, tuple) else ()
        if not sentences:
            self.stage.goto(self.node.unavailable)
            return
        self._telling = True
        self.stage.note(JournalKind.ANSWER_GIVEN, {"answer": self.node.about, "topic": "personal", "heard": "whole"})
        told = [Prompt(text=str(sentence), private=True) for sentence in sentences]
        self.stage.say([*told, *self.node.closing])

    def pressed(self, key: str) -> None:
        if self._telling:
            self.stopped()
            self.stage.typed.appendleft(key)

    def stopped(self) -> None:
        if self._telling:
            self.stage.stop_saying()
            self.stage.goto(self.node.next)
