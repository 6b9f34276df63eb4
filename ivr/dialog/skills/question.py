"""Let the caller ask in their own words and give the answer, with its source on the journal (A8, A12.9, Q2)."""

from __future__ import annotations

from ivr.dialog.nodes import QuestionNode
from ivr.dialog.ports import AskAnswer, SpokenAnswer, Understood
from ivr.dialog.skills.asking import Asks
from ivr.dialog.skills.looking_up import Lookup
from ivr.dialog.stage import Stage
from ivr.events import Consulted, Event, JournalKind, Prompt


class Question(Asks[QuestionNode]):
    """What the caller says while the answer is spoken is their next question."""

    open_speech = True

    def __init__(self, node: QuestionNode, stage: Stage) -> None:
        super().__init__(node, stage)
        self._lookup = Lookup(node, stage, lambda: stage.goto(node.unanswered))
        self._answer: SpokenAnswer | None = None

    def enter(self) -> None:
        memory = self.stage.memory
        found, text = memory.found, memory.asked
        memory.found, memory.asked = None, ""
        if found is not None:
            self._found(found)
        elif text:
            self._lookup.ask(AskAnswer(text, memory.answered))
        else:
            super().enter()

    def listen(self, commands: object) -> None:
        self.stage.listen("open", ())

    def heard(self, text: str, confidence: float) -> bool:
        if not text.strip():
            return False
        self.stage.stop_saying()
        self._note("part")
        self.stage.understood = True
        self.stage.turn_prompts.clear()
        self._lookup.ask(AskAnswer(text, self.stage.memory.answered))
        return True

    def said(self, completed: bool) -> None:
        if self._lookup.said():
            return
        if self._answer is not None:
            self._note("whole" if completed else "part")
            self.stage.goto(self.node.next)
        else:
            super().said(completed)

    def timer(self, name: str) -> None:
        if not self._lookup.timer(name):
            super().timer(name)

    def on(self, event: Event) -> None:
        if not isinstance(event, Consulted):
            super().on(event)
        elif self._lookup.answered(event):
            if isinstance(event.answer, Understood):
                self._found(event.answer)
            else:
                self.stage.goto(self.node.unanswered)

    def pressed(self, key: str) -> None:
        if self._answer is None:
            super().pressed(key)
            return
        self.stopped()
        self.stage.typed.appendleft(key)

    def unmatched(self) -> None:
        if self._answer is None:
            super().unmatched()

    def stopped(self) -> None:
        if self._answer is not None:
            self.stage.stop_saying()
            self._note("part")
            self.stage.goto(self.node.next)

    def command_given(self, by: str) -> None:
        self._note("part")

    def hung_up(self) -> None:
        self._note("part")

    def _found(self, found: Understood) -> None:
        if found.decision == "answer" and found.candidates:
            self._give(found.candidates[0])
        else:
            self.stage.goto(self.node.unanswered)

    def _give(self, answer: SpokenAnswer) -> None:
        self._answer = answer
        self.stage.memory.topic, self.stage.memory.answered = answer.topic, answer.id
        self.stage.say([Prompt(text=sentence) for sentence in answer.sentences])

    def _note(self, heard: str) -> None:
        answer, self._answer = self._answer, None
        if answer is None:
            return
        self.stage.note(
            JournalKind.ANSWER_GIVEN,
            {
                "answer": answer.id,
                "topic": answer.topic,
                "source": answer.source,
                "date": answer.updated,
                "heard": heard,
            },
        )
