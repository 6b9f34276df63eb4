"""Tell more of the answer that was given last, a part at a time; its source on request (Q2)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from ivr.dialog.nodes import TellNode
from ivr.dialog.skills.base import Skill
from ivr.events import Prompt
from ivr.language.days import date_words
from ivr.language.declension import Case


class Tell(Skill[TellNode]):
    """Opens the next node at once, so that the caller may cut it by an answer to what is asked after it."""

    def enter(self) -> None:
        sentences = self._sentences()
        if not sentences:
            self.stage.goto(self.node.nothing)
            return
        self.stage.say([*self.node.prompts, *(Prompt(text=sentence) for sentence in sentences)])
        self.stage.goto(self.node.next)

    def _sentences(self) -> Sequence[str]:
        memory = self.stage.memory
        answer = memory.given
        if answer is None:
            return ()
        match self.node.part:
            case "longer":
                part = answer.longer[memory.parts_told : memory.parts_told + 1]
                memory.parts_told += 1
                return part
            case "documents":
                return [text for text in (answer.documents, answer.submit) if text]
            case "source":
                date = f" Atnaujinta {_day(answer.updated)}." if answer.updated else ""
                return [f"{answer.source}.{date}"]


def _day(updated: str) -> str:
    return date_words(date.fromisoformat(updated), Case.ACCUSATIVE)
