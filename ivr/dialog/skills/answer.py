"""Give a prepared answer, with its date, and put on the journal what was given (Q2)."""

from __future__ import annotations

from ivr.dialog.nodes import AnswerNode
from ivr.dialog.skills.base import Skill
from ivr.dialog.stage import Stage
from ivr.events import JournalKind


class Answer(Skill[AnswerNode]):
    """Global commands work while the answer is spoken; another key is kept for the question that follows."""

    obeys = True

    def __init__(self, node: AnswerNode, stage: Stage) -> None:
        super().__init__(node, stage)
        self._noted = False

    def enter(self) -> None:
        self.stage.say(self.node.prompts)

    def said(self, completed: bool) -> None:
        self._note("whole" if completed else "part")
        self.stage.goto(self.node.next)

    def pressed(self, key: str) -> None:
        self.stage.stop_saying()
        self._note("part")
        self.stage.typed.appendleft(key)
        self.stage.goto(self.node.next)

    def stopped(self) -> None:
        self._note("part")
        self.stage.goto(self.node.next)

    def command_given(self, by: str) -> None:
        self._note("part")

    def hung_up(self) -> None:
        self._note("part")

    def _note(self, heard: str) -> None:
        if self._noted:
            return
        self._noted = True
        source = self.node.source
        self.stage.note(
            JournalKind.ANSWER_GIVEN,
            {
                "answer": self.node.answer,
                "topic": self.node.topic,
                "source": f"{source.document} {source.entry}",
                "date": source.updated,
                "heard": heard,
            },
        )
