"""Let the caller ask in their own words and give the answer, with its source on the journal (A8, A12.9, Q2).

A sure answer follows the question's name in a few words. An unsure one is asked about: which of two or three was
meant? What an answer depends on (an age) is asked for before it is given. What is not known is said to be so (Q4).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from ivr.dialog.commands import Option
from ivr.dialog.nodes import QuestionNode
from ivr.dialog.parts import Prompts
from ivr.dialog.ports import AskAnswer, SpokenAnswer, Understood
from ivr.dialog.skills.asking import Asks
from ivr.dialog.skills.looking_up import LooksUp
from ivr.dialog.skills.replies import AGREE, REFUSE, replies
from ivr.dialog.stage import Stage
from ivr.events import JournalKind, Prompt

_DETAIL: Final = "age"  # grammar of what an answer depends on
_SENTENCE: Final = 5  # words at least: an age with what was misheard around it is shorter
_DIGITS: Final = "0123456789"
_KEYS_PAUSE_S: Final = 2.5
_OFFERED: Final = 3
_NEAR: Final = 0.8  # a third answer is offered when its score is so much of the second's
_TRIES: Final = 2  # so often what an answer depends on is asked for, and other words for a question


class Question(LooksUp[QuestionNode], Asks[QuestionNode]):
    """What the caller says while the answer is spoken is their next question.

    ``_offered``: answers of which the caller is asked to choose. ``_wanting``: an answer that waits for what it
    depends on. ``_answer``: the one that is being given.
    """

    open_speech = True

    def __init__(self, node: QuestionNode, stage: Stage) -> None:
        super().__init__(node, stage)
        self._asked = ""
        self._offered: tuple[SpokenAnswer, ...] = ()
        self._wanting: SpokenAnswer | None = None
        self._answer: SpokenAnswer | None = None
        self._keyed = ""
        self._rewords = self._details = 0

    # -------------------------------------------------------------- what counts

    @property
    def phrases(self) -> Mapping[str, Option]:
        return replies(self.stage.plan)[0] if self._offered else {}

    @property
    def keys(self) -> Mapping[str, Option | None]:
        if self._wanting is not None:
            return dict.fromkeys((*_DIGITS, "#"))
        return {str(number): None for number in range(1, len(self._offered) + 1)}

    @property
    def hint(self) -> Prompts:
        return self.node.choose_hint if self._offered else super().hint

    @property
    def keypad(self) -> Prompts:
        if self._wanting is not None:
            return self.node.detail_keypad
        return self.node.choose_keypad if self._offered else super().keypad

    def listen(self, commands: Iterable[str]) -> None:
        details = self.stage.grammars.phrases(_DETAIL) if self._wanting is not None else ()
        self.open_speech = not details
        if details:
            self.stage.listen(_DETAIL, (*details, *commands))
        else:
            self.stage.listen("open", ())

    # -------------------------------------------------------------- what comes

    def enter(self) -> None:
        memory = self.stage.memory
        told, weighed = memory.take_told()
        found, text = memory.found or weighed, memory.asked or told
        memory.found, memory.asked = None, ""
        if found is not None:
            self._asked = text
            self._found(found)
        elif text:
            self._seek(text)
        else:
            super().enter()

    def told(self, sentence: str, passing: str) -> bool:
        """Instead of the age that was asked for: a sentence about something."""
        return len(sentence.split()) >= _SENTENCE and self.heard(sentence, 0.0)

    def heard(self, text: str, confidence: float) -> bool:
        if not text.strip():
            return False
        self.stage.stop_saying()
        self._note("part")
        self.stage.understood = True
        self.stage.turn_prompts.clear()
        if question := self.stage.wanted(text):
            self._seek(question)
        else:
            self._offered, self._wanting = (), None
            self.stage.say(self.node.hint)
        return True

    def chosen(self, option: Option, by: str, confidence: float) -> None:
        if option.intent == AGREE:  # "yes" to a question with several answers
            self.stage.say(self.node.choose_hint)
            return
        offered = [one.id for one in self._offered]
        self.stage.note(JournalKind.INTENT_DECIDED, {"intent": REFUSE, "by": by, "offered": offered})
        self._offered = ()
        self._rewords += 1
        if self._rewords < _TRIES:
            self.stage.say(self.node.reword)
        else:
            self._unanswered()

    def pressed(self, key: str) -> None:
        if self._answer is not None:
            self.stopped()
            self.stage.typed.appendleft(key)
        elif key not in self.keys:
            super().pressed(key)
        elif self._wanting is not None:
            self._detail_key(key)
        else:
            self.stage.stop_saying()
            self._give(self._offered[int(key) - 1], restated=True)

    def said(self, completed: bool) -> None:
        if self._answer is not None:
            self._note("whole" if completed else "part")
            self.stage.goto(self.node.next)
        else:
            super().said(completed)

    def timer(self, name: str) -> None:
        if name == "keys":
            self._keyed_whole()
        else:
            super().timer(name)

    def answered(self, answer: object | None) -> None:
        if isinstance(answer, Understood):
            self._found(answer)
        else:
            self._unanswered()

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

    # -------------------------------------------------------------- what is made of it

    def _seek(self, text: str) -> None:
        self._asked = text
        after = self._wanting.id if self._wanting is not None else self.stage.memory.answered
        self.look_up(AskAnswer(text, after, tuple(one.id for one in self._offered)))

    def _found(self, found: Understood) -> None:
        self.stage.note(
            JournalKind.ANSWER_SOUGHT,
            {
                "pii_text": self._asked,
                "kind": found.kind,
                "decision": found.decision,
                "confidence": round(found.confidence, 3),
                "candidates": [one.id for one in found.candidates[:_OFFERED]],
            },
        )
        offered, self._offered = self._offered, ()
        wanting, self._wanting = self._wanting, None
        if found.decision in ("answer", "choose") and found.candidates:
            first = found.candidates[0]
            kept = next((one for one in offered if one.id == first.id), first)
            if found.decision == "choose" and len(found.candidates) > 1:
                self._offer(found.candidates)
            else:
                self._give(kept, restated=kept in offered or (wanting is not None and wanting.id == first.id))
        elif found.kind in self.node.ways:
            self.stage.goto(self.node.ways[found.kind])
        else:
            self._unanswered()

    def _offer(self, candidates: tuple[SpokenAnswer, ...]) -> None:
        near = len(candidates) > 2 and candidates[2].score >= _NEAR * candidates[1].score
        self._offered = candidates[: _OFFERED if near else 2]
        self._failures = 0
        titles = [f"apie {one.title}" for one in self._offered]
        self.stage.say([Prompt(text=f"Ar klausiate {', '.join(titles[:-1])}, ar {titles[-1]}?")])

    def _give(self, answer: SpokenAnswer, *, restated: bool) -> None:
        memory = self.stage.memory
        memory.topic, memory.answered = answer.topic, answer.id
        self.stage.clear_timer("no_input")
        self._failures = 0
        name = [Prompt(text=f"Klausiate apie {answer.title}.")] if answer.title and not restated else []
        said = [Prompt(text=sentence) for sentence in answer.sentences]
        self._offered = ()
        self._keyed = ""
        if answer.asks and self._details < _TRIES:
            self._details += 1
            self._wanting = answer
            first = said if self._details == 1 else []
            self.stage.say([*name, *first, Prompt(text=answer.asks)])
            return
        self._wanting, self._answer = None, answer
        memory.given, memory.parts_told = answer, 0
        self.stage.say([*name, *said])

    def _unanswered(self) -> None:
        self.stage.goto(self.node.unanswered)

    # -------------------------------------------------------------- what is keyed

    def _detail_key(self, key: str) -> None:
        self.stage.stop_saying()
        self.stage.clear_timer("no_input")
        if key == "#":
            self._keyed_whole()
        else:
            self._keyed += key
            self.stage.set_timer("keys", _KEYS_PAUSE_S)

    def _keyed_whole(self) -> None:
        self.stage.clear_timer("keys")
        keyed, self._keyed = self._keyed, ""
        if keyed == "0":
            self.stage.wished = "0"  # a zero alone was the wish for a person (X3)
        elif keyed:
            self.stage.understood = True
            self.stage.turn_prompts.clear()
            self._seek(keyed)
        else:
            self.unmatched()

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
                **({"version": answer.version} if answer.version else {}),
            },
        )
